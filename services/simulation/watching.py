"""What one listener sees of a kept run as its clock goes: within the perimeters that the listener has at that moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock
from core.principal import Principal
from graph.history.ledger import Ledger
from services.query import QueryService
from services.simulation.clocks import Clocks
from services.simulation.live import EVENTS, LiveClock, StateChange, down_at, state_changes


@dataclass(frozen=True, slots=True)
class Look:
    """The clock at a moment of the machine, and all changes of the run that the listener may know of."""

    clock: LiveClock
    now: datetime
    changes: Sequence[StateChange]

    @property
    def at(self) -> datetime:
        """The simulated moment."""
        return self.clock.at(self.now)

    @property
    def is_over(self) -> bool:
        return self.clock.is_over(self.now)

    def tick(self) -> dict[str, object]:
        """The clock as a dashboard shows it."""
        return self.clock.tick(self.now, len(down_at(self.changes, self.at)))


class Watching:
    """One listener of one run. `recheck_s`: how long what was read of the run may be told after the graph has moved."""

    def __init__(self, ledger: Ledger, run: str, clock: Clock, recheck_s: float) -> None:
        self._clocks = Clocks(ledger, clock)
        self._run = run
        self._clock = clock
        self._recheck = timedelta(seconds=recheck_s)
        self._known: tuple[Principal, int, datetime, list[StateChange]] | None = None

    def look(self, queries: QueryService, principal: Principal, sequence: Callable[[], int]) -> Look:
        """What there is to see now; `sequence` tells how far the graph is. Raises NotFoundError where the run is not seen."""
        clock = self._clocks.of(lambda text, given: queries.cypher(text, given, principal).to_dict(), self._run)
        now = self._clock.now()
        known = self._known
        if known is None or known[0] != principal or (now - known[2] > self._recheck and known[1] != sequence()):
            reached = sequence()
            told = queries.cypher(EVENTS, {"run": clock.run}, principal).to_dict()
            known = self._known = principal, reached, now, state_changes(told)
        return Look(clock, now, known[3])
