"""The single models of several stations that customers go between: open Jackson networks and closed networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from simulate.closed_forms import closed_network, open_network
from simulate.closed_forms.closed_network import ClosedNetwork
from simulate.closed_forms.open_network import OpenNetwork
from simulate.single.errors import BadParameterError, UnstableQueueError
from simulate.single.model import Metric, Model, Value
from simulate.single.parameters import Parameter, Shape

if TYPE_CHECKING:
    from simulate.statistics.replications import Experiment

MOST_CUSTOMERS: Final = 100_000
_SERVICE: Final = Parameter("S", "mean service time, per station", Shape.NUMBERS)


def _same_length(values: Mapping[str, Any], names: Sequence[str]) -> None:
    lengths = {name: len(values[name]) for name in names}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"`{name}` has {length}" for name, length in lengths.items())
        raise BadParameterError(f"the lists disagree: {told}", where="parameters", hint="one item per station in each")


def _open(values: Mapping[str, Any]) -> OpenNetwork:
    _same_length(values, ("S", "routing", "ext_arrival"))
    for station, row in enumerate(values["routing"]):
        where = f"parameters.routing[{station}]"
        if len(row) != len(values["S"]):
            raise BadParameterError(f"`routing[{station}]` has {len(row)} items", where=where, hint="one per station")
        if sum(row) > 1.0 + 1e-9:
            raise BadParameterError(
                f"`routing[{station}]` sums to {sum(row):g}",
                where=where,
                hint="at most 1; what is left leaves the network",
            )
    if not any(values["ext_arrival"]):
        raise BadParameterError("nobody comes", where="parameters.ext_arrival", hint="give a station a rate above 0")
    network = OpenNetwork(values["S"], values["ext_arrival"], values["routing"])
    for station, can_leave in enumerate(open_network.leaves(network)):
        if not can_leave:
            raise BadParameterError(
                f"who comes to station {station} never leaves the network",
                where=f"parameters.routing[{station}]",
                hint="let a row on its way sum to less than 1",
            )
    return network


def _refuse_unstable(network: OpenNetwork) -> None:
    utilisations = open_network.utilisations(network)
    worst = int(utilisations.argmax())
    if utilisations[worst] >= 1.0:
        raise UnstableQueueError(
            f"station {worst} would be busy {utilisations[worst]:.3g} of the time: its queue grows without end",
            where=f"parameters.S[{worst}]",
            hint=f"S[{worst}] below {network.service_times[worst] / utilisations[worst]:.4g}, fewer arrivals, or --horizon",
        )


def _closed_open(network: OpenNetwork, metrics: Sequence[str]) -> Mapping[str, Value]:
    answers = {"utilisations": open_network.utilisations, "throughputs": open_network.throughputs}
    return {name: tuple(float(each) for each in answers[name](network)) for name in metrics}


def _experiment_of_open(network: OpenNetwork) -> Experiment:
    import numpy as np

    from simulate.event_loops import open_network as loop
    from simulate.statistics.replications import Experiment

    service, arrivals = np.array(network.service_times, float), np.array(network.arrival_rates, float)
    routing = np.array(network.routing, float)
    stations = len(service)
    flows = open_network.throughputs(network)
    return Experiment(
        lambda seed, length, batches: loop.open_network(seed, service, arrivals, routing, length, batches),
        {
            "utilisations": lambda sums: sums[..., :stations] / sums[..., -1:],
            "throughputs": lambda sums: sums[..., stations:-1] / sums[..., -1:],
        },
        events=float(flows.sum() + arrivals.sum()),
        zeros=tuple(bool(flow <= 0.0) for flow in flows),
    )


JACKSON_OPEN: Final = Model(
    "jackson_open",
    "Open Jackson network of single servers",
    (
        _SERVICE,
        Parameter(
            "routing", "share that goes from the row's station to the column's", Shape.TABLE, open=False, most=1.0
        ),
        Parameter("ext_arrival", "customers from outside per unit of time, per station", Shape.NUMBERS, open=False),
    ),
    {
        "utilisations": Metric("share of time in which each station is busy"),
        "throughputs": Metric("customers through each station per unit of time"),
    },
    _open,
    _closed_open,
    _experiment_of_open,
    refuse_unstable=_refuse_unstable,
    takes_horizon=True,
)


def _closed(values: Mapping[str, Any]) -> ClosedNetwork:
    _same_length(values, ("S", "V"))
    if not any(values["V"]):
        raise BadParameterError("no station is visited", where="parameters.V", hint="give one a number above 0")
    return ClosedNetwork(values["S"], values["V"], values["N"], values.get("Z", 0.0))


def _mean_values(network: ClosedNetwork, metrics: Sequence[str]) -> Mapping[str, Value]:
    number, time = closed_network.mean_values(network)
    answers = {"Q": number, "R": time}
    return {name: tuple(float(each) for each in answers[name]) for name in metrics}


def _experiment_of_closed(network: ClosedNetwork) -> Experiment:
    import numpy as np

    from simulate.event_loops import closed_network as loop
    from simulate.statistics.replications import Experiment

    service, visits = np.array(network.service_times, float), np.array(network.visits, float)
    if not all(network.visits):
        raise BadParameterError(
            "a station that no one visits cannot be simulated",
            where="parameters.V",
            hint="leave the station out, or ask for the closed form",
        )
    stations = len(service)
    demand = service * visits
    bound = min(network.customers / (network.thinking + float(demand.sum())), 1.0 / float(demand.max()))
    return Experiment(
        lambda seed, length, batches: loop.closed_network(
            seed, service, visits, network.customers, network.thinking, length, batches
        ),
        {
            "Q": lambda sums: sums[..., :stations] / sums[..., -1:],
            "R": lambda sums: sums[..., :stations] / sums[..., stations:-1],
        },
        events=bound * float(visits.sum() + 1.0),
    )


CLOSED_NETWORK: Final = Model(
    "closed_network",
    "Closed network of single servers and customers who think",
    (
        _SERVICE,
        Parameter("V", "mean visits to each station in one round", Shape.NUMBERS, open=False),
        Parameter("N", "customers", Shape.WHOLE, 1, open=False, most=MOST_CUSTOMERS),
        Parameter("Z", "mean time that a customer thinks in each round", open=False, needed=False),
    ),
    {"Q": Metric("mean number of customers at each station"), "R": Metric("mean time at each station, per visit")},
    _closed,
    _mean_values,
    _experiment_of_closed,
)
