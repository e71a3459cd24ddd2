"""Functions that GSQL has to say in a roundabout way: one rule each, from call to value."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from graph.backends.tigergraph.expressions import Expressions, Rule
from graph.backends.tigergraph.frames import scalar_type
from graph.backends.tigergraph.reads import ID, KIND
from graph.backends.tigergraph.scope import Scope
from graph.backends.tigergraph.values import DEFAULTS, FALSE, TRUE, Value, all_known, both, certain, either, negation
from graph.cypher import types
from graph.cypher.ast import BinaryOperator, Expression, FunctionCall, Literal, Slice, Variable
from graph.cypher.bound import TypeName


def _coalesce(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    values = [expressions.value(argument, scope) for argument in tree.arguments]
    kept: list[Value] = []
    for value in values:
        if value.known != FALSE:
            kept.append(value)
        if value.known == TRUE:
            break
    if not kept:
        return Value('""', types.NULL, FALSE)
    if len(kept) == 1:
        return kept[0]
    of = types.unify_all(value.type for value in kept)
    gsql = scalar_type(of)
    if gsql is None:
        raise expressions.unsupported("coalesce", tree, "of values of several types")
    expressions.needs_statements(scope)
    kept = [expressions.plain(value, "part", scope) for value in kept]
    known = either(*(value.known for value in kept))
    known = known if known == TRUE else expressions.flag(known, scope)
    name = expressions.script.variable("first", gsql)
    expressions.script.line(f"{name} = {DEFAULTS[gsql] if kept[-1].nullable else kept[-1].text};")
    for value in reversed(kept if kept[-1].nullable else kept[:-1]):
        with expressions.script.block(f"IF {value.known} THEN"):
            expressions.script.line(f"{name} = {value.text};")
    return Value(name, of, known)


def _exists(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    return certain(expressions.value(tree.arguments[0], scope).known).value


def _null_if(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    left, right = (expressions.value(argument, scope) for argument in tree.arguments)
    same = expressions.compare(left, BinaryOperator.EQ, right, tree).true
    return Value(left.text, left.type, both(left.known, negation(same)))


def _element_id(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    return expressions.attribute(tree.arguments[0], ID, types.STRING, scope)


def _type(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    expressions.needs_statements(scope)
    return expressions.attribute(tree.arguments[0], KIND, types.STRING, scope)


def _labels(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    """The labels of each kind, spelled out."""
    subject = tree.arguments[0]
    schema = expressions.compiler.schema
    kinds = sorted(expressions.type_of(subject).kinds or schema.concrete)
    kind = expressions.stored(expressions.attribute(subject, KIND, types.STRING, scope), "kind", scope)
    name = expressions.compiler.lists.fresh("labels", "STRING", scope)
    for each in kinds:
        with expressions.script.block(f"IF {both(kind.known, f'({kind.text} == {_quoted(each)})')} THEN"):
            for label in schema.kinds[each].labels:
                expressions.script.line(f"{name} += {_quoted(label)};")
    return Value(name, types.STRING_LIST, kind.known)


def _quoted(name: str) -> str:
    return f'"{name}"'


def _size(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    argument = tree.arguments[0]
    if expressions.type_of(argument).name is TypeName.LIST:
        return expressions.compiler.lists.size(argument, scope)
    value = expressions.value(argument, scope)
    if value.type.name is not TypeName.STRING:
        raise expressions.unsupported("size", tree, "of anything but a string or a list")
    return Value(f"length({value.text})", types.INTEGER, value.known)


def _is_empty(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    size = _size(expressions, tree, scope)
    test = f"({size.text} == 0)"
    return Value(test, types.BOOLEAN, size.known)


def _head(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    return expressions.compiler.lists.item(tree.arguments[0], Value("0", types.INTEGER), scope)


def _last(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    return expressions.compiler.lists.item(tree.arguments[0], Value("(0 - 1)", types.INTEGER), scope)


def _reverse(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    if expressions.type_of(tree.arguments[0]).name is not TypeName.LIST:
        raise expressions.unsupported("reverse", tree, "of a string")
    return expressions.compiler.lists.reverse(tree, scope)


def _tail(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    expressions.needs_statements(scope)
    return expressions.compiler.lists.slice(Slice(tree.arguments[0], Literal(1), None, span=tree.span), scope)


def _range(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    return expressions.compiler.lists.range(tree, scope)


def _substring(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    values = [expressions.value(argument, scope) for argument in tree.arguments]
    return Value(f"substr({', '.join(value.text for value in values)})", types.STRING, all_known(values))


def _to_string(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    value = expressions.value(tree.arguments[0], scope)
    if value.type.name is TypeName.STRING:
        return value
    if value.type.name is TypeName.INTEGER:
        return Value(f"to_string({value.text})", types.STRING, value.known)
    if value.type.name in types.TEMPORAL:
        return expressions.compiler.temporal.as_text(value, tree, scope)
    if value.type.name is TypeName.BOOLEAN:
        text = expressions.computed("text", types.STRING, '"false"', TRUE, scope)
        with expressions.script.block(f"IF {both(value.known, value.text)} THEN"):
            expressions.script.line(f'{text.text} = "true";')
        return Value(text.text, types.STRING, value.known)
    raise expressions.unsupported("toString", tree, f"of a value of type {value.type.name.value}")


def _to_integer(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    value = expressions.value(tree.arguments[0], scope)
    if value.type.name is TypeName.INTEGER:
        return value
    if value.type.name is TypeName.FLOAT:
        return Value(f"float_to_int({value.text})", types.INTEGER, value.known)
    raise expressions.unsupported("toInteger", tree, f"of a value of type {value.type.name.value}")


def _to_float(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    value = expressions.value(tree.arguments[0], scope)
    if value.type.name not in types.NUMERIC:
        raise expressions.unsupported("toFloat", tree, f"of a value of type {value.type.name.value}")
    return Value(f"({value.text} * 1.0)", types.FLOAT, value.known)


def _sqrt(expressions: Expressions, tree: FunctionCall, _scope: Scope) -> Value:
    """NaN of negative numbers in the language; in GSQL nobody says: they are left to the executor."""
    raise expressions.unsupported(tree.name, tree, "whose answer for numbers without one differs")


def _sign(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    value = expressions.stored(expressions.value(tree.arguments[0], scope), "number", scope)
    result = expressions.computed("sign", types.INTEGER, "0", TRUE, scope)
    for test, sign in ((">", "1"), ("<", "0 - 1")):
        with expressions.script.block(f"IF {both(value.known, f'({value.text} {test} 0)')} THEN"):
            expressions.script.line(f"{result.text} = {sign};")
    return Value(result.text, types.INTEGER, value.known)


def _path_part(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
    """nodes(p), relationships(p), length(p)."""
    path = tree.arguments[0]
    columns = scope.frame.paths.get(path.name) if isinstance(path, Variable) else None
    if columns is None:
        raise expressions.unsupported(tree.name, tree, "of a path that is not bound by a pattern")
    name = columns.nodes if tree.name == "nodes" else columns.relations
    found = scope.find(name)
    if found is None:
        raise expressions.unsupported(tree.name, tree, "of a path that is not bound by a pattern")
    if tree.name == "length":
        return Value(f"{found.text}.size()", types.INTEGER, found.known)
    return found


def _moment(name: str) -> Rule:
    def rule(expressions: Expressions, tree: FunctionCall, scope: Scope) -> Value:
        temporal = expressions.compiler.temporal
        found: Value = getattr(temporal, name)(tree, scope)
        return found

    return rule


def _refused(expressions: Expressions, tree: Expression, _scope: Scope) -> Value:
    raise expressions.unsupported("duration", tree, "outside of a sum with a moment")


LOWERED: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "coalesce": _coalesce,
        "date": _moment("date"),
        "date.truncate": _moment("truncated"),
        "datetime": _moment("datetime"),
        "datetime.fromEpochMillis": _moment("from_millis"),
        "datetime.truncate": _moment("truncated"),
        "duration": _refused,
        "duration.between": _refused,
        "duration.inDays": _refused,
        "duration.inMonths": _refused,
        "duration.inSeconds": _refused,
        "elementId": _element_id,
        "exists": _exists,
        "head": _head,
        "isEmpty": _is_empty,
        "labels": _labels,
        "last": _last,
        "length": _path_part,
        "log": _sqrt,
        "nodes": _path_part,
        "nullIf": _null_if,
        "range": _range,
        "relationships": _path_part,
        "reverse": _reverse,
        "sign": _sign,
        "size": _size,
        "sqrt": _sqrt,
        "substring": _substring,
        "tail": _tail,
        "toFloat": _to_float,
        "toInteger": _to_integer,
        "toString": _to_string,
        "type": _type,
    }
)
