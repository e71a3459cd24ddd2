"""GraphQL types of simulations: what a kept run says and teaches, how runs differ, and the jobs that play them. All is simulated."""

from __future__ import annotations

from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLResolveInfo,
    GraphQLString,
)

from api.graphql.change_types import NOT_THERE, REFUSED, failure_type, result_of
from api.graphql.context import GraphQLContext
from api.graphql.ledger_types import NUMBER, TEXT, list_of, object_of
from api.graphql.scalars import JSON, LONG
from services.jobs.job import JobState

Info = GraphQLResolveInfo[GraphQLContext]
_ID: Final = GraphQLNonNull(GraphQLID)
_FLOAT: Final = GraphQLNonNull(GraphQLFloat)
_YES: Final = GraphQLNonNull(GraphQLBoolean)
_TEXTS: Final = GraphQLNonNull(GraphQLList(TEXT))
FIRST: Final = GraphQLArgument(GraphQLInt, description="How many, 1 to 1000; 20 without.")

SUMMARY: Final = object_of(
    "SimulationSummary",
    "What a run says of one item: its availability with its 95 % interval, and per replication how often and how long it was down.",
    id=GraphQLID,
    name=GraphQLString,
    kind=GraphQLString,
    availability=GraphQLFloat,
    low=GraphQLFloat,
    high=GraphQLFloat,
    incidents=GraphQLFloat,
    downtimeMinutes=GraphQLFloat,
    mttrMinutes=GraphQLFloat,
    beyondObjective=GraphQLFloat,
    utilisation=GraphQLFloat,
    utilisationLow=GraphQLFloat,
    utilisationHigh=GraphQLFloat,
)
CREW: Final = object_of(
    "SimulationCrew",
    "How busy a crew was, with its 95 % interval, and what waited for it, per replication.",
    name=GraphQLString,
    size=GraphQLInt,
    utilisation=GraphQLFloat,
    utilisationLow=GraphQLFloat,
    utilisationHigh=GraphQLFloat,
    repairs=GraphQLFloat,
    waitMinutes=GraphQLFloat,
)
INCIDENT: Final = object_of(
    "SimulationIncident",
    "An outage in one replication of a run.",
    id=GraphQLID,
    name=GraphQLString,
    kind=GraphQLString,
    cause=GraphQLString,
    startedAt=GraphQLString,
    endedAt=GraphQLString,
)
CONTRIBUTION: Final = object_of(
    "SimulationContribution",
    "Hours of watched downtime per replication that a component caused, with their 95 % interval, and those it caused alone.",
    id=_ID,
    name=TEXT,
    kind=TEXT,
    hours=_FLOAT,
    low=_FLOAT,
    high=_FLOAT,
    share=_FLOAT,
    alone=_FLOAT,
    broughtDown=_TEXTS,
)
RECOVERY: Final = object_of(
    "SimulationRecovery",
    "An item with an objective of recovery, and what speaks against its being kept. Hours; outages and losses per replication.",
    id=_ID,
    name=TEXT,
    kind=TEXT,
    rto=GraphQLFloat,
    outages=GraphQLFloat,
    beyondRto=GraphQLFloat,
    rpo=GraphQLFloat,
    losses=GraphQLFloat,
    lost=GraphQLFloat,
    worst=GraphQLFloat,
    beyondRpo=GraphQLFloat,
    plan=JSON,
    findings=_TEXTS,
)
LOAD: Final = object_of(
    "SimulationLoad",
    "How far a component is used, and when growth brings it to its limit. Waits in seconds, growth per year.",
    id=_ID,
    name=TEXT,
    kind=TEXT,
    basis=TEXT,
    utilisation=GraphQLFloat,
    limit=GraphQLFloat,
    wait=GraphQLFloat,
    servers=GraphQLInt,
    needed=GraphQLInt,
    growth=GraphQLFloat,
    saturated=_YES,
    saturationOn=GraphQLString,
    earliest=GraphQLString,
    latest=GraphQLString,
)


