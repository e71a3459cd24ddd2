"""Expressions: each becomes a GSQL text and the condition under which it is known; conditions become two texts.

What GSQL can only do in statements (CASE, lists, calendars) is put before the statement that asks, in variables; inside
a SELECT that is not possible and `NotInlineError` says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from graph.backends.base_compiler import constructs
from graph.backends.tigergraph import words
from graph.backends.tigergraph.dialect import RENAMED, TEMPLATES
from graph.backends.tigergraph.frames import scalar_type
from graph.backends.tigergraph.reads import ID, KIND
from graph.backends.tigergraph.scope import NotInlineError, Scope
from graph.backends.tigergraph.values import (
    DEFAULTS,
    FALSE,
    TRUE,
    Truth,
    Value,
    all_known,
    both,
    certain,
    either,
    negation,
)
from graph.cypher import types
from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Case,
    Comparison,
    Expression,
    FunctionCall,
    HasLabels,
    Index,
    IsNull,
    ListComprehension,
    ListLiteral,
    Literal,
    Parameter,
    Property,
    Quantifier,
    Reduce,
    Slice,
    Tree,
    Unary,
    UnaryOperator,
    Variable,
)
from graph.cypher.bound import CypherType, TypeName

if TYPE_CHECKING:
    from graph.backends.tigergraph.compiler import GsqlCompiler

_ATOM: Final = re.compile(r"[\w.@]+|@@\w+\.(containsKey|contains|get)\([\w.@]+\)|TRUE|FALSE")
_NAME: Final = re.compile(r"[a-z]\w*_\d+")
_CALL: Final = re.compile(r"@@\w+\.contains(Key)?\((@@\w+\.get\([\w.]+\)|[\w.]+)\)")
_COMPARE: Final = MappingProxyType({"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="})
_ELEMENTS: Final = frozenset({TypeName.NODE, TypeName.RELATIONSHIP})

Rule = Callable[["Expressions", Any, Scope], Value]
Test = Callable[["Expressions", Any, Scope], Truth]


class Expressions:
    """Compiles expressions of one query; puts statements into its script."""

    def __init__(self, compiler: GsqlCompiler) -> None:
        self.compiler = compiler
        self.script = compiler.script
        self.prepared: dict[int, Callable[[str], Value]] = {}  # subqueries that were run before a loop, by tree

    def type_of(self, tree: Expression) -> CypherType:
        return self.compiler.type_of(tree)

    def unsupported(self, name: str, tree: Tree, reason: str = "") -> Exception:
        return self.compiler.unsupported(name, tree, reason)

    # --- entries ---------------------------------------------------------------------------------------------------

    def value(self, tree: Expression, scope: Scope) -> Value:
        """An expression as a value."""
        found = self.prepared.get(id(tree))
        if found is not None:
            return found(scope.row)
        rule = VALUES.get(type(tree))
        if rule is not None:
            return rule(self, tree, scope)
        if type(tree) in TESTS or (isinstance(tree, Binary) and self.type_of(tree).name is TypeName.BOOLEAN):
            return self.truth(tree, scope).value
        for name in constructs(tree):
            raise self.unsupported(name, tree)
        raise self.unsupported(type(tree).__name__, tree)

    def truth(self, tree: Expression, scope: Scope) -> Truth:
        """A condition as two."""
        if id(tree) not in self.prepared:
            if isinstance(tree, Literal):
                return {True: certain(TRUE), False: certain(FALSE), None: Truth(FALSE, FALSE)}[tree.value]  # type: ignore[index]
            test = TESTS.get(type(tree))
            if test is not None:
                return test(self, tree, scope)
        value = self.value(tree, scope)
        return Truth(both(value.known, value.text), both(value.known, negation(value.text)))

    # --- variables of the script -----------------------------------------------------------------------------------

    def needs_statements(self, scope: Scope) -> None:
        """Say that what follows puts statements before the expression."""
        if scope.inline:
            raise NotInlineError

    def computed(self, stem: str, of: CypherType, text: str, known: str, scope: Scope) -> Value:
        """A variable that holds a value where it is known, its type's default elsewhere."""
        self.needs_statements(scope)
        gsql = scalar_type(of)
        if gsql is None:
            raise self.compiler.refusal(stem, f"a value of type {of.name.value} in a variable")
        name = self.script.variable(stem, gsql)
        if gsql == "BOOL" and not _ATOM.fullmatch(text):
            self.script.line(f"{name} = FALSE;")
            with self.script.block(f"IF {both(known, text)} THEN"):
                self.script.line(f"{name} = TRUE;")
        elif known == TRUE:
            self.script.line(f"{name} = {text};")
        else:
            self.script.line(f"{name} = {DEFAULTS[gsql]};")
            with self.script.block(f"IF {known} THEN"):
                self.script.line(f"{name} = {text};")
        return Value(name, of, known)

    def stored(self, value: Value, stem: str, scope: Scope) -> Value:
        """A value in a variable, with its knowledge in another where it may be null: nothing is computed twice."""
        known = value.known
        if _NAME.fullmatch(value.text) and (known == TRUE or _NAME.fullmatch(known)):
            return value
        if known != TRUE:
            known = self.flag(known, scope)
        return self.computed(stem, value.type, value.text, known, scope)

    def flag(self, condition: str, scope: Scope) -> str:
        """A condition in a variable."""
        self.needs_statements(scope)
        if _NAME.fullmatch(condition):
            return condition
        name = self.script.variable("has", "BOOL")
        if _CALL.fullmatch(condition):
            self.script.line(f"{name} = {condition};")
            return name
        self.script.line(f"{name} = FALSE;")
        with self.script.block(f"IF {condition} THEN"):
            self.script.line(f"{name} = TRUE;")
        return name

    def plain(self, value: Value, stem: str, scope: Scope) -> Value:
        """A value that may be put into a map: conditions are stored first, since they are no expressions of GSQL."""
        if value.type.name is TypeName.BOOLEAN and not _ATOM.fullmatch(value.text):
            return self.stored(value, stem, scope)
        return value

    # --- leaves ----------------------------------------------------------------------------------------------------

    def literal(self, tree: Literal, scope: Scope) -> Value:
        value = tree.value
        of = self.type_of(tree)
        if value is None:
            return Value('""', types.NULL, FALSE)
        if isinstance(value, bool):
            return Value(TRUE if value else FALSE, of)
        if isinstance(value, str):
            return Value(words.string(value), of)
        if isinstance(value, datetime):
            return Value(words.number(words.microseconds(value)), of)
        if isinstance(value, date):
            return Value(words.number(words.seconds(value)), of)
        return Value(words.number(value), of)

    def parameter(self, tree: Parameter, scope: Scope) -> Value:
        return self.compiler.parameters.read(tree)

    def variable(self, tree: Variable, scope: Scope) -> Value:
        found = scope.find(tree.name)
        if found is not None:
            return found
        alias = scope.aliases.get(tree.name)
        if alias is not None:
            return Value(f"{alias}.id", self.type_of(tree))
        if tree.name in scope.frame.paths:
            raise self.unsupported("path as a value", tree)
        if scope.inline:
            raise NotInlineError
        raise self.unsupported(f"variable {tree.name}", tree, "its value has no form in GSQL")

    def property(self, tree: Property, scope: Scope) -> Value:
        of = self.type_of(tree.subject)
        if of.name in _ELEMENTS:
            found = self.compiler.attribute_type(of.name is TypeName.NODE, tree.key)
            return self.attribute(tree.subject, tree.key, found, scope)
        part = self.compiler.temporal.part(tree, of, scope)
        if part is None:
            raise self.unsupported("property access", tree, f"on a value of type {of.name.value}")
        return part

    def attribute(self, subject: Expression, key: str, of: CypherType, scope: Scope) -> Value:
        """What an element has under a key: an attribute of an alias, or what was fetched under its id."""
        if isinstance(subject, Variable) and scope.find(subject.name) is None and subject.name in scope.aliases:
            alias = scope.aliases[subject.name]
            if key in (ID, KIND):
                return Value(f"{alias}.{'id' if key == ID else 'type'}", of)
            if not self.compiler.has_attribute(self.type_of(subject), key):
                return Value('""', types.NULL, FALSE)
            return Value(attribute_text(alias, key, of), of, f"{words.string(key)} IN {alias}.present_keys")
        element = self.value(subject, scope)
        if element.known == FALSE:
            return element
        if key == ID:
            return Value(element.text, of, element.known)
        kind = self.type_of(subject)
        if key != KIND and not self.compiler.has_attribute(kind, key):
            return Value('""', types.NULL, FALSE)
        table = self.compiler.attribute_table(kind.name is TypeName.NODE, key, of)
        if key == KIND:
            return Value(f"{table}.get({element.text})", of, element.known)
        return Value(f"{table}.get({element.text})", of, both(element.known, f"{table}.containsKey({element.text})"))

    # --- conditions ------------------------------------------------------------------------------------------------

    def unary(self, tree: Unary, scope: Scope) -> Value:
        if tree.operator is UnaryOperator.NOT:
            return self.truth(tree, scope).value
        value = self.value(tree.operand, scope)
        if tree.operator is UnaryOperator.PLUS:
            return value
        return Value(f"(0 - {value.text})", value.type, value.known)

    def negated(self, tree: Unary, scope: Scope) -> Truth:
        if tree.operator is not UnaryOperator.NOT:
            value = self.unary(tree, scope)
            return Truth(both(value.known, value.text), both(value.known, negation(value.text)))
        inner = self.truth(tree.operand, scope)
        return Truth(inner.false, inner.true)

    def binary_truth(self, tree: Binary, scope: Scope) -> Truth:
        operator = tree.operator
        if operator in (BinaryOperator.AND, BinaryOperator.OR, BinaryOperator.XOR):
            one, other = self.truth(tree.left, scope), self.truth(tree.right, scope)
            if operator is BinaryOperator.AND:
                return Truth(both(one.true, other.true), either(one.false, other.false))
            if operator is BinaryOperator.OR:
                return Truth(either(one.true, other.true), both(one.false, other.false))
            return Truth(
                either(both(one.true, other.false), both(one.false, other.true)),
                either(both(one.true, other.true), both(one.false, other.false)),
            )
        if operator is BinaryOperator.IN:
            return self.compiler.lists.contained(tree, scope)
        if operator in (BinaryOperator.STARTS_WITH, BinaryOperator.ENDS_WITH, BinaryOperator.CONTAINS):
            return self._text_test(tree, scope)
        value = self.value(tree, scope)
        return Truth(both(value.known, value.text), both(value.known, negation(value.text)))

    def _text_test(self, tree: Binary, scope: Scope) -> Truth:
        left, right = self.value(tree.left, scope), self.value(tree.right, scope)
        if FALSE in (left.known, right.known):
            return Truth(FALSE, FALSE)
        if left.type.name is not TypeName.STRING or right.type.name is not TypeName.STRING:
            raise self.unsupported(f"operator {tree.operator.value}", tree, "on values that are no strings")
        known = all_known((left, right))
        if tree.operator is BinaryOperator.CONTAINS:
            return Truth(
                both(known, f"(instr({left.text}, {right.text}) >= 0)"),
                both(known, f"(instr({left.text}, {right.text}) < 0)"),
            )
        end = "left" if tree.operator is BinaryOperator.STARTS_WITH else "right"
        cut = f"{end}({left.text}, length({right.text}))"
        return Truth(both(known, f"({cut} == {right.text})"), both(known, f"({cut} != {right.text})"))

    def comparison(self, tree: Comparison, scope: Scope) -> Truth:
        values = [self.value(operand, scope) for operand in tree.operands]
        found = [
            self.compare(left, operator, right, tree)
            for left, operator, right in zip(values, tree.operators, values[1:], strict=False)
        ]
        return Truth(both(*(part.true for part in found)), either(*(part.false for part in found)))

    def compare(self, left: Value, operator: BinaryOperator, right: Value, tree: Tree) -> Truth:
        """One comparison of two values; of lists, maps and paths, and across types, it is refused."""
        if FALSE in (left.known, right.known):
            return Truth(FALSE, FALSE)
        family = {_family(left.type), _family(right.type)}
        if len(family) > 1 or None in family:
            what = f"of {left.type.name.value} with {right.type.name.value}"
            raise self.unsupported("comparison", tree, what)
        if left.type.name in _ELEMENTS and operator not in (BinaryOperator.EQ, BinaryOperator.NE):
            raise self.unsupported("comparison", tree, "of elements by order")
        known = all_known((left, right))
        if left.type.name is TypeName.BOOLEAN:
            return self._compare_truths(left, operator, right, known, tree)
        sign = _COMPARE[operator.value]
        opposite = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}[sign]
        return Truth(
            both(known, f"({left.text} {sign} {right.text})"), both(known, f"({left.text} {opposite} {right.text})")
        )

    def _compare_truths(self, left: Value, operator: BinaryOperator, right: Value, known: str, tree: Tree) -> Truth:
        if operator not in (BinaryOperator.EQ, BinaryOperator.NE):
            raise self.unsupported("comparison", tree, "of truth values by order")
        alike = either(both(left.text, right.text), both(negation(left.text), negation(right.text)))
        unlike = either(both(left.text, negation(right.text)), both(negation(left.text), right.text))
        same, other = both(known, alike), both(known, unlike)
        return Truth(same, other) if operator is BinaryOperator.EQ else Truth(other, same)

    def is_null(self, tree: IsNull, scope: Scope) -> Truth:
        value = self.value(tree.operand, scope)
        found = certain(value.known)
        return found if tree.negated else Truth(found.false, found.true)

    def has_labels(self, tree: HasLabels, scope: Scope) -> Truth:
        if tree.kinds is None:
            raise self.unsupported("label test", tree, "of labels that the schema does not know")
        kind = self.attribute(tree.subject, KIND, types.STRING, scope)
        return self.kind_test(kind, tree.kinds)

    def kind_test(self, kind: Value, names: Iterable[str]) -> Truth:
        """Whether a kind or type is one of some; read of an alias it has TigerGraph's name, else ours."""
        raw = kind.text.endswith(".type")
        return self.among(kind, sorted(words.identifier(name) if raw else name for name in names))

    def among(self, value: Value, names: Sequence[str]) -> Truth:
        """Whether a string is one of some names of the schema."""
        if not names:
            return Truth(FALSE, value.known)
        if len(names) == 1:
            quoted = words.string(names[0])
            return Truth(
                both(value.known, f"({value.text} == {quoted})"), both(value.known, f"({value.text} != {quoted})")
            )
        listed = ", ".join(words.string(name) for name in names)
        return Truth(
            both(value.known, f"({value.text} IN ({listed}))"), both(value.known, f"({value.text} NOT IN ({listed}))")
        )

    # --- computing -------------------------------------------------------------------------------------------------

    def binary(self, tree: Binary, scope: Scope) -> Value:
        operator = tree.operator
        of = self.type_of(tree)
        if of.name is TypeName.BOOLEAN:
            return self.binary_truth(tree, scope).value
        one, other = self.type_of(tree.left), self.type_of(tree.right)
        if of.name is TypeName.LIST:
            return self.compiler.lists.joined(tree, scope)
        if of.name in types.TEMPORAL:
            return self.compiler.temporal.shifted(tree, of, scope)
        left, right = self.value(tree.left, scope), self.value(tree.right, scope)
        known = all_known((left, right))
        if of.name is TypeName.STRING:
            text = " + ".join(self._as_text(value, tree) for value in (left, right))
            return Value(f"({text})", of, known)
        if one.name not in types.NUMERIC or other.name not in types.NUMERIC:
            raise self.unsupported(f"operator {operator.value}", tree, f"of {one.name.value} and {other.name.value}")
        if operator is BinaryOperator.POWER:
            return Value(f"pow({left.text}, {right.text})", of, known)
        if operator is BinaryOperator.DIVIDE and of.name is TypeName.INTEGER:
            left, right = self.stored(left, "number", scope), self.stored(right, "number", scope)
            known = all_known((left, right))
            text = f"({left.text} - {left.text} % {right.text}) / {right.text}"
            return self.computed("quotient", of, text, known, scope)
        if operator is BinaryOperator.DIVIDE and TypeName.NUMBER in (one.name, other.name):
            raise self.unsupported("operator /", tree, "of numbers that may be whole or not")
        if operator is BinaryOperator.MODULO and of.name is not TypeName.INTEGER:
            raise self.unsupported("operator %", tree, "of numbers that are not whole")
        return Value(f"({left.text} {operator.value} {right.text})", of, known)

    def _as_text(self, value: Value, tree: Tree) -> str:
        if value.type.name is TypeName.STRING:
            return value.text
        if value.type.name is TypeName.INTEGER:
            return f"to_string({value.text})"
        raise self.unsupported("operator +", tree, f"of a string and {value.type.name.value}")

    def case(self, tree: Case, scope: Scope) -> Value:
        """An IF for each branch, the last first, so that the first that holds is what stays."""
        self.needs_statements(scope)
        of = self.type_of(tree)
        if of.name is TypeName.NULL:
            return Value('""', types.NULL, FALSE)
        gsql = scalar_type(of)
        if gsql is None:
            raise self.unsupported("CASE", tree, f"with results of type {of.name.value}")
        branches = []
        for when, then in tree.whens:
            if tree.operand is None:
                test = self.truth(when, scope).true
            else:
                operand, value = self.value(tree.operand, scope), self.value(when, scope)
                test = self.compare(operand, BinaryOperator.EQ, value, tree).true
            branches.append((test, self.plain(self.value(then, scope), "then", scope)))
        default = None if tree.default is None else self.plain(self.value(tree.default, scope), "otherwise", scope)
        certainly = default is not None and all(not value.nullable for value in (default, *(v for _, v in branches)))
        name = self.script.variable("choice", gsql)
        has = "" if certainly else self.script.variable("has", "BOOL")
        self._choose(name, has, default or Value(DEFAULTS[gsql], of, FALSE), gsql)
        for test, value in reversed(branches):
            with self.script.block(f"IF {test} THEN"):
                self._choose(name, has, value, gsql)
        return Value(name, of, has or TRUE)

    def _choose(self, name: str, has: str, value: Value, gsql: str) -> None:
        if value.known == FALSE:
            self.script.line(f"{name} = {DEFAULTS[gsql]};")
            self.script.line(f"{has} = FALSE;")
        elif value.known == TRUE:
            self.script.line(f"{name} = {value.text};")
            if has:
                self.script.line(f"{has} = TRUE;")
        else:
            self.script.line(f"{has} = FALSE;")
            with self.script.block(f"IF {value.known} THEN"):
                self.script.line(f"{name} = {value.text};")
                self.script.line(f"{has} = TRUE;")

    def call(self, tree: FunctionCall, scope: Scope) -> Value:
        lowering: Rule | None = self.compiler.LOWERED.get(tree.name)  # type: ignore[assignment]
        if lowering is not None:
            return lowering(self, tree, scope)
        template = TEMPLATES.get(tree.name)
        renamed = RENAMED.get(tree.name)
        if template is None and (renamed is None or (len(tree.arguments) > 1 and tree.name.endswith("trim"))):
            raise self.unsupported(tree.name, tree)
        if tree.name == "round" and len(tree.arguments) != 1:
            raise self.unsupported("round", tree, "to digits")
        values = [self.value(argument, scope) for argument in tree.arguments]
        known = all_known(values)
        if known == FALSE:
            return Value('""', types.NULL, FALSE)
        if any(value.type.name in types.UNKNOWN for value in values):
            raise self.unsupported(tree.name, tree, "of a value whose type is not known")
        texts = [value.text for value in values]
        text = template.format(*texts) if template is not None else f"{renamed}({', '.join(texts)})"
        return Value(text, self.type_of(tree), known)

    def list_literal(self, tree: ListLiteral, scope: Scope) -> Value:
        return self.compiler.lists.literal(tree, scope)


