"""Full-text search as ONE query over the names, codes, aliases and descriptions of every kind.

MATCH (n0:Server|...) UNWIND [n0.name, n0.code, ...] + coalesce(n0.aliases, []) AS t
WITH n0, left(t, 2000) AS t WHERE t =~ $contains
WITH n0, min(CASE WHEN t =~ $exact THEN 0 WHEN t =~ $prefix THEN 1 ELSE 2 END) AS rank
ORDER BY rank, n0.name, n0.id LIMIT $p
...                                                      // the lists nested in what was found
RETURN ..., rank, n0.name AS t0, n0.code AS t1, ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from api.graphql.branches import Branches
from api.graphql.compile import CompiledPage
from api.graphql.errors import SearchError
from api.graphql.folding import Folded, Match
from api.graphql.pages import Record, root_record
from api.graphql.selection import NodeSelection, SelectionReader, page_size
from api.graphql.shape import NODE, Shape
from api.graphql.trees import Names, aliased, as_itself, one_of, query_of, value_of
from api.graphql.types import Types
from graph.cypher import ast
from graph.schema.model import ValueType
from services.access.small_groups import stand_for_people

ATTRIBUTES: Final = ("name", "code", "number", "title", "hostname", "fqdn", "cve", "aliases", "description")
"""Where a text is looked for; of two that match alike, the earlier one is told."""
LONGEST: Final = 50
"""Characters of a text that is searched for."""
USUAL, MOST = 20, 100
RANK: Final = "rank"

MATCH = GraphQLEnumType(
    "SearchMatch",
    {match.name: match for match in Match},
    description="How the text was found in the value; the order of what was found.",
)


@dataclass(frozen=True, slots=True)
class SearchSelection:
    """What is looked for: in which concrete kinds and attributes, how many at most, and what is wanted of each."""

    text: Folded
    kinds: tuple[str, ...]
    attributes: tuple[str, ...]
    first: int
    node: NodeSelection


@dataclass(frozen=True, slots=True)
class Hit:
    """An element that was found, by which value of which attribute, and how."""

    node: Record
    attribute: str | None
    value: str | None
    match: Match


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found, the best first."""

    hits: Sequence[Hit]
    has_more: bool


class SearchReader(SelectionReader):
    """Reads the selection under a search."""

    def read_search(self, text: str, kinds: Iterable[str] | None, first: int | None) -> SearchSelection:
        """What is asked for. Raises SearchError, PageSizeError, SelectionTooDeepError."""
        written = " ".join(text.split())
        if not 1 < len(written) <= LONGEST:
            raise SearchError(
                f"the text has {len(written)} characters", where="text", hint=f"search for 2 to {LONGEST} characters"
            )
        node = NodeSelection(NODE, needs_kind=True)
        for root in self._info.field_nodes:
            for selected, _ in self._fields(root.selection_set, ""):
                for hit, _ in self._fields(selected.selection_set, ""):
                    if hit.name.value == "node":
                        self._read_node(node, hit.selection_set, 1)
        found = self._searched(kinds)
        node.keep(found, self._shape.schema)
        had = {name for kind in found for name in self._shape.schema.kinds[kind].attributes}
        attributes = tuple(name for name in ATTRIBUTES if name in had)
        return SearchSelection(Folded(written), found, attributes, page_size(first, usual=USUAL, most=MOST), node)

    def _searched(self, kinds: Iterable[str] | None) -> tuple[str, ...]:
        """The concrete kinds that are looked through; people are not searched for, bookkeeping and simulated state only where named."""
        schema = self._shape.schema
        named = None if kinds is None else {one for kind in kinds for one in self._shape.covered(kind)}
        wanted = (
            [kind.name for kind in schema.concrete_kinds() if not (kind.bookkeeping or kind.simulated)]
            if named is None
            else named
        )
        found = tuple(sorted(kind for kind in wanted if not stand_for_people(schema, [kind])))
        if not found:
            raise SearchError("no kind is left to look through", where="kinds", hint="people are not searched for")
        return found


