"""A load onto a branch: the branch is asked in the ledger's place, and takes what the load tells, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection

from graph.history.branch_view import BranchView
from graph.history.branches import Branch, Branches
from graph.history.ledger import Event, Ledger, Run
from graph.schema.model import Schema
from ingest.rehearsal import Rehearsal


class BranchLoad(Rehearsal):
    """Keeps what a load tells until it is committed. What a load notes about itself stays out of branches."""

    def __init__(self, view: BranchView, branches: Branches, schema: Schema) -> None:
        super().__init__(cast(Ledger, view), schema)  # it is asked what a load asks a ledger
        self._branch = view.branch
        self._branches = branches
        self._kept: list[Event] = []
        self._keys: dict[str, tuple[str, str]] = {}

    def append(
        self,
        run: Run,
        events: Sequence[Event],
        *,
        identities: Mapping[str, tuple[str, str]] | None = None,
        cursor: Mapping[str, Any] | None = None,
        counters: Mapping[str, int] | None = None,
        also: Callable[[Connection, int], None] | None = None,
    ) -> tuple[int, int]:
        """Note the events and keys; nothing is written before `commit`."""
        self._kept += [event for event in events if event.kind not in self._ignored]
        for key, (element, kind) in (identities or {}).items():
            if kind not in self._ignored:
                self._keys[key] = (element, kind)
        return super().append(run, events, identities=identities, cursor=cursor, counters=counters)

    def commit(self, source: str, actor: str) -> Branch:
        """Write everything to the branch. Raises LedgerMovedError where it has moved meanwhile, BranchAppliedError."""
        return self._branches.append(self._branch, self._kept, source=source, actor=actor, identities=self._keys)
