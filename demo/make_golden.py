"""`make golden`: let the plain script compute the golden answers again. Review the diff before committing."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from demo.run import AS_OF, GOLDEN, GOLDEN_SERVERS, SEED, plain_answers
from ingest.estate_generator import generate_estate


def main() -> None:
    with TemporaryDirectory() as folder:
        export = Path(folder)
        generate_estate(export, servers=GOLDEN_SERVERS, seed=SEED, as_of=AS_OF)
        plain_answers(export, GOLDEN)


if __name__ == "__main__":
    main()
