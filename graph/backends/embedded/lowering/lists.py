"""Lists: ladybug counts from one, pads nothing, and its lambdas mention their own variable and constants only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from graph.backends.embedded.functions import CUT, EDGES_OF, ITEMS, KEEP, LENGTH_OF, NODES_OF, QUANTIFIER, TO_THE_END
from graph.backends.embedded.layout import KIND
from graph.backends.embedded.lowering.families import UNKNOWN
from graph.backends.embedded.lowering.texts import size_of_text
from graph.backends.embedded.shortest import asks_for_ids, trail_in
from graph.cypher.ast import (
    Binary,
    Comparison,
    Expression,
    FunctionCall,
    Index,
    IsNull,
    ListComprehension,
    Literal,
    Parameter,
    Property,
    Quantifier,
    Slice,
    Unary,
    Variable,
)
from graph.cypher.bound import TypeName
from graph.cypher.printer import POSTFIX
from graph.cypher.rewrite import descend

if TYPE_CHECKING:
    from graph.backends.embedded.compiler import LadybugCompiler

_CASTS: Final[Mapping[TypeName, str]] = MappingProxyType(
    {
        TypeName.STRING: "STRING",
        TypeName.INTEGER: "INT64",
        TypeName.FLOAT: "DOUBLE",
        TypeName.BOOLEAN: "BOOL",
        TypeName.DATE: "DATE",
        TypeName.INSTANT: "TIMESTAMP",
    }
)


_OF_ONE_ITEM: Final = Variable | Property | Literal | Unary | Binary | Comparison | IsNull
"""What a lambda may be: what else ladybug offers gives, behind a filter, what another row's item would."""

_MIXED_UP: Final = re.compile(r"\bCASE\b|IS NOT NULL|\b(?!(?:CAST|concat|regexp_full_match|list_contains)\()\w+\(|\{")
"""Constructs of the printed body that take a value from another row: choices, and functions but these."""

_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'")


def index(compiler: LadybugCompiler, tree: Index) -> str:
    """Lists start at one there, and an index out of range is an error: the list is padded with nulls."""
    subject, position = tree.subject, tree.index
    at = position.value if isinstance(position, Literal) else None
    if isinstance(subject, FunctionCall) and subject.name == "labels" and at == 0 and at is not False:
        return f"{compiler.expression(subject.arguments[0], POSTFIX)}.{KIND}"
    if isinstance(at, int) and not isinstance(at, bool) and -20 <= at <= 20:
        return _item(compiler, subject, at)
    if compiler.type_of(subject).name is not TypeName.LIST or compiler.type_of(position).name is not TypeName.INTEGER:
        raise compiler.unsupported("index", tree, "of anything but a list by a whole number")
    found = compiler.expression(position, POSTFIX)  # out of range is an error there: then the executor answers
    one_based = f"CASE WHEN {found} < 0 THEN {found} ELSE {found} + 1 END"
    return f"list_extract({compiler.expression(subject, POSTFIX)}, {one_based})"


