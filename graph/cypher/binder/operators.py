"""Rules of the operators: what may be compared or combined, what comes out, and what a parameter beside them must be."""

from __future__ import annotations

from typing import Final, NoReturn, TypeGuard

from graph.cypher import types
from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Expression,
    ListLiteral,
    Literal,
    Parameter,
    Property,
    Tree,
    Variable,
)
from graph.cypher.binder.scope import Binding
from graph.cypher.bound import CypherType, TypeName
from graph.cypher.clock import NAMES
from graph.cypher.diagnostics import CypherError, TypeMismatchError, replace_span
from graph.cypher.operations import arithmetic_type
from graph.cypher.types import describe
from graph.cypher.vocabulary import Vocabulary, suggest

_ONLY: Final = {name: frozenset({name}) for name in TypeName}
_LOGICAL: Final = frozenset({BinaryOperator.AND, BinaryOperator.OR, BinaryOperator.XOR})
_EQUALITY: Final = frozenset({BinaryOperator.EQ, BinaryOperator.NE})
_TEXTUAL: Final = frozenset(
    {BinaryOperator.STARTS_WITH, BinaryOperator.ENDS_WITH, BinaryOperator.CONTAINS, BinaryOperator.REGEX}
)
Typed = tuple[Expression, CypherType]


def is_asked(tree: Expression) -> TypeGuard[Parameter]:
    """Whether an expression is a parameter whose value the asker gives; the clock's parameters are typed as they are."""
    return isinstance(tree, Parameter) and tree.name not in NAMES


