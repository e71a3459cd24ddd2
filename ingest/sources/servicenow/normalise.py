"""The state of each incident: its last event, by the number of updates, then by order in the log."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.assertion import Place, Rejection
from ingest.files import Content
from ingest.sources.contract import Record
from ingest.tabular import read_records

UNKNOWN = "?"


def last_events(content: Content) -> Iterator[Record | Rejection]:
    """One record per incident, in the log's order of last events. An event whose update count is no number is rejected."""
    last: dict[str, tuple[int, int, dict[str, str]]] = {}
    for row in read_records(content.file):
        if isinstance(row, Rejection):
            yield row
            continue
        line, cells = row
        fields = {name: text for name, cell in cells.items() if (text := " ".join(cell.split())) != UNKNOWN}
        place, number, updates = Place(content.file.name, line), fields.get("number"), fields.get("sys_mod_count", "")
        if number is None:
            hint = "every event names its incident"
            yield Rejection(place, "MISSING_KEY", "the event has no `number`", hint, cells)
        elif not updates.isdecimal():
            hint = "the count of updates orders the events of an incident"
            yield Rejection(place, "WRONG_TYPE", f"`sys_mod_count`: {updates[:40]!r}", hint, cells)
        elif number not in last or int(updates) >= last[number][0]:
            last[number] = (int(updates), line, fields)
    for _, line, fields in sorted(last.values(), key=lambda event: event[1]):
        yield Record("incident", Place(content.file.name, line), _with_flags(fields))
        for name in ("cmdb_ci", "rfc"):
            if name in fields:
                yield Record(f"incident.{name}", Place(content.file.name, line), {name: fields[name]})


def _with_flags(fields: dict[str, str]) -> dict[str, str]:
    reopened = fields.get("reopen_count", "")
    return {**fields, "reopened": str(int(reopened) > 0).lower()} if reopened.isdecimal() else fields
