"""Rows that could not be taken become nodes of the twin, with position, code, reason and hint.

A row that is rejected again is the same node: its identity is derived from source, file and position.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from core.ids import relation_id
from graph.history.events import deletion_of
from graph.history.ledger import Event, Ledger, Run
from graph.model import Operation, Scalar
from ingest.assertion import Rejection
from ingest.delimited import Row
from ingest.held import HeldRows, holder, row_element
from ingest.sources.contract import Record
from ingest.target import LoadTarget

KIND = "QuarantinedRow"
REJECTED_BY = "REJECTED_BY"
_ROW_CHARACTERS = 4_000
_TEXT_CHARACTERS = 1_000


class Quarantine:
    """Writes the rejections of one run."""

    def __init__(self, ledger: LoadTarget, source: str, run_element: str) -> None:
        self._ledger = ledger
        self._source = source
        self._run = run_element

    def events(self, rejections: Sequence[Rejection]) -> list[Event]:
        """The changes that record these rows: new or changed rows, and that this run rejected them."""
        rows = {self._element(rejection): _values(rejection) for rejection in rejections}
        edges = {relation_id(REJECTED_BY, element, self._run): element for element in rows}
        known = self._ledger.states([*rows, *edges])
        events: list[Event] = []
        for element, values in rows.items():
            state = known.get(element)
            if state is None:
                events.append(Event(Operation.CREATE, element, False, KIND, None, values))
            elif state.properties != values:
                events.append(Event(Operation.UPDATE, element, False, KIND, state.properties, values))
        for edge, element in edges.items():
            if edge not in known:
                events.append(Event(Operation.CREATE, edge, True, REJECTED_BY, None, {}, element, self._run))
        return events

    def keeper(self, run: Run, rejections: Sequence[Rejection]) -> Callable[[Connection, int], None]:
        """What keeps the rows whole, in the same transaction."""
        return holder(self._source, run.id, rejections)

    def _element(self, rejection: Rejection) -> str:
        return row_element(self._source, rejection.place)


def release(ledger: Ledger, run: Run, elements: Sequence[str], cursor: Mapping[str, Any] | None = None) -> int:
    """Take rows out of quarantine, with their nodes; returns how many."""
    if not elements:
        return 0
    states = ledger.states(elements)
    edges = ledger.edges_of(list(states))
    events = [deletion_of(state) for state in (*edges, *states.values())]
    ledger.append(run, events, cursor=cursor, also=HeldRows(ledger).remover(elements))
    return len(elements)


def _values(rejection: Rejection) -> dict[str, Scalar]:
    values: dict[str, Scalar] = {
        "name": _held(str(rejection.place)),
        "position": rejection.place.position,
        "code": rejection.code,
        "reason": _held(rejection.reason),
        "hint": _held(rejection.hint),
        "source_file": _held(rejection.place.file),
    }
    if rejection.row is not None:
        values["row"] = row_text(rejection.row)
    return values


def row_text(row: Any) -> str:
    """The row as JSON in ASCII, cut: whatever a source holds can be stored."""
    shown = row.fields if isinstance(row, Record) else row.to_dict() if isinstance(row, Row) else row
    text = json.dumps(_bounded(shown), default=_plain, ensure_ascii=True)
    return text if len(text) <= _ROW_CHARACTERS else text[: _ROW_CHARACTERS - 3] + "..."


def _bounded(value: Any, depth: int = 0) -> Any:
    """Long texts and deep nesting cut before they are rendered, so that a huge row costs little."""
    if isinstance(value, str):
        return value if len(value) <= _TEXT_CHARACTERS else value[:_TEXT_CHARACTERS] + "..."
    if isinstance(value, dict):
        if depth > 2:
            return f"({len(value)} fields)"
        return {str(key)[:_TEXT_CHARACTERS]: _bounded(item, depth + 1) for key, item in list(value.items())[:200]}
    if isinstance(value, list | tuple):
        return [_bounded(item, depth + 1) for item in value[:50]]
    return value


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)[:_TEXT_CHARACTERS]


def _held(text: str) -> str:
    """Text that every store can hold: cut, without NUL and lone surrogates."""
    return text[:_TEXT_CHARACTERS].encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
