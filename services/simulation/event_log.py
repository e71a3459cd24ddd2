"""Cases from event logs: exports of tickets, a row per ticket or a row per event of one, and the twin's own incidents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from graph.schema.fields import did_you_mean
from simulate.calibration.sample import Case
from simulate.errors import CalibrationError

NO_GROUP: Final = "(none)"
"""Cases that the log assigns to nobody."""


@dataclass(frozen=True, slots=True)
class LogFormat:
    """Where a log tells what. Times without an offset are UTC; of several rows of a case the last one counts, by `updated`.

    `ended` are the values of `state` of a case that has ended, though its end may not be told.
    """

    case: str
    begin: str
    end: str
    group: str
    updated: str | None = None
    state: str | None = None
    ended: tuple[str, ...] = ()
    times: str = "%Y-%m-%dT%H:%M:%S"
    missing: str = ""
    resolution_hours: float = 1.0 / 3_600.0


SERVICENOW: Final = LogFormat(
    case="number",
    begin="opened_at",
    end="resolved_at",
    group="assignment_group",
    updated="sys_updated_at",
    state="incident_state",
    ended=("Closed", "Resolved"),
    times="%d/%m/%Y %H:%M",
    missing="?",
    resolution_hours=1.0 / 60.0,
)
FORMATS: Final = MappingProxyType(
    {"servicenow": SERVICENOW, "csv": LogFormat(case="case", begin="begin", end="end", group="group")}
)
"""`servicenow` is its audit log of incidents, a row per event; `csv` a row per case."""


@dataclass(frozen=True, slots=True)
class EventLog:
    """The cases of a log, the days on which cases began in it, and until when it tells of ends."""

    cases: tuple[Case, ...]
    window: tuple[datetime, datetime]
    known_until: datetime
    resolution_hours: float


def log_format(name: str, **columns: str) -> LogFormat:
    """A named format, with columns of another name. Raises CalibrationError."""
    found = FORMATS.get(name)
    if found is None:
        raise CalibrationError(
            f"there is no log format {name!r}",
            where="--format",
            hint=did_you_mean(name, FORMATS) or "servicenow or csv",
        )
    return replace(found, **columns)  # type: ignore[arg-type]


def read_log(path: Path, form: LogFormat) -> EventLog:
    """The cases of a CSV file, `.gz` too. Raises CalibrationError for columns and times that cannot be read."""
    wanted = [name for name in (form.case, form.begin, form.end, form.group, form.updated, form.state) if name]
    rows = _rows(path, form, wanted)
    if rows.is_empty():
        raise CalibrationError(
            "the log holds no case", where=str(path), hint="a line of names, then one or more a case"
        )
    times = [form.begin, form.end, *([form.updated] if form.updated else [])]
    parsed = rows.with_columns(
        pl.col(name).str.to_datetime(form.times, strict=False).dt.replace_time_zone("UTC") for name in times
    )
    for name in times:
        _refuse_unread(rows[name], parsed[name], path, form)
    if parsed[form.begin].null_count():
        row = int(parsed[form.begin].is_null().arg_true()[0]) + 2
        raise CalibrationError(f"no {form.begin} is told", where=f"{path}:{row}", hint="every case has a begin")
    until = max(instant for name in times if (instant := parsed[name].max()) is not None)
    last = parsed.sort(form.updated, maintain_order=True) if form.updated else parsed
    last = last.group_by(form.case, maintain_order=True).last()
    return _log([_case(row, form) for row in last.iter_rows(named=True)], until, form.resolution_hours)  # type: ignore[arg-type]


def log_of(cases: list[Case], until: datetime) -> EventLog:
    """Cases that the twin tells, as a log that is known until a moment."""
    return _log(cases, until, SERVICENOW.resolution_hours)


def _log(cases: list[Case], until: datetime, resolution_hours: float) -> EventLog:
    if not cases:
        raise CalibrationError("the twin holds no incident", hint="load some, or give a log: --log incidents.csv")
    begin = min(case.begin for case in cases).replace(hour=0, minute=0, second=0, microsecond=0)
    last = max(case.begin for case in cases).replace(hour=0, minute=0, second=0, microsecond=0)
    window = begin, last + timedelta(days=1)
    return EventLog(tuple(cases), window, max(until, window[1]), resolution_hours)


def _rows(path: Path, form: LogFormat, wanted: list[str]) -> pl.DataFrame:
    try:
        names = pl.read_csv(path, n_rows=0, infer_schema=False).columns
        for name in wanted:
            if name not in names:
                hint = (
                    did_you_mean(name, names) or "name it: --begin COLUMN, --end COLUMN, --group COLUMN, --case COLUMN"
                )
                raise CalibrationError(f"the log has no column {name!r}", where=str(path), hint=hint)
        missing = [form.missing, ""] if form.missing else [""]
        return pl.read_csv(path, columns=list(dict.fromkeys(wanted)), infer_schema=False, null_values=missing)
    except (OSError, pl.exceptions.PolarsError) as error:
        seen = f"the log cannot be read: {str(error).splitlines()[0][:200]}"
        raise CalibrationError(seen, where=str(path), hint="a CSV file, in UTF-8, with a line of names") from error


def _refuse_unread(told: pl.Series, parsed: pl.Series, path: Path, form: LogFormat) -> None:
    unread = (told.is_not_null() & parsed.is_null()).arg_true()
    if len(unread):
        row = int(unread[0])
        raise CalibrationError(
            f"{len(unread):,} values of {told.name} are no time of the form {form.times}, the first is {told[row]!r}",
            where=f"{path}:{row + 2}",
            hint="tell the form: --times '%d/%m/%Y %H:%M'",
        )


def _case(row: dict[str, object], form: LogFormat) -> Case:
    end = row[form.end]
    group = str(row[form.group]) if row[form.group] is not None else NO_GROUP
    ended = end is not None or (form.state is not None and row[form.state] in form.ended)
    return Case(group, _utc(row[form.begin]), None if end is None else _utc(end), ended)


def _utc(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is no instant")
    return value.astimezone(UTC)
