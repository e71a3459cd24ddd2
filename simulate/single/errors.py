"""What can be wrong with a single model: each with a stable code and what to change."""

from __future__ import annotations

from simulate.errors import SimulationError


class SingleModelError(SimulationError):
    """A single model that cannot be answered as it is asked."""

    code = "SIMULATION_MODEL"


class UnknownModelError(SingleModelError):
    """A model, a parameter or a metric that does not exist."""

    code = "SIMULATION_UNKNOWN"


class BadParameterError(SingleModelError):
    """A parameter of a model that is missing, of a wrong shape, out of its range or at odds with another."""

    code = "SIMULATION_PARAMETER"


class UnstableQueueError(SingleModelError):
    """More comes than can be served: there is no long run whose mean could be told."""

    code = "SIMULATION_UNSTABLE"


class NoClosedFormError(SingleModelError):
    """There is no closed form of what is asked, or its exact chain has too many states."""

    code = "SIMULATION_NO_CLOSED_FORM"


class TooManyEventsError(SingleModelError):
    """What is asked takes more events than a simulation may have."""

    code = "SIMULATION_TOO_LARGE"


class TooRareError(SingleModelError):
    """What is asked was not seen within the events that a simulation may have, so that no interval can be told."""

    code = "SIMULATION_TOO_RARE"
