"""GraphQL types of what the ledger knows beside the graph: history, differences, branches, scorecards.

Their values are JSON-ready data of the services: a field reads the key of its name, written with underscores there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLString,
)

from analytics.health.scorecard import Dimension
from api.graphql.scalars import JSON, LONG
from services.proposals import ProposalState

TEXT: Final = GraphQLNonNull(GraphQLString)
NUMBER: Final = GraphQLNonNull(LONG)
_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def list_of(item: GraphQLObjectType) -> GraphQLNonNull[Any]:
    """A list that is there and holds no nulls."""
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(item)))


def read_key(source: Mapping[str, Any], info: GraphQLResolveInfo[Any]) -> Any:
    """What a service says under the field's name, written with underscores there."""
    return source.get(underscored(info.field_name))


def underscored(name: str) -> str:
    """The key of a field of that name."""
    return _CAPITAL.sub("_", name).lower()


def object_of(called: str, description: str, /, **fields: GraphQLOutputType | GraphQLField) -> GraphQLObjectType:
    """A type whose fields read the keys of their names, those aside that are fields already."""
    made = {
        name: of if isinstance(of, GraphQLField) else GraphQLField(of, resolve=read_key) for name, of in fields.items()
    }
    return GraphQLObjectType(called, made, description=description)


ATTRIBUTE_CHANGE: Final = object_of(
    "AttributeChange",
    "One attribute before and after; null where it had, or has, no value.",
    attribute=TEXT,
    before=JSON,
    after=JSON,
)

HISTORY_ENTRY: Final = object_of(
    "HistoryEntry",
    "One event: who changed what, when, from which source and run. `other` is the far end of a relation.",
    sequence=NUMBER,
    at=TEXT,
    actor=TEXT,
    source=TEXT,
    run=TEXT,
    operation=TEXT,
    element=GraphQLNonNull(GraphQLID),
    kind=TEXT,
    other=GraphQLID,
    otherName=GraphQLString,
    changes=list_of(ATTRIBUTE_CHANGE),
)

CHANGE_EVENT: Final = object_of(
    "ChangeEvent",
    "One change of one element: what is created has no value before, what is deleted none after. `sequence` is where to go on.",
    sequence=NUMBER,
    at=TEXT,
    operation=TEXT,
    element=GraphQLNonNull(GraphQLID),
    kind=TEXT,
    name=GraphQLString,
    start=GraphQLID,
    end=GraphQLID,
    source=TEXT,
    changes=list_of(ATTRIBUTE_CHANGE),
)

ALERT_EVENT: Final = object_of(
    "AlertEvent",
    "What became of one alert: `event` is opened, acknowledged, closed, or removed where there is no such alert any more (it is told as it "
    "was last seen); `was` is where it stood before, null where it is new to the listener. `sequence` is where to go on.",
    sequence=NUMBER,
    at=TEXT,
    event=TEXT,
    was=GraphQLString,
    alert=GraphQLNonNull(GraphQLID),
    title=GraphQLString,
    rule=GraphQLString,
    severity=GraphQLString,
    raisedAt=GraphQLString,
    acknowledgedAt=GraphQLString,
    endedAt=GraphQLString,
    source=TEXT,
)

RUN_PROGRESS: Final = object_of(
    "RunProgress",
    "How far a run has come: `stage` and `rows` of its last batch, events in all. `incomplete` goes on, or may be taken up.",
    run=TEXT,
    source=TEXT,
    state=TEXT,
    stage=GraphQLString,
    rows=NUMBER,
    batches=NUMBER,
    events=NUMBER,
    counters=GraphQLNonNull(JSON),
)

AUDIT_ENTRY: Final = object_of(
    "AuditEntry",
    "Who did what, at which door, and how it ended. `digest` seals the entry together with the one before.",
    number=NUMBER,
    at=TEXT,
    who=TEXT,
    roles=GraphQLNonNull(GraphQLList(TEXT)),
    token=GraphQLString,
    door=TEXT,
    action=GraphQLString,
    outcome=TEXT,
    code=GraphQLString,
    began=LONG,
    target=GraphQLString,
    reason=GraphQLString,
    askedSha256=GraphQLString,
    asked=GraphQLString,
    rows=LONG,
    durationUs=LONG,
    sequence=LONG,
    digest=TEXT,
)

