"""A load onto a branch: the branch is asked in the ledger's place, and takes what the load tells, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection

from graph.history.branch_view import BranchView
from graph.history.branches import Branch, Branches
from graph.history.ledger import Event, Ledger, Run, State
from graph.history.sightings import Sightings, packed
from graph.schema.model import Schema
from ingest.known_items import with_known_items
from ingest.matching import Matcher
from ingest.rehearsal import Rehearsal
from ingest.retirement import Retirements
from ingest.sources.contract import Extract
from ingest.sources.registry import SOURCES
from ingest.target import LoadTarget
from ingest.testimony import state_of


class BranchSightings:
    """What each source told last, as a branch sees it: on main, as far as the branch has it, and on the branch itself.

    What a load onto the branch found unchanged leaves no trace there: it counts for its source by what main knows.
    """

    def __init__(self, ledger: Ledger, view: BranchView) -> None:
        self._main = Sightings(ledger)
        self._unseen = {packed(element) for element in view.unseen()}
        self._told = {source: {packed(e) for e in elements} for source, elements in view.told_by().items()}

    def of(self, source: str) -> set[bytes]:
        """What a source told, packed."""
        return (self._main.of(source) - self._unseen) | self._told.get(source, set())

    def by_others(self, source: str, wanted: set[bytes]) -> set[bytes]:
        """Which of these elements any other source told; what a person changed by hand on the branch is no source's."""
        others = (told for name, told in self._told.items() if name != source and name in SOURCES)
        return self._main.by_others(source, wanted) | (wanted & set().union(*others))


class _After:
    """A branch as it will be with the events of a load."""

    def __init__(
        self, view: BranchView, events: Sequence[Event], keys: Mapping[str, tuple[str, str]], source: str
    ) -> None:
        self._view = view
        self._keys = keys
        self._over = {e.element: None if e.after is None else state_of(e, source) for e in events}

    def identities(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        own = {key: self._keys[key] for key in keys if key in self._keys}
        return {**own, **self._view.identities(keys)}

    def states(self, elements: Sequence[str]) -> dict[str, State]:
        found = self._view.states([e for e in elements if e not in self._over])
        return {**found, **{e: state for e in elements if (state := self._over.get(e)) is not None}}

    def edges_of(self, nodes: Sequence[str]) -> list[State]:
        wanted = set(nodes)
        found = [s for s in self._view.edges_of(nodes) if s.element not in self._over]
        own = (s for s in self._over.values() if s is not None and s.edge)
        return [*found, *(s for s in own if s.start in wanted or s.end in wanted)]


class BranchLoad(Rehearsal):
    """Keeps what a load tells until it is committed. What a load notes about itself stays out of branches."""

    def __init__(self, view: BranchView, branches: Branches, schema: Schema) -> None:
        super().__init__(cast(Ledger, view), schema)  # it is asked what a load asks a ledger
        self._view = view
        self._main = view.main
        self._branch = view.branch
        self._branches = branches
        self._kept: list[Event] = []
        self._keys: dict[str, tuple[str, str]] = {}

    def known_items(self, extract: Extract) -> Extract:
        return with_known_items(extract, self._view.nodes, self._schema)

    def matcher(self, source: str) -> Matcher:
        return Matcher(self._schema, self._main, source, self._view)

    def retirements(self, source: str) -> Retirements:
        after = cast(LoadTarget, _After(self._view, self._kept, self._keys, source))
        return Retirements(after, source, self._schema, BranchSightings(self._main, self._view))

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
