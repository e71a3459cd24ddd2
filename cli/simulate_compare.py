"""`jumeau simulate compare`: what a change would do, against the estate as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import AsOfOption, BackendOption, BranchOption, OutputOption, PlotFormatOption, PlotOption
from cli.output import Output, print_json, print_rows, say
from cli.simulating import ProcessesOption, ReplicationsOption, SeedOption, leave, ordering, say_notes, say_pictures
from core.errors import UsageError
from core.settings import load_settings
from services.moments import Asked

if TYPE_CHECKING:
    from services.simulation.compare import Comparison
    from simulate.builder.scenario import Scenario
    from simulate.what_if.difference import Difference

COLUMNS = ("of", "name", "kind", "base", "changed", "difference", "low", "high", "differing")
PARTS = {"overall": "all", "services": "watched", "entities": "entity", "teams": "team", "utilisation": "used"}


def compare(
    scenarios: Annotated[
        list[Path], typer.Argument(help="The base scenario, then those to compare with it: YAML files.")
    ],
    change: Annotated[
        list[str] | None,
        typer.Option("--change", "-c", help="A change to the base, as under `changes`; several make one scenario."),
    ] = None,
    branch: BranchOption = None,
    as_of: AsOfOption = None,
    measure: Annotated[
        str,
        typer.Option(
            "--measure",
            help="hours_down, outages or availability; utilisation is of crews and queues.",
        ),
    ] = "hours_down",
    show_all: Annotated[bool, typer.Option("--all", help="Also what the run does not tell apart.")] = False,
    replications: ReplicationsOption = None,
    seed: SeedOption = None,
    processes: ProcessesOption = 1,
    plot: PlotOption = None,
    plot_format: PlotFormatOption = "svg",
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """What if: play scenarios with the same chance, and tell the differences with their 95 % intervals.

    By what is watched, by entity, by team and in all. With --branch the others, or the base again, are played on that branch.
    The twin is only read. Ctrl-C keeps the replications that are finished, and pairs them up.

    Examples: jumeau simulate compare year.yml --change 'remove: DC North'; jumeau simulate compare year.yml frozen.yml;
    jumeau simulate compare year.yml --branch second-site --output json
    """
    # Here and not above: what simulations need is an extra, and takes a second to import.
    from simulate.extra import needs_the_extra

    with needs_the_extra():
        from services.simulation.compare import compare as play
        from simulate.builder.scenario import read_scenario
        from simulate.plots.picture import draw, prepare
        from simulate.plots.runs import differences
        from simulate.what_if.difference import Measure

    if measure not in set(Measure):
        raise UsageError(f"{measure!r} is no measure", where="--measure", hint=", ".join(Measure))
    if plot is not None:
        prepare(plot, plot_format)
    settings = load_settings(backend=backend)
    base, *others = [read_scenario(path) for path in scenarios]
    others = _others(base, others, change or [], branch)
    with ordering(replications, seed, processes) as order:
        found = play(settings, base, others, Asked(as_of), order)
    if plot is not None:
        pictures = [
            differences(
                [row for row in getattr(comparison, part) if row.measure == measure],
                f"differences-{number}-{part}",
                f"{comparison.scenario}, by {label}",
            )
            for number, comparison in enumerate(found, start=1)
            for part, label in PARTS.items()
        ]
        say_pictures(draw(pictures, plot, plot_format))
    for comparison in found:
        say_notes(comparison.replications, comparison.wanted, comparison.notes)
    if output is Output.JSON:
        print_json([comparison.to_dict() for comparison in found])
    elif output is Output.CSV:
        rows = [(one.scenario, *row) for one in found for row in _rows(one, measure, show_all=True)]
        print_rows(("scenario", *COLUMNS), rows, output)
    else:
        for comparison in found:
            print_rows(COLUMNS, _rows(comparison, measure, show_all=show_all), output, comparison.scenario)
            _say(comparison, measure)
    leave(min(one.replications for one in found), found[0].wanted)


def _others(base: Scenario, others: list[Scenario], changes: list[str], branch: str | None) -> list[Scenario]:
    """What is compared with the base: files, the base with changes, or the base on a branch."""
    from simulate.builder.changes import parse_change

    if changes:
        update = {"changes": (*base.changes, *map(parse_change, changes)), "name": f"{base.name}, {', '.join(changes)}"}
        others.append(base.model_copy(update=update))
    if branch is not None:
        if not others:
            others.append(base.model_copy(update={"name": f"{base.name}, on {branch}"}))
        others = [other if other.branch else other.model_copy(update={"branch": branch}) for other in others]
    if not others:
        raise UsageError(
            "there is nothing to compare with", where="simulate compare", hint="another scenario, --change or --branch"
        )
    return others


def _rows(comparison: Comparison, measure: str, *, show_all: bool) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for part, label in PARTS.items():
        rows: list[Difference] = [row for row in getattr(comparison, part) if row.measure == measure]
        rows.sort(key=lambda row: -abs(row.difference))
        numbers = [
            (
                label,
                row.name,
                row.kind,
                *map(_text, (row.base, row.changed, row.difference, row.low, row.high)),
                row.differing,
            )
            for row in rows
            if show_all or row.is_told_apart or part == "overall"
        ]
        found += numbers
    return found


def _text(value: float) -> str:
    return f"{value:.6g}"


def _say(comparison: Comparison, measure: str) -> None:
    rows = [row for row in (*comparison.services, *comparison.utilisation) if row.measure == measure]
    apart = sum(1 for row in rows if row.is_told_apart)
    what = "crews and queues" if measure == "utilisation" else "watched items"
    say(
        f"{measure} per replication of {comparison.hours:g} hours; {comparison.replications} pairs, seed {comparison.seed}; "
        f"{apart} of {len(rows)} {what} are told apart"
    )
    for names, where in ((comparison.only_base, "the base"), (comparison.only_scenario, comparison.scenario)):
        if names:
            shown = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
            say(f"only in {where}: {shown}")