def compile_search(selection: SearchSelection, shape: Shape) -> CompiledPage:
    """The query of a search: a row per element, one more than were asked for."""
    names = Names()
    patterns = {match: names.bind(pattern) for match, pattern in selection.text.patterns.items()}
    text, n0 = ast.Variable("t"), ast.Variable("n0")
    clauses: list[ast.Clause] = [
        ast.Match(
            (ast.PathPattern(one_of("n0", selection.kinds)),), _likely(selection, shape, patterns[Match.CONTAINS])
        ),
        ast.Unwind(_texts(selection, shape), "t"),
        ast.With(ast.Projection((as_itself("n0"), as_itself("t"))), _like(text, patterns[Match.CONTAINS])),
    ]
    ranks = tuple((_like(text, patterns[match]), ast.Literal(at)) for at, match in enumerate(Match))
    rank = ast.FunctionCall("min", (ast.Case(None, ranks[:-1], ranks[-1][1]),))
    named = [value_of("n0", name) for name in (*selection.attributes[:1], "id")]
    order = (ast.SortItem(ast.Variable(RANK)), *(ast.SortItem(value) for value in named))
    limit = names.bind(selection.first + 1)
    ranked = (as_itself("n0"), ast.ProjectionItem(rank, RANK))
    clauses.append(ast.With(ast.Projection(ranked, order=order, limit=limit)))
    layout, items = Branches(shape, names, clauses).node(selection.node, n0.name, (RANK,), frozenset(selection.kinds))
    items.append((RANK, ast.Variable(RANK)))
    items.extend((key, value_of("n0", attribute)) for key, attribute in _columns(selection))
    clauses.append(ast.Return(ast.Projection(aliased(items))))
    return CompiledPage(query_of(clauses), names.parameters, layout)


def search_result(
    selection: SearchSelection,
    compiled: CompiledPage,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> SearchResult:
    """What the rows of an answer say was found."""
    held = [(dict(zip(columns, row, strict=True)), root_record(compiled, columns, row)) for row in rows]
    held.sort(key=lambda pair: _place(pair[0]))
    hits = [_hit(selection, row, record) for row, record in held]
    return SearchResult(hits[: selection.first], len(hits) > selection.first)


def search_types(types: Types) -> GraphQLObjectType:
    """The result of a search."""
    hit = GraphQLObjectType(
        "SearchHit",
        {
            "node": GraphQLField(GraphQLNonNull(types.node)),
            "kind": GraphQLField(GraphQLNonNull(GraphQLString), resolve=lambda hit, _: hit.node.kind),
            "match": GraphQLField(GraphQLNonNull(MATCH)),
            "attribute": GraphQLField(
                GraphQLString, description="The attribute that was found, as the schema names it."
            ),
            "value": GraphQLField(GraphQLString, description="Its value; of several aliases, the one that was found."),
        },
    )
    return GraphQLObjectType(
        "SearchResult",
        {
            "hits": GraphQLField(GraphQLNonNull(GraphQLList(GraphQLNonNull(hit)))),
            "hasMore": GraphQLField(GraphQLNonNull(GraphQLBoolean), resolve=lambda found, _: found.has_more),
        },
    )


def search_arguments(kind_name: GraphQLEnumType) -> dict[str, GraphQLArgument]:
    """The arguments of a search."""
    return {
        "text": GraphQLArgument(GraphQLNonNull(GraphQLString), description=f"2 to {LONGEST} characters."),
        "kinds": GraphQLArgument(
            GraphQLList(GraphQLNonNull(kind_name)), description="All but bookkeeping where they are not given."
        ),
        "first": GraphQLArgument(GraphQLInt, default_value=USUAL, description=f"At most {MOST}."),
    }


def _texts(selection: SearchSelection, shape: Shape) -> ast.Expression:
    """The list of a node's texts, absent ones among them: they are like nothing."""
    types = shape.schema.node_attributes
    single = tuple(value_of("n0", name) for name in selection.attributes if types[name] is ValueType.STRING)
    found: ast.Expression = ast.ListLiteral(single)
    for name in selection.attributes:
        if types[name] is ValueType.STRING_LIST:
            several = ast.FunctionCall("coalesce", (value_of("n0", name), ast.ListLiteral(())))
            found = ast.Binary(ast.BinaryOperator.ADD, found, several)
    return found


def _likely(selection: SearchSelection, shape: Shape, pattern: ast.Expression) -> ast.Expression:
    """Leaves out, before texts become rows, the elements of which no single text is like the pattern and which have no list."""
    types = shape.schema.node_attributes
    held = ((value_of("n0", name), types[name] is ValueType.STRING_LIST) for name in selection.attributes)
    parts = (ast.IsNull(value, negated=True) if is_list else _like(value, pattern) for value, is_list in held)
    return reduce(lambda left, right: ast.Binary(ast.BinaryOperator.OR, left, right), parts)


def _columns(selection: SearchSelection) -> Iterator[tuple[str, str]]:
    return ((f"t{at}", name) for at, name in enumerate(selection.attributes))


def _like(text: ast.Expression, pattern: ast.Expression) -> ast.Expression:
    return ast.Binary(ast.BinaryOperator.REGEX, text, pattern)


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    name = row.get("t0")
    return (row[RANK], name is None, name, row["i"])


def _hit(selection: SearchSelection, row: Mapping[str, Any], record: Record) -> Hit:
    """The first attribute that was found as the backend says the element was."""
    how = tuple(Match)[row[RANK]]
    for key, attribute in _columns(selection):
        held = row[key]
        for value in held if isinstance(held, list | tuple) else [held]:
            if value is not None and selection.text.match(value) == how:
                return Hit(record, attribute, value, how)
    return Hit(record, None, None, how)
