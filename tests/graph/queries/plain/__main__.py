"""`make golden` and the tests: compute the golden answers of the catalogue into a folder, from an export or a fresh one.

Usage: python -m tests.graph.queries.plain [EXPORT_FOLDER OUT_FOLDER]. Review the diff before committing.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from demo.plain_answers import Export
from tests.graph.queries.plain.answers import ANSWERS

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden"


def write(folder: Path, out: Path) -> None:
    """One file per question: the query, its parameters, the day that counts as today, columns and rows."""
    questions = json.loads((HERE / "questions.json").read_text(encoding="utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    exports: dict[str, Export] = {}  # by day: the files are read once for each
    for name, question in questions.items():
        today = question.get("today", "2025-01-01")
        if today not in exports:
            exports[today] = Export(folder, date.fromisoformat(today))
        export = exports[today]
        query, parameters = question.get("query", name), question.get("parameters", {})
        columns, rows = ANSWERS[query](export, **parameters)
        head = json.dumps(
            {"query": query, "parameters": parameters, "today": today, "columns": columns}, ensure_ascii=False
        )
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (out / f"{name}.json").write_text(f'{head[:-1]},\n"rows": [\n{lines}\n]}}\n', encoding="utf-8")


def main(arguments: list[str]) -> None:
    if arguments:
        write(Path(arguments[0]), Path(arguments[1]))
        return
    from demo.run import AS_OF, GOLDEN_SERVERS, SEED
    from ingest.estate_generator import generate_estate

    with TemporaryDirectory() as folder:
        generate_estate(Path(folder), servers=GOLDEN_SERVERS, seed=SEED, as_of=AS_OF)
        write(Path(folder), GOLDEN)


if __name__ == "__main__":
    main(sys.argv[1:])
