"""`make conformance`: run the whole openCypher kit and the GSQL checker, write bench/conformance.json and the page.

Values are percentages, their denominators stand in the unit. What the kit is, how it is run, and what others reach is
said in docs/reference/conformance.md. `--neo4j` asks a real Neo4j too, through the same runner (`make conformance NEO4J=1`).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import neo4j
import orjson

from bench.figures import Figure, write
from bench.gsql import gsql_figures
from cli.output import Output, print_rows
from scripts.neo4j.distribution import Neo4jUnavailableError
from scripts.neo4j.distribution import version as neo4j_version
from scripts.neo4j.launch import start
from tests.tck.known import known_failures, surprises
from tests.tck.neo4j_reference import applies, run_on_server
from tests.tck.scenario import Category, Outcome, run_scenario
from tests.tck.source import VERSION, KitUnavailableError, scenarios

RESULTS: Final = Path(__file__).parent / "conformance.json"
PAGE: Final = Path(__file__).parent.parent / "docs" / "reference" / "conformance.md"
_BEGIN: Final = "<!-- figures: written by `make conformance` -->"
_KIT: Final = "openCypher TCK: "
_END: Final = "<!-- end of figures -->"


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 where a figure misses its target, or the list of known failures is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.conformance", description=__doc__)
    parser.add_argument("--neo4j", action="store_true", help="ask a real Neo4j too (some two minutes)")
    options = parser.parse_args(arguments)
    try:
        outcomes = [run_scenario(scenario) for scenario in scenarios()]
        reference = [beside_neo4j(outcomes)] if options.neo4j else []
    except (KitUnavailableError, Neo4jUnavailableError) as error:
        print(error, file=sys.stderr)
        return 1
    figures = [*totals(outcomes), *reference, *gsql_figures(), *by_group(outcomes)]
    write(figures, RESULTS)
    write_page(stored())
    rows = [(f.name, f.value, f.unit, f.target, f.met) for f in figures]
    print_rows(("figure", "value", "unit", "target", "met"), rows, Output.TABLE)
    wrong = surprises(outcomes, known_failures())
    print("\n".join(wrong))
    return 1 if wrong or any(figure.met is False for figure in figures) else 0


def totals(outcomes: list[Outcome]) -> list[Figure]:
    """The figures that the issue names."""
    results = [outcome for outcome in outcomes if outcome.category is Category.RESULT]
    errors = [outcome for outcome in outcomes if outcome.category is Category.ERROR]
    writing = [outcome for outcome in outcomes if outcome.category is Category.WRITING]
    valid = [outcome for outcome in outcomes if outcome.valid]
    return [
        _figure("openCypher TCK: valid queries accepted", valid, lambda o: o.accepted, at_least=100),
        _figure("openCypher TCK: read result scenarios, in-memory executor", results, _passed, at_least=98),
        _figure("openCypher TCK: errors rejected with the right type and phase", errors, _passed, at_least=98),
        _figure("openCypher TCK: errors rejected for the demanded reason too", errors, _for_the_reason),
        _figure("openCypher TCK: writing queries refused by name", writing, _passed, at_least=100),
    ]


def beside_neo4j(outcomes: list[Outcome]) -> Figure:
    """Our read results on what a server can be asked, with the server's own as baseline. Raises Neo4jUnavailableError."""
    asked = [outcome for outcome in outcomes if applies(outcome.scenario)]
    server = start()
    try:
        auth = (server.user, server.password)
        quiet = neo4j.NotificationMinimumSeverity.OFF
        with (
            neo4j.GraphDatabase.driver(server.url, auth=auth, notifications_min_severity=quiet) as driver,
            driver.session() as session,
        ):
            theirs = [run_on_server(outcome.scenario, session) for outcome in asked]
    finally:
        server.stop()
    for found in theirs:
        if not found.passed:
            print(f"Neo4j: {found.scenario.key}: {found.seen}")
    share = 100 * sum(outcome.passed for outcome in asked) / len(asked)
    baseline = 100 * sum(found.passed for found in theirs) / len(asked)
    name = f"openCypher TCK: read result scenarios without procedures, beside Neo4j {neo4j_version()} in the same run"
    return Figure(
        "B", name, round(share, 2), f"% of {len(asked)}", None, round(baseline, 2), round(share / baseline, 4)
    )


def by_group(outcomes: list[Outcome]) -> list[Figure]:
    """Read results and errors of each folder of the kit."""
    figures = []
    for category in (Category.RESULT, Category.ERROR):
        chosen = [outcome for outcome in outcomes if outcome.category is category]
        for group in sorted({outcome.scenario.group for outcome in chosen}):
            members = [outcome for outcome in chosen if outcome.scenario.group == group]
            figures.append(_figure(f"openCypher TCK: {category.value}s of {group}", members, _passed))
    return figures


def _passed(outcome: Outcome) -> bool:
    return outcome.passed


def _for_the_reason(outcome: Outcome) -> bool:
    return outcome.passed and bool(outcome.detail_agrees)


def _figure(
    name: str, outcomes: list[Outcome], counts: Callable[[Outcome], bool], at_least: float | None = None
) -> Figure:
    share = 100 * sum(map(counts, outcomes)) / len(outcomes)
    target = None if at_least is None else f">= {at_least:g} %" if at_least < 100 else "100 %"
    met = None if at_least is None else share >= at_least
    return Figure("B", name, round(share, 2), f"% of {len(outcomes)}", target, met=met)


def stored(path: Path = RESULTS) -> list[Figure]:
    """The kit's figures that are written, those of the whole kit first; that beside Neo4j may be of an earlier run."""
    figures = [Figure(**entry) for entry in orjson.loads(path.read_bytes())]
    kit = [figure for figure in figures if figure.name.startswith(_KIT)]
    return sorted(kit, key=lambda figure: (re.search(r" of \w+/", figure.name) is not None, figure.name))


def write_page(figures: Iterable[Figure], page: Path = PAGE) -> None:
    """Replace the table of the page; what people wrote around it stays."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    rows = [_row(figure) for figure in figures]
    table = "\n".join([f"Kit {VERSION}.", "", "| figure | reached | target |", "|---|---|---|", *rows])
    page.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{after}", encoding="utf-8")


def _row(figure: Figure) -> str:
    beside = "" if figure.baseline is None else f" (Neo4j {figure.baseline:g} %)"
    name = figure.name.removeprefix(_KIT)
    return f"| {name} | {figure.value:g} {figure.unit}{beside} | {figure.target or ''} |"


if __name__ == "__main__":
    sys.exit(main())
