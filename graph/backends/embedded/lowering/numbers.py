"""Arithmetic, sums and casts of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graph.backends.embedded.lowering.families import NUMBERS, UNKNOWN
from graph.backends.embedded.lowering.texts import joined
from graph.backends.embedded.temporal import shifted
from graph.cypher.ast import Binary, FunctionCall
from graph.cypher.bound import TypeName
from graph.cypher.printer import POSTFIX

if TYPE_CHECKING:
    from graph.backends.embedded.compiler import LadybugCompiler


NO_SUM: Final = "-0.0"
"""Stands for the sum of no floats in a column of floats. It sorts and compares as zero; no sum of floats gives it."""


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
        return joined(compiler, tree)
    if UNKNOWN & {one, other}:
        raise compiler.unsupported("operator +", tree, f"of {one.value} and {other.value}")
    return f"({left} + {right})"


def minus(compiler: LadybugCompiler, tree: Binary) -> str:
    if compiler.type_of(tree.right).name is TypeName.DURATION:
        return shifted(compiler, tree.left, "-", tree.right)
    return f"({compiler.expression(tree.left, POSTFIX)} - {compiler.expression(tree.right, POSTFIX)})"


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


def extreme(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    """min() and max(), of which ladybug's depends on the order of rows where one is NaN."""
    if compiler.may_be_nan(tree.arguments[0]):
        raise compiler.unsupported(tree.name, tree, "of values that may be no number")
    return f"{tree.name}({compiler.expression(tree.arguments[0])})"


def sign(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    """ladybug's knows no zero below zero and no NaN."""
    if compiler.may_be_nan(tree.arguments[0]):
        raise compiler.unsupported("sign", tree, "of what may be no number")
    value = compiler.expression(tree.arguments[0], POSTFIX)
    return f"CASE WHEN {value} IS NULL THEN NULL WHEN {value} > 0 THEN 1 WHEN {value} < 0 THEN -1 ELSE 0 END"


def round_(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    if len(tree.arguments) != 1:
        raise compiler.unsupported("round", tree, "to digits")
    return f"CAST(floor(CAST({compiler.expression(tree.arguments[0])} AS DOUBLE) + 0.5) AS DOUBLE)"


def to_integer(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    of, text = compiler.type_of(tree.arguments[0]).name, compiler.expression(tree.arguments[0], POSTFIX)
    if of is TypeName.INTEGER:
        return text
    if of is TypeName.FLOAT and not compiler.may_be_nan(tree.arguments[0]):  # a CAST rounds
        return f"CAST(CASE WHEN {text} < 0 THEN ceil({text}) ELSE floor({text}) END AS INT64)"
    raise compiler.unsupported("toInteger", tree, f"of a value of type {of.value}")


def to_float(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    of = compiler.type_of(tree.arguments[0]).name
    if of not in NUMBERS:
        raise compiler.unsupported("toFloat", tree, f"of a value of type {of.value}")
    return f"CAST({compiler.expression(tree.arguments[0])} AS DOUBLE)"
