"""Mutations that have a simulation played, stop it, or drop a kept run. They are of the whole estate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLString,
)
from pydantic import ValidationError

from api.deps import Services
from api.errors import PayloadError
from api.graphql.acting import act
from api.graphql.change_cost import ONE, costing
from api.graphql.change_types import NOT_THERE, REFUSED
from api.graphql.context import GraphQLContext
from api.graphql.ledger_types import underscored
from api.graphql.scalars import JSON, LONG
from api.graphql.simulation_types import DROPPED_RESULT, JOB_RESULT, SIMULATION_BUSY, SIMULATION_REFUSED
from api.simulation_requests import SimulationRequest, begin
from core.errors import JumeauError, NotFoundError, UsageError
from services.access.rights import Action
from services.jobs.errors import JobStateError, TooManyJobsError
from services.simulation.bounds import SimulationTooLargeError
from services.simulation.kept import MOST_SUMMARIES

Info = GraphQLResolveInfo[GraphQLContext]

WHOLE: Final = "a simulation"
FAILURES: Final[Mapping[type[JumeauError], GraphQLObjectType]] = {
    SimulationTooLargeError: SIMULATION_REFUSED,
    TooManyJobsError: SIMULATION_BUSY,
    JobStateError: REFUSED,
    UsageError: REFUSED,
    NotFoundError: NOT_THERE,
}
"""Errors that are part of an answer, beside those of a scenario, and their types. Others are errors of the request."""

_TOLD: Final = SimulationRequest.model_fields
_TYPES: Final[Mapping[str, GraphQLInputType]] = {
    "scenario": JSON,
    "compareWith": GraphQLList(GraphQLNonNull(JSON)),
    "of": GraphQLID,
    "branch": GraphQLString,
    "asOf": GraphQLString,
    "replications": GraphQLInt,
    "seed": LONG,
    "keep": GraphQLBoolean,
    "incidents": GraphQLInt,
    "insight": GraphQLBoolean,
    "detailed": GraphQLInt,
    "reason": GraphQLString,
}
_ID: Final = {"id": GraphQLArgument(GraphQLNonNull(GraphQLID))}


def simulation_mutations() -> dict[str, GraphQLField]:
    """The mutations by name."""
    return {
        "startSimulation": GraphQLField(
            JOB_RESULT,
            args={
                name: GraphQLArgument(of, description=_TOLD[underscored(name)].description)
                for name, of in _TYPES.items()
            },
            resolve=_start,
            extensions=ONE,
            description="Have a scenario played, or a kept run played again. It goes on by itself: `simulationProgress` tells how.",
        ),
        "cancelSimulation": GraphQLField(
            JOB_RESULT,
            args=_ID,
            resolve=lambda _, info, id: _act(info, lambda services: services.simulations.cancel(id).to_dict()),
            extensions=ONE,
            description="Stop a simulation. The replications that are finished count, and are kept where two at least are.",
        ),
        "dropSimulationRun": GraphQLField(
            DROPPED_RESULT,
            args=_ID,
            resolve=lambda _, info, id: _act(info, lambda services: _drop(services, id)),
            extensions=costing(lambda _context, _given: MOST_SUMMARIES),
            description="Drop a kept run with its summaries and incidents, and what is kept beside it.",
        ),
    }


def _act(info: Info, do: Any) -> Any:
    from simulate.errors import SimulationError  # here: who asks for no simulation loads nothing of it

    return act(info, Action.SIMULATE, do, whole=WHOLE, failures={SimulationError: SIMULATION_REFUSED, **FAILURES})


def _start(_root: Any, info: Info, **given: Any) -> Any:
    def start(services: Services) -> dict[str, Any]:
        told = {underscored(name): value for name, value in given.items() if value is not None}
        try:
            wanted = SimulationRequest.model_validate(told)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise PayloadError(first["msg"], where=where, hint="the schema has what may be asked for") from None
        return begin(services, wanted).to_dict()

    return _act(info, start)


def _drop(services: Services, name: str) -> dict[str, Any]:
    dropped = services.simulations.kept(services.actor).drop(name)
    services.catch_up()
    return dropped.to_dict()
