"""What a load asks of the ledger, and where its batches go: the ledger itself, or a rehearsal of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from graph.history.ledger import Event, Run, State


class LoadTarget(Protocol):
    """The part of the ledger that loaders use; see there."""

    def sequence(self) -> int: ...

    def identities(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]: ...

    def states(self, elements: Sequence[str]) -> dict[str, State]: ...

    def kinds(self, elements: Sequence[str]) -> dict[str, str]: ...

    def edges_of(self, nodes: Sequence[str]) -> list[State]: ...

    def ends(self, relation: str) -> Iterator[tuple[str, str]]: ...

    def append(
        self,
        run: Run,
        events: Sequence[Event],
        *,
        identities: Mapping[str, tuple[str, str]] | None = None,
        cursor: Mapping[str, Any] | None = None,
        counters: Mapping[str, int] | None = None,
        known_to: int | None = None,
        also: Callable[[Connection, int], None] | None = None,
    ) -> tuple[int, int]: ...
