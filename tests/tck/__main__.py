"""`python -m tests.tck`: run the kit, or some of it, and print what fails.

`--only TEXT` keeps scenarios whose key contains the text (`Temporal1`, `clauses/match`, `Match1 [3]`), `--category` one
of result, error, writing, `--show N` prints the first N failures with query, demand and answer, `--list` every failing key.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from time import perf_counter

from tests.tck.scenario import Category, Outcome, run_scenario
from tests.tck.source import scenarios


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when everything that ran passed."""
    options = _parser().parse_args(arguments)
    began = perf_counter()
    outcomes = [
        run_scenario(scenario)
        for scenario in scenarios()
        if all(word in f"{scenario.key} {scenario.name}" for word in options.only)
    ]
    if options.category:
        outcomes = [outcome for outcome in outcomes if outcome.category is Category[options.category.upper()]]
    failures = [outcome for outcome in outcomes if not outcome.passed]
    if options.other_reason:
        failures = [outcome for outcome in outcomes if outcome.passed and outcome.detail_agrees is False]
    if options.matching:
        failures = [outcome for outcome in failures if options.matching in outcome.seen]
    for outcome in failures[: options.show]:
        print(told(outcome))
    if options.list:
        print("\n".join(f"{o.scenario.key}: {o.seen.splitlines()[0] if o.seen else ''}" for o in failures))
    _print_groups(outcomes)
    print(f"{perf_counter() - began:.1f} s")
    return 1 if failures else 0


def told(outcome: Outcome) -> str:
    """A failure with everything needed to work on it."""
    return (
        f"--- {outcome.scenario.key} ({outcome.category.value}) {outcome.scenario.name}\n"
        f"{outcome.query}\ndemanded: {outcome.demanded}\nseen: {outcome.seen}\n"
    )


def _print_groups(outcomes: list[Outcome]) -> None:
    total: Counter[tuple[str, Category]] = Counter()
    passed: Counter[tuple[str, Category]] = Counter()
    for outcome in outcomes:
        for group in (outcome.scenario.group, "all"):
            total[group, outcome.category] += 1
            passed[group, outcome.category] += outcome.passed
    print(f"{'group':42}" + "".join(f"{category.value:>16}" for category in Category))
    for group in sorted({group for group, _ in total}, key=lambda name: (name == "all", name)):
        cells = (f"{passed[group, c]}/{total[group, c]}" if total[group, c] else "" for c in Category)
        print(f"{group:42}" + "".join(f"{cell:>16}" for cell in cells))
    results = [outcome for outcome in outcomes if outcome.valid]
    errors = [outcome for outcome in outcomes if outcome.category is Category.ERROR]
    print(
        f"errors for the demanded reason, too: {sum(o.passed and bool(o.detail_agrees) for o in errors)}/{len(errors)}"
    )
    print(f"valid queries accepted: {sum(outcome.accepted for outcome in results)}/{len(results)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.tck", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="keep scenarios whose key and name hold all these texts")
    parser.add_argument("--category", choices=[category.name.lower() for category in Category])
    parser.add_argument("--matching", default="", help="of the failures, those whose answer holds this text")
    parser.add_argument("--other-reason", action="store_true", help="errors of the right type for another reason")
    parser.add_argument("--show", type=int, default=0, help="print that many failures in full")
    parser.add_argument("--list", action="store_true", help="list the failing scenarios")
    return parser


if __name__ == "__main__":
    sys.exit(main())
