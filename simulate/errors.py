"""What simulations refuse."""

from __future__ import annotations

from core.errors import JumeauError


class SimulationError(JumeauError):
    """A model that cannot be simulated."""

    code = "SIMULATION"
    status = 422
    exit_code = 2


class DistributionError(SimulationError):
    """A distribution whose parameters make no sense, or that has no finite mean."""

    code = "SIMULATION_DISTRIBUTION"


class RedundancyError(SimulationError):
    """A k-of-n that cannot be: none needed, or more than there are."""

    code = "SIMULATION_K_OF_N"


class FailoverCycleError(SimulationError):
    """Something fails over within a cycle of dependencies: which comes first is not defined."""

    code = "SIMULATION_FAILOVER_CYCLE"


class TooManyEventsError(SimulationError):
    """A run that would have more events than are allowed."""

    code = "SIMULATION_TOO_MANY_EVENTS"


class ScenarioError(SimulationError):
    """A scenario file that breaks its schema or names what does not exist; `where` is file:line."""

    code = "SCENARIO"


class CalibrationError(SimulationError):
    """A log from which nothing can be learned."""

    code = "SIMULATION_CALIBRATION"
