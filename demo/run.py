"""`make demo`: generate the demo estate, load it through the ordinary ingestion, serve it or check ten answers.

Two questions of every answer: is it what a separate plain script computed from the same CSV files, and is it what was
reviewed and committed? The plain script (demo/plain_answers.py) imports nothing of the twin.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from cli.output import Output, print_rows, progress_bars, say
from cli.serve import serve
from core.settings import Settings, load_settings
from graph.queries.catalogue import load_catalogue
from ingest.estate_generator import generate_estate
from services.catalogue import CatalogueService
from services.ingestion import ingest
from services.twin import open_twin

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
GOLDEN_SERVERS = 2_000
SEED = 42
AS_OF = date(2025, 1, 1)
SHOWN_ROWS = 8


def load(settings: Settings, servers: int) -> Path:
    """Generate the estate and load it; returns the folder of its CSV files. Loading again changes nothing."""
    export = settings.home / f"export-{servers}"
    with progress_bars() as advance:
        generate_estate(
            export,
            servers=servers,
            seed=SEED,
            as_of=AS_OF,
            progress=lambda stage, n: advance(f"generate {stage}", n, 0),
        )
        result = ingest(
            settings,
            "csv",
            export,
            loading=advance,
            projecting=lambda done, wanted: advance("project", done, wanted),
        )
    counts = result.report.counters
    say(
        f"loaded {servers:,} servers: {counts['created']:,} elements created, {counts['updated']:,} updated, "
        f"{counts['unchanged']:,} unchanged, {counts['rejected']:,} rejected"
    )
    return export


def plain_answers(export: Path, out: Path) -> None:
    """Let the plain script compute its answers from the CSV files into `out`, in a process of its own."""
    subprocess.run([sys.executable, str(HERE / "plain_answers.py"), str(export), str(out)], check=True)


def check(settings: Settings, export: Path) -> bool:
    """Run the ten questions, print the answers, compare each with its golden answer and with the plain script's."""
    computed = settings.home / "plain"
    plain_answers(export, computed)
    catalogue = load_catalogue()
    right = 0
    goldens = sorted(GOLDEN.glob("*.json"))
    with open_twin(settings) as twin:
        service = CatalogueService(twin)
        for path in goldens:
            golden = json.loads(path.read_text(encoding="utf-8"))
            plain = json.loads((computed / path.name).read_text(encoding="utf-8"))
            answer = service.run(golden["query"], golden["parameters"]).to_dict()
            problems = [
                text
                for text, expected in (("the golden answer", golden), ("the plain script", plain))
                if not same(answer, expected)
            ]
            title = f"{catalogue[golden['query']].title_en} {golden['parameters'] or ''}"
            print_rows(answer["columns"], answer["rows"][:SHOWN_ROWS], Output.TABLE, title)
            if len(answer["rows"]) > SHOWN_ROWS:
                say(f"... {len(answer['rows'])} rows in all")
            say(f"{golden['query']}: " + ("DIFFERS from " + " and ".join(problems) if problems else "as expected"))
            right += not problems
    say(f"{right} of {len(goldens)} answers as expected")
    return right == len(goldens) and len(goldens) >= 10


def same(answer: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Columns and rows equal, in order: every catalogue query has a total order."""
    return bool(answer["columns"] == expected["columns"] and answer["rows"] == expected["rows"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=GOLDEN_SERVERS)
    parser.add_argument("--check", action="store_true", help="check ten answers instead of serving")
    arguments = parser.parse_args()
    settings = load_settings()
    if arguments.check and arguments.servers != GOLDEN_SERVERS:
        say(f"the golden answers are of the estate of {GOLDEN_SERVERS} servers")
        return 2
    export = load(settings, arguments.servers)
    if arguments.check:
        return 0 if check(settings, export) else 1
    serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
