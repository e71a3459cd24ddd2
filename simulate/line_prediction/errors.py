"""What predictions of a line refuse."""

from __future__ import annotations

from simulate.errors import SimulationError


class PredictionError(SimulationError):
    """A study of a line, or a learned model, that cannot be; `where` names the file and its line, or the parameter."""

    code = "SIMULATION_PREDICTION"


class ExtrapolationError(PredictionError):
    """A value outside of the range that was learned from: nothing is known there."""

    code = "SIMULATION_EXTRAPOLATION"
