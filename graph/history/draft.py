"""A branch that lives in memory for one change of main: what is told on it is brought to main at once, or forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from graph.history.branches import Branch, BranchEvent, states_after
from graph.history.events import Event, State
from graph.history.ledger import MAIN

_DRAFT: Final = "draft"


class Draft:
    """Events and natural keys over main as it was at `base`, read as those of a branch are."""

    def __init__(self, base: int, actor: str, at: datetime) -> None:
        self.branch = Branch(_DRAFT, MAIN, base, 0, actor, at, "")
        self._events: list[BranchEvent] = []
        self._identities: dict[str, tuple[str, str]] = {}

    def tell(self, events: Sequence[Event], source: str, identities: Mapping[str, tuple[str, str]]) -> Branch:
        """Add events; the branch with them."""
        drafted = self.branch
        for number, event in enumerate(events, len(self._events) + 1):
            self._events.append(BranchEvent(number, event, source, drafted.actor, drafted.created_at))
        self._identities.update(identities)
        self.branch = Branch(
            drafted.id, drafted.name, drafted.base, len(self._events), drafted.actor, drafted.created_at, ""
        )
        return self.branch

    def events(self, branch: str, first: int, last: int) -> Iterator[BranchEvent]:
        """The events `first..last`, in order."""
        yield from self._events[first - 1 : last]

    def states(self, branch: Branch, elements: Sequence[str] | None = None) -> dict[str, State | None]:
        """What the events made of the elements they touch, None where gone; of all for None."""
        return states_after(self._events, branch.base, elements)

    def identities(self, branch: Branch, keys: Sequence[str] | None = None) -> dict[str, tuple[str, str]]:
        """(element, kind) by natural key; of every key for None."""
        wanted = self._identities if keys is None else keys
        return {key: self._identities[key] for key in wanted if key in self._identities}