class OperatorRules(Binding):
    """Checks of types around operators."""

    def expect(
        self,
        tree: Expression,
        of: CypherType,
        wanted: CypherType,
        what: str,
        accepted: frozenset[TypeName] | None = None,
        error: type[CypherError] = TypeMismatchError,
    ) -> None:
        """Check that a value may stand where `accepted` types (by default, the wanted one) are taken.

        A bare parameter of unknown type is from then on of the wanted type.
        """
        if is_asked(tree):
            if accepted is None or len(accepted) == 1:
                self.use_parameter(tree.name, wanted)
            return
        if not types.accepts(accepted or _ONLY[wanted.name], of):
            names = " or ".join(sorted(name.value.lower() for name in accepted or (wanted.name,)))
            hint = None
            if wanted.name is TypeName.BOOLEAN and of.name in (TypeName.NODE, TypeName.STRING, TypeName.INTEGER):
                hint = "a condition compares something, for instance x.name = 'a' or x IS NOT NULL"
            self.refuse(error, f"{what} takes {names}, this is {describe(of, article=True)}", tree.span, hint)

    # --- comparison ------------------------------------------------------------------------------------------------

    def compare(self, operator: BinaryOperator, left: Typed, right: Typed, tree: Tree) -> None:
        """Check a comparison and give a bare parameter on one side the type of the other."""
        (left_tree, left_type), (right_tree, right_type) = left, right
        if is_asked(left_tree):
            self.use_parameter(left_tree.name, right_type)
        elif is_asked(right_tree):
            self.use_parameter(right_tree.name, left_type)
        elif not types.comparable(left_type, right_type):
            self._incomparable(operator, left, right, tree)
        elif operator in _EQUALITY and self.vocabulary is not None:
            self._note_value(left_tree, right_tree, self.vocabulary)
            self._note_value(right_tree, left_tree, self.vocabulary)

    def _note_value(self, tree: Expression, value: Expression, vocabulary: Vocabulary) -> None:
        """Note a value that the schema does not list for an attribute: the comparison is legal, and surely a slip."""
        if not (isinstance(value, Literal) and isinstance(value.value, str) and isinstance(tree, Property)):
            return
        of = self.types.get(tree.subject.name, types.ANY) if isinstance(tree.subject, Variable) else types.ANY
        if of.name is TypeName.NODE:
            listed = vocabulary.node_values(of.kinds, tree.key)
        elif of.name is TypeName.RELATIONSHIP:
            listed = vocabulary.relation_values(of.types, tree.key)
        else:
            return
        if listed and value.value not in listed:
            meant = suggest(value.value, listed)
            question = f"; did you mean {meant[0]!r}?" if len(meant) == 1 else ""
            self.notes[f"{tree.key} is never {value.value!r}: it is one of {', '.join(listed)}{question}"] = None

    def _incomparable(self, operator: BinaryOperator, left: Typed, right: Typed, tree: Tree) -> None:
        """Refuse a comparison with an attribute of the schema that can never hold; others are the language's own business."""
        if self.vocabulary is None or not (isinstance(left[0], Property) or isinstance(right[0], Property)):
            return
        for (_, one), (other_tree, other) in ((left, right), (right, left)):
            if one.name in types.TEMPORAL and other.name is TypeName.STRING:
                function = "date" if one.name is TypeName.DATE else "datetime"
                corrected = None
                if isinstance(other_tree, Literal):
                    written = self.text[other_tree.span.start : other_tree.span.end]
                    corrected = replace_span(self.text, other_tree.span, f"{function}({written})")
                self.refuse(
                    TypeMismatchError,
                    f"{describe(one, article=True)} is never {operator} a string",
                    other_tree.span,
                    f"convert the string: {function}('2025-01-01')",
                    corrected,
                )
        hint = None
        if {left[1].name, right[1].name} == types.TEMPORAL:
            hint = "compare dates with date(...) and instants with datetime(...); date(instant) is its day"
        self.refuse(
            TypeMismatchError,
            f"{describe(left[1], article=True)} and {describe(right[1], article=True)} cannot be compared",
            tree.span,
            hint,
        )

    # --- operators -------------------------------------------------------------------------------------------------

    def operator_type(self, tree: Binary, left: CypherType, right: CypherType) -> CypherType:
        """The type of `left operator right`, checked."""
        operator = tree.operator
        if operator in _LOGICAL:
            self.expect(tree.left, left, types.BOOLEAN, operator.value)
            self.expect(tree.right, right, types.BOOLEAN, operator.value)
            return types.BOOLEAN
        if operator in _TEXTUAL:
            if self.vocabulary is not None:  # the language itself answers null for anything but strings
                self.expect(tree.left, left, types.STRING, operator.value)
                self.expect(tree.right, right, types.STRING, operator.value)
            return types.BOOLEAN
        if operator is BinaryOperator.IN:
            self._membership(tree, left, right)
            return types.BOOLEAN
        found = arithmetic_type(operator, left, right)
        if found is None:
            self._cannot_combine(tree, left, right)
        self._infer_operand(tree.left, right)
        self._infer_operand(tree.right, left)
        return found

    def _infer_operand(self, tree: Expression, other: CypherType) -> None:
        if is_asked(tree) and other.name in types.NUMERIC:
            self.use_parameter(tree.name, types.NUMBER)

    def _membership(self, tree: Binary, left: CypherType, right: CypherType) -> None:
        if is_asked(tree.right):
            self.use_parameter(tree.right.name, types.list_of(left))
            return
        self.expect(tree.right, right, types.LIST, "IN")
        item = right.item or types.ANY
        if is_asked(tree.left):
            self.use_parameter(tree.left.name, item)
        if isinstance(tree.right, ListLiteral):
            for value in tree.right.items:
                of = types.ANY if is_asked(value) else _of_literal(value, item)
                self.compare(BinaryOperator.EQ, (tree.left, left), (value, of), value)
        elif isinstance(tree.left, Property) and not types.comparable(left, item):
            self.compare(BinaryOperator.EQ, (tree.left, left), (tree.right, item), tree)

    def _cannot_combine(self, tree: Binary, left: CypherType, right: CypherType) -> NoReturn:
        hint = None
        if tree.operator is BinaryOperator.SUBTRACT and {left.name, right.name} <= types.TEMPORAL:
            hint = "the time between two moments is duration.between(a, b), in days duration.inDays(a, b).days"
        elif types.TEMPORAL & {left.name, right.name}:
            hint = "add or subtract a duration: date() - duration({months: 3})"
        elif TypeName.STRING in (left.name, right.name):
            hint = "convert the other side with toString(...)"
        self.refuse(
            TypeMismatchError,
            f"{describe(left)} {tree.operator} {describe(right)} has no meaning",
            tree.span,
            hint,
        )


def _of_literal(tree: Expression, otherwise: CypherType) -> CypherType:
    if isinstance(tree, Literal):
        if isinstance(tree.value, str):
            return types.STRING
        if tree.value is None:
            return types.NULL
    return otherwise
