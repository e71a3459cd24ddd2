"""The mutation type: changes of main or of a branch, branches, and proposals that somebody else approves.

A change of main needs the right to apply and a reason; a change of a branch the right to branch. What stands against a change
is part of the answer (`ChangeFailure`); whoever may not make it gets an error. Somebody with perimeters changes what is in them,
and branches that they began (`services.limited_changes`); proposals are decided on by those who see the whole estate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLString,
)

from api.deps import Services
from api.graphql.acting import act
from api.graphql.change_cost import ONE, costing, told_on
from api.graphql.change_types import (
    CHANGE_RESULT,
    NODE_CHANGE,
    RELATION_CHANGE,
    ChangeTypes,
    Failure,
    result_of,
)
from api.graphql.context import GraphQLContext
from api.graphql.inputs import Inputs
from api.graphql.ledger_types import BRANCH, PROPOSAL, TEXT
from api.graphql.scalars import JSON, LONG
from api.graphql.shape import Shape
from api.graphql.simulation_mutations import simulation_mutations
from api.graphql.types import Types
from core.ids import relation_id
from graph.history.merge import Wins
from graph.schema.model import Kind
from services.access.rights import Action
from services.branches import Applied, describe
from services.edits import NodeEdit, RelationEdit
from services.moments import Asked, sequence_of
from services.simulation.kept import RUN

Info = GraphQLResolveInfo[GraphQLContext]

WHERE: Final = {
    "branch": GraphQLArgument(GraphQLString, description="Change this branch instead of main."),
    "reason": GraphQLArgument(GraphQLString, description="Why; a change of main has one."),
    "basedOn": GraphQLArgument(
        LONG,
        description="The event (`sequence`) that the asker has seen: what was changed since stands against the change.",
    ),
    "perimeter": GraphQLArgument(
        GraphQLString,
        description="Of new elements that would be in none of the asker's perimeters, where the asker has several.",
    ),
}
"""What every change is told beside what is to be."""

_ID: Final = GraphQLArgument(GraphQLNonNull(GraphQLID))
_IDS: Final = GraphQLArgument(GraphQLNonNull(GraphQLList(GraphQLNonNull(GraphQLID))))
_NAME: Final = GraphQLArgument(TEXT)
WINS: Final = GraphQLEnumType(
    "Wins",
    {wins.name: wins for wins in Wins},
    description="Who wins where both changed the same: main (OURS) or the branch (THEIRS).",
)
DECISION: Final = "a decision on a proposal"
BRANCH_RESULT: Final = result_of("BranchResult", BRANCH)
PROPOSAL_RESULT: Final = result_of("ProposalResult", PROPOSAL)


def mutation_type(shape: Shape, types: Types, inputs: Inputs) -> GraphQLObjectType:
    """The mutation type of a shape."""
    fields: dict[str, GraphQLField] = {}
    made = ChangeTypes(inputs, types.kinds)
    for kind in shape.schema.concrete_kinds():
        if not (kind.bookkeeping or kind.simulated):
            fields |= _of_kind(kind, made)
    simulated = simulation_mutations() if RUN in shape.schema.kinds else {}
    return GraphQLObjectType("Mutation", {**fields, **_general(), **_of_branches(), **_of_proposals(), **simulated})


def _of_kind(kind: Kind, types: ChangeTypes) -> dict[str, GraphQLField]:
    told, result = types.input(kind), types.result(kind, _loading(kind.name))
    data = {"data": GraphQLArgument(told), **WHERE}

    def edit(name: str, description: str, *, upsert: bool = False, known: bool = False) -> GraphQLField:
        def resolve(_root: Any, info: Info, **given: Any) -> dict[str, Any] | Failure:
            wanted = NodeEdit(kind.name, given["data"], given.get("id"), upsert)
            return _change(info, given, nodes=[wanted])

        args = {"id": _ID, **data} if known else data
        return GraphQLField(
            result,
            args=args,
            resolve=resolve,
            extensions=costing(lambda _context, _given: 1, kind.name),
            description=f"{name} {kind.wording.en}. {description}",
        )

    return {
        f"create{kind.name}": edit("Create", "Refused where its natural key is taken."),
        f"update{kind.name}": edit("Change", "Its kind changes too where it was another.", known=True),
        f"upsert{kind.name}": edit(
            "Change or create",
            "The one that its natural key or the rules of identification mean; several are refused.",
            upsert=True,
        ),
    }


def _general() -> dict[str, GraphQLField]:
    """Changes that are of no one kind."""
    ends = {"type": _NAME, "start": _ID, "end": _ID}
    return {
        "delete": GraphQLField(
            CHANGE_RESULT,
            args={"ids": _IDS, **WHERE},
            resolve=lambda _, info, ids, **given: _change(info, given, delete=ids),
            extensions=costing(lambda _context, given: len(given["ids"])),
            description="Delete elements; a node takes its relations with it.",
        ),
        "relate": GraphQLField(
            CHANGE_RESULT,
            args={**ends, "properties": GraphQLArgument(JSON), **WHERE},
            resolve=lambda _, info, type, start, end, properties=None, **given: _change(
                info, given, relations=[RelationEdit(type, start, end, properties or {})]
            ),
            extensions=ONE,
            description="A relation that is to be, with its attributes by name as in the schema.",
        ),
        "unrelate": GraphQLField(
            CHANGE_RESULT,
            args={**ends, **WHERE},
            resolve=lambda _, info, type, start, end, **given: _change(
                info, given, delete=[relation_id(type, start, end)]
            ),
            extensions=ONE,
            description="Delete a relation.",
        ),
        "change": GraphQLField(
            CHANGE_RESULT,
            args={
                "nodes": GraphQLArgument(GraphQLList(GraphQLNonNull(NODE_CHANGE)), default_value=[]),
                "relations": GraphQLArgument(GraphQLList(GraphQLNonNull(RELATION_CHANGE)), default_value=[]),
                "delete": GraphQLArgument(GraphQLList(GraphQLNonNull(GraphQLID)), default_value=[]),
                **WHERE,
            },
            resolve=_many,
            extensions=costing(
                lambda _context, given: sum(len(given[name] or ()) for name in ("nodes", "relations", "delete"))
            ),
            description="Several changes, all or nothing; `ids` of what is told, nodes first.",
        ),
    }


def _of_branches() -> dict[str, GraphQLField]:
    return {
        "createBranch": GraphQLField(
            BRANCH_RESULT,
            args={
                "name": _NAME,
                "at": GraphQLArgument(GraphQLString, description="A date, an instant or #123; by default now."),
                "note": GraphQLArgument(GraphQLString, default_value=""),
            },
            resolve=_create_branch,
            extensions=ONE,
            description="Begin a branch.",
        ),
        "dropBranch": GraphQLField(
            BRANCH_RESULT,
            args={"name": _NAME},
            resolve=lambda _, info, name: act(
                info, Action.BRANCH, lambda services: _described(services, services.branches.drop(name))
            ),
            extensions=costing(lambda context, given: told_on(context, given["name"])),
            description="Delete a branch and everything on it; main is not concerned.",
        ),
        "applyBranch": GraphQLField(
            CHANGE_RESULT,
            args={"name": _NAME, "wins": GraphQLArgument(WINS)},
            resolve=lambda _, info, name, wins=None: act(
                info,
                Action.APPLY,
                lambda services: _on_main(services, services.branches.apply(name, wins=wins), []),
            ),
            extensions=costing(lambda context, given: told_on(context, given["name"])),
            description="Bring a branch to main in one piece; with conflicts nothing is done, unless one side wins.",
        ),
    }


def _of_proposals() -> dict[str, GraphQLField]:
    note = GraphQLArgument(GraphQLString, default_value="")
    return {
        "propose": GraphQLField(
            PROPOSAL_RESULT,
            args={"branch": _NAME, "reason": _NAME},
            resolve=lambda _, info, branch, reason: act(
                info,
                Action.BRANCH,
                lambda services: services.proposals.propose(branch, reason, by=services.actor).to_dict(),
            ),
            extensions=ONE,
            description="Ask others to bring a branch to main, as it is now.",
        ),
        "approve": GraphQLField(
            PROPOSAL_RESULT,
            args={"proposal": _ID, "note": note, "wins": GraphQLArgument(WINS)},
            resolve=_approve,
            extensions=costing(_proposed),
            description="Bring what was proposed to main. Whoever proposed it or wrote any of it cannot.",
        ),
        "reject": GraphQLField(
            PROPOSAL_RESULT,
            args={"proposal": _ID, "note": _NAME},
            resolve=lambda _, info, proposal, note: act(
                info,
                Action.APPLY,
                lambda services: services.proposals.reject(proposal, note, by=services.actor).to_dict(),
                whole=DECISION,
            ),
            extensions=ONE,
            description="Refuse a proposal, with a reason; the branch stays as it is.",
        ),
        "withdraw": GraphQLField(
            PROPOSAL_RESULT,
            args={"proposal": _ID},
            resolve=lambda _, info, proposal: act(
                info, Action.BRANCH, lambda services: services.proposals.withdraw(proposal, by=services.actor).to_dict()
            ),
            extensions=ONE,
            description="Take one's own proposal back.",
        ),
    }


def _change(info: Info, given: Mapping[str, Any], **edits: Any) -> dict[str, Any] | Failure:
    """Make edits on main or on a branch."""
    branch = given.get("branch")
    told = {"based_on": given.get("basedOn"), "perimeter": given.get("perimeter"), **edits}

    def change(services: Services) -> dict[str, Any]:
        if branch is None:
            applied, ids = services.branches.change_main(given.get("reason") or "", **told)
            return _on_main(services, applied, ids)
        changed, ids = services.branches.change(branch, **told)
        return {"ids": ids, "branch": branch, "sequence": changed.version, "events": len(ids), "run": None}

    found: dict[str, Any] | Failure = act(info, Action.APPLY if branch is None else Action.BRANCH, change)
    return found


def _many(_root: Any, info: Info, **given: Any) -> dict[str, Any] | Failure:
    nodes = [
        NodeEdit(one["kind"], one.get("properties") or {}, one.get("id"), bool(one.get("upsert")))
        for one in given["nodes"] or ()
    ]
    relations = [
        RelationEdit(one["type"], one["start"], one["end"], one.get("properties") or {})
        for one in given["relations"] or ()
    ]
    return _change(info, given, nodes=nodes, relations=relations, delete=given["delete"] or [])


def _on_main(services: Services, applied: Applied, ids: list[str]) -> dict[str, Any]:
    """What was written to main."""
    services.catch_up()
    return {
        "ids": ids,
        "branch": None,
        "sequence": applied.sequence,
        "events": applied.events,
        "run": applied.run or None,
    }


def _loading(kind: str) -> Callable[..., Any]:
    def load(changed: Mapping[str, Any], info: Info) -> Any:
        return info.context.load_node(info, changed["ids"][0], Asked(branch=changed["branch"]), kind)

    return load


def _create_branch(_root: Any, info: Info, name: str, at: str | None = None, note: str | None = None) -> Any:
    def create(services: Services) -> dict[str, Any]:
        base = None if at is None else sequence_of(services.twin.ledger, at)
        return _described(services, services.branches.create(name, base=base, note=note or ""))

    return act(info, Action.BRANCH, create)


def _described(services: Services, branch: Any) -> dict[str, Any]:
    return describe(branch, services.twin.ledger.sequence())


def _proposed(context: GraphQLContext, given: Mapping[str, Any]) -> float:
    return float(context.services.proposals.get(given["proposal"]).version)


def _approve(_root: Any, info: Info, proposal: str, note: str | None = None, wins: Wins | None = None) -> Any:
    def approve(services: Services) -> dict[str, Any]:
        decided, applied = services.proposals.approve(proposal, note or "", by=services.actor, wins=wins)
        _on_main(services, applied, [])
        return decided.to_dict()

    return act(info, Action.APPLY, approve, whole=DECISION)
