"""Root fields about what is known beside the graph: history, differences, branches, scorecards, the audit trail."""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLResolveInfo,
    GraphQLString,
)

from analytics.health.scorecard import Dimension
from api.graphql.context import GraphQLContext
from api.graphql.errors import PageSizeError
from api.graphql.ledger_types import (
    AUDIT,
    BRANCH,
    DIFFERENCE,
    DIMENSION,
    HISTORY,
    PROPOSAL,
    PROPOSAL_STATE,
    SCORECARD,
    TEXT,
    list_of,
)
from api.graphql.scalars import LONG
from core.principal import require_whole_estate
from services.access.rights import Action, require
from services.audit.reading import PAGE, page, wanted
from services.audit.trail import MOST
from services.differences import SHOWN
from services.health import TREND_DAYS
from services.history import ROOT
from services.moments import Asked
from services.proposals import ProposalState

Info = GraphQLResolveInfo[GraphQLContext]


def ledger_fields() -> dict[str, GraphQLField]:
    """The fields by name."""
    return {
        "history": GraphQLField(
            GraphQLNonNull(HISTORY),
            args={
                "of": GraphQLArgument(TEXT, description="Id, name, number, code or alias; of what is gone, the id."),
                "kind": GraphQLArgument(GraphQLString, default_value=ROOT, description="The kind that the name is of."),
                "relations": GraphQLArgument(GraphQLBoolean, default_value=False, description="Its relations too."),
            },
            resolve=_history,
            description="What happened to an element: who, what, when, from which source and run, oldest first.",
        ),
        "difference": GraphQLField(
            GraphQLNonNull(DIFFERENCE),
            args={
                "from": GraphQLArgument(TEXT, description="A date, an instant, #123 or `now`."),
                "to": GraphQLArgument(GraphQLString, default_value="now"),
                "branch": GraphQLArgument(GraphQLString, description="`to` on this branch."),
                "kind": GraphQLArgument(GraphQLString, description="Only this kind, generic or relation type."),
                "first": GraphQLArgument(
                    GraphQLInt, default_value=100, description=f"Elements one by one, to {SHOWN}."
                ),
            },
            resolve=_difference,
            description="What leads from one moment to another, by element and attribute.",
        ),
        "audit": GraphQLField(
            GraphQLNonNull(AUDIT),
            args={
                **{name: GraphQLArgument(GraphQLString) for name in ("who", "door", "action", "outcome")},
                "since": GraphQLArgument(GraphQLString, description="From this date or instant on (ISO 8601, UTC)."),
                "until": GraphQLArgument(GraphQLString, description="Before this date or instant."),
                "before": GraphQLArgument(LONG, description="Only entries before this number."),
                "first": GraphQLArgument(GraphQLInt, default_value=PAGE, description=f"How many, to {MOST}."),
            },
            resolve=_audit,
            description="Who did what with the twin, at which door, and how it ended, newest first; for auditors.",
        ),
        "branches": GraphQLField(
            list_of(BRANCH),
            resolve=_branches,
            description="Every branch, by name; of somebody with perimeters, those that they began.",
        ),
        "proposals": GraphQLField(
            list_of(PROPOSAL),
            args={"states": GraphQLArgument(GraphQLList(GraphQLNonNull(PROPOSAL_STATE)), default_value=["open"])},
            resolve=_proposals,
            description="Branches that somebody asks others to bring to main, newest first; the open ones if not said otherwise. "
            "Somebody with perimeters is told of their own.",
        ),
        "scorecard": GraphQLField(
            GraphQLNonNull(SCORECARD),
            args={
                "by": GraphQLArgument(DIMENSION, default_value=Dimension.KIND),
                "trendDays": GraphQLArgument(GraphQLInt, default_value=TREND_DAYS),
            },
            resolve=_scorecard,
            description="The health of what the twin holds: completeness, correctness, compliance, with their trend.",
        ),
    }


def _history(_root: Any, info: Info, of: str, kind: str | None, relations: bool | None) -> dict[str, Any]:
    services = info.context.services
    require(services.principal, Action.LOOK_BACK)
    require_whole_estate(services.principal, "the history of an element")
    return services.history.of(of, kind=kind or ROOT, relations=bool(relations))


def _difference(_root: Any, info: Info, **arguments: Any) -> dict[str, Any]:
    services = info.context.services
    require(services.principal, Action.LOOK_BACK)
    require_whole_estate(services.principal, "the difference of two moments")
    first = arguments.get("first")
    first = SHOWN if first is None else first
    if not 0 <= first <= SHOWN:
        raise PageSizeError(f"first is {first}", where="first", hint=f"ask for 0 to {SHOWN} elements")
    to, branch = arguments.get("to") or "now", arguments.get("branch")
    last = Asked(None if branch is not None and to == "now" else to, branch)
    return services.differences.between(Asked(arguments["from"]), last, kind=arguments.get("kind"), shown=first)


def _audit(_root: Any, info: Info, before: int | None = None, **arguments: Any) -> dict[str, Any]:
    services = info.context.services
    require(services.principal, Action.AUDIT)
    require_whole_estate(services.principal, "the audit trail")
    first = arguments.pop("first", None)
    first = PAGE if first is None else first
    if not 1 <= first <= MOST:
        raise PageSizeError(f"first is {first}", where="first", hint=f"ask for 1 to {MOST} entries")
    return page(services.recorder.settled(), wanted(**arguments), before=before, limit=first)


def _branches(_root: Any, info: Info) -> list[dict[str, Any]]:
    services = info.context.services
    require(services.principal, Action.LOOK_BACK)
    return services.branches.all()


def _proposals(_root: Any, info: Info, states: list[str] | None) -> list[dict[str, Any]]:
    services = info.context.services
    require(services.principal, Action.LOOK_BACK)
    wanted = [ProposalState(state) for state in states or ()]
    return [proposal.to_dict() for proposal in services.proposals.all(wanted)]


def _scorecard(_root: Any, info: Info, **arguments: Any) -> dict[str, Any]:
    services = info.context.services
    days = arguments.get("trendDays") or TREND_DAYS
    return services.health.scorecard(
        arguments.get("by") or Dimension.KIND, services.principal, trend_days=days
    ).to_dict()
