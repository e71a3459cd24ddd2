"""`jumeau simulate optimise`: the best use of budgets, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.options import AsOfOption, BackendOption, BranchOption, OutputOption
from cli.output import Output, print_json, print_rows, progress_bars, say
from cli.simulating import INTERRUPTED, ProcessesOption, stopping
from core.settings import load_settings
from services.moments import Asked

if TYPE_CHECKING:
    from services.simulation.investments import InvestmentReport
    from simulate.optimise.held_out import Outcome
    from simulate.optimise.optimum import Optimum
    from simulate.statistics.student import Interval

COLUMNS: Final = ("configuration", "cost", "value", "gain", "gain %", "net", "ROI", "behind the best")
EXACT: Final = (
    *("budget", "configuration", "chosen", "cost", "value", "value low", "value high", "gain", "gain low", "gain high"),
    *("gain %", "gain % low", "gain % high", "net", "net low", "net high", "roi", "roi low", "roi high"),
)


def optimise(
    file: Annotated[Path, typer.Argument(help="The investments, budgets and what they are for: a YAML file.")],
    as_of: AsOfOption = None,
    branch: BranchOption = None,
    processes: ProcessesOption = 1,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Write gains against costs, with intervals, to a .svg or .png.")
    ] = None,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """The best use of each budget: investments in a production line, or in the estate of the twin, which is only read.

    All configurations that a budget pays are compared with common random numbers until one is left (Kim-Nelson); beyond 5,000
    they are proposed by Optuna, and the best of them certified. Whatever is shown comes from replications that the selection
    has not seen, with 95 % intervals. Ctrl-C keeps the budgets that are finished.

    Examples: jumeau simulate optimise plan.yml; jumeau simulate optimise estate.yml --plot gains.svg --output json
    """
    # Here and not above: what simulations need is an extra, and takes a second to import.
    from simulate.extra import needs_the_extra

    with needs_the_extra():
        from services.simulation.investments import choose_investments
        from simulate.optimise.plan import read_plan
        from simulate.optimise.plot import check_ending, plot_gains

        settings = load_settings(backend=backend)
        plan, read = read_plan(file)
        if plot is not None:
            check_ending(plot)
        with progress_bars() as advance, stopping() as presses:
            report = choose_investments(
                settings,
                plan,
                read,
                Asked(as_of, branch),
                processes=processes,
                advance=advance,
                cancelled=lambda: presses() > 0,
            )
        if plot is not None:
            plot_gains(report.answers, plot, report.objective, report.name)
    if output is Output.JSON:
        print_json(report.to_dict())
    elif output is Output.CSV:
        print_rows(EXACT, [row for answer in report.answers for row in _exact(answer)], output)
    else:
        _print_tables(report)
    for answer in report.answers:
        for note in answer.notes:
            say(f"note: budget {answer.budget:,.0f}: {note}")
    if len(report.answers) < len(report.budgets):
        left = report.budgets[len(report.answers) :]
        say(f"note: interrupted before the budgets {', '.join(f'{one:,.0f}' for one in left)}")
    if not report.is_finished:
        raise typer.Exit(INTERRUPTED)


def _print_tables(report: InvestmentReport) -> None:
    for answer in report.answers:
        if not answer.is_finished:
            continue
        rows = [_shown(row) for row in answer.rows]
        print_rows(COLUMNS, rows, Output.TABLE, f"budget {answer.budget:,.0f}: {answer.rows[0].name}")
        say(_sureness(answer, report))


def _sureness(answer: Optimum, report: InvestmentReport) -> str:
    """How the answer was found, in one line."""
    certificate = answer.certificate
    assert certificate is not None
    said = f"{answer.held_out} fresh replications of {len(answer.rows)} configurations are shown"
    if answer.replications:
        among = f"the best of {certificate.among:,} within {certificate.zone:g} of {report.rank_by}"
        said = (
            f"{among} with probability {certificate.at_least:.3g} at least ({certificate.method}, "
            f"{answer.replications:,} replications); {said}"
        )
    return said


def _shown(row: Outcome) -> tuple[str, ...]:
    return (
        row.name,
        f"{row.cost:,.0f}",
        _interval(row.value, 2),
        _interval(row.gain, 2),
        _interval(row.gain_percent, 1),
        _interval(row.net, 0),
        _interval(row.roi, 2),
        "" if row.behind.half_width == 0.0 and row.behind.mean == 0.0 else _interval(row.behind, 2),
    )


def _interval(interval: Interval | None, digits: int) -> str:
    if interval is None:
        return ""
    return f"{interval.mean:,.{digits}f} ± {interval.half_width:,.{digits}f}"


def _exact(answer: Optimum) -> list[tuple[Any, ...]]:
    rows = []
    for at, row in enumerate(answer.rows):
        cells: list[Any] = [answer.budget, row.name, at == 0, row.cost]
        for one in (row.value, row.gain, row.gain_percent, row.net, row.roi):
            cells += [None] * 3 if one is None else [one.mean, one.low, one.high]
        rows.append(tuple(cells))
    return rows
