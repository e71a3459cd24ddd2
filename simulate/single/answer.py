"""A request answered: by its closed form where there is one, by simulation with intervals where there is none or it is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

from simulate.single.errors import BadParameterError, NoClosedFormError, SingleModelError
from simulate.single.model import CLOSED_FORM, SIMULATION, Estimate, Value
from simulate.single.request import Request

Advance = Callable[[str, int, int], None]
"""Called with (stage, done, total)."""
PRECISION: Final = 0.01
MOST_EVENTS: Final = 100_000_000
EVENTS_EVER: Final = 500_000_000
"""Beyond this a run takes minutes on one core: it is refused, whoever asks."""
LEAST_EVENTS: Final = 100_000


class Method(StrEnum):
    """How a request may be answered."""

    AUTO = "auto"
    CLOSED = "closed"
    SIMULATION = "simulation"


def answer(
    request: Request,
    method: Method = Method.AUTO,
    *,
    precision: float = PRECISION,
    most_events: int = MOST_EVENTS,
    horizon: float | None = None,
    advance: Advance = lambda *_: None,
) -> Mapping[str, Estimate]:
    """The metrics of a request. With a `horizon` the model is simulated from empty up to there, unstable or not.

    Raises UnstableQueueError, NoClosedFormError, TooManyEventsError, TooRareError, BadParameterError.
    """
    _check(request, method, precision, most_events, horizon)
    if horizon is None:
        request.model.refuse_unstable(request.system)
    if method is Method.SIMULATION or horizon is not None:
        return _simulated(request, precision, most_events, horizon, advance)
    try:
        return _exact(request)
    except NoClosedFormError:
        if method is Method.CLOSED:
            raise
        return _simulated(request, precision, most_events, horizon, advance)


def _simulated(
    request: Request, precision: float, most_events: int, horizon: float | None, advance: Advance
) -> Mapping[str, Estimate]:
    model = request.model
    if model.walk is not None:
        found = model.walk(request.system, request.metrics)
        return {name: Estimate(value, value, value, SIMULATION) for name, value in found.items()}
    if model.experiment is None:
        note = f"`{model.name}` is a rule in which nothing happens over time: the closed form answers"
        return {name: replace(found, note=note) for name, found in _exact(request).items()}
    from simulate.single.simulated import Effort, estimates  # here: whoever asks for a closed form compiles nothing

    effort = Effort(request.seed, precision, most_events, horizon, advance)
    return estimates(model.experiment(request.system), request.metrics, effort)


def _exact(request: Request) -> dict[str, Estimate]:
    found = request.model.closed(request.system, request.metrics)
    return {name: Estimate(value, value, value, CLOSED_FORM) for name, value in found.items() if _finite(name, value)}


def _finite(name: str, value: Value) -> bool:
    """Raises BadParameterError where numbers so far apart were given that arithmetic fails."""
    if all(math.isfinite(each) for each in (value if isinstance(value, tuple) else (value,))):
        return True
    raise BadParameterError(
        f"`{name}` is no finite number", where="parameters", hint="use units in which rates are near 1"
    )


def _check(request: Request, method: Method, precision: float, most_events: int, horizon: float | None) -> None:
    if not 1e-5 <= precision <= 0.5:
        raise BadParameterError(f"the precision is {precision:g}", where="precision", hint="0.00001 to 0.5, relative")
    if not LEAST_EVENTS <= most_events <= EVENTS_EVER:
        raise BadParameterError(f"{most_events} events", where="max-events", hint=f"{LEAST_EVENTS} to {EVENTS_EVER}")
    if horizon is None:
        return
    if not (math.isfinite(horizon) and horizon > 0.0):
        raise BadParameterError(f"the horizon is {horizon:g}", where="horizon", hint="a time above 0")
    if not request.model.takes_horizon:
        raise SingleModelError(
            f"`{request.model.name}` is not simulated over a horizon", where="horizon", hint="leave the horizon out"
        )
    if method is Method.CLOSED:
        raise NoClosedFormError(
            "there is no closed form over a horizon", where="horizon", hint="--method simulation, or no horizon"
        )
