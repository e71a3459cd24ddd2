"""What a branch holds, asked as a ledger is asked: main at the branch's base, with the branch's own events over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graph.history.branches import Branch, Branches
from graph.history.events import State
from graph.history.ledger import Ledger


class BranchView:
    """Reads of one branch as it stands. What is written to it later is not seen."""

    def __init__(self, ledger: Ledger, branches: Branches, branch: Branch) -> None:
        self.branch = branch
        self._ledger = ledger
        self._branches = branches
        self._own = branches.states(branch)

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
