"""What ladybug must say in a roundabout way: one function per construct, from compiler and tree to text.

Texts bind as closely as a call: they are calls, CASEs or in brackets.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from graph.backends.base_compiler import Lowering
from graph.backends.embedded.dialect import ASCII
from graph.backends.embedded.functions import (
    CUT,
    EDGES_OF,
    ITEMS,
    LEFT,
    LENGTH_OF,
    NODES_OF,
    QUANTIFIER,
    REVERSE,
    RIGHT,
    SIZE,
    SUBSTRING,
    TO_THE_END,
)
from graph.backends.embedded.layout import ID, KIND, TYPE
from graph.backends.embedded.shortest import asks_for_ids, trail_in
from graph.backends.embedded.temporal import date_, datetime_, shifted, truncate
from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Case,
    Comparison,
    Expression,
    FunctionCall,
    Index,
    ListComprehension,
    ListLiteral,
    Literal,
    MapLiteral,
    MapProjection,
    Parameter,
    Property,
    Quantifier,
    Slice,
    Variable,
)
from graph.cypher.bound import CypherType, TypeName
from graph.cypher.printer import POSTFIX, PREDICATE
from graph.cypher.rewrite import descend

if TYPE_CHECKING:
    from graph.backends.embedded.compiler import LadybugCompiler

_NUMBERS: Final = frozenset({TypeName.INTEGER, TypeName.FLOAT, TypeName.NUMBER})
_UNKNOWN: Final = frozenset({TypeName.ANY, TypeName.NULL})
_ELEMENTS: Final = frozenset({TypeName.NODE, TypeName.RELATIONSHIP})
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
NO_SUM: Final = "-0.0"
"""Stands for the sum of no floats in a column of floats. It sorts and compares as zero; no sum of floats gives it."""

# --- elements --------------------------------------------------------------------------------------------------------


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


def map_projection(compiler: LadybugCompiler, tree: MapProjection) -> str:
    """A map of an absent node is null, and a struct of nulls is not."""
    subject = Variable(tree.subject)
    if compiler.type_of(subject).name not in _ELEMENTS or any(i.key == "*" and i.value is None for i in tree.items):
        raise compiler.unsupported("map projection", tree, "of every property, or of a value that is no element")
    items = tuple((i.key, i.value if i.value is not None else Property(subject, i.key)) for i in tree.items)
    struct = compiler.expression(MapLiteral(items, span=tree.span))
    return f"CASE WHEN {compiler.variable(tree.subject)}.{ID} IS NULL THEN NULL ELSE {struct} END"


# --- comparisons -----------------------------------------------------------------------------------------------------


def comparison(compiler: LadybugCompiler, tree: Comparison) -> str:
    """Chains are joined by AND; values of different types, which ladybug would convert, are left to the executor."""
    pairs = zip(tree.operands, tree.operators, tree.operands[1:], strict=False)
    return f"({' AND '.join(_compare(compiler, left, operator, right) for left, operator, right in pairs)})"


def _compare(compiler: LadybugCompiler, left: Expression, operator: BinaryOperator, right: Expression) -> str:
    one, other = compiler.type_of(left), compiler.type_of(right)
    _check_comparable(compiler, left, one, other, ordered=operator not in (BinaryOperator.EQ, BinaryOperator.NE))
    first, second = compiler.expression(left, PREDICATE), compiler.expression(right, PREDICATE)
    if one.name in _ELEMENTS and other.name in _ELEMENTS:
        return f"{first}.{ID} {operator.value} {second}.{ID}"
    return f"{first} {operator.value} {second}"


def _check_comparable(
    compiler: LadybugCompiler, where: Expression, one: CypherType, other: CypherType, *, ordered: bool
) -> None:
    if _UNKNOWN & {one.name, other.name}:
        return
    if _family(one) != _family(other):
        raise compiler.unsupported("comparison", where, f"of {one.name.value} with {other.name.value}")
    if one.name in (TypeName.MAP, TypeName.PATH, TypeName.DURATION) or (
        ordered and one.name in (*_ELEMENTS, TypeName.LIST)
    ):
        raise compiler.unsupported("comparison", where, f"of values of type {one.name.value}")


def _family(of: CypherType) -> str:
    return "number" if of.name in _NUMBERS else of.name.value


def contained(compiler: LadybugCompiler, tree: Binary) -> str:
    """`x IN list`: null inside the list must show, so a written list with anything unsure in it becomes a chain of OR."""
    left, right = tree.left, tree.right
    subject = compiler.expression(left, PREDICATE)
    if isinstance(right, ListLiteral):
        if not right.items:
            return "false"
        for item in right.items:
            _check_comparable(compiler, item, compiler.type_of(left), compiler.type_of(item), ordered=False)
        if compiler.type_of(left).name in _ELEMENTS:
            raise compiler.unsupported("IN", tree, "for an element")
        if all(isinstance(item, Literal) and item.value is not None for item in right.items):
            return f"({subject} IN [{compiler.list_of(right.items)}])"
        return f"({' OR '.join(f'{subject} = {compiler.expression(item, PREDICATE)}' for item in right.items)})"
    of = compiler.type_of(right)
    if of.name is TypeName.LIST and of.item is not None:
        _check_comparable(compiler, right, compiler.type_of(left), of.item, ordered=False)
    if isinstance(right, Parameter):
        given = compiler.given.get(right.name)
        if given == "empty":
            return "false"
        if given == "holes":
            raise compiler.unsupported("IN", tree, "a list with null inside")
    if compiler.type_of(left).name in _ELEMENTS:
        raise compiler.unsupported("IN", tree, "for an element")
    return f"({subject} IN {compiler.expression(right, PREDICATE)})"


def text_predicate(compiler: LadybugCompiler, tree: Binary) -> str:
    for side in (tree.left, tree.right):
        if compiler.type_of(side).name not in (TypeName.STRING, TypeName.NULL, TypeName.ANY):
            raise compiler.unsupported(f"operator {tree.operator.value}", tree, "on values that are no strings")
    left, right = compiler.expression(tree.left, POSTFIX), compiler.expression(tree.right, POSTFIX)
    return f"({left} {tree.operator.value} {right})"


# --- arithmetic ------------------------------------------------------------------------------------------------------


def plus(compiler: LadybugCompiler, tree: Binary) -> str:
    one, other = compiler.type_of(tree.left).name, compiler.type_of(tree.right).name
    if TypeName.DURATION in (one, other):
        when, duration = (tree.left, tree.right) if other is TypeName.DURATION else (tree.right, tree.left)
        return shifted(compiler, when, "+", duration)
    left, right = compiler.expression(tree.left, POSTFIX), compiler.expression(tree.right, POSTFIX)
    if TypeName.LIST in (one, other):
        if one is other:
            return f"list_concat({left}, {right})"
        return f"list_append({left}, {right})" if one is TypeName.LIST else f"list_prepend({right}, {left})"
    if TypeName.STRING in (one, other):
        return _joined(compiler, tree)
    if _UNKNOWN & {one, other}:
        raise compiler.unsupported("operator +", tree, f"of {one.value} and {other.value}")
    return f"({left} + {right})"


def _joined(compiler: LadybugCompiler, tree: Binary) -> str:
    """Texts one after the other; ladybug takes null for an empty text, to us it makes all of it null."""
    texts, nullable = [], []
    for operand in _joined_operands(compiler, tree):
        of = compiler.type_of(operand).name
        if of not in (TypeName.STRING, TypeName.INTEGER):
            raise compiler.unsupported("operator +", tree, f"of {of.value} and a string")
        text = compiler.expression(operand, POSTFIX)
        texts.append(text if of is TypeName.STRING else f"CAST({text} AS STRING)")
        if not isinstance(operand, Literal):
            nullable.append(f"{text} IS NULL")
    joined = " + ".join(texts)
    return f"CASE WHEN {' OR '.join(nullable)} THEN NULL ELSE {joined} END" if nullable else f"({joined})"


def _joined_operands(compiler: LadybugCompiler, tree: Expression) -> list[Expression]:
    """The operands of a chain of `+` whose first two are not both numbers."""
    if not isinstance(tree, Binary) or tree.operator is not BinaryOperator.ADD:
        return [tree]
    if compiler.type_of(tree).name is not TypeName.STRING:
        return [tree]
    return [*_joined_operands(compiler, tree.left), *_joined_operands(compiler, tree.right)]


def minus(compiler: LadybugCompiler, tree: Binary) -> str:
    if compiler.type_of(tree.right).name is TypeName.DURATION:
        return shifted(compiler, tree.left, "-", tree.right)
    return f"({compiler.expression(tree.left, POSTFIX)} - {compiler.expression(tree.right, POSTFIX)})"


# --- functions -------------------------------------------------------------------------------------------------------


def total(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    """Sums of integers are 128 bits wide there, and the sum of nothing is null; to us it is the integer 0 even of floats.

    A column of floats cannot hold that: `NO_SUM` stands for it, and becomes 0 where it leaves (`queries`).
    """
    distinct = "DISTINCT " if tree.distinct else ""
    summed = f"sum({distinct}{compiler.expression(tree.arguments[0])})"
    of = compiler.type_of(tree.arguments[0]).name
    if of is TypeName.INTEGER:
        return f"coalesce(CAST({summed} AS INT64), 0)"
    if of is TypeName.FLOAT:
        return f"coalesce({summed}, CAST('{NO_SUM}' AS DOUBLE))"
    raise compiler.unsupported("sum", tree, f"of values of type {of.value}")


def collect(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    argument = compiler.expression(tree.arguments[0])
    return f"collect({'DISTINCT ' if tree.distinct else ''}{argument})"


def round_(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    if len(tree.arguments) != 1:
        raise compiler.unsupported("round", tree, "to digits")
    return f"CAST(floor(CAST({compiler.expression(tree.arguments[0])} AS DOUBLE) + 0.5) AS DOUBLE)"


def substring(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    text, start = (compiler.expression(argument, POSTFIX) for argument in tree.arguments[:2])
    written = compiler.expression(tree.arguments[2], POSTFIX) if len(tree.arguments) > 2 else None
    own = f"substring({text}, {start} + 1, {written or f'size({text})'})"
    return _by_letters(text, own, f"{SUBSTRING}({text}, {start}, {written or TO_THE_END // 2})")


def _by_letters(text: str, own: str, ours: str) -> str:
    """ladybug counts what looks like one letter, whatever code points it is made of: its own function for ASCII only."""
    return f"CASE WHEN regexp_matches({text}, '{ASCII}') THEN {own} ELSE {ours} END"


def reverse(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    """ladybug turns what looks like one letter around as one, whatever code points it is made of."""
    name = "list_reverse" if compiler.type_of(tree.arguments[0]).name is TypeName.LIST else REVERSE
    return f"{name}({compiler.expression(tree.arguments[0])})"


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


def size(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    argument = tree.arguments[0]
    trail = trail_in(argument, compiler.patterns.trails)
    if trail is None:
        counted, text = compiler.type_of(argument).name, compiler.expression(argument, POSTFIX)
        return _by_letters(text, f"size({text})", f"{SIZE}({text})") if counted is TypeName.STRING else f"size({text})"
    more = " + 1" if isinstance(argument, FunctionCall) and argument.name == "nodes" else ""
    return f"({LENGTH_OF}({compiler.variable(trail)}){more})"


def replace_(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    """`replace`, whose answer is now and then an empty text there where an argument is null."""
    arguments = [(argument, compiler.expression(argument, POSTFIX)) for argument in tree.arguments]
    replaced = f"replace({', '.join(text for _, text in arguments)})"
    nullable = [f"{text} IS NULL" for argument, text in arguments if not isinstance(argument, Literal)]
    return f"CASE WHEN {' OR '.join(nullable)} THEN NULL ELSE {replaced} END" if nullable else replaced


def substring_end(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    """`left` and `right` of nothing are nothing there too, but of an absent text they are null."""
    text, count = (compiler.expression(argument, POSTFIX) for argument in tree.arguments)
    ours = LEFT if tree.name == "left" else RIGHT
    cut = _by_letters(text, f"{tree.name}({text}, {count})", f"{ours}({text}, {count})")
    return f"CASE WHEN {text} IS NULL THEN NULL ELSE {cut} END"


def case(compiler: LadybugCompiler, tree: Case) -> str:
    """With an operand, ladybug takes null for equal to null: written as conditions."""
    text = "CASE"
    compiler.in_case += 1
    for when, result in tree.whens:
        if tree.operand is None:
            condition = compiler.expression(when)
        else:
            condition = _compare(compiler, tree.operand, BinaryOperator.EQ, when)
        text += f" WHEN {condition} THEN {compiler.expression(result)}"
    text += ("" if tree.default is None else f" ELSE {compiler.expression(tree.default)}") + " END"
    compiler.in_case -= 1
    return _truth(text) if compiler.type_of(tree).name is TypeName.BOOLEAN else text


def _truth(choice: str) -> str:
    """A CASE of booleans: ladybug takes a bare one as the condition of another CASE for false."""
    return f"({choice} = true)"


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
    of = compiler.type_of(subject)
    item = None if of.item is None else _CASTS.get(of.item.name)
    if of.name is not TypeName.LIST or item not in ITEMS:
        raise compiler.unsupported("slice", subject, "of a list whose items are not plain values of one type")
    return f"{CUT}_{item.lower()}({compiler.expression(subject)}, {start}, {end})"


def trimmed(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    if len(tree.arguments) != 1:
        raise compiler.unsupported(tree.name, tree, "of signs other than blanks")
    return f"{tree.name}({compiler.expression(tree.arguments[0])})"


def to_integer(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    of, text = compiler.type_of(tree.arguments[0]).name, compiler.expression(tree.arguments[0], POSTFIX)
    if of is TypeName.INTEGER:
        return text
    if of is TypeName.FLOAT:  # a CAST rounds
        return f"CAST(CASE WHEN {text} < 0 THEN ceil({text}) ELSE floor({text}) END AS INT64)"
    raise compiler.unsupported("toInteger", tree, f"of a value of type {of.value}")


def to_float(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    of = compiler.type_of(tree.arguments[0]).name
    if of not in _NUMBERS:
        raise compiler.unsupported("toFloat", tree, f"of a value of type {of.value}")
    return f"CAST({compiler.expression(tree.arguments[0])} AS DOUBLE)"


def to_string(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    of, text = compiler.type_of(tree.arguments[0]).name, compiler.expression(tree.arguments[0], POSTFIX)
    if of is TypeName.STRING:
        return text
    if of in (TypeName.INTEGER, TypeName.DATE):
        return f"CAST({text} AS STRING)"
    if of is TypeName.BOOLEAN:
        return f"CASE WHEN {text} THEN 'true' WHEN NOT {text} THEN 'false' END"
    raise compiler.unsupported("toString", tree, f"of a value of type {of.value}")


# --- lists -----------------------------------------------------------------------------------------------------------


def comprehension(compiler: LadybugCompiler, tree: ListComprehension) -> str:
    trail = trail_in(tree.source, compiler.patterns.trails)
    if trail is not None and asks_for_ids(tree):
        of_nodes = isinstance(tree.source, FunctionCall) and tree.source.name == "nodes"
        return f"{NODES_OF if of_nodes else EDGES_OF}({compiler.variable(trail)})"
    parts = [part for part in (tree.predicate, tree.projection) if part is not None]
    name = _lambda_name(compiler, tree, tree.variable, parts)
    text = compiler.expression(tree.source, POSTFIX)
    if tree.predicate is not None:
        if compiler.in_case:
            raise compiler.unsupported(
                "list comprehension", tree, "with a condition inside CASE: ladybug mixes them up"
            )
        text = f"list_filter({text}, {name} -> {compiler.expression(tree.predicate)})"
    if tree.projection is not None:
        text = f"list_transform({text}, {name} -> {compiler.expression(tree.projection)})"
    return text


def quantifier(compiler: LadybugCompiler, tree: Quantifier) -> str:
    """By a function of ours over the answers: ladybug's own take a condition that is null for false."""
    name = _lambda_name(compiler, tree, tree.variable, [tree.predicate])
    source = compiler.expression(tree.source, POSTFIX)
    answers = f"list_transform({source}, {name} -> {compiler.expression(tree.predicate)})"
    return f"{QUANTIFIER}_{tree.kind.value}({answers})"


