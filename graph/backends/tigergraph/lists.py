"""Lists: each in an accumulator that is cleared and filled again for every row. They hold no null and one type."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from graph.backends.tigergraph.frames import scalar_type
from graph.backends.tigergraph.reads import KIND
from graph.backends.tigergraph.scope import Scope
from graph.backends.tigergraph.values import FALSE, TRUE, Truth, Value, both, either, negation
from graph.cypher import types
from graph.cypher.ast import (
    Binary,
    Expression,
    FunctionCall,
    Index,
    ListComprehension,
    ListLiteral,
    Literal,
    Parameter,
    Quantifier,
    QuantifierKind,
    Reduce,
    Slice,
    Tree,
    Unary,
)
from graph.cypher.ast import BinaryOperator as Operator
from graph.cypher.bound import CypherType, TypeName

if TYPE_CHECKING:
    from graph.backends.tigergraph.compiler import GsqlCompiler

_CONSTANTS: Final = (Literal, Parameter, Unary)


class Lists:
    """Compiles what makes and what reads lists."""

    def __init__(self, compiler: GsqlCompiler) -> None:
        self.compiler = compiler
        self.script = compiler.script

    def item_type(self, tree: Expression) -> tuple[CypherType, str]:
        """The type of a list's items and its GSQL type. Raises UnsupportedConstructError."""
        of = self.compiler.type_of(tree)
        item = of.item if of.name is TypeName.LIST else None
        gsql = None if item is None or item.name is TypeName.NULL else scalar_type(item)
        if item is None or gsql is None:
            raise self.compiler.unsupported("list", tree, "whose items are not plain values of one type")
        return item, gsql

    def fresh(self, stem: str, gsql: str, scope: Scope) -> str:
        """An empty list of items of a type."""
        self.compiler.expressions.needs_statements(scope)
        name = self.script.accumulator(stem, f"ListAccum<{gsql}>")
        self.script.line(f"{name}.clear();")
        return name

    def literal(self, tree: ListLiteral, scope: Scope) -> Value:
        of = self.compiler.type_of(tree)
        if not tree.items:
            return Value(self.fresh("list", "STRING", scope), of)
        _, gsql = self.item_type(tree)
        values = [self.compiler.expressions.value(part, scope) for part in tree.items]
        if any(value.nullable for value in values):
            raise self.compiler.unsupported("list", tree, "with an item that may be null")
        name = self.fresh("list", gsql, scope)
        for value in values:
            self.script.line(f"{name} += {self.compiler.expressions.plain(value, 'item', scope).text};")
        return Value(name, of)

    def joined(self, tree: Binary, scope: Scope) -> Value:
        """`list + list`, `list + item`, `item + list`."""
        if tree.operator is not Operator.ADD:
            raise self.compiler.unsupported(f"operator {tree.operator.value}", tree, "on lists")
        _, gsql = self.item_type(tree)
        sides = [self.compiler.expressions.value(side, scope) for side in (tree.left, tree.right)]
        known = TRUE
        for value in sides:
            if value.type.name is TypeName.LIST:
                known = both(known, value.known)
            elif value.nullable:
                raise self.compiler.unsupported("list", tree, "with an item that may be null")
        if known != TRUE:
            known = self.compiler.expressions.flag(known, scope)
        name = self.fresh("list", gsql, scope)
        for value in sides:
            text = self.compiler.expressions.plain(value, "item", scope).text
            if known == TRUE:
                self.script.line(f"{name} += {text};")
            else:
                with self.script.block(f"IF {known} THEN"):
                    self.script.line(f"{name} += {text};")
        return Value(name, self.compiler.type_of(tree), known)

    def contained(self, tree: Binary, scope: Scope) -> Truth:
        """`x IN list`."""
        expressions = self.compiler.expressions
        left = expressions.value(tree.left, scope)
        if isinstance(tree.right, FunctionCall) and tree.right.name == "labels":
            return self._label(tree.left, tree.right, scope)
        if isinstance(tree.right, ListLiteral):
            return self._among(tree, left, tree.right, scope)
        right = expressions.value(tree.right, scope)
        if left.known == FALSE or right.known == FALSE:
            raise self.compiler.unsupported("IN", tree, "with null on a side")
        item, _ = self.item_type(tree.right)
        expressions.compare(left, Operator.EQ, Value("", item), tree)
        both_known = both(left.known, right.known)
        if right.type.name is TypeName.LIST and isinstance(tree.right, Parameter):
            inside, outside = f"({left.text} IN {right.text})", f"({left.text} NOT IN {right.text})"
        else:
            inside = f"{right.text}.contains({left.text})"
            outside = negation(inside)
        empty = both(right.known, f"({right.text}.size() == 0)") if left.nullable else FALSE
        return Truth(both(both_known, inside), either(both(both_known, outside), empty))

    def _among(self, tree: Binary, left: Value, listed: ListLiteral, scope: Scope) -> Truth:
        expressions = self.compiler.expressions
        if not listed.items:
            return Truth(FALSE, TRUE)
        values = [expressions.value(item, scope) for item in listed.items]
        tests = [expressions.compare(left, Operator.EQ, value, tree) for value in values]
        constant = all(isinstance(item, _CONSTANTS) for item in listed.items) and not any(v.nullable for v in values)
        if constant and len(values) > 1 and left.type.name is not TypeName.BOOLEAN:
            texts = ", ".join(value.text for value in values)
            return Truth(
                both(left.known, f"({left.text} IN ({texts}))"), both(left.known, f"({left.text} NOT IN ({texts}))")
            )
        return Truth(either(*(test.true for test in tests)), both(*(test.false for test in tests)))

    def _label(self, label: Expression, call: FunctionCall, scope: Scope) -> Truth:
        """`'Server' IN labels(n)`: whether the kind is one that the label covers."""
        schema = self.compiler.schema
        if not isinstance(label, Literal) or not isinstance(label.value, str):
            raise self.compiler.unsupported("IN", call, "labels, of anything but a constant")
        kind = self.compiler.expressions.attribute(call.arguments[0], KIND, types.STRING, scope)
        covered = schema.descendants.get(label.value, ())
        return self.compiler.expressions.kind_test(kind, covered)

    # --- reading ---------------------------------------------------------------------------------------------------

    def index(self, tree: Index, scope: Scope) -> Value:
        position = tree.index
        if isinstance(tree.subject, FunctionCall) and tree.subject.name == "labels" and _is(position, 0):
            return self.compiler.expressions.attribute(tree.subject.arguments[0], KIND, types.STRING, scope)
        if self.compiler.type_of(position).name is not TypeName.INTEGER:
            raise self.compiler.unsupported("index", tree, "of anything but a list by a whole number")
        return self.item(tree.subject, self.compiler.expressions.value(position, scope), scope)

    def item(self, source: Expression, position: Value, scope: Scope) -> Value:
        """The item at a position, from the end where it is negative; null outside of the list."""
        item, _ = self.item_type(source)
        found = self.compiler.expressions.value(source, scope)
        if isinstance(source, Parameter):
            raise self.compiler.unsupported("index", source, "of a parameter, which has no order in GSQL")
        at = self.compiler.expressions.computed("position", types.INTEGER, position.text, position.known, scope)
        with self.script.block(f"IF {both(at.known, found.known, f'({at.text} < 0)')} THEN"):
            self.script.line(f"{at.text} = {at.text} + {found.text}.size();")
        inside = both(at.known, found.known, f"({at.text} >= 0)", f"({at.text} < {found.text}.size())")
        return self.compiler.expressions.computed(
            "item", item, f"{found.text}.get({at.text})", self.compiler.expressions.flag(inside, scope), scope
        )

    def slice(self, tree: Slice, scope: Scope) -> Value:
        _, gsql = self.item_type(tree.subject)
        found = self.compiler.expressions.value(tree.subject, scope)
        if isinstance(tree.subject, Parameter):
            raise self.compiler.unsupported("slice", tree, "of a parameter, which has no order in GSQL")
        expressions = self.compiler.expressions
        ends = []
        known = found.known
        for bound, default in ((tree.start, "0"), (tree.end, f"{found.text}.size()")):
            value = Value(default, types.INTEGER, found.known) if bound is None else expressions.value(bound, scope)
            value = expressions.computed("position", types.INTEGER, value.text, value.known, scope)
            known = both(known, value.known)
            with self.script.block(f"IF {both(found.known, value.known, f'({value.text} < 0)')} THEN"):
                self.script.line(f"{value.text} = {value.text} + {found.text}.size();")
                with self.script.block(f"IF {value.text} < 0 THEN"):
                    self.script.line(f"{value.text} = 0;")
            with self.script.block(
                f"IF {both(found.known, value.known, f'({value.text} > {found.text}.size())')} THEN"
            ):
                self.script.line(f"{value.text} = {found.text}.size();")
            ends.append(value.text)
        known = known if known == TRUE else expressions.flag(known, scope)
        name = self.fresh("list", gsql, scope)
        variable = self.script.fresh("i")

        def fill() -> None:
            with self.script.block(f"FOREACH {variable} IN RANGE[{ends[0]}, {ends[1]} - 1] DO"):
                self.script.line(f"{name} += {found.text}.get({variable});")

        self._where_known(known, fill)
        return Value(name, self.compiler.type_of(tree), known)

    def size(self, tree: Expression, scope: Scope) -> Value:
        found = self.compiler.expressions.value(tree, scope)
        return Value(f"{found.text}.size()", types.INTEGER, found.known)

    def reverse(self, tree: FunctionCall, scope: Scope) -> Value:
        source = tree.arguments[0]
        _, gsql = self.item_type(source)
        found = self.compiler.expressions.value(source, scope)
        name = self.fresh("list", gsql, scope)
        variable = self.script.fresh("i")

        def fill() -> None:
            with self.script.block(f"FOREACH {variable} IN RANGE[1, {found.text}.size()] DO"):
                self.script.line(f"{name} += {found.text}.get({found.text}.size() - {variable});")

        self._where_known(found.known, fill)
        return Value(name, found.type, found.known)

    def range(self, tree: FunctionCall, scope: Scope) -> Value:
        values = [self.compiler.expressions.value(argument, scope) for argument in tree.arguments]
        if any(value.nullable for value in values):
            raise self.compiler.unsupported("range", tree, "with a bound that may be null")
        name = self.fresh("list", "INT", scope)
        variable = self.script.fresh("i")
        with self.script.block(f"FOREACH {variable} IN {range_text(values)} DO"):
            self.script.line(f"{name} += {variable};")
        return Value(name, self.compiler.type_of(tree))

    def _where_known(self, known: str, fill: Callable[[], None]) -> None:
        if known == TRUE:
            fill()
        else:
            with self.script.block(f"IF {known} THEN"):
                fill()

    # --- loops -----------------------------------------------------------------------------------------------------

    def each(self, source: Expression, variable: str, scope: Scope, body: Callable[[Scope], None]) -> str:
        """A loop over a list; answers when the list is known."""
        item, _ = self.item_type(source)
        found = self.compiler.expressions.value(source, scope)
        self.compiler.expressions.needs_statements(scope)
        name = self.script.fresh("each")

        def loop() -> None:
            with self.script.block(f"FOREACH {name} IN {found.text} DO"), self.compiler.typed(variable, item):
                body(scope.with_values({variable: Value(name, item)}))

        known = found.known if found.known == TRUE else self.compiler.expressions.flag(found.known, scope)
        self._where_known(known, loop)
        return known

    def comprehension(self, tree: ListComprehension, scope: Scope) -> Value:
        _, gsql = self.item_type(tree)
        name = self.fresh("list", gsql, scope)
        expressions = self.compiler.expressions

        def body(inner: Scope) -> None:
            if tree.predicate is None:
                add(inner)
                return
            with self.script.block(f"IF {expressions.truth(tree.predicate, inner).true} THEN"):
                add(inner)

        def add(inner: Scope) -> None:
            value = (
                inner.values[tree.variable] if tree.projection is None else expressions.value(tree.projection, inner)
            )
            if value.nullable:
                raise self.compiler.unsupported("list comprehension", tree, "with an item that may be null")
            self.script.line(f"{name} += {expressions.plain(value, 'item', inner).text};")

        known = self.each(tree.source, tree.variable, scope, body)
        return Value(name, self.compiler.type_of(tree), known)

    def quantifier(self, tree: Quantifier, scope: Scope) -> Truth:
        """Counts how often the condition is true, and how often it is null."""
        expressions = self.compiler.expressions
        expressions.needs_statements(scope)
        hits, unsure, every = (self.script.variable(stem, "INT") for stem in ("hits", "unsure", "items"))
        for name in (hits, unsure, every):
            self.script.line(f"{name} = 0;")

        def body(inner: Scope) -> None:
            found = expressions.truth(tree.predicate, inner)
            self.script.line(f"{every} = {every} + 1;")
            with self.script.block(f"IF {found.true} THEN"):
                self.script.line(f"{hits} = {hits} + 1;")
            with self.script.block(f"IF {negation(either(found.true, found.false))} THEN"):
                self.script.line(f"{unsure} = {unsure} + 1;")

        known = self.each(tree.source, tree.variable, scope, body)
        sure = f"({unsure} == 0)"
        if tree.kind is QuantifierKind.ANY:
            return Truth(both(known, f"({hits} > 0)"), both(known, f"({hits} == 0)", sure))
        if tree.kind is QuantifierKind.NONE:
            return Truth(both(known, f"({hits} == 0)", sure), both(known, f"({hits} > 0)"))
        if tree.kind is QuantifierKind.ALL:
            return Truth(both(known, f"({hits} == {every})"), both(known, f"({hits} + {unsure} < {every})"))
        return Truth(
            both(known, f"({hits} == 1)", sure), both(known, either(f"({hits} > 1)", both(f"({hits} == 0)", sure)))
        )

    def reduce(self, tree: Reduce, scope: Scope) -> Value:
        expressions = self.compiler.expressions
        first = expressions.value(tree.initial, scope)
        if first.nullable:
            raise self.compiler.unsupported("reduce", tree, "from a value that may be null")
        of = self.compiler.type_of(tree)
        result = expressions.computed("result", of, first.text, TRUE, scope)

        def body(inner: Scope) -> None:
            value = expressions.value(tree.step, inner.with_values({tree.accumulator: result}))
            if value.nullable:
                raise self.compiler.unsupported("reduce", tree, "with a step that may be null")
            self.script.line(f"{result.text} = {expressions.plain(value, 'step', inner).text};")

        known = self.each(tree.source, tree.variable, scope, body)
        return Value(result.text, of, known)


def range_text(values: list[Value]) -> str:
    """`RANGE[a, b]`, with its step where there is one."""
    step = f".STEP({values[2].text})" if len(values) > 2 else ""
    return f"RANGE[{values[0].text}, {values[1].text}]{step}"


def _is(tree: Any, number: int) -> bool:
    return isinstance(tree, Literal) and type(tree.value) is int and tree.value == number


LIST_TREES: Final[tuple[type[Tree], ...]] = (Index, Slice, ListComprehension, Quantifier, Reduce)