AUDIT: Final = object_of(
    "Audit",
    "Entries of the audit trail, newest first; `next` is what to give as `before` for the next page.",
    entries=list_of(AUDIT_ENTRY),
    next=LONG,
)

HISTORY: Final = object_of(
    "History",
    "What happened to one element, oldest first.",
    element=GraphQLNonNull(GraphQLID),
    entries=list_of(HISTORY_ENTRY),
)

MOMENT: Final = object_of(
    "Moment",
    "The last event of main that a state has, and how many of a branch's own.",
    sequence=NUMBER,
    branchEvents=NUMBER,
)

OPERATION_COUNT: Final = object_of(
    "OperationCount",
    "How many elements of a kind were created, changed, deleted.",
    kind=TEXT,
    operation=TEXT,
    count=NUMBER,
)

ATTRIBUTE_COUNT: Final = object_of(
    "AttributeCount", "In how many elements of a kind an attribute changed.", kind=TEXT, attribute=TEXT, count=NUMBER
)

ELEMENT_CHANGE: Final = object_of(
    "ElementChange",
    "What became of one element; a relation has a start and an end.",
    operation=TEXT,
    element=GraphQLNonNull(GraphQLID),
    kind=TEXT,
    name=TEXT,
    start=GraphQLID,
    end=GraphQLID,
    changes=list_of(ATTRIBUTE_CHANGE),
)

DIFFERENCE: Final = object_of(
    "Difference",
    "What leads from one moment to another: counts of all elements, the first of them one by one.",
    **{"from": GraphQLNonNull(MOMENT)},
    to=GraphQLNonNull(MOMENT),
    elements=NUMBER,
    counts=list_of(OPERATION_COUNT),
    attributes=list_of(ATTRIBUTE_COUNT),
    changes=list_of(ELEMENT_CHANGE),
)

BRANCH: Final = object_of(
    "Branch",
    "Changes beside main. `behind` counts the events of main that it does not see; `applied` is main's last event by applying it.",
    name=TEXT,
    base=NUMBER,
    events=NUMBER,
    behind=NUMBER,
    actor=TEXT,
    createdAt=TEXT,
    note=TEXT,
    applied=LONG,
)

PROPOSAL_STATE: Final = GraphQLEnumType(
    "ProposalState", {state.name: state.value for state in ProposalState}, description="What has become of a proposal."
)

PROPOSAL: Final = object_of(
    "Proposal",
    "A branch, as it was at its event `version`, that somebody asks others to bring to main; `sequence` is main's event then.",
    id=GraphQLNonNull(GraphQLID),
    branch=TEXT,
    version=NUMBER,
    reason=TEXT,
    author=TEXT,
    createdAt=TEXT,
    state=GraphQLNonNull(PROPOSAL_STATE),
    decidedBy=GraphQLString,
    decidedAt=GraphQLString,
    note=TEXT,
    sequence=LONG,
)

SCORE: Final = object_of(
    "Score",
    "A line of a scorecard; scores in percent, `trend` in points.",
    name=TEXT,
    items=GraphQLNonNull(GraphQLInt),
    overall=GraphQLFloat,
    completeness=GraphQLFloat,
    correctness=GraphQLFloat,
    compliance=GraphQLFloat,
    metrics=GraphQLNonNull(JSON),
    missing=GraphQLNonNull(JSON),
    trend=GraphQLFloat,
)

SCORECARD: Final = object_of(
    "Scorecard",
    "The health of what the asker sees, in CMDB Health terms.",
    by=TEXT,
    measuredOn=TEXT,
    sequence=NUMBER,
    since=GraphQLString,
    restricted=GraphQLNonNull(GraphQLBoolean),
    sources=GraphQLNonNull(JSON),
    scores=list_of(SCORE),
)

DIMENSION: Final = GraphQLEnumType(
    "HealthDimension",
    {dimension.name: dimension for dimension in Dimension},
    description="What a scorecard is broken down by.",
)
