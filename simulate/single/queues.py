"""The single models of one station: M/M/c, Erlang C, M/M/c/K, and classes of priority."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from simulate.closed_forms import bounded_queue, priority_queue, waiting_line
from simulate.closed_forms.bounded_queue import BoundedQueue
from simulate.closed_forms.priority_queue import PriorityQueue
from simulate.closed_forms.waiting_line import WaitingLine
from simulate.single.errors import BadParameterError, UnstableQueueError
from simulate.single.model import Metric, Model, Value
from simulate.single.parameters import Parameter, Shape

if TYPE_CHECKING:
    from simulate.statistics.replications import Experiment

MOST_SERVERS: Final = 1_000_000
MOST_PLACES: Final = 1_000_000
_RATES: Final = (
    Parameter("lam", "customers that come per unit of time"),
    Parameter("mu", "customers that a server serves"),
)
_SERVERS: Final = Parameter("c", "servers", Shape.WHOLE, 1, open=False, most=MOST_SERVERS)
WAIT: Final = "mean wait before service"
TIME: Final = "mean time in the system"


def _line(values: Mapping[str, Any]) -> WaitingLine:
    return WaitingLine(values["lam"], values["mu"], values["c"])


def _refuse_unstable(line: WaitingLine) -> None:
    if line.utilisation >= 1.0:
        raise UnstableQueueError(
            f"{line.load:g} Erlang are offered to {line.servers} servers: the queue grows without end",
            where="parameters",
            hint=f"at least {math.floor(line.load) + 1} servers, or a load below {line.servers} Erlang; or --horizon for a finite time",
        )


_LINE: Final = {
    "W": waiting_line.mean_time_in_system,
    "Wq": waiting_line.mean_wait,
    "Lq": waiting_line.mean_queue_length,
    "p_wait": waiting_line.probability_of_waiting,
    "asa_s": waiting_line.mean_wait,
    "service_level": waiting_line.service_level,
}


def _closed_line(line: WaitingLine, metrics: Sequence[str]) -> Mapping[str, Value]:
    return {name: _LINE[name](line) for name in metrics}


def _experiment_of_line(line: WaitingLine) -> Experiment:
    from simulate.event_loops import waiting_line as loop
    from simulate.statistics.replications import Experiment

    started, wait, sojourn, waited, in_target, queue_time, time = range(len(loop.WAITING_LINE))
    return Experiment(
        lambda seed, length, batches: loop.waiting_line(
            seed, line.arrival_rate, line.service_rate, line.servers, line.target, length, batches
        ),
        {
            "W": lambda sums: sums[..., sojourn] / sums[..., started],
            "Wq": lambda sums: sums[..., wait] / sums[..., started],
            "Lq": lambda sums: sums[..., queue_time] / sums[..., time],
            "p_wait": lambda sums: sums[..., waited] / sums[..., started],
            "asa_s": lambda sums: sums[..., wait] / sums[..., started],
            "service_level": lambda sums: sums[..., in_target] / sums[..., started],
        },
        events=2.0 * line.arrival_rate,
        rare=frozenset({"service_level"}),
    )


MMC: Final = Model(
    "mmc",
    "M/M/c: one line, c servers",
    (*_RATES, _SERVERS),
    {"W": Metric(TIME), "Lq": Metric("mean number of customers who wait")},
    _line,
    _closed_line,
    _experiment_of_line,
    refuse_unstable=_refuse_unstable,
    takes_horizon=True,
)


def _calls(values: Mapping[str, Any]) -> WaitingLine:
    """Rates per second; where no handling time is given, in units of it."""
    ways = {name: values[name] for name in ("A", "offered_erlang") if name in values}
    calls = [name for name in ("calls", "period_min") if name in values]
    handling = values.get("aht_s")
    if len(calls) == 2 and handling is not None:
        ways["calls * aht_s / period_min"] = values["calls"] * handling / (60.0 * values["period_min"])
    elif calls and not ways:
        absent = [name for name in ("calls", "period_min", "aht_s") if name not in values]
        raise BadParameterError(
            f"`{calls[0]}` alone is no load", where="parameters", hint=f"add {' and '.join(f'`{n}`' for n in absent)}"
        )
    if not ways:
        raise BadParameterError(
            "`erlang_c` is given no load",
            where="parameters",
            hint="give `A`, or `offered_erlang`, or `calls`, `period_min` and `aht_s`",
        )
    loads = list(ways.values())
    if max(loads) - min(loads) > 1e-6 * max(loads):
        told = ", ".join(f"{name} = {load:g}" for name, load in ways.items())
        raise BadParameterError(f"the loads disagree: {told}", where="parameters", hint="give the load once")
    servers = {values[name] for name in ("c", "agents") if name in values}
    if len(servers) != 1:
        seen = "`erlang_c` is given no servers" if not servers else "`c` and `agents` disagree"
        raise BadParameterError(seen, where="parameters", hint="give `c` or `agents`")
    rate = 1.0 / handling if handling is not None else 1.0
    return WaitingLine(loads[0] * rate, rate, servers.pop(), values.get("target_s", 0.0))


ERLANG_C: Final = Model(
    "erlang_c",
    "Erlang C: calls that wait for an agent",
    (
        Parameter("A", "offered load, in Erlang", needed=False),
        Parameter("c", "servers", Shape.WHOLE, 1, open=False, most=MOST_SERVERS, needed=False),
        Parameter("calls", "calls in the period", needed=False),
        Parameter("period_min", "length of the period, in minutes", needed=False),
        Parameter("aht_s", "mean time that a call takes an agent, in seconds", needed=False),
        Parameter("agents", "agents, another name of c", Shape.WHOLE, 1, open=False, most=MOST_SERVERS, needed=False),
        Parameter("offered_erlang", "offered load, another name of A", needed=False),
        Parameter("target_s", "wait that the service level is about, in seconds", open=False, needed=False),
    ),
    {
        "p_wait": Metric("probability that a call waits"),
        "asa_s": Metric("average speed of answer: mean wait of all calls, in seconds", ("aht_s",)),
        "service_level": Metric("share of calls answered within the target", ("aht_s", "target_s")),
    },
    _calls,
    _closed_line,
    _experiment_of_line,
    refuse_unstable=_refuse_unstable,
    takes_horizon=True,
)


def _bounded(values: Mapping[str, Any]) -> BoundedQueue:
    if values["K"] < values["c"]:
        raise BadParameterError(
            f"`K` is {values['K']} and there are {values['c']} servers: some never have a place",
            where="parameters.K",
            hint="K counts those in service, too: at least c",
        )
    return BoundedQueue(values["lam"], values["mu"], values["c"], values["K"])


_BOUNDED: Final = {
    "L": bounded_queue.mean_number,
    "W": bounded_queue.mean_time_in_system,
    "Wq": bounded_queue.mean_wait,
    "p0": bounded_queue.probability_of_empty,
    "p_block": bounded_queue.probability_of_loss,
}


def _experiment_of_bounded(queue: BoundedQueue) -> Experiment:
    from simulate.event_loops import bounded_queue as loop
    from simulate.statistics.replications import Experiment

    arrived, lost, wait, sojourn, empty, time = range(len(loop.BOUNDED_QUEUE))
    return Experiment(
        lambda seed, length, batches: loop.bounded_queue(
            seed, queue.arrival_rate, queue.service_rate, queue.servers, queue.places, length, batches
        ),
        {
            "L": lambda sums: sums[..., sojourn] / sums[..., time],
            "W": lambda sums: sums[..., sojourn] / (sums[..., arrived] - sums[..., lost]),
            "Wq": lambda sums: sums[..., wait] / (sums[..., arrived] - sums[..., lost]),
            "p0": lambda sums: sums[..., empty] / sums[..., time],
            "p_block": lambda sums: sums[..., lost] / sums[..., arrived],
        },
        events=2.0 * queue.arrival_rate,
    )


MMCK: Final = Model(
    "mmck",
    "M/M/c/K: at most K customers in the system, the others are lost",
    (
        *_RATES,
        _SERVERS,
        Parameter("K", "places, those in service counted", Shape.WHOLE, 1, open=False, most=MOST_PLACES),
    ),
    {
        "L": Metric("mean number of customers in the system"),
        "W": Metric(f"{TIME}, of those let in"),
        "p0": Metric("probability that nobody is there"),
        "p_block": Metric("probability that a customer is lost"),
        "Wq": Metric(f"{WAIT}, of those let in"),
    },
    _bounded,
    lambda queue, metrics: {name: _BOUNDED[name](queue) for name in metrics},
    _experiment_of_bounded,
)


def _priority(values: Mapping[str, Any]) -> PriorityQueue:
    rates, reported = values["lam"], values["priority_class"]
    if reported >= len(rates):
        raise BadParameterError(
            f"`priority_class` is {reported} and there are {len(rates)} classes",
            where="parameters.priority_class",
            hint=f"0 (the highest) to {len(rates) - 1}",
        )
    if rates[reported] == 0.0:
        raise BadParameterError(
            f"nobody of class {reported} comes", where="parameters.lam", hint="report a class that has a rate above 0"
        )
    return PriorityQueue(rates, values["mu"], values["c"], reported)


def _refuse_unstable_classes(queue: PriorityQueue) -> None:
    _refuse_unstable(WaitingLine(sum(queue.arrival_rates), queue.service_rate, queue.servers))


def _experiment_of_priority(queue: PriorityQueue) -> Experiment:
    import numpy as np

    from simulate.event_loops import priority_queue as loop
    from simulate.statistics.replications import Experiment

    rates = np.array(queue.arrival_rates, float)
    began, waits = 2 * queue.reported, 2 * queue.reported + 1
    return Experiment(
        lambda seed, length, batches: loop.priority_queue(
            seed, rates, queue.service_rate, queue.servers, length, batches
        ),
        {"Wq": lambda sums: sums[..., waits] / sums[..., began]},
        events=2.0 * float(rates.sum()),
    )


MMC_PRIORITY: Final = Model(
    "mmc_priority",
    "M/M/c with classes of priority that do not interrupt each other",
    (
        Parameter(
            "lam", "customers that come per unit of time, per class, the highest first", Shape.NUMBERS, open=False
        ),
        Parameter("mu", "customers that a server serves per unit of time"),
        _SERVERS,
        Parameter("priority_class", "the class that is reported, 0 the highest", Shape.WHOLE, 0, open=False),
    ),
    {"Wq": Metric(f"{WAIT}, of the reported class")},
    _priority,
    lambda queue, _: {"Wq": priority_queue.mean_wait(queue)},
    _experiment_of_priority,
    refuse_unstable=_refuse_unstable_classes,
    takes_horizon=True,
)
