"""The single models of production: serial lines, and the line of two machines that fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from simulate.closed_forms.serial_line import SerialLine
from simulate.closed_forms.two_machine_line import TwoMachineLine
from simulate.single.errors import BadParameterError, NoClosedFormError
from simulate.single.model import Metric, Model, Value
from simulate.single.parameters import Parameter, Shape

if TYPE_CHECKING:
    from simulate.statistics.replications import Experiment

MOST_STATIONS: Final = 200
MOST_BUFFER: Final = 1_000_000


def _serial(values: Mapping[str, Any]) -> SerialLine:
    stations, buffers, rates = values["stations"], values["buffers"], values["mu"]
    if len(buffers) != stations - 1:
        raise BadParameterError(
            f"`buffers` has {len(buffers)} items for {stations} stations",
            where="parameters.buffers",
            hint=f"one between each two neighbours: {stations - 1}",
        )
    if isinstance(rates, tuple) and len(rates) != stations:
        raise BadParameterError(
            f"`mu` has {len(rates)} items for {stations} stations",
            where="parameters.mu",
            hint="one number for all, or one per station",
        )
    return SerialLine(rates if isinstance(rates, tuple) else (rates,) * stations, buffers)


def _closed_serial(line: SerialLine, _: Sequence[str]) -> Mapping[str, Value]:
    from simulate.closed_forms import serial_line
    from simulate.closed_forms.markov_chain import ChainTooLarge

    try:
        return {"throughput": serial_line.throughput(line)}
    except ChainTooLarge as error:
        raise NoClosedFormError(
            f"the exact chain of this line has more than {serial_line.MOST_STATES} states",
            where="parameters",
            hint="--method simulation, or smaller buffers",
        ) from error


def _experiment_of_serial(line: SerialLine) -> Experiment:
    import numpy as np

    from simulate.event_loops import serial_line as loop
    from simulate.statistics.replications import Experiment

    rates, buffers = np.array(line.service_rates, float), np.array(line.buffers, np.int64)
    return Experiment(
        lambda seed, length, batches: loop.serial_line(seed, rates, buffers, max(round(length), batches), batches),
        {"throughput": lambda sums: sums[..., 0] / sums[..., 1]},
        events=float(len(rates)),
    )


SERIAL_LINE: Final = Model(
    "serial_line",
    "Stations in series with finite buffers, blocking after service",
    (
        Parameter("stations", "stations", Shape.WHOLE, 1, open=False, most=MOST_STATIONS),
        Parameter("buffers", "places between neighbours", Shape.WHOLES, open=False, most=MOST_BUFFER, empty=True),
        Parameter("mu", "pieces that a station makes per unit of time", Shape.NUMBER_OR_NUMBERS),
    ),
    {"throughput": Metric("pieces per unit of time")},
    _serial,
    _closed_serial,
    _experiment_of_serial,
)


def _closed_pair(line: TwoMachineLine, _: Sequence[str]) -> Mapping[str, Value]:
    from simulate.closed_forms import two_machine_line
    from simulate.closed_forms.markov_chain import ChainTooLarge

    try:
        return {"production_rate": two_machine_line.production_rate(line)}
    except ChainTooLarge as error:
        raise NoClosedFormError(
            f"the exact chain of this line has more than {two_machine_line.MOST_STATES} states",
            where="parameters.N",
            hint="--method simulation, or a smaller buffer",
        ) from error


def _experiment_of_pair(line: TwoMachineLine) -> Experiment:
    from simulate.event_loops import two_machine_line as loop
    from simulate.statistics.replications import Experiment

    return Experiment(
        lambda seed, length, batches: loop.two_machine_line(
            seed, line.failure, line.repair, line.buffer, max(round(length), batches), batches
        ),
        {"production_rate": lambda sums: sums[..., 0] / sums[..., 1]},
        events=1.0,
    )


TWO_MACHINE_LINE: Final = Model(
    "two_machine_line",
    "Two machines that fail, one piece per cycle, and a buffer between them",
    (
        Parameter("p", "probability that a working machine fails in a cycle", most=1.0),
        Parameter("r", "probability that a failed machine is repaired in a cycle", most=1.0),
        Parameter("N", "places of the buffer", Shape.WHOLE, 1, open=False, most=MOST_BUFFER),
    ),
    {"production_rate": Metric("pieces per cycle")},
    lambda values: TwoMachineLine(values["p"], values["r"], values["N"]),
    _closed_pair,
    _experiment_of_pair,
)
