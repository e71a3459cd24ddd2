"""Bugs to plant in the dialects and the executor, one at a time: what the generator must find to earn its keep.

Among them every divergence of a backend that the design names: edges reused within a pattern, `:A:B` as OR, `1 IN [null]`
false, the sum of nothing null, lists and texts that start at one; and those that generated queries brought to light.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from graph.backends import cypher_family
from graph.backends.embedded import elements, lowering, patterns
from graph.backends.embedded.compiler import LadybugCompiler
from graph.backends.embedded.layout import quoted
from graph.backends.embedded.loops import Loops
from graph.backends.embedded.lowering import lists
from graph.backends.neo4j.compiler import Neo4jCompiler
from graph.backends.networkx import aggregates, clauses
from graph.cypher.ast import FunctionCall, LabelAnd, ListComprehension, Match, NodePattern, SinglePart
from graph.cypher.printer import POSTFIX

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug: its name, the backend that has it, and how it is planted until the patch is undone."""

    name: str
    backend: str
    plant: Plant
    rare: bool = False  # told by so few graphs that it takes the queries of a nightly run


def lowered(compiler: type[LadybugCompiler] | type[Neo4jCompiler], changes: Mapping[str, Any]) -> Plant:
    """Other entries of a dialect's table; None takes one out."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        table = {**compiler.LOWERED, **changes}
        patch.setattr(compiler, "LOWERED", {name: entry for name, entry in table.items() if entry is not None})

    return plant


def method(of: Any, name: str, made: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Plant:
    """A method or a function, made from the right one."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(of, name, made(getattr(of, name)))

    return plant


def _either_label(right: Callable[..., Any]) -> Callable[..., Any]:
    def kinds_of(self: Any, node: NodePattern) -> frozenset[str]:
        if not isinstance(node.labels, LabelAnd):
            return frozenset(right(self, node))
        return frozenset().union(*(self._labelled(one) for one in node.labels.operands))

    return kinds_of


def _item_from_one(compiler: Any, tree: Any) -> str:
    text, at = compiler.expression(tree.subject, POSTFIX), compiler.expression(tree.index)
    return f"list_extract(list_concat({text}, CAST([NULL, NULL, NULL, NULL, NULL] AS STRING[])), {at})"


def _substring_from_one(compiler: Any, tree: FunctionCall) -> str:
    text, start, *count = (compiler.expression(argument, POSTFIX) for argument in tree.arguments)
    return f"substring({text}, {start}, {count[0] if count else f'size({text})'})"


def _filtered_by_ladybug(compiler: Any, tree: ListComprehension) -> str:
    if tree.predicate is None or tree.projection is not None:
        return lists.comprehension(compiler, tree)
    body = lists._lambda(compiler, tree, tree.variable, tree.predicate)
    return f"list_filter({compiler.expression(tree.source, POSTFIX)}, {body})"


def _in_two_values(compiler: Any, tree: Any) -> str:
    return f"coalesce({right_in(compiler, tree)}, false)"


right_in = lowering.contained


def _bare_sum(compiler: Any, tree: FunctionCall) -> str:
    return f"CAST(sum({compiler.expression(tree.arguments[0])}) AS INT64)"


def _own_quantifier(compiler: Any, tree: Any) -> str:
    source, name = compiler.expression(tree.source), compiler.variable(tree.variable)
    return f"{tree.kind.value}({name} IN {source} WHERE {compiler.expression(tree.predicate)})"


def _own_case(compiler: Any, tree: Any) -> str:
    whens = "".join(f" WHEN {compiler.expression(w)} THEN {compiler.expression(r)}" for w, r in tree.whens)
    operand = "" if tree.operand is None else f" {compiler.expression(tree.operand)}"
    default = "" if tree.default is None else f" ELSE {compiler.expression(tree.default)}"
    return f"CASE{operand}{whens}{default} END"


def _own_plus(compiler: Any, tree: Any) -> str:
    return f"({compiler.expression(tree.left, POSTFIX)} + {compiler.expression(tree.right, POSTFIX)})"