def _lambda_name(compiler: LadybugCompiler, tree: Expression, variable: str, parts: list[Expression]) -> str:
    """The variable as printed. What a lambda of ladybug may mention is its own variable and constants."""
    for part in parts:
        for item in descend(part):
            outer = isinstance(item, Variable) and item.name != variable
            if outer or isinstance(item, Parameter | ListComprehension | Quantifier):
                raise compiler.unsupported("list comprehension", tree, "that mentions anything but its own variable")
    return compiler.variable(variable)


LOWERED: Final[Mapping[str, Lowering]] = MappingProxyType(
    {
        "elementId": element_id,
        "type": relation_type,
        "labels": labels,
        "index": index,
        "CASE": case,
        "length": length,
        "nodes": along,
        "relationships": along,
        "size": size,
        "slice": slice_,
        "tail": tail,
        **dict.fromkeys(("left", "right"), substring_end),
        "head": head,
        "last": last,
        "map projection": map_projection,
        **{f"operator {o.value}": comparison for o in BinaryOperator if o.value in ("=", "<>", "<", "<=", ">", ">=")},
        "operator IN": contained,
        **dict.fromkeys(
            ("operator STARTS WITH", "operator ENDS WITH", "operator CONTAINS", "operator =~"), text_predicate
        ),
        "operator +": plus,
        "operator -": minus,
        "date": date_,
        "datetime": datetime_,
        "date.truncate": truncate,
        "datetime.truncate": truncate,
        "sum": total,
        "collect": collect,
        "round": round_,
        "substring": substring,
        "replace": replace_,
        "reverse": reverse,
        **dict.fromkeys(("trim", "ltrim", "rtrim"), trimmed),
        "toInteger": to_integer,
        "toFloat": to_float,
        "toString": to_string,
        "list comprehension": comprehension,
        **dict.fromkeys(("all()", "any()", "none()", "single()"), quantifier),
    }
)
