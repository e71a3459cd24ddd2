"""What a branch holds as somebody limited sees it: what they do not see is as if it did not exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.principal import EVERYONE, Sight
from graph.history.branch_perimeters import BranchPerimeters
from graph.history.branch_view import BranchView
from graph.history.branches import Branch, Told
from graph.history.events import State
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from services.edits import ChangeRefusedError

_MANY = 1_000  # nodes asked about at once


class NameTakenError(ChangeRefusedError):
    """What is to be cannot have its natural key. Which element has it is not told."""

    code = "NAME_TAKEN"


class SeenView(BranchView):
    """Reads of one branch, of what somebody sees.

    `edges_of` and `ends` are not limited: what goes with a node goes whole, and rules about relations hold for all of them.
    """

    def __init__(self, ledger: Ledger, schema: Schema, branches: Told, branch: Branch, sees: Sight) -> None:
        super().__init__(ledger, branches, branch)
        self._public = schema.public_kinds
        self._sees = sees
        self._perimeters = BranchPerimeters(ledger, schema, branch.base, self._own)
        self._known: dict[str, bool] = {}

    def states(self, elements: Sequence[str]) -> dict[str, State]:
        """The state of each element that exists on the branch and is seen: a relation where both of its ends are."""
        found = super().states(elements)
        ends = sorted({end for s in found.values() if s.edge for end in (s.start, s.end) if end})
        nodes = {**super().states(ends), **{e: s for e, s in found.items() if not s.edge}}
        self._look({element: state.kind for element, state in nodes.items()})
        return {element: state for element, state in found.items() if self._is_seen(state)}

    def nodes(self, kinds: Iterable[str]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """(element, kind, properties) of every node of these kinds that is seen."""
        waiting: list[tuple[str, str, Mapping[str, Any]]] = []
        for node in super().nodes(kinds):
            waiting.append(node)
            if len(waiting) >= _MANY:
                yield from self._seen_of(waiting)
                waiting = []
        yield from self._seen_of(waiting)

    def identities(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        """For each known identity key: (element, kind at first sight). Raises NameTakenError for one that is held unseen."""
        found = super().identities(keys)
        elements = sorted({element for element, _ in found.values()})
        if super().states(elements).keys() - self.states(elements).keys():
            raise NameTakenError(
                "it cannot be called that: its natural key is taken",
                where="natural key",
                hint="choose another, or ask somebody who sees the whole estate",
            )
        return found

    def _seen_of(
        self, nodes: Sequence[tuple[str, str, Mapping[str, Any]]]
    ) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        self._look({element: kind for element, kind, _ in nodes})
        yield from (node for node in nodes if self._known[node[0]])

    def _look(self, kinds: Mapping[str, str]) -> None:
        """Learn which of these nodes are seen."""
        unknown = sorted(kinds.keys() - self._known.keys())
        names = self._perimeters.names(unknown) if unknown and self._sees.perimeters is not None else {}
        for node in unknown:
            own = (EVERYONE,) if kinds[node] in self._public else names.get(node, ())
            self._known[node] = self._sees.shows(kinds[node], own)

    def _is_seen(self, state: State) -> bool:
        if not state.edge:
            return self._known[state.element]
        return all(self._known.get(end, False) for end in (state.start or "", state.end or ""))
