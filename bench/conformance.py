"""`make conformance`: run the whole openCypher kit and the GSQL checker, write bench/conformance.json and the page.

Values are percentages, their denominators stand in the unit. What the kit is, how it is run, and what others reach is
said in docs/reference/conformance.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from bench.figures import Figure, write
from bench.gsql import gsql_figures
from cli.output import Output, print_rows
from tests.tck.known import known_failures, surprises
from tests.tck.scenario import Category, Outcome, run_scenario
from tests.tck.source import VERSION, KitUnavailableError, scenarios

RESULTS: Final = Path(__file__).parent / "conformance.json"
PAGE: Final = Path(__file__).parent.parent / "docs" / "reference" / "conformance.md"
_BEGIN: Final = "<!-- figures: written by `make conformance` -->"
_END: Final = "<!-- end of figures -->"


def main() -> int:
    """Exit code 1 where a figure misses its target, or the list of known failures is wrong."""
    try:
        outcomes = [run_scenario(scenario) for scenario in scenarios()]
    except KitUnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    kit = [*totals(outcomes), *by_group(outcomes)]
    write_page(kit)
    figures = [*kit, *gsql_figures()]
    write(figures, RESULTS)
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


def write_page(figures: Iterable[Figure], page: Path = PAGE) -> None:
    """Replace the table of the page; what people wrote around it stays."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    rows = [f"| {f.name.removeprefix('openCypher TCK: ')} | {f.value:g} {f.unit} | {f.target or ''} |" for f in figures]
    table = "\n".join([f"Kit {VERSION}.", "", "| figure | reached | target |", "|---|---|---|", *rows])
    page.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
