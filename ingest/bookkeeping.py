"""What the twin notes about its own loads: the source and its freshness, the run with its status and counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from core.clock import in_utc
from core.ids import relation_id, uuid_of
from graph.history.ledger import Event, Ledger, Run
from graph.model import Operation, Properties, Scalar
from ingest.identity import natural_key
from ingest.report import COUNTERS

_SOURCE, _RUN, _LOADED_FROM = "DataSource", "ImportRun", "LOADED_FROM"


def run_element(run: Run) -> str:
    """The identity of a run's node."""
    return uuid_of(_RUN, run.id)


class Bookkeeper:
    """Writes the nodes of one run and its source, as batches of their own."""

    def __init__(self, ledger: Ledger, run: Run) -> None:
        self._ledger = ledger
        self._run = run
        self._element = run_element(run)
        self._key = natural_key(_SOURCE, run.source)
        self._started = in_utc(run.started_at)

    def open(self) -> tuple[int, int]:
        """Note that the run began; returns the first and last sequence number of that. Older runs that it replaces are marked."""
        source, identities = self._source_element()
        events = [
            self._event(source, _SOURCE, {"name": self._run.source, "kind": "file"}),
            self._event(self._element, _RUN, self._values("incomplete", None, {})),
            self._loaded_from(source),
            *self._superseded(),
        ]
        return self._ledger.append(
            self._run, [e for e in events if e is not None], identities=identities, cursor={"phase": ""}
        )

    def close(self, freshness: datetime | None, ended: datetime, counters: Mapping[str, int], description: str) -> None:
        """Note that the run is complete, what it did, and how fresh its source is (None: no fresher than it was)."""
        source, identities = self._source_element()
        values = self._values("complete", ended, counters)
        if description:
            values["description"] = description
        described: dict[str, Scalar] = {"name": self._run.source, "kind": "file"}
        if freshness is not None:
            described["freshness"] = freshness
        events = [
            self._event(source, _SOURCE, described),
            self._event(self._element, _RUN, values),
            self._loaded_from(source),
        ]
        self._ledger.append(
            self._run,
            [e for e in events if e is not None],
            identities=identities,
            cursor={"phase": "closed", "counters": dict(counters)},
            counters=counters,
        )

    def _source_element(self) -> tuple[str, dict[str, tuple[str, str]]]:
        known = self._ledger.identities([self._key]).get(self._key)
        if known is not None:
            return known[0], {}
        element = uuid_of(self._key)
        return element, {self._key: (element, _SOURCE)}

    def _values(self, status: str, ended: datetime | None, counters: Mapping[str, int]) -> dict[str, Scalar]:
        values: dict[str, Scalar] = {
            "name": f"{self._run.source} {self._started:%Y-%m-%d %H:%M:%S}",
            "status": status,
            "started_at": self._started,
        }
        if ended is not None:
            values["ended_at"] = ended
        values.update({name: counters[name] for name in COUNTERS if name in counters})
        return values

    def _event(self, element: str, kind: str, values: Properties) -> Event | None:
        state = self._ledger.states([element]).get(element)
        if state is None:
            return Event(Operation.CREATE, element, False, kind, None, values)
        after = {**state.properties, **values}
        if after == state.properties:
            return None
        return Event(Operation.UPDATE, element, False, kind, state.properties, after)

    def _loaded_from(self, source: str) -> Event | None:
        edge = relation_id(_LOADED_FROM, self._element, source)
        if self._ledger.states([edge]):
            return None
        return Event(Operation.CREATE, edge, True, _LOADED_FROM, None, {}, self._element, source)

    def _superseded(self) -> list[Event | None]:
        replaced = [r for r in self._ledger.runs() if r.source == self._run.source and r.status == "superseded"]
        states = self._ledger.states([run_element(run) for run in replaced])
        return [
            self._event(element, _RUN, {"status": "superseded"})
            for element, state in states.items()
            if state.properties.get("status") == "incomplete"
        ]
