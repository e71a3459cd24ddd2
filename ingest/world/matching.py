"""Tells the twin what matched: the dates of the world's cycle on the estate's version, as one more source, `matching`.

What it tells is believed after every source that speaks of the same attribute. What it told and no longer tells is taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from graph.history.ledger import Event, Ledger
from graph.model import Scalar
from graph.schema.model import Schema
from ingest.precedence import load_precedence
from ingest.reconcile import Claim, Reconciler
from ingest.world.report import MatchReport

SOURCE: Final = "matching"
TOLD: Final = frozenset(
    {
        "cycle", "released_on", "end_of_active_support", "end_of_support", "end_of_life", "support_ended", "long_term_support",
        "latest_release", "latest_released_on", "discontinued_on",
    }
)  # fmt: skip
"""What the catalogue knows about a version."""


class Matching:
    """Applies matches to a ledger."""

    def __init__(self, schema: Schema, ledger: Ledger, *, actor: str) -> None:
        self._ledger = ledger
        self._actor = actor
        self._reconciler = Reconciler(schema, SOURCE, load_precedence(schema))

    def apply(self, report: MatchReport) -> int:
        """Tell what is sure enough; returns how many elements changed."""
        sure = {each.spelling.element: each.match for each in report.matched if each.spelling.of == "version"}
        local = [
            each.spelling.element
            for each in report.spellings
            if each.spelling.of == "version" and each.spelling.element is not None
        ]
        world = {
            match.cycle_element for match in sure.values() if match is not None and match.cycle_element is not None
        }
        states = self._ledger.states([*local, *sorted(world)])
        events = []
        for element in local:
            match = sure.get(element)
            cycle = None if match is None else match.cycle_element
            values = {} if cycle is None or cycle not in states else _told(states[cycle].properties)
            state = states.get(element)
            if state is None:
                continue
            claim = Claim(element, False, state.kind, values, TOLD)
            event = self._reconciler.event(state, claim, partial=True)
            if event is not None:
                events.append(event)
        self._commit(events)
        return len(events)

    def _commit(self, events: Iterable[Event]) -> None:
        changes = list(events)
        if not changes:
            return
        run = self._ledger.begin_run(SOURCE, self._actor, "the world's catalogue", "")
        counters = {"created": 0, "updated": len(changes), "unchanged": 0, "rejected": 0}
        self._ledger.append(run, changes, counters=counters, statuses={run.id: "complete"})


def _told(properties: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {name: value for name, value in properties.items() if name in TOLD}
