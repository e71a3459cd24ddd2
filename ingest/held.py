"""Rejected rows kept whole, beside the ledger's events: what replay and review need, and the twin's nodes do not.

A row is kept as the mapping read it, so that a mended mapping can read it again without a new extract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Column, ColumnElement, Connection, String, Table, Text, delete, func, insert, select

from core.errors import NotFoundError
from core.ids import uuid_of
from graph.history import tables
from graph.history.ledger import Ledger
from ingest.assertion import Place, Rejection
from ingest.delimited import Row
from ingest.sources.contract import Record

CONTENT_BYTES: Final = 2**20
"""Largest row that is kept whole; a larger one is listed and cannot be replayed."""
CSV: Final = "(row)"
"""The type of a row of the twin's own format: its file says what it holds."""
_UNREAD: Final = frozenset({"BROKEN_ROW", "FORMULA_CELL", "WRONG_COLUMN_COUNT"})  # refused before any mapping
_PART: Final = 5_000

held_row = Table(
    "held_row",
    tables.metadata,
    Column("element", String(36), primary_key=True),  # of its node in the twin
    Column("source", Text, nullable=False, index=True),
    Column("run", String(36), nullable=False),  # that rejected it last
    Column("file", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("type", Text, nullable=False),  # what the mapping calls the record; empty where it cannot be read again
    Column("content", Text),  # the whole row as JSON
    Column("kind", Text),  # of the element that is ambiguous
    Column("key", Text),  # its identity key
    Column("candidates", Text),  # the elements that it may be, as a JSON list
)


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A rejected row. `content` is None where it cannot be replayed; `candidates` are set where a person can decide."""

    element: str
    source: str
    run: str
    place: Place
    code: str
    reason: str
    hint: str
    type: str
    content: Any
    kind: str | None
    key: str | None
    candidates: tuple[str, ...]

    @property
    def is_replayable(self) -> bool:
        return self.content is not None

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.element,
            "source": self.source,
            "position": str(self.place),
            "code": self.code,
            "reason": self.reason,
            "hint": self.hint,
            "replayable": self.is_replayable,
            "run": self.run,
            "row": self.content,
            "kind": self.kind,
            "candidates": list(self.candidates),
        }


def row_element(source: str, place: Place) -> str:
    """The identity of a rejected row: rejected again at the same place, it is the same."""
    return uuid_of("quarantine", source, place.file, str(place.position))


class HeldRows:
    """Reads and writes the rejected rows of a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        ledger.prepare(held_row)

    def of(
        self,
        source: str | None = None,
        code: str | None = None,
        *,
        undecided: bool = False,
        limit: int | None = None,
    ) -> list[HeldRow]:
        """Rows by source, file and position, the first `limit`; with `undecided`, those that a person can decide."""
        conditions = _conditions(source, code)
        if undecided:
            conditions.append(held_row.c.key.is_not(None))
        return self._read(*conditions, limit=limit)

    def count(self, source: str | None = None, code: str | None = None) -> int:
        """How many rows there are."""
        query = select(func.count()).select_from(held_row).where(*_conditions(source, code))
        with self._ledger.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def find(self, name: str) -> HeldRow:
        """The row of that identifier, or of an unambiguous beginning of it. Raises NotFoundError."""
        found = self._read(held_row.c.element.startswith(name, autoescape=True)) if name else []
        if len(found) == 1:
            return found[0]
        seen = "several rejected rows begin with" if found else "no rejected row begins with"
        raise NotFoundError(f"{seen} {name!r}", where="quarantine", hint="`jumeau quarantine list` lists them")

    def left_from(self, source: str, files: Iterable[str], run: str) -> list[str]:
        """Rows of these files of a source that `run` has not rejected: it took them, or they are no more."""
        wanted = frozenset(files)
        query = select(held_row.c.element, held_row.c.file).where(held_row.c.source == source, held_row.c.run != run)
        with self._ledger.reading() as connection:
            return [element for element, file in connection.execute(query) if file in wanted]

    def rejected_by(self, run: str) -> set[str]:
        """The rows that a run rejected."""
        query = select(held_row.c.element).where(held_row.c.run == run)
        with self._ledger.reading() as connection:
            return set(connection.execute(query).scalars())

    def remover(self, elements: Sequence[str]) -> Callable[[Connection, int], None]:
        """What takes rows out, in the transaction that takes their nodes out."""

        def write(connection: Connection, _last: int) -> None:
            for start in range(0, len(elements), _PART):
                connection.execute(delete(held_row).where(held_row.c.element.in_(elements[start : start + _PART])))

        return write

    def _read(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[HeldRow]:
        query = select(held_row).where(*conditions).limit(limit)
        order = (held_row.c.source, held_row.c.file, held_row.c.position)
        with self._ledger.reading() as connection:
            return [_held(row) for row in connection.execute(query.order_by(*order))]


def _conditions(source: str | None, code: str | None) -> list[ColumnElement[bool]]:
    conditions = []
    if source is not None:
        conditions.append(held_row.c.source == source)
    if code is not None:
        conditions.append(held_row.c.code == code)
    return conditions


def holder(source: str, run: str, rejections: Sequence[Rejection]) -> Callable[[Connection, int], None]:
    """What keeps rejected rows, in the transaction that records their rejection."""
    rows = [_columns(source, run, rejection) for rejection in rejections]

    def write(connection: Connection, _last: int) -> None:
        elements = [row["element"] for row in rows]
        for start in range(0, len(elements), _PART):
            connection.execute(delete(held_row).where(held_row.c.element.in_(elements[start : start + _PART])))
        connection.execute(insert(held_row), rows)

    return write


def _columns(source: str, run: str, rejection: Rejection) -> dict[str, Any]:
    type_, content = _content(rejection.row, rejection.code)
    text = None if content is None else orjson.dumps(content, default=str, option=orjson.OPT_NON_STR_KEYS)
    if text is not None and len(text) > CONTENT_BYTES:
        text = None
    return {
        "element": row_element(source, rejection.place),
        "source": source,
        "run": run,
        "file": rejection.place.file,
        "position": rejection.place.position,
        "code": rejection.code,
        "reason": _storable(rejection.reason),
        "hint": _storable(rejection.hint),
        "type": type_,
        "content": None if text is None else text.decode(),
        "kind": rejection.kind,
        "key": rejection.key,
        "candidates": orjson.dumps(rejection.candidates).decode() if rejection.candidates else None,
    }


def _content(row: Any, code: str) -> tuple[str, Any]:
    """The type of a row and what there is to read again; nothing of a row that was never read."""
    content: Any
    if code in _UNREAD:
        return "", None
    if isinstance(row, Record):
        content = row.fields
        type_ = row.type
    elif isinstance(row, Row):
        type_, content = CSV, {"columns": list(row.columns), "cells": list(row.cells)}
    else:
        return "", None
    try:
        orjson.dumps(content, default=str, option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError):  # lone surrogates, numbers beyond 64 bits, endless nesting
        return "", None
    return type_, content


def _storable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def _held(row: Any) -> HeldRow:
    return HeldRow(
        row.element,
        row.source,
        row.run,
        Place(row.file, row.position),
        row.code,
        row.reason,
        row.hint,
        row.type,
        None if row.content is None else orjson.loads(row.content),
        row.kind,
        row.key,
        () if row.candidates is None else tuple(orjson.loads(row.candidates)),
    )
