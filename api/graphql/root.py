"""The query type: a list and an aggregate per kind, one node by id, Cypher, and the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLString,
)

from api.graphql.aggregate_types import AggregateTypes
from api.graphql.aggregates import GroupPage
from api.graphql.ask_fields import ask_fields
from api.graphql.context import PLAN, GraphQLContext
from api.graphql.groups import Groups
from api.graphql.inputs import Inputs
from api.graphql.ledger_fields import ledger_fields
from api.graphql.mutations import mutation_type
from api.graphql.operation_fields import WHEN, operation_fields
from api.graphql.pages import Page
from api.graphql.scalars import JSON
from api.graphql.search import search_arguments, search_types
from api.graphql.selection import DEFAULT_PAGE, MAX_DEPTH, MAX_PAGE
from api.graphql.shape import Shape
from api.graphql.simulation_fields import simulation_fields
from api.graphql.subscriptions import subscription_type
from api.graphql.types import Types
from api.graphql.walk_types import PATH_TOLD, closure_arguments, path_arguments
from api.graphql.walks import PATH, Closure
from graph.queries.catalogue import CatalogueQuery
from services.access.small_groups import LEAST
from services.moments import Asked

_TEXT = GraphQLNonNull(GraphQLString)

CATALOGUE_PARAMETER = GraphQLObjectType(
    "CatalogueParameter",
    {
        "name": GraphQLField(_TEXT),
        "type": GraphQLField(_TEXT, description="A scalar type, or the kind that the value names an element of."),
        "required": GraphQLField(GraphQLNonNull(GraphQLBoolean)),
        "default": GraphQLField(JSON),
        "description": GraphQLField(GraphQLString),
    },
)

CATALOGUE_QUERY = GraphQLObjectType(
    "CatalogueQuery",
    {
        "name": GraphQLField(_TEXT),
        "titleEn": GraphQLField(_TEXT, resolve=lambda query, _: query.title_en),
        "titleFr": GraphQLField(_TEXT, resolve=lambda query, _: query.title_fr),
        "description": GraphQLField(GraphQLString),
        "parameters": GraphQLField(GraphQLNonNull(GraphQLList(GraphQLNonNull(CATALOGUE_PARAMETER)))),
        "cypher": GraphQLField(_TEXT, resolve=lambda query, _: query.text),
        "tags": GraphQLField(GraphQLNonNull(GraphQLList(_TEXT)), resolve=lambda query, _: list(query.tags)),
        "answer": GraphQLField(
            JSON,
            args={"parameters": GraphQLArgument(JSON), **WHEN},
            resolve=lambda query, info, parameters=None, **when: _context(info).run_catalogue(
                info, query.name, parameters, _asked(when)
            ),
            description="What `runCatalogue` answers for it.",
        ),
    },
    description="A named, documented query.",
)
INDICATOR: Final = "indicator"
"""The tag of the named queries that measure how the estate fares: the one definition of each indicator, whoever asks."""


_CONVENTIONS = f"""Lists and aggregates of every kind, one node by id, Cypher and the catalogue.

- `filter`: every condition must hold; AND, OR and NOT nest. An absent value fits no comparison and no NOT of one: ask
  `isNull`, or `eq: null`.
- `orderBy`: keys in order, one attribute each; ties are broken by id. Absent values come last ascending.
- `first`: at most {MAX_PAGE}, {DEFAULT_PAGE} where it is not given. `after`: a cursor of the same field and ordering.
- `count`: how many fit the filter, on whatever page.
- `...Aggregate`: groups by attributes of a kind (`attribute`) and of what one relation leads to; an element is counted once in each
  of its groups. Of people, groups of fewer than {LEAST} are told as suppressed.
- `asOf`, `branch`: the whole field as it was at a date (the end of that day, UTC), an instant or an event (`#123`), or as a
  branch makes it; the extensions of the answer say which moment that is.
