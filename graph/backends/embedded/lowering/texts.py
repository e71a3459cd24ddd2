"""Texts: ladybug joins null as an empty text, and counts what looks like one letter, whatever code points it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.backends.embedded.functions import LEFT, REPLACE, REVERSE, RIGHT, SIZE, SUBSTRING, TO_THE_END
from graph.cypher.ast import Binary, BinaryOperator, Expression, FunctionCall, Literal
from graph.cypher.bound import TypeName
from graph.cypher.printer import POSTFIX

if TYPE_CHECKING:
    from graph.backends.embedded.compiler import LadybugCompiler


def text_predicate(compiler: LadybugCompiler, tree: Binary) -> str:
    for side in (tree.left, tree.right):
        if compiler.type_of(side).name not in (TypeName.STRING, TypeName.NULL, TypeName.ANY):
            raise compiler.unsupported(f"operator {tree.operator.value}", tree, "on values that are no strings")
    left, right = compiler.expression(tree.left, POSTFIX), compiler.expression(tree.right, POSTFIX)
    test = f"{left} {tree.operator.value} {right}"
    if tree.operator in (BinaryOperator.STARTS_WITH, BinaryOperator.ENDS_WITH) or _is_written(tree.right):
        return f"({test})"
    # ladybug: no text contains the empty one, and an empty pattern matches no column
    held = left if tree.operator is BinaryOperator.CONTAINS else "''"
    return f"({test} OR ({right} = '' AND {left} = {held}))"


def _is_written(tree: Expression) -> bool:
    """Whether it is a text in the query, and not the empty one."""
    return isinstance(tree, Literal) and isinstance(tree.value, str) and tree.value != ""


def joined(compiler: LadybugCompiler, tree: Binary) -> str:
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


def substring(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    """By a function of ours: ladybug counts what looks like one letter, and gives empty texts where it is one of several."""
    text, start, *count = (compiler.expression(argument) for argument in tree.arguments)
    return f"{SUBSTRING}({text}, {start}, {count[0] if count else TO_THE_END // 2})"


def size_of_text(text: str) -> str:
    return f"{SIZE}({text})"


def reverse(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    """ladybug turns what looks like one letter around as one, whatever code points it is made of."""
    name = "list_reverse" if compiler.type_of(tree.arguments[0]).name is TypeName.LIST else REVERSE
    return f"{name}({compiler.expression(tree.arguments[0])})"


def replace_(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    """By a function of ours: behind a filter ladybug's own takes the text of another row, and now and then none for null."""
    return f"{REPLACE}({', '.join(compiler.expression(argument) for argument in tree.arguments)})"


def substring_end(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    """`left` and `right`, by a function of ours as `substring`."""
    text, count = (compiler.expression(argument) for argument in tree.arguments)
    return f"{LEFT if tree.name == 'left' else RIGHT}({text}, {count})"


def trimmed(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    if len(tree.arguments) != 1:
        raise compiler.unsupported(tree.name, tree, "of signs other than blanks")
    return f"{tree.name}({compiler.expression(tree.arguments[0])})"


def to_string(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    of, text = compiler.type_of(tree.arguments[0]).name, compiler.expression(tree.arguments[0], POSTFIX)
    if of is TypeName.STRING:
        return text
    if of in (TypeName.INTEGER, TypeName.DATE):
        return f"CAST({text} AS STRING)"
    if of is TypeName.BOOLEAN:
        return f"CASE WHEN {text} THEN 'true' WHEN NOT {text} THEN 'false' END"
    raise compiler.unsupported("toString", tree, f"of a value of type {of.value}")
