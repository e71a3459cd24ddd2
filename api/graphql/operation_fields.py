"""Root fields about how the twin itself fares: what operators watch."""

from __future__ import annotations

from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLResolveInfo,
    GraphQLString,
)

from api.graphql.context import GraphQLContext
from api.graphql.ledger_types import TEXT, list_of
from api.graphql.operation_types import DISAGREEMENTS, FRESHNESS, HEALTH, QUARANTINE, RUN, STAGE, WEBHOOK
from api.graphql.scalars import JSON
from api.graphql.selection import page_size
from core.principal import require_whole_estate
from services.access.rights import Action, require
from services.moments import Asked
from services.operations import OperationsService

Info = GraphQLResolveInfo[GraphQLContext]

WHEN: Final = {"asOf": GraphQLArgument(GraphQLString), "branch": GraphQLArgument(GraphQLString)}
"""What a root field may be asked about instead of the present of main."""

_FIRST: Final = GraphQLArgument(GraphQLInt)
_SOURCE: Final = GraphQLArgument(GraphQLString, description="Only of this source.")


def operation_fields() -> dict[str, GraphQLField]:
    """The fields by name."""
    return {
        "health": GraphQLField(
            GraphQLNonNull(HEALTH),
            resolve=lambda _, info: info.context.services.operations.health(),
            description="Whether the twin keeps up, and how much the asker sees in it.",
        ),
        "freshness": GraphQLField(
            list_of(FRESHNESS),
            args=WHEN,
            resolve=lambda _, info, **when: info.context.services.operations.freshness(
                info.context.services.principal, Asked(when.get("asOf"), when.get("branch"))
            ),
            description="How fresh each source is, by name.",
        ),
        "runs": GraphQLField(
            list_of(RUN),
            args={
                "first": _FIRST,
                "source": _SOURCE,
                "status": GraphQLArgument(
                    GraphQLString, description="incomplete, complete, failed, superseded, undone."
                ),
            },
            resolve=_runs,
            description="The latest loads, newest first.",
        ),
        "run": GraphQLField(
            GraphQLNonNull(RUN),
            args={"id": GraphQLArgument(TEXT, description="Its identifier, or an unambiguous beginning of it.")},
            resolve=lambda _, info, id: _watched(info, "a load").run(id),
            description="One load.",
        ),
        "quarantine": GraphQLField(
            GraphQLNonNull(QUARANTINE),
            args={
                "first": _FIRST,
                "source": _SOURCE,
                "code": GraphQLArgument(GraphQLString, description="Only rejected for this, such as NOT_IN_ENUM."),
            },
            resolve=_quarantine,
            description="The rows that could not be taken.",
        ),
        "disagreements": GraphQLField(
            GraphQLNonNull(DISAGREEMENTS),
            args={
                "of": GraphQLArgument(
                    GraphQLString, description="Only of this element: id, name, number, code or alias."
                ),
                "between": GraphQLArgument(GraphQLList(TEXT), description="Only of these two sources."),
                "attribute": GraphQLArgument(GraphQLString, description="Only of this attribute."),
                "first": _FIRST,
            },
            resolve=_disagreements,
            description="Where sources say different things, with all that each says. `discrepancies` lists the elements that "
            "the twin keeps for them, within the asker's perimeters.",
        ),
        "webhooks": GraphQLField(
            list_of(WEBHOOK),
            resolve=lambda _, info: [
                hook.to_dict() for hook in info.context.services.webhooks.all(info.context.services.principal)
            ],
            description="The asker's webhooks, everybody's for who may maintain the whole twin. Asks for the action "
            f"`{Action.NOTIFY.value}`.",
        ),
        "explain": GraphQLField(
            list_of(STAGE),
            args={"query": GraphQLArgument(TEXT), "parameters": GraphQLArgument(JSON), **WHEN},
            resolve=lambda _, info, query, parameters=None, **when: info.context.explain(
                query, parameters, Asked(when.get("asOf"), when.get("branch"))
            ),
            description="The stages of a Cypher query, from the text to what the backend would run; nothing is read.",
        ),
    }


def _watched(info: Info, what: str) -> OperationsService:
    """What is of the whole estate, for whoever may look back and is not restricted."""
    services = info.context.services
    require(services.principal, Action.LOOK_BACK)
    require_whole_estate(services.principal, what)
    return services.operations


def _runs(_root: Any, info: Info, **arguments: Any) -> list[dict[str, Any]]:
    operations = _watched(info, "the list of loads")
    first = page_size(arguments.get("first"))
    return operations.runs(first, source=arguments.get("source"), status=arguments.get("status"))


def _quarantine(_root: Any, info: Info, **arguments: Any) -> dict[str, Any]:
    operations = _watched(info, "quarantine")
    first = page_size(arguments.get("first"))
    return operations.rejected(first, source=arguments.get("source"), code=arguments.get("code"))


def _disagreements(_root: Any, info: Info, **arguments: Any) -> dict[str, Any]:
    operations = _watched(info, "the list of disagreements")
    between = arguments.get("between") or ()
    return operations.disagreements(
        page_size(arguments.get("first")), arguments.get("of"), between=between, attribute=arguments.get("attribute")
    )
