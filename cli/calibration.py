"""`jumeau simulate calibrate` and `calibrations`: rates and distributions learned from what has happened."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from cli.asking import exporting
from cli.options import BackendOption, OutputOption
from cli.output import Output, print_json, print_rows, progress_bars, say
from core.clock import clock_for
from core.errors import UsageError
from core.settings import Settings, load_settings
from services.export.order import ExportOrder, Format
from services.twin import open_ledger

if TYPE_CHECKING:
    from services.simulation.event_log import EventLog

COLUMNS = ("group", "per week", "mean hours", "law", "p", "begun", "ended", "open at the end")
LISTED = (
    "name",
    "version",
    "log",
    "cases",
    "groups",
    "begun_weighted_error",
    "ended_weighted_error",
    "created_at",
    "author",
)
TOGETHER = "(together)"


def calibrate(
    log: Annotated[
        Path | None, typer.Option("--log", help="CSV of cases, .gz too; without it, the twin's own incidents.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", help="servicenow (a row per event) or csv (a row per case).")
    ] = "csv",
    case: Annotated[str | None, typer.Option("--case", help="Column that names a case.")] = None,
    begin: Annotated[str | None, typer.Option("--begin", help="Column of its beginning.")] = None,
    end: Annotated[str | None, typer.Option("--end", help="Column of its end; empty while it lasts.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="Column to group by.")] = None,
    times: Annotated[str | None, typer.Option("--times", help="How times are written: '%d/%m/%Y %H:%M'.")] = None,
    known_share: Annotated[
        float, typer.Option("--known-share", min=0.2, max=0.95, help="Share of the log that the back-test may know.")
    ] = 0.7,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the random numbers of tests and back-tests.")] = 1,
    name: Annotated[
        str | None, typer.Option("--name", help="Keep it under this name; another version if there is one.")
    ] = None,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Learn arrivals and durations per group from a log, and tell how well they would have foretold its last part.

    For each group the families exponential, Weibull, lognormal and gamma are fitted by maximum likelihood, cases that have not
    ended are taken for what they are, and the most likely family is chosen if it fits. The back-test fits what was known at a
    moment, simulates what came after it, and shows both. Why a law was chosen, and all others, is in --output json.

    Examples: jumeau simulate calibrate --log incidents.csv.gz --format servicenow --name tickets;
    jumeau simulate calibrate --log repairs.csv --group team --output json
    """
    # Here and not above: what simulations need is an extra, and takes a second to import.
    from simulate.extra import needs_the_extra

    with needs_the_extra():
        from services.simulation.calibrations import Calibrations
        from services.simulation.event_log import log_format, read_log
        from simulate.calibration.calibrate import Terms
        from simulate.calibration.calibrate import calibrate as learn
        from simulate.calibration.report import document

    settings = load_settings(backend=backend)
    given = {"case": case, "begin": begin, "end": end, "group": group, "times": times}
    named = {what: value for what, value in given.items() if value is not None}
    if log is None and named:
        raise UsageError("columns are of a file", where="--log", hint="give the file: --log incidents.csv")
    known = _own(settings) if log is None else read_log(log, log_format(form, **named))
    with progress_bars() as advance:
        terms = Terms(seed=seed, resolution_hours=known.resolution_hours, known_share=known_share)
        found = learn(
            known.cases, known.window, terms, known.known_until, lambda done, total: advance("groups", done, total)
        )
    content = document(found)
    if name is not None:
        _, ledger = open_ledger(settings)
        try:
            kept = Calibrations(ledger, clock_for(settings.now)).keep(
                name, "the twin's incidents" if log is None else log.name, content, by=settings.actor
            )
        finally:
            ledger.close()
        content = {"name": kept.name, "version": kept.version, **content}
        say(f"kept as {kept.name}@{kept.version}")
    if output is Output.JSON:
        print_json(content)
        return
    groups = {TOGETHER: content["pooled"], **content["groups"]}
    print_rows(COLUMNS, [_row(called, told) for called, told in groups.items()], output)
    _say_errors(content)


def calibrations(output: OutputOption = Output.TABLE) -> None:
    """List the calibrations that were kept, newest first. Example: jumeau simulate calibrations --output json"""
    from services.simulation.calibrations import Calibrations

    settings = load_settings()
    _, ledger = open_ledger(settings)
    try:
        found = [kept.summary() for kept in Calibrations(ledger, clock_for(settings.now)).all()]
    finally:
        ledger.close()
    if output is Output.JSON:
        print_json(found)
    else:
        print_rows(LISTED, [[item[column] for column in LISTED] for item in found], output)


def _own(settings: Settings) -> EventLog:
    from services.simulation.own_incidents import incident_log

    until = clock_for(settings.now).now()

    def rows(query: str, parameters: Any) -> list[list[Any]]:
        order = ExportOrder(Format.JSON_LINES, query=query, parameters=parameters)
        with exporting(settings, order) as export:
            lines = b"".join(export.chunks).splitlines()
        return [list(orjson.loads(line).values()) for line in lines]

    return incident_log(rows, until)


def _row(group: str, told: dict[str, Any]) -> tuple[Any, ...]:
    lasts, test = told["durations"], told["back_test"]
    law = f"{lasts['family']}, of all" if lasts["is_pooled"] else lasts["family"]
    p_value = "" if lasts["p_value"] is None else f"{lasts['p_value']:.2f}"
    return group, f"{told['arrivals']['per_week']:.1f}", f"{lasts['mean']:.1f}", law, p_value, *_tests(test)


def _tests(test: dict[str, Any]) -> list[str]:
    return [
        f"{test[name]['actual']:.0f} ({test[name]['low']:.0f} to {test[name]['high']:.0f})"
        for name in ("begun", "ended", "open")
    ]


def _say_errors(content: dict[str, Any]) -> None:
    test = content["back_test"]
    day = datetime.fromisoformat(test["cut"]).date()
    say(
        f"back-test from {day}: what came, and what would have been foretold with the interval of 95 % of the replications"
    )
    for name, what in (("begun", "cases that began"), ("ended", "cases that ended"), ("open", "cases open at the end")):
        error, covered = test[f"{name}_weighted_error"], test[f"{name}_covered"]
        say(f"{what}: off by {error:.0%} over the groups, within the interval for {covered:.0%} of them")
    if content["unknown_ends"]:
        say(f"{content['unknown_ends']:,} cases ended nobody knows when: they count as arrivals only")
