"""The simulation runs that a twin keeps: what is there, and how they go. `keep` says how they come.

Nothing here needs the extra that simulating needs: who reads and drops runs may have none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection

from core.clock import Clock
from core.errors import NotFoundError
from core.failpoints import reach
from graph.history.events import Event, Run, State, deletion_of, order_of
from graph.history.ledger import Ledger
from graph.history.retry import while_it_moves
from graph.model import Operation
from services.simulation.documents import Documents

SOURCE: Final = "simulation"
"""The source of runs of the ledger that keep and drop."""
RUN, SUMMARY, INCIDENT, CREW = "SimulationRun", "SimulatedSummary", "SimulatedIncident", "SimulatedCrew"
SCENARIO = "Scenario"
MOST_SUMMARIES: Final = 10_000
IN_RUN, STATE_OF, OF_SCENARIO = "IN_RUN", "STATE_OF", "OF_SCENARIO"


@dataclass(frozen=True, slots=True)
class Dropped:
    """A run that was dropped, and how many elements went with it."""

    run: str
    elements: int
    sequence: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class KeptRuns:
    """The simulation runs that a ledger keeps. `most` is how many; older ones go when another one comes."""

    def __init__(self, ledger: Ledger, clock: Clock, actor: str, *, most: int) -> None:
        self.ledger = ledger
        self.clock = clock
        self.most = most
        self.documents = Documents(ledger)
        self._actor = actor

    def runs(self) -> list[State]:
        """The nodes of the runs that are kept, oldest first."""
        found = [state for state in self.ledger.present(frozenset({RUN})) if not state.edge]
        return sorted(found, key=lambda state: state.sequence)

    def drop(self, name: str) -> Dropped:
        """Drop the run of that identifier, or of an unambiguous beginning of one. Raises NotFoundError, LedgerError."""
        return while_it_moves(lambda: self._drop(name))

    def _drop(self, name: str) -> Dropped:
        sequence = self.ledger.sequence()
        state = self.found(name)
        events = self.deletions([state])
        last = self.write(self.begin(f"drop {state.element}"), events, sequence, gone=[state])
        return Dropped(state.element, len(events), last)

    def found(self, name: str) -> State:
        """The run of that identifier, or of an unambiguous beginning of one. Raises NotFoundError."""
        found = [state for state in self.runs() if name and state.element.startswith(name)]
        if len(found) != 1:
            seen = (
                f"{len(found)} simulation runs begin with {name!r}" if found else f"no simulation run {name!r} is kept"
            )
            raise NotFoundError(seen, where="simulation runs", hint="list them: jumeau simulate runs")
        return found[0]

    # --- for those who keep ------------------------------------------------------------------------------------------

    def begin(self, what: str) -> Run:
        """A run of the ledger that is about to write."""
        return self.ledger.begin_run(SOURCE, self._actor, what, str(uuid4()))

    def write(
        self,
        run: Run,
        events: Sequence[Event],
        sequence: int,
        *,
        gone: Sequence[State] = (),
        documents: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> int:
        """Write events that were worked out at `sequence`, whole or not at all; the last sequence number.

        In the same transaction: `gone` runs lose what is kept beside them, and `documents` come, parts by run.
        """
        made = sum(event.operation is Operation.CREATE for event in events)
        counters = {"created": made, "updated": len(events) - made, "unchanged": 0, "rejected": 0}

        def beside(connection: Connection, _last: int) -> None:
            self.documents.forget(connection, [state.element for state in gone])
            for element, parts in (documents or {}).items():
                self.documents.write(connection, element, parts)

        _, last = self.ledger.append(
            run,
            sorted(events, key=order_of),
            counters=counters,
            statuses={run.id: "complete"},
            expected=sequence,
            also=beside,
        )
        reach("simulation.written")
        return last

    def oldest(self, left: int) -> list[State]:
        """The runs that go where so many are left."""
        found = self.runs()
        return found[: max(0, len(found) - left)]

    def deletions(self, runs: Sequence[State], but: str = "") -> list[Event]:
        """Everything of some runs, and the scenarios that no run plays any more (`but` one that is played again)."""
        elements = [state.element for state in runs]
        if not elements:
            return []
        own = {edge.element: edge for edge in self.ledger.edges_of(elements)}
        parts = sorted({edge.start or "" for edge in own.values() if edge.kind == IN_RUN})
        own |= {edge.element: edge for edge in self.ledger.edges_of(parts)}
        scenarios = {edge.end or "" for edge in own.values() if edge.kind == OF_SCENARIO} - {but}
        played = {e.end for e in self.ledger.edges_of(sorted(scenarios)) if e.element not in own}
        nodes = self.ledger.states([*parts, *sorted(scenarios - played)])
        return [deletion_of(state) for state in (*own.values(), *nodes.values(), *runs)]