- A relation is a field on both ends, named by its reading; its own attributes are in `edges`. What an element depends on, what
  depends on it, and a path from it (`dependsOn`, `impactedBy`, `pathTo`) are fields of elements as well as of the root. Up to
  {MAX_DEPTH} lists nest, and the whole selection under a root field is one query of the graph. Impact that goes through what is
  hidden (a right) takes two or three more, which find out how far."""


def build_schema(shape: Shape, *, read_only: bool = False) -> GraphQLSchema:
    """The GraphQL schema of a shape, built once; without mutations where the twin only answers."""
    if read_only not in shape.built:
        shape.built[read_only] = _build(shape, read_only)
    return shape.built[read_only]


def _build(shape: Shape, read_only: bool) -> GraphQLSchema:
    inputs = Inputs(shape)
    types = Types(shape, inputs)
    aggregates = AggregateTypes(shape, inputs, Groups(shape))
    fields = {
        "node": GraphQLField(
            types.node,
            args={"id": GraphQLArgument(GraphQLNonNull(GraphQLID)), **WHEN},
            resolve=lambda _, info, id, **when: _context(info).load_node(info, id, _asked(when)),
            extensions={PLAN: lambda context, info, arguments: context.plan_node(info, arguments["id"])},
            description="The one element with that id, of whatever kind; of simulated state, ask the fields of its kinds.",
        ),
        **{name: _list_field(types, kind) for name, kind in shape.roots.items()},
        **{f"{name}Aggregate": _aggregate_field(aggregates, kind) for name, kind in shape.roots.items()},
        **_path_fields(shape, types, inputs),
        "search": GraphQLField(
            GraphQLNonNull(search_types(types)),
            args={**search_arguments(inputs.kind_name), **WHEN},
            resolve=lambda _, info, text, **rest: _context(info).search(info, text, rest, _asked(rest)),
            description="What has this text in a name, code, number, alias or description, accents and cases aside: what is "
            "called just so first, then what begins so, then what holds it. People are not searched for.",
        ),
        "cypher": GraphQLField(
            JSON,
            args={"query": GraphQLArgument(_TEXT), "parameters": GraphQLArgument(JSON), **WHEN},
            resolve=lambda _, info, query, parameters=None, **when: _context(info).cypher(
                info, query, parameters, _asked(when)
            ),
            extensions={PLAN: lambda context, info, arguments: context.plan_text(info, arguments["query"])},
            description="A Cypher query, read-only, answered as columns and rows with what is known about the answer.",
        ),
        "catalogue": GraphQLField(
            GraphQLNonNull(GraphQLList(GraphQLNonNull(CATALOGUE_QUERY))),
            resolve=_catalogue,
            description="The named queries.",
        ),
        "indicators": GraphQLField(
            GraphQLNonNull(GraphQLList(GraphQLNonNull(CATALOGUE_QUERY))),
            args={"about": GraphQLArgument(GraphQLString, description="Only with this tag, such as obsolescence.")},
            resolve=lambda _, info, about=None: [
                query
                for query in _context(info).catalogue.queries()
                if INDICATOR in query.tags and (about is None or about in query.tags)
            ],
            description="The named queries that measure how the estate fares, each with its answer.",
        ),
        "runCatalogue": GraphQLField(
            JSON,
            args={"name": GraphQLArgument(_TEXT), "parameters": GraphQLArgument(JSON), **WHEN},
            resolve=lambda _, info, name, parameters=None, **when: _context(info).run_catalogue(
                info, name, parameters, _asked(when)
            ),
            extensions={PLAN: _plan_catalogue},
            description="A named query, answered like `cypher`.",
        ),
        **ledger_fields(),
        **operation_fields(),
        **simulation_fields(types),
        **ask_fields(),
    }
    timed = {name: _timed(field) for name, field in fields.items()}
    query = GraphQLObjectType("Query", timed, description=_CONVENTIONS)
    return GraphQLSchema(
        query,
        None if read_only else mutation_type(shape, types, inputs),
        subscription_type(shape, inputs),
        types=[*types.kinds.values(), types.hidden],
    )


def _list_field(types: Types, kind: str) -> GraphQLField:
    return GraphQLField(
        GraphQLNonNull(types.connection(kind)),
        args={**types.arguments(kind), **WHEN},
        resolve=_load_list(kind),
        extensions={PLAN: lambda context, info, arguments: context.plan_list(kind, info, arguments)},
        description=types.kinds[kind].description,
    )


def _aggregate_field(types: AggregateTypes, kind: str) -> GraphQLField:
    return GraphQLField(
        GraphQLNonNull(types.result(kind)),
        args={**types.arguments(kind), **WHEN},
        resolve=_load_aggregate(kind),
    )


def _load_aggregate(kind: str) -> Callable[..., GroupPage]:
    return lambda _root, info, **arguments: _context(info).load_aggregate(kind, info, arguments, _asked(arguments))


def _path_fields(shape: Shape, types: Types, inputs: Inputs) -> dict[str, GraphQLField]:
    identity = GraphQLArgument(GraphQLNonNull(GraphQLID))
    found = {
        closure.name: GraphQLField(
            GraphQLNonNull(types.reached(closure.far)),
            args={"id": identity, **closure_arguments(inputs.kind_name), **types.arguments(closure.far), **WHEN},
            resolve=_load_closure(closure),
            description=closure.description,
        )
        for closure in shape.walks.closures
    }
    if found:
        found[PATH] = GraphQLField(
            types.path,
            args={"from": identity, **path_arguments(), **WHEN},
            resolve=lambda _, info, **arguments: _context(info).load_path(info, arguments, _asked(arguments)),
            description=PATH_TOLD.format(""),
        )
    return found


def _load_closure(closure: Closure) -> Callable[..., Page]:
    return lambda _root, info, **arguments: _context(info).load_closure(closure, info, arguments, _asked(arguments))


def _load_list(kind: str) -> Callable[..., Page]:
    return lambda _root, info, **arguments: _context(info).load_list(kind, info, arguments, _asked(arguments))


def _plan_catalogue(context: GraphQLContext, info: GraphQLResolveInfo[GraphQLContext], arguments: Any) -> None:
    context.plan_text(info, context.catalogue.get(arguments["name"]).text)


def _timed(field: GraphQLField) -> GraphQLField:
    """A root field that is not begun once the time of the request is used up."""
    resolve = field.resolve
    if resolve is not None:

        def within_time(root: Any, info: GraphQLResolveInfo[GraphQLContext], **arguments: Any) -> Any:
            _context(info).budget.left()
            return resolve(root, info, **arguments)

        field.resolve = within_time
    return field


def _asked(arguments: Mapping[str, Any]) -> Asked:
    return Asked(arguments.get("asOf"), arguments.get("branch"))


def _catalogue(_root: Any, info: GraphQLResolveInfo[GraphQLContext]) -> tuple[CatalogueQuery, ...]:
    return _context(info).catalogue.queries()


def _context(info: GraphQLResolveInfo[GraphQLContext]) -> GraphQLContext:
    return info.context
