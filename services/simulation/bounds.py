"""How much a simulation may be that somebody asks for over a door: refused with a code before anything is played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import JumeauError
from core.settings import Settings

if TYPE_CHECKING:
    from simulate.model.items import Model


class SimulationTooLargeError(JumeauError):
    """A simulation with more replications, scenarios or elements than an installation plays for those who ask over HTTP."""

    code = "SIMULATION_BOUNDS"
    exit_code = 2
    status = 422


@dataclass(frozen=True, slots=True)
class Bounds:
    """The settings `simulation_...` of the same names. Events are those expected, of all replications together."""

    replications: int
    events: float
    elements: int

    @classmethod
    def of(cls, settings: Settings) -> Bounds:
        """As the settings say."""
        return cls(settings.simulation_replications, settings.simulation_events, settings.simulation_elements)

    def check_replications(self, wanted: int) -> None:
        """Raises SimulationTooLargeError."""
        self._check("replications", wanted, self.replications, "simulation_replications", "ask for fewer")

    def check_elements(self, seen: int) -> None:
        """`seen`: items and relations of the estate that is played. Raises SimulationTooLargeError."""
        self._check("elements of the estate", seen, self.elements, "simulation_elements", "play it at the console")

    def check_model(self, model: Model, replications: int) -> None:
        """Raises TooManyEventsError."""
        from simulate.errors import TooManyEventsError  # here: whoever only reads bounds needs no library of simulation
        from simulate.model.check import expected_events

        events = expected_events(model) * replications
        if events > self.events:
            raise TooManyEventsError(
                f"about {events:,.0f} events in {replications:,} replications, {self.events:,.0f} are allowed",
                where="JUMEAU_SIMULATION_EVENTS",
                hint="fewer replications, a shorter duration, or rarer failures",
                details={"seen": events, "limit": self.events},
            )

    def _check(self, what: str, seen: int, limit: int, setting: str, hint: str) -> None:
        if seen > limit:
            raise SimulationTooLargeError(
                f"{seen:,} {what}, {limit:,} are allowed",
                where=f"JUMEAU_{setting.upper()}",
                hint=hint,
                details={"seen": seen, "limit": limit},
            )