def _inner_match(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, clause: right(self, replace(clause, optional=False))


def _walks(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, *arguments: right(self, *arguments).replace("*TRAIL ", "*")


def _without(word: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return lambda right: lambda self, *arguments: right(self, *arguments).replace(word, "")


def _aliases_unseen(right: Callable[..., Any]) -> Callable[..., Any]:
    def uses(query: Any) -> dict[str, int]:
        counts = right(query)
        for part in query.parts:
            for clause in part.clauses:
                for item in getattr(getattr(clause, "projection", None), "items", ()):
                    counts[item.alias] -= 1
        return dict(counts)

    return uses


def _no_optional(right: Callable[..., Any]) -> Callable[..., Any]:
    def part(self: Any, tree: SinglePart, scope: Any) -> Any:
        clauses_ = tuple(replace(c, optional=False) if isinstance(c, Match) else c for c in tree.clauses)
        return right(self, replace(tree, clauses=clauses_), scope)

    return part


def _no_order(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, projection, scope: right(
        self, replace(projection, order=tuple(replace(item, descending=False) for item in projection.order)), scope
    )


EMBEDDED = (
    Planted(
        "a filtered list takes another row's items",
        "embedded",
        lowered(LadybugCompiler, {"list comprehension": _filtered_by_ladybug}),
    ),
    Planted(
        "relations may repeat within a MATCH",
        "embedded",
        method(patterns.PatternPrinter, "_apart", lambda _: lambda *_a: "(1 = 1)"),
    ),
    Planted(":A:B means either label", "embedded", method(elements.ElementPrinter, "kinds_of", _either_label)),
    Planted("1 IN [null] is false", "embedded", lowered(LadybugCompiler, {"operator IN": _in_two_values})),
    Planted("the sum of nothing is null", "embedded", lowered(LadybugCompiler, {"sum": _bare_sum})),
    Planted("substring starts at one", "embedded", lowered(LadybugCompiler, {"substring": _substring_from_one})),
    Planted("lists start at one", "embedded", lowered(LadybugCompiler, {"index": _item_from_one})),
    Planted("walks in place of trails", "embedded", method(elements.ElementPrinter, "_walk", _walks)),
    Planted(
        "quantifiers take null for false",
        "embedded",
        lowered(LadybugCompiler, dict.fromkeys(("all()", "any()", "none()", "single()"), _own_quantifier)),
    ),
    Planted("null joined to a text is an empty text", "embedded", lowered(LadybugCompiler, {"operator +": _own_plus})),
    Planted(
        "unknown values from outside take no part",
        "embedded",
        lambda patch: patch.setattr("graph.backends.embedded.compiler.may_hold_of_unknown", lambda *_: None),
    ),
    Planted("CASE takes null for equal to null", "embedded", lowered(LadybugCompiler, {"CASE": _own_case})),
    Planted("OPTIONAL MATCH drops rows", "embedded", method(LadybugCompiler, "match", _inner_match)),
    Planted(
        "loops are met twice without direction",
        "embedded",
        method(Loops, "among", lambda _: lambda _self, _types: False),
    ),
    Planted(
        "variables do not differ by case",
        "embedded",
        method(LadybugCompiler, "variable", lambda _: lambda _self, name: quoted(name)),
    ),
    Planted(
        "nodes without such a relation have no path of zero hops",
        "embedded",
        method(elements.ElementPrinter, "_all_joined", lambda _: lambda *_a: True),
    ),
    Planted(
        "many relations planned together",
        "embedded",
        lambda patch: patch.setattr(patterns, "MOST_STEPS", 99),
        rare=True,
    ),
    Planted("casts to integers round", "embedded", lowered(LadybugCompiler, {"toInteger": "CAST({0} AS INT64)"})),
    Planted(
        "DISTINCT is forgotten in aggregates",
        "embedded",
        lowered(LadybugCompiler, {"collect": lambda c, t: f"collect({c.expression(t.arguments[0])})"}),
    ),
)

NEO4J = (
    Planted("a name given by WITH is not used", "neo4j", method(cypher_family, "_uses", _aliases_unseen), rare=True),
    Planted(
        "DISTINCT is lost behind a closure",
        "neo4j",
        lambda patch: patch.setattr("graph.backends.neo4j.compiler.keep_distinct", lambda query: query),
        rare=True,
    ),
    Planted("the watermark is a node", "neo4j", method(Neo4jCompiler, "node_labels", _without(":JumeauElement"))),
    Planted("labels() tells technical labels", "neo4j", lowered(Neo4jCompiler, {"labels": None, "index": None})),
    Planted("instants keep their offset; a date has none", "neo4j", lowered(Neo4jCompiler, {"datetime": None})),
    Planted(
        "a shortest path to itself fails",
        "neo4j",
        lambda patch: patch.setattr("graph.backends.neo4j.compiler.keep_ends_apart", lambda query: query),
    ),
    Planted(
        "truncating null fails", "neo4j", lowered(Neo4jCompiler, {"date.truncate": None, "datetime.truncate": None})
    ),
)

EXECUTOR = (
    Planted(
        "the sum of nothing is null",
        "networkx",
        method(aggregates, "_sum", lambda right: lambda found: right(found) if found else None),
    ),
    Planted("OPTIONAL MATCH drops rows", "networkx", method(clauses.QueryCompiler, "_part", _no_optional)),
    Planted("DESC is forgotten", "networkx", method(clauses.QueryCompiler, "_ordered", _no_order)),
)