def _counted(part: str, of: Any) -> GraphQLField:
    def rows(document: Any, _info: Info, first: int | None = None) -> Any:
        return document[part][: USUAL if first is None else max(0, first)]

    return GraphQLField(list_of(of), args={"first": FIRST}, resolve=rows)


USUAL: Final = 20
INSIGHT: Final = object_of(
    "SimulationInsight",
    "What a run teaches of the whole estate. Contributions and single points are of the `detailed` replications that were read event "
    "by event; `counts` says how many rows each part had, of which the first thousand are kept.",
    run=_ID,
    detailed=NUMBER,
    replications=NUMBER,
    contributions=_counted("contributions", CONTRIBUTION),
    singlePoints=_counted("single_points", CONTRIBUTION),
    recovery=_counted("recovery", RECOVERY),
    load=_counted("load", LOAD),
    counts=GraphQLNonNull(JSON),
    notes=_TEXTS,
    simulated=_YES,
)
ITEM_DIFFERENCE: Final = object_of(
    "SimulationDifference",
    "Availability of one item in two runs, changed minus base, with its 95 % interval.",
    id=GraphQLID,
    name=TEXT,
    kind=GraphQLString,
    base=_FLOAT,
    changed=_FLOAT,
    difference=_FLOAT,
    low=_FLOAT,
    high=_FLOAT,
    toldApart=_YES,
)
COMPARISON: Final = object_of(
    "SimulationComparison",
    "How two kept runs differ in the items that the asker sees in both, the largest differences first.",
    items=NUMBER,
    toldApart=NUMBER,
    onlyBase=NUMBER,
    onlyChanged=NUMBER,
    differences=list_of(ITEM_DIFFERENCE),
    notes=_TEXTS,
    simulated=_YES,
)

STATE: Final = GraphQLEnumType(
    "JobState", {state.name: state.value for state in JobState}, description="Where a job stands."
)
JOB: Final = object_of(
    "SimulationJob",
    "A simulation that a server plays: what was asked for, how far it is, and what came of it. `run` is the kept run.",
    id=_ID,
    state=GraphQLNonNull(STATE),
    order=GraphQLNonNull(JSON),
    actor=TEXT,
    openedAt=TEXT,
    startedAt=GraphQLString,
    endedAt=GraphQLString,
    isCancelling=_YES,
    stage=GraphQLString,
    done=GraphQLField(NUMBER, resolve=lambda job, _: job["rows"]),
    total=NUMBER,
    report=JSON,
    run=GraphQLID,
    sequence=LONG,
    graphSequence=LONG,
    error=JSON,
)
PROGRESS: Final = object_of(
    "SimulationProgress",
    "Something that happened to a simulation: it is in another `state`, or further. `number` counts from 1 within it.",
    number=NUMBER,
    state=STATE,
    stage=GraphQLString,
    done=LONG,
    total=LONG,
    run=GraphQLID,
    sequence=LONG,
    error=JSON,
)
DROPPED: Final = object_of(
    "SimulationDropped", "A run that was dropped, and how much went with it.", run=_ID, elements=NUMBER, sequence=NUMBER
)

SIMULATION_REFUSED: Final = failure_type(
    "SimulationRefused", "The scenario is wrong, or more is asked for than is played; nothing has begun."
)
SIMULATION_BUSY: Final = failure_type(
    "SimulationBusy", "As many simulations wait as are taken; nothing has begun.", retryAfterS=JSON
)
AGAINST: Final = (SIMULATION_REFUSED, SIMULATION_BUSY, REFUSED, NOT_THERE)
JOB_RESULT: Final = result_of("SimulationJobResult", JOB, AGAINST)
DROPPED_RESULT: Final = result_of("SimulationDroppedResult", DROPPED, (REFUSED, NOT_THERE))