def attribute_text(alias: str, key: str, of: CypherType) -> str:
    """An attribute of an alias of a SELECT; dates become the seconds that are computed with."""
    text = f"{alias}.{words.identifier(key)}"
    return f"datetime_to_epoch({text})" if of.name is TypeName.DATE else text


def _family(of: CypherType) -> str | None:
    if of.name in types.NUMERIC:
        return "number"
    plain = (TypeName.STRING, TypeName.BOOLEAN, TypeName.DATE, TypeName.INSTANT, TypeName.NODE, TypeName.RELATIONSHIP)
    return of.name.value if of.name in plain else None


def _list_rule(name: str) -> Rule:
    def rule(expressions: Expressions, tree: Any, scope: Scope) -> Value:
        expressions.needs_statements(scope)
        found: Value = getattr(expressions.compiler.lists, name)(tree, scope)
        return found

    return rule


def _quantified(expressions: Expressions, tree: Quantifier, scope: Scope) -> Truth:
    return expressions.compiler.lists.quantifier(tree, scope)


VALUES: Final[Mapping[type[Tree], Rule]] = MappingProxyType(
    {
        Literal: Expressions.literal,
        Parameter: Expressions.parameter,
        Variable: Expressions.variable,
        Property: Expressions.property,
        Unary: Expressions.unary,
        Binary: Expressions.binary,
        Case: Expressions.case,
        FunctionCall: Expressions.call,
        ListLiteral: Expressions.list_literal,
        Index: _list_rule("index"),
        Slice: _list_rule("slice"),
        ListComprehension: _list_rule("comprehension"),
        Reduce: _list_rule("reduce"),
    }
)
TESTS: Final[Mapping[type[Tree], Test]] = MappingProxyType(
    {
        Unary: Expressions.negated,
        Binary: Expressions.binary_truth,
        Comparison: Expressions.comparison,
        IsNull: Expressions.is_null,
        HasLabels: Expressions.has_labels,
        Quantifier: _quantified,
    }
)
