"""The changes of one batch as somebody limited sees them: no more than reading before and after would show.

What comes into sight is heard of as created, what goes out of sight as deleted, with or without an event of its own. The
relations of such a node come and go with it, without a word of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from core.principal import EVERYONE, Sight
from graph.history.events import State
from graph.history.ledger import Ledger
from graph.history.past_perimeters import PastPerimeters
from graph.model import Operation
from graph.schema.model import Schema
from services.changes.batches import ChangeBatch
from services.changes.change import Change

_Seen = Callable[[str], bool]


class LimitedView:
    """Tells the batches of a ledger, one after the other, from after the event `at`."""

    def __init__(self, ledger: Ledger, schema: Schema, at: int) -> None:
        self._ledger = ledger
        self._schema = schema
        self._perimeters = PastPerimeters(ledger, schema, at)

    def told(self, batch: ChangeBatch, sees: Sight) -> list[Change]:
        """What somebody hears who `sees` this much, in order."""
        perimeters = self._perimeters
        own = {change.element: change for change in batch.changes if not change.edge}
        moved = perimeters.dependents(perimeters.seeds(batch.events))
        ends = {end for c in batch.changes if c.edge for end in (c.start, c.end) if end is not None}
        before = perimeters.names(own.keys() | moved | ends)
        perimeters.advance(batch.last)
        after = perimeters.names(own.keys() | moved | ends)
        others = {node for node in moved - own.keys() if before.get(node) != after.get(node)}
        states = self._ledger.states_at(sorted(others | (ends - own.keys())), batch.last)
        saw = self._sight(own, states, before, sees, then=True)
        sees_now = self._sight(own, states, after, sees, then=False)
        found: list[Change] = []
        for change in batch.changes:
            nodes = (change.start or "", change.end or "") if change.edge else (change.element,)
            was = change.operation is not Operation.CREATE and all(saw(node) for node in nodes)
            is_ = change.operation is not Operation.DELETE and all(sees_now(node) for node in nodes)
            found.extend(_as_seen(change, was=was, is_=is_))
        for node in sorted(others & states.keys()):
            was, is_ = saw(node), sees_now(node)
            if was != is_:
                found.extend(_as_seen(_unchanged(states[node], batch), was=was, is_=is_))
        return found

    def _sight(
        self,
        own: Mapping[str, Change],
        states: Mapping[str, State],
        names: Mapping[str, frozenset[str]],
        sees: Sight,
        *,
        then: bool,
    ) -> _Seen:
        """Whether a node was (`then`), or is, seen. One that did not exist is not."""
        public = self._schema.public_kinds

        def seen(node: str) -> bool:
            change = own.get(node)
            if change is not None:
                if change.operation is (Operation.CREATE if then else Operation.DELETE):
                    return False
                kind = (change.previous_kind or change.kind) if then else change.kind
            elif node in states:
                kind = states[node].kind
            else:
                return False
            return sees.shows(kind, (EVERYONE,) if kind in public else names.get(node, ()))

        return seen


def _as_seen(change: Change, *, was: bool, is_: bool) -> Sequence[Change]:
    if was and is_:
        return (change,)
    if was:
        return (change if change.operation is Operation.DELETE else change.as_left(),)
    if is_:
        return (change if change.operation is Operation.CREATE else change.as_entered(),)
    return ()


def _unchanged(state: State, batch: ChangeBatch) -> Change:
    """A node that nothing happened to but to its perimeters."""
    return Change(
        batch.last,
        Operation.UPDATE,
        state.element,
        False,
        state.kind,
        state.properties,
        state.properties,
        None,
        None,
        None,
        batch.source,
        batch.at,
    )
