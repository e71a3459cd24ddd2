"""GraphQL types of how the twin itself fares: health, freshness, runs, quarantine, disagreements, stages of a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLString,
)

from api.graphql.ledger_types import NUMBER, TEXT, list_of, object_of
from api.graphql.scalars import DATE_TIME, JSON
from services.access.rights import Action, require

INSTANT: Final = GraphQLNonNull(DATE_TIME)
_ID: Final = GraphQLNonNull(GraphQLID)


def _to_whoever_loads(of: GraphQLOutputType, key: str, description: str) -> GraphQLField:
    """A field that only those are told who may load."""
    return GraphQLField(
        of, resolve=_guarded(key), description=f"{description} Asks for the action `{Action.LOAD.value}`."
    )


def _guarded(key: str) -> Callable[[Mapping[str, Any], GraphQLResolveInfo[Any]], Any]:
    def read(source: Mapping[str, Any], info: GraphQLResolveInfo[Any]) -> Any:
        require(info.context.services.principal, Action.LOAD)
        return source[key]

    return read


KIND_COUNT: Final = object_of("KindCount", "How many elements of a kind the asker sees.", kind=TEXT, count=NUMBER)

HEALTH: Final = object_of(
    "TwinHealth",
    "How far the backend follows the ledger; `lag` in events.",
    status=TEXT,
    backend=TEXT,
    sequence=NUMBER,
    ledgerSequence=NUMBER,
    lag=NUMBER,
    kinds=GraphQLField(
        list_of(KIND_COUNT), resolve=lambda _, info: info.context.load_counts(), description="One query of the graph."
    ),
)

FRESHNESS: Final = object_of(
    "SourceFreshness",
    "The moment that the data of a source is of.",
    source=TEXT,
    at=INSTANT,
    ageSeconds=NUMBER,
)

RUN: Final = object_of(
    "Run",
    "One load of one source. `created`, `updated` and `unchanged` count elements, `rejected` rows.",
    id=_ID,
    source=TEXT,
    actor=TEXT,
    status=TEXT,
    startedAt=INSTANT,
    created=NUMBER,
    updated=NUMBER,
    unchanged=NUMBER,
    rejected=NUMBER,
    location=_to_whoever_loads(GraphQLString, "location", "Where it was read from."),
)

REJECTED_ROW: Final = object_of(
    "RejectedRow",
    "A row that could not be taken, with what to do about it; `position` is file:line.",
    id=_ID,
    source=TEXT,
    position=TEXT,
    code=TEXT,
    hint=TEXT,
    replayable=GraphQLNonNull(GraphQLBoolean),
    run=_ID,
    kind=GraphQLString,
    candidates=GraphQLNonNull(GraphQLList(_ID)),
    reason=_to_whoever_loads(GraphQLString, "reason", "Why; it may cite a value of the row."),
    row=_to_whoever_loads(JSON, "row", "The row as it was read; null where it cannot be read again."),
)

QUARANTINE: Final = object_of(
    "Quarantine", "The rejected rows, by source, file and position.", count=NUMBER, rows=list_of(REJECTED_ROW)
)

SAID: Final = object_of("SourceValue", "What a source says, as text.", source=TEXT, value=TEXT)

DISAGREEMENT: Final = object_of(
    "Disagreement",
    "An attribute of an element of which sources say different things, and which of them was chosen.",
    element=_ID,
    kind=TEXT,
    name=TEXT,
    attribute=TEXT,
    chosen=TEXT,
    chosenSource=TEXT,
    said=list_of(SAID),
)

DISAGREEMENTS: Final = object_of(
    "Disagreements",
    "How many there are, and the first by kind and name.",
    count=NUMBER,
    disagreements=list_of(DISAGREEMENT),
)

WEBHOOK_MESSAGE: Final = object_of(
    "WebhookMessage",
    "A message of a webhook and what became of it (`pending`, `delivered`, `dead`); never what it tells.",
    id=_ID,
    number=NUMBER,
    type=TEXT,
    state=TEXT,
    bytes=NUMBER,
    attempts=NUMBER,
    status=GraphQLInt,
    error=TEXT,
    createdAt=TEXT,
    triedAt=GraphQLString,
)

WEBHOOK: Final = object_of(
    "Webhook",
    "An address that is told what happens, with no more of it than the host. `owner` is null for the operator of the machine.",
    name=TEXT,
    receiver=TEXT,
    owner=GraphQLString,
    perimeters=GraphQLList(TEXT),
    reads=GraphQLNonNull(GraphQLList(GraphQLList(TEXT))),
    events=GraphQLNonNull(GraphQLList(TEXT)),
    kinds=GraphQLList(TEXT),
    ids=GraphQLList(TEXT),
    filter=JSON,
    state=TEXT,
    reason=TEXT,
    position=NUMBER,
    failures=NUMBER,
    nextAt=GraphQLString,
    createdAt=TEXT,
    deliveries=GraphQLField(
        list_of(WEBHOOK_MESSAGE),
        args={"first": GraphQLArgument(GraphQLInt), "state": GraphQLArgument(GraphQLString)},
        resolve=lambda row, info, first=50, state=None: [
            message.to_dict()
            for message in info.context.services.webhooks.deliveries(
                info.context.services.principal, row["name"], state=state, limit=first
            )
        ],
        description="What was sent, waits or is dead, newest first; at most 500.",
    ),
)

STAGE: Final = GraphQLObjectType(
    "ExplainStage",
    {
        "stage": GraphQLField(TEXT, resolve=lambda row, _: row[0]),
        "query": GraphQLField(TEXT, resolve=lambda row, _: row[1]),
        "findings": GraphQLField(GraphQLNonNull(GraphQLList(TEXT)), resolve=lambda row, _: row[2]),
    },
    description="What a stage of the road from text to backend made of a query.",
)
