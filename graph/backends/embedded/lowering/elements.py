"""Elements and paths: identity, kind, labels, and what is read of a path found in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.backends.embedded.functions import LENGTH_OF
from graph.backends.embedded.layout import ID, KIND, TYPE
from graph.backends.embedded.lowering.families import ELEMENTS
from graph.backends.embedded.shortest import trail_in
from graph.cypher.ast import FunctionCall, MapLiteral, MapProjection, Property, Variable
from graph.cypher.printer import POSTFIX

if TYPE_CHECKING:
    from graph.backends.embedded.compiler import LadybugCompiler


def element_id(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    subject = tree.arguments[0]
    if isinstance(subject, Variable) and subject.name in compiler.patterns.ids:
        return compiler.patterns.id_of(subject.name)
    return f"{compiler.expression(tree.arguments[0], POSTFIX)}.{ID}"


def relation_type(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    return f"{compiler.expression(tree.arguments[0], POSTFIX)}.{TYPE}"


def labels(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    """The store keeps the concrete kind; the list of its labels is spelled out per kind."""
    subject = tree.arguments[0]
    kinds = compiler.type_of(subject).kinds or frozenset(compiler.schema.concrete)
    whens = "".join(
        f" WHEN '{kind}' THEN [{', '.join(repr(label) for label in compiler.schema.kinds[kind].labels)}]"
        for kind in sorted(kinds)
    )
    return f"CASE {compiler.expression(subject, POSTFIX)}.{KIND}{whens} END"


def map_projection(compiler: LadybugCompiler, tree: MapProjection) -> str:
    """A map of an absent node is null, and a struct of nulls is not."""
    subject = Variable(tree.subject)
    if compiler.type_of(subject).name not in ELEMENTS or any(i.key == "*" and i.value is None for i in tree.items):
        raise compiler.unsupported("map projection", tree, "of every property, or of a value that is no element")
    items = tuple((i.key, i.value if i.value is not None else Property(subject, i.key)) for i in tree.items)
    struct = compiler.expression(MapLiteral(items, span=tree.span))
    return f"CASE WHEN {compiler.variable(tree.subject)}.{ID} IS NULL THEN NULL ELSE {struct} END"


def length(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    """Of a shortest path, what the search in memory answered."""
    subject = tree.arguments[0]
    if isinstance(subject, Variable) and subject.name in compiler.patterns.trails:
        name = compiler.variable(subject.name)
        return name if compiler.patterns.trails[subject.name] else f"{LENGTH_OF}({name})"
    return f"length({compiler.expression(subject)})"


def along(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    if trail_in(tree, compiler.patterns.trails) is not None:
        raise compiler.unsupported("a shortest path as a value", tree)
    return f"{'nodes' if tree.name == 'nodes' else 'rels'}({compiler.expression(tree.arguments[0])})"
