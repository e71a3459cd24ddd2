"""Indexes over the ledger in tiers: new rows go to a small table, and slice by slice into larger ones, in the order of keys.

The identities of elements are hashes: in one large table, every row of a batch would touch a page of its own, and every page
goes through the log with the commit. A slice that is moved in order takes many rows to each page of the large table
(docs/adr/0028-indexes-in-tiers.md). A key is in exactly one tier: readers see all of them as one table (`Tiered.rows`), and
changes go to the tier that has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Subquery, Table, delete, insert, select, union_all

from core.failpoints import reach
from graph.history import tables

STEP: Final = 100_000
"""Rows are moved where the ledger's last sequence number passes a multiple of this: nothing is counted."""
SLICES: Final = (1, 10, 40)
"""What part of each tier but the last is moved at a step: the newest whole, a tenth and a fortieth of the others, in turn by
the beginnings of their keys. A tier holds no more rows than come in that many steps.
"""


@dataclass(frozen=True, slots=True)
class Tiered:
    """One index in several tables with the same columns, the newest rows first, the bulk of them last.

    Its first column is an identity: 36 characters whose first four are hexadecimal and evenly spread.
    """

    tables: tuple[Table, ...]
    rows: Subquery = field(init=False)

    def __post_init__(self) -> None:
        every: list[Select[Any]] = [select(table) for table in self.tables]
        object.__setattr__(self, "rows", union_all(*every).subquery(f"every_{self.settled.name}"))

    @property
    def newest(self) -> Table:
        """Where new rows go."""
        return self.tables[0]

    @property
    def settled(self) -> Table:
        """Where they end."""
        return self.tables[-1]


HEADS: Final = Tiered((tables.head_newest, tables.head_recent, tables.head_late, tables.head))
OWNERSHIP: Final = Tiered((tables.ownership_newest, tables.ownership_recent, tables.ownership_late, tables.ownership))
OWNED: Final = Tiered((tables.owned_newest, tables.owned_recent, tables.owned_late, tables.owned))


def settle(connection: Connection, before: int, last: int, step: int = STEP) -> None:
    """Move rows on after the events `before + 1 .. last`, in their transaction."""
    for number in range(before // step + 1, last // step + 1):
        for index in (HEADS, OWNERSHIP, OWNED):
            for small, large, slices in _moves(index):
                _move(connection, small, large, _slice(small, number % slices, slices))


def _moves(index: Tiered) -> Iterator[tuple[Table, Table, int]]:
    """From which tier to which, and how much of it: the largest first, so that no row is moved twice at once."""
    yield from reversed(list(zip(index.tables, index.tables[1:], SLICES, strict=False)))


def _slice(table: Table, number: int, slices: int) -> list[ColumnElement[bool]]:
    """The rows of one slice. The first has no lower end, the last no upper one: every key is in one of them."""
    key = next(iter(table.primary_key))
    begin, end = (f"{place * 0x10000 // slices:04x}" for place in (number, number + 1))
    return [*([key >= begin] if number else []), *([key < end] if number + 1 < slices else [])]


def _move(connection: Connection, small: Table, large: Table, chosen: list[ColumnElement[bool]]) -> None:
    rows = select(small).where(*chosen).order_by(*small.primary_key)
    connection.execute(insert(large).from_select([column.name for column in small.columns], rows))
    reach("ledger.tier.copied")
    connection.execute(delete(small).where(*chosen))
    reach("ledger.tier.moved")
