"""The kinds of element that an account, a token or a webhook is limited to, in a table of their own: no row, no limit."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

import orjson
from sqlalchemy import Column, ColumnElement, Connection, String, Table, Text, and_, delete, insert

from core.principal import KindLists
from graph.history import tables


class Holder(StrEnum):
    """What may be limited to kinds."""

    ACCOUNT = "account"  # by its name
    TOKEN = "token"  # by its id
    WEBHOOK = "webhook"  # by its id


kind_right = Table(
    "kind_right",
    tables.metadata,
    Column("holder", String(12), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("reads", Text, nullable=False),  # JSON list of lists of names, each a limit
    Column("changes", Text, nullable=False),  # the same
)

COLUMNS: Final = (kind_right.c.reads, kind_right.c.changes)


def of(holder: Holder, name: ColumnElement[Any]) -> ColumnElement[bool]:
    """What joins a holder's row; one without a row has none."""
    return and_(kind_right.c.holder == holder.value, kind_right.c.name == name)


def write(connection: Connection, holder: Holder, name: str, reads: KindLists, changes: KindLists) -> None:
    """What somebody is limited to from now on."""
    connection.execute(delete(kind_right).where(kind_right.c.holder == holder.value, kind_right.c.name == name))
    if reads or changes:
        values = {"reads": _text(reads), "changes": _text(changes)}
        connection.execute(insert(kind_right).values(holder=holder.value, name=name, **values))


def lists_in(text: str | None) -> KindLists:
    """The lists that a text holds; none for the row that is not there."""
    return frozenset() if text is None else frozenset(frozenset(names) for names in orjson.loads(text))


def in_order(lists: Iterable[Iterable[str]]) -> list[list[str]]:
    """Lists as they are shown."""
    return sorted(sorted(names) for names in lists)


def only(lists: KindLists) -> list[str] | None:
    """The names of the one list that an account has, in order; None for every kind."""
    return next((sorted(names) for names in lists), None)


def _text(lists: KindLists) -> str:
    return orjson.dumps(in_order(lists)).decode()
