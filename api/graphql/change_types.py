"""GraphQL types of changes: what is told of each kind, what a change made, and what stood against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLFieldResolver,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputFieldMap,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    GraphQLUnionType,
)

from api.graphql.inputs import Inputs
from api.graphql.ledger_types import NUMBER, TEXT, list_of, object_of, underscored
from api.graphql.names import camel
from api.graphql.scalars import JSON
from core.errors import JumeauError, NotFoundError, UsageError
from graph.history.branches import BranchAppliedError
from graph.schema.model import Kind, ValueType
from services.branches import BranchConflictError, StaleVersionError
from services.edits import ChangeRefusedError
from services.proposals import DecidedError, OwnProposalError

FAILURE: Final = GraphQLInterfaceType(
    "ChangeFailure",
    {
        "code": GraphQLField(TEXT, description="Stable, for programs."),
        "message": GraphQLField(TEXT, description="What was seen."),
        "where": GraphQLField(GraphQLString),
        "hint": GraphQLField(GraphQLString, description="What to try."),
    },
    description="Why nothing was changed.",
)


def failure_type(name: str, description: str, **details: GraphQLOutputType) -> GraphQLObjectType:
    """A type of what may stand against something, with what its error tells in `details`."""
    fields = {
        **{field: GraphQLField(one.type, resolve=_said(field)) for field, one in FAILURE.fields.items()},
        **{field: GraphQLField(of, resolve=_detail(field)) for field, of in details.items()},
    }
    return GraphQLObjectType(name, fields, interfaces=[FAILURE], description=description)


def _said(key: str) -> GraphQLFieldResolver:
    return lambda failure, _info: failure.content[key]


def _detail(key: str) -> GraphQLFieldResolver:
    return lambda failure, _info: failure.content["details"].get(underscored(key)) or []


PROBLEM: Final = object_of(
    "ChangeProblem",
    "What is wrong with one attribute, or with the whole where none is named.",
    code=TEXT,
    attribute=GraphQLString,
    seen=TEXT,
)

CONFLICT: Final = object_of(
    "Conflict",
    "What was changed since, and is to be changed otherwise: the value at the base, on main and as it is wanted.",
    element=GraphQLNonNull(GraphQLID),
    kind=TEXT,
    name=TEXT,
    attribute=TEXT,
    reason=TEXT,
    base=JSON,
    main=JSON,
    branch=JSON,
)

REFUSED: Final = failure_type(
    "ChangeRefused",
    "The schema or the rules of the estate do not admit the change.",
    problems=list_of(PROBLEM),
    candidates=GraphQLNonNull(GraphQLList(GraphQLNonNull(GraphQLID))),
)
CONFLICTING: Final = failure_type(
    "ChangeConflict", "What is to be changed was changed since the asker looked.", conflicts=list_of(CONFLICT)
)
NOT_THERE: Final = failure_type("NotThere", "What was named does not exist.")

CHANGED: Final = object_of(
    "Changed",
    "What a change made. `sequence` is the last event of main, or of the branch: what a next change may be based on.",
    ids=GraphQLNonNull(GraphQLList(GraphQLNonNull(GraphQLID))),
    branch=GraphQLString,
    sequence=NUMBER,
    events=NUMBER,
    run=GraphQLString,
)

FAILURES: Final[Mapping[type[JumeauError], GraphQLObjectType]] = {
    ChangeRefusedError: REFUSED,
    UsageError: REFUSED,
    BranchAppliedError: REFUSED,
    OwnProposalError: REFUSED,
    DecidedError: REFUSED,
    BranchConflictError: CONFLICTING,
    StaleVersionError: CONFLICTING,
    NotFoundError: NOT_THERE,
}
"""Errors that are part of an answer, and their types. Others are errors of the request."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What stood against a change, as a value."""

    type: GraphQLObjectType
    content: Mapping[str, Any]


def failure_of(error: JumeauError, failures: Mapping[type[JumeauError], GraphQLObjectType] = FAILURES) -> Failure:
    """The value of an error of `failures`."""
    of = next(type_ for cause, type_ in failures.items() if isinstance(error, cause))
    return Failure(of, error.to_dict())


def result_of(
    name: str,
    success: GraphQLObjectType,
    against: Iterable[GraphQLObjectType] = (REFUSED, CONFLICTING, NOT_THERE),
) -> GraphQLNonNull[Any]:
    """The union of what a mutation gives and of what may stand against it."""
    types = (success, *against)
    return GraphQLNonNull(
        GraphQLUnionType(
            name,
            types,
            resolve_type=lambda value, _info, _union: (value.type if isinstance(value, Failure) else success).name,
        )
    )


CHANGE_RESULT: Final = result_of("ChangeResult", CHANGED)

NODE_CHANGE: Final = GraphQLInputObjectType(
    "NodeChangeInput",
    {
        "kind": GraphQLInputField(TEXT),
        "id": GraphQLInputField(GraphQLID, description="Of one that is there; without it, a new one."),
        "upsert": GraphQLInputField(GraphQLBoolean, description="Change the one that is meant, if there is one."),
        "properties": GraphQLInputField(JSON, description="By name as in the schema; null takes one away."),
    },
    description="A node as it is to be. Attributes that are not named stay.",
)

RELATION_CHANGE: Final = GraphQLInputObjectType(
    "RelationChangeInput",
    {
        "type": GraphQLInputField(TEXT),
        "start": GraphQLInputField(GraphQLNonNull(GraphQLID)),
        "end": GraphQLInputField(GraphQLNonNull(GraphQLID)),
        "properties": GraphQLInputField(JSON),
    },
    description="A relation that is to be.",
)


class ChangeTypes:
    """The input and the result of changes of each concrete kind, each made once."""

    def __init__(self, inputs: Inputs, kinds: Mapping[str, GraphQLOutputType]) -> None:
        self._inputs = inputs
        self._kinds = kinds

    def input(self, kind: Kind) -> GraphQLNonNull[Any]:
        """What may be told of a node of the kind."""
        made = GraphQLInputObjectType(
            f"{kind.name}Input",
            partial(self._fields, kind),
            description="Attributes that are not named stay as they are; null takes one away.",
        )
        return GraphQLNonNull(made)

    def result(self, kind: Kind, load: GraphQLFieldResolver) -> GraphQLNonNull[Any]:
        """What a change of a node of the kind gives; `load` reads the node as it is then."""
        node = GraphQLField(self._kinds[kind.name], resolve=load, description="The node as it is now.")
        success = GraphQLObjectType(
            f"{kind.name}Changed",
            {
                "id": GraphQLField(GraphQLNonNull(GraphQLID), resolve=lambda changed, _: changed["ids"][0]),
                "node": node,
                **{name: field for name, field in CHANGED.fields.items() if name != "ids"},
            },
            description=CHANGED.description,
        )
        return result_of(f"{kind.name}ChangeResult", success)

    def _fields(self, kind: Kind) -> GraphQLInputFieldMap:
        fields: GraphQLInputFieldMap = {}
        for name, attribute in kind.attributes.items():
            leaf: GraphQLInputType = self._inputs.leaf(attribute)
            if attribute.type is ValueType.STRING_LIST:
                leaf = GraphQLList(GraphQLNonNull(leaf))
            fields[camel(name)] = GraphQLInputField(leaf, out_name=name)
        return fields
