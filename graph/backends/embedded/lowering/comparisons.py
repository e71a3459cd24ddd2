"""Comparisons and conditions in three values: what ladybug takes for false or for equal where a null is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.backends.embedded.layout import ID
from graph.backends.embedded.lowering.families import ELEMENTS, NUMBERS, UNKNOWN
from graph.backends.embedded.not_a_number import ordered
from graph.cypher.ast import Binary, BinaryOperator, Case, Comparison, Expression, ListLiteral, Literal, Parameter
from graph.cypher.bound import CypherType, TypeName
from graph.cypher.printer import POSTFIX, PREDICATE

if TYPE_CHECKING:
    from graph.backends.embedded.compiler import LadybugCompiler


def comparison(compiler: LadybugCompiler, tree: Comparison) -> str:
    """Chains are joined by AND; values of different types, which ladybug would convert, are left to the executor."""
    pairs = zip(tree.operands, tree.operators, tree.operands[1:], strict=False)
    return f"({' AND '.join(compare(compiler, left, operator, right) for left, operator, right in pairs)})"


def compare(compiler: LadybugCompiler, left: Expression, operator: BinaryOperator, right: Expression) -> str:
    one, other = compiler.type_of(left), compiler.type_of(right)
    _check_comparable(compiler, left, one, other, ordered=operator not in (BinaryOperator.EQ, BinaryOperator.NE))
    first, second = compiler.expression(left, PREDICATE), compiler.expression(right, PREDICATE)
    if one.name in ELEMENTS and other.name in ELEMENTS:
        return f"{first}.{ID} {operator.value} {second}.{ID}"
    sides = ((left, first, second), (right, second, first))
    unsure = [(text, against) for operand, text, against in sides if compiler.may_be_nan(operand)]
    return ordered(f"{first} {operator.value} {second}", operator, unsure)


def _check_comparable(
    compiler: LadybugCompiler, where: Expression, one: CypherType, other: CypherType, *, ordered: bool
) -> None:
    if UNKNOWN & {one.name, other.name}:
        return
    if _family(one) != _family(other):
        raise compiler.unsupported("comparison", where, f"of {one.name.value} with {other.name.value}")
    if one.name in (TypeName.MAP, TypeName.PATH, TypeName.DURATION) or (
        ordered and one.name in (*ELEMENTS, TypeName.LIST)
    ):
        raise compiler.unsupported("comparison", where, f"of values of type {one.name.value}")


def _family(of: CypherType) -> str:
    return "number" if of.name in NUMBERS else of.name.value


def exclusive_or(compiler: LadybugCompiler, tree: Binary) -> str:
    """XOR as inequality: a null that ladybug's XOR gives is not always the same null to DISTINCT."""
    return f"({compiler.expression(tree.left, POSTFIX)} <> {compiler.expression(tree.right, POSTFIX)})"


def contained(compiler: LadybugCompiler, tree: Binary) -> str:
    """`x IN list`: null inside the list must show, so a written list with anything unsure in it becomes a chain of OR."""
    left, right = tree.left, tree.right
    subject = compiler.expression(left, PREDICATE)
    if isinstance(right, ListLiteral):
        if not right.items:
            return "false"
        for item in right.items:
            _check_comparable(compiler, item, compiler.type_of(left), compiler.type_of(item), ordered=False)
        if compiler.type_of(left).name in ELEMENTS:
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
    if compiler.type_of(left).name in ELEMENTS:
        raise compiler.unsupported("IN", tree, "for an element")
    items = compiler.expression(right, PREDICATE)
    if isinstance(right, Parameter) or (isinstance(left, Literal) and left.value is not None):
        return f"({subject} IN {items})"
    return f"({subject} IN {items} AND (size({items}) > 0))"  # an unknown value is in no empty list


def case(compiler: LadybugCompiler, tree: Case) -> str:
    """With an operand, ladybug takes null for equal to null: written as conditions."""
    text = "CASE"
    compiler.in_case += 1
    for when, result in tree.whens:
        if tree.operand is None:
            condition = compiler.expression(when)
            if isinstance(when, Case) and compiler.type_of(when).name is not TypeName.BOOLEAN:
                condition = _truth(condition)
        else:
            condition = compare(compiler, tree.operand, BinaryOperator.EQ, when)
        text += f" WHEN {condition} THEN {compiler.expression(result)}"
    text += ("" if tree.default is None else f" ELSE {compiler.expression(tree.default)}") + " END"
    compiler.in_case -= 1
    return _truth(text) if compiler.type_of(tree).name is TypeName.BOOLEAN else text


def _truth(choice: str) -> str:
    """A CASE of booleans: ladybug takes a bare one as the condition of another CASE for false."""
    return f"({choice} = true)"
