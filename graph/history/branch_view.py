"""What a branch holds, asked as a ledger is asked: main at the branch's base, with the branch's own events over it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from graph.history.branches import Branch, Told
from graph.history.events import State
from graph.history.ledger import Ledger
from graph.history.selection import nodes_of_kinds


class BranchView:
    """Reads of one branch as it stands. What is written to it later is not seen."""

    def __init__(self, ledger: Ledger, branches: Told, branch: Branch) -> None:
        self.branch = branch
        self._ledger = ledger
        self._branches = branches
        self._own = branches.states(branch)

    @property
    def main(self) -> Ledger:
        """What the branch began from, as it is now."""
        return self._ledger

    def sequence(self) -> int:
        """The last event of main that the branch sees."""
        return self.branch.base

    def identities(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        """For each known identity key: (element, kind at first sight)."""
        return {**self._ledger.identities(keys), **self._branches.identities(self.branch, keys)}

    def states(self, elements: Sequence[str]) -> dict[str, State]:
        """The state of each element that exists on the branch."""
        others = [element for element in elements if element not in self._own]
        found = self._ledger.states_at(others, self.branch.base)
        for element in elements:
            state = self._own.get(element)
            if state is not None:
                found[element] = state
        return found

    def kinds(self, elements: Sequence[str]) -> dict[str, str]:
        """The kind of each element that exists on the branch."""
        return {element: state.kind for element, state in self.states(elements).items()}

    def nodes(self, kinds: Iterable[str]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """(element, kind, properties) of every node of these kinds, as `nodes_of_kinds` gives those of main."""
        wanted = frozenset(kinds)
        over = {**self._main_before, **self._own}
        for element, kind, values in nodes_of_kinds(self._ledger, wanted):
            if element not in over:
                yield element, kind, values
        for element, state in over.items():
            if state is not None and not state.edge and state.kind in wanted:
                yield element, state.kind, state.properties

    def own_states(self) -> Mapping[str, State | None]:
        """What the branch's own events made of the elements they touch, None where gone."""
        return self._own

    def own_identities(self) -> dict[str, tuple[str, str]]:
        """The identity keys that only the branch knows: (element, kind)."""
        return self._branches.identities(self.branch)

    def told_by(self) -> dict[str, set[str]]:
        """What each source changed on the branch and is still there."""
        told: dict[str, set[str]] = {}
        for item in self._branches.events(self.branch.id, 1, self.branch.version):
            if self._own.get(item.event.element) is not None:
                told.setdefault(item.source, set()).add(item.event.element)
        return told

    def unseen(self) -> set[str]:
        """Elements of main that the branch does not have: deleted on it, or made on main since it began."""
        deleted = {element for element, state in self._own.items() if state is None}
        return deleted | {e for e, state in self._main_before.items() if state is None and e not in self._own}

    @cached_property
    def _main_before(self) -> dict[str, State | None]:
        """What main has changed since the branch began, as it was then; None for what was not there."""
        last = self._ledger.sequence()
        changed = {r.event.element for r in self._ledger.events(self.branch.base + 1, last)}
        states = self._ledger.states_at(sorted(changed), self.branch.base) if changed else {}
        return {element: states.get(element) for element in changed}

    def edges_of(self, nodes: Sequence[str]) -> list[State]:
        """Relations that start or end at one of the nodes."""
        wanted = set(nodes)
        found = [s for s in self._ledger.edges_at(nodes, self.branch.base) if s.element not in self._own]
        own = (s for s in self._own.values() if s is not None and s.edge)
        return [*found, *(s for s in own if s.start in wanted or s.end in wanted)]

    def ends(self, relation: str) -> Iterator[tuple[str, str]]:
        """Both ends of every relation of a type."""
        for element, start, end in self._ledger.ends_at(relation, self.branch.base):
            if element not in self._own:
                yield start, end
        for state in self._own.values():
            if state is not None and state.edge and state.kind == relation:
                yield state.start or "", state.end or ""