def head(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    return _item(compiler, tree.arguments[0], 0)


def last(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    return _item(compiler, tree.arguments[0], -1)


def _item(compiler: LadybugCompiler, subject: Expression, at: int) -> str:
    of = compiler.type_of(subject)
    cast = _CASTS.get(of.item.name) if of.name is TypeName.LIST and of.item is not None else None
    if cast is None:
        raise compiler.unsupported("index", subject, "of a list whose items are not plain values of one type")
    found = compiler.expression(subject, POSTFIX)
    nulls = ", ".join(["NULL"] * (at + 1 if at >= 0 else -at))
    padding = f"CAST([{nulls}] AS {cast}[])"
    if at >= 0:
        return f"list_extract(list_concat({found}, {padding}), {at + 1})"
    return f"list_extract(list_concat({padding}, {found}), {at})"


def size(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    argument = tree.arguments[0]
    trail = trail_in(argument, compiler.patterns.trails)
    if trail is None:
        counted, text = compiler.type_of(argument).name, compiler.expression(argument, POSTFIX)
        if counted in UNKNOWN:
            raise compiler.unsupported("size", tree, "of what may be a text or a list")
        return size_of_text(text) if counted is TypeName.STRING else f"size({text})"
    more = " + 1" if isinstance(argument, FunctionCall) and argument.name == "nodes" else ""
    return f"({LENGTH_OF}({compiler.variable(trail)}){more})"


def slice_(compiler: LadybugCompiler, tree: Slice) -> str:
    """By a function of ours: ladybug cuts some lists wrongly where several are cut in one projection."""
    start = "0" if tree.start is None else compiler.expression(tree.start, POSTFIX)
    end = str(TO_THE_END) if tree.end is None else compiler.expression(tree.end, POSTFIX)
    for bound in (tree.start, tree.end):
        if bound is not None and compiler.type_of(bound).name is not TypeName.INTEGER:
            raise compiler.unsupported("slice", tree, "by anything but whole numbers")
    return _cut(compiler, tree.subject, start, end)


def tail(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    return _cut(compiler, tree.arguments[0], "1", str(TO_THE_END))


def _cut(compiler: LadybugCompiler, subject: Expression, start: str, end: str) -> str:
    return f"{CUT}_{_item_type(compiler, subject).lower()}({compiler.expression(subject)}, {start}, {end})"


def _item_type(compiler: LadybugCompiler, subject: Expression) -> str:
    """The type of a list's items, as ladybug calls it."""
    of = compiler.type_of(subject)
    item = None if of.item is None else _CASTS.get(of.item.name)
    if of.name is not TypeName.LIST or item not in ITEMS:
        raise compiler.unsupported("slice", subject, "of a list whose items are not plain values of one type")
    return item


def collect(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    argument = compiler.expression(tree.arguments[0])
    return f"collect({'DISTINCT ' if tree.distinct else ''}{argument})"


def comprehension(compiler: LadybugCompiler, tree: ListComprehension) -> str:
    trail = trail_in(tree.source, compiler.patterns.trails)
    if trail is not None and asks_for_ids(tree):
        of_nodes = isinstance(tree.source, FunctionCall) and tree.source.name == "nodes"
        return f"{NODES_OF if of_nodes else EDGES_OF}({compiler.variable(trail)})"
    text = compiler.expression(tree.source, POSTFIX)
    if tree.predicate is not None:
        if compiler.in_case:
            raise compiler.unsupported(
                "list comprehension", tree, "with a condition inside CASE: ladybug mixes them up"
            )
        answers = _for_each(compiler, tree, tree.source, tree.variable, tree.predicate)
        text = f"{KEEP}_{_item_type(compiler, tree.source).lower()}({text}, {answers})"
    if tree.projection is None or tree.projection == Variable(tree.variable):
        return text
    return f"list_transform({text}, {_lambda(compiler, tree, tree.variable, tree.projection)})"


def quantifier(compiler: LadybugCompiler, tree: Quantifier) -> str:
    """By a function of ours over the answers: ladybug's own take a condition that is null for false."""
    answers = _for_each(compiler, tree, tree.source, tree.variable, tree.predicate)
    return f"{QUANTIFIER}_{tree.kind.value}({answers})"


def _for_each(compiler: LadybugCompiler, tree: Expression, source: Expression, variable: str, body: Expression) -> str:
    """What the body gives for each item of a list."""
    text = compiler.expression(source, POSTFIX)
    return f"list_transform({text}, {_lambda(compiler, tree, variable, body)})"


def _lambda(compiler: LadybugCompiler, tree: Expression, variable: str, body: Expression) -> str:
    """A lambda. It may mention its own variable and constants, and do what ladybug does not take from another row there."""
    for item in descend(body):
        outer = isinstance(item, Variable) and item.name != variable
        if outer or isinstance(item, Parameter | ListComprehension | Quantifier):
            raise compiler.unsupported("list comprehension", tree, "that mentions anything but its own variable")
    name, text = compiler.variable(variable), compiler.expression(body)
    if not isinstance(body, _OF_ONE_ITEM) or _MIXED_UP.search(_QUOTED.sub("", text)):
        raise compiler.unsupported("list comprehension", tree, "that does more than to compare or to join its items")
    return f"{name} -> {text}"
