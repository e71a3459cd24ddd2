"""GraphQL types of walks: the arguments of closures and paths, at the root and on kinds, and what a path is made of."""

from __future__ import annotations

from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from api.graphql.walks import FARTHEST, LONGEST, WalkField

_ID: Final = GraphQLNonNull(GraphQLID)

PATH_TOLD: Final = (
    "One shortest path {}along relations of dependency, in either direction unless `directed`; null where there is none. "
    "Which one of several equally short ones is not said."
)


def closure_arguments(kind_name: GraphQLEnumType, *, depth: int | None = FARTHEST) -> dict[str, GraphQLArgument]:
    """How far a closure goes, and which kinds it lists. `depth`: the usual one, None where it has to be said."""
    farthest = (
        GraphQLArgument(GraphQLInt, default_value=depth)
        if depth is not None
        else GraphQLArgument(GraphQLInt, description=f"How many relations of dependency are followed, 1 to {FARTHEST}.")
    )
    listed = GraphQLArgument(GraphQLList(GraphQLNonNull(kind_name)), description="Only these are listed.")
    return {"depth": farthest, "kinds": listed}


def path_arguments() -> dict[str, GraphQLArgument]:
    """Where a path leads, and how long it may be."""
    return {
        "to": GraphQLArgument(_ID),
        "maxLength": GraphQLArgument(GraphQLInt, default_value=LONGEST, description=f"{FARTHEST} at most."),
        "directed": GraphQLArgument(
            GraphQLBoolean, default_value=False, description="Only from a dependent to what it depends on."
        ),
    }


def told_of_both(alone: str | None, field: WalkField) -> str:
    """What a field says of itself that is a walk and, of some kinds, a relation: `alone`."""
    least = "`depth` has to be said." if alone is None else f"Without `depth` that relation alone: {alone}."
    return (
        f"{field.description} {least} Listed is what is of {field.far}; the root field `{field.closure.name}` lists the rest too. "
        "Edges of a walk have neither an id nor attributes."
    )


def path_type(node: GraphQLInterfaceType) -> GraphQLObjectType:
    """A path."""
    relation = GraphQLObjectType(
        "PathRelation",
        {
            "id": GraphQLField(_ID, resolve=lambda step, _: step.edge.id),
            "type": GraphQLField(GraphQLNonNull(GraphQLString), resolve=lambda step, _: step.edge.type),
            "start": GraphQLField(_ID, resolve=lambda step, _: step.edge.start),
            "end": GraphQLField(_ID, resolve=lambda step, _: step.edge.end),
            "forward": GraphQLField(
                GraphQLNonNull(GraphQLBoolean), description="Whether the path goes from its start to its end."
            ),
        },
    )
    return GraphQLObjectType(
        "Path",
        {
            "length": GraphQLField(GraphQLNonNull(GraphQLInt), resolve=lambda path, _: len(path.relations)),
            "nodes": GraphQLField(
                GraphQLNonNull(GraphQLList(GraphQLNonNull(node))),
                description="One more than there are relations. Their own relations are not told here: ask `node`.",
            ),
            "relations": GraphQLField(GraphQLNonNull(GraphQLList(GraphQLNonNull(relation)))),
        },
    )
