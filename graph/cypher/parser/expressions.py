"""Expressions by precedence climbing: OR, XOR, AND, NOT, comparison, predicates, + -, * / %, ^, unary, postfix.

Precedences follow Cypher 5: comparisons chain (`1 < x <= 3`), `^` is left-associative and binds less than a sign.
"""

from __future__ import annotations

from typing import Final

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Comparison,
    Expression,
    HasLabels,
    Index,
    IsNull,
    Literal,
    Property,
    Slice,
    Span,
    Unary,
    UnaryOperator,
)
from graph.cypher.lexer import FLOAT, INTEGER, NAME, QUOTED, Token, fits_int64, integer_value
from graph.cypher.parser.labels import LabelParser

COMPARISONS: Final = {
    "=": BinaryOperator.EQ,
    "<>": BinaryOperator.NE,
    "<": BinaryOperator.LT,
    "<=": BinaryOperator.LE,
    ">": BinaryOperator.GT,
    ">=": BinaryOperator.GE,
}
_LOGICAL: Final = {
    "OR": (1, BinaryOperator.OR),
    "XOR": (2, BinaryOperator.XOR),
    "AND": (3, BinaryOperator.AND),
}
_ARITHMETIC: Final = {
    "+": (1, BinaryOperator.ADD),
    "||": (1, BinaryOperator.ADD),
    "-": (1, BinaryOperator.SUBTRACT),
    "*": (2, BinaryOperator.MULTIPLY),
    "/": (2, BinaryOperator.DIVIDE),
    "%": (2, BinaryOperator.MODULO),
    "^": (3, BinaryOperator.POWER),
}
PREDICATES: Final = frozenset({"IN", "STARTS", "ENDS", "CONTAINS", "IS"})


class ExpressionParser(LabelParser):
    """Reads expressions. Subclasses read what stands at the leaves (`atom`)."""

    def atom(self) -> Expression:
        raise NotImplementedError

    def expression(self) -> Expression:
        """A whole expression; its height is checked, and counted for what encloses it."""
        start = self.token.start
        self.enter()
        found = self._logical(1)
        self.leave()
        self.check_height(start)
        if self.height > self.tallest:
            self.tallest = self.height
        return found

    def _logical(self, lowest: int) -> Expression:
        start = self.token.start
        left = self._negation() if self.token.word == "NOT" else self._comparison()
        while True:
            level = _LOGICAL.get(self.token.word)
            if level is None or level[0] < lowest:
                return left
            height = self.height
            self.advance()
            right = self._logical(level[0] + 1)
            self.height = 1 + max(height, self.height)
            self.check_height(start)
            left = Binary(level[1], left, right, span=self.span(start))

    def _negation(self) -> Expression:
        starts = []
        while self.token.word == "NOT":
            starts.append(self.advance().start)
        found = self._comparison()
        for start in reversed(starts):
            found = Unary(UnaryOperator.NOT, found, span=self.span(start))
        self.height += len(starts)
        self.check_height(starts[0])
        return found

    def _comparison(self) -> Expression:
        start = self.token.start
        first = self._predicate()
        if self.token.kind not in COMPARISONS:
            return first
        operands, operators, height = [first], [], self.height
        while (operator := COMPARISONS.get(self.token.kind)) is not None:
            self.advance()
            operators.append(operator)
            operands.append(self._predicate())
            height = max(height, self.height)
        self.height = height + 1
        return Comparison(tuple(operands), tuple(operators), span=self.span(start))

    def _predicate(self) -> Expression:
        start = self.token.start
        return self._predicates_of(self._arithmetic(1), start)

    def condition_on(self, operand: Expression, start: int) -> Expression:
        """`< 5`, `IS NULL` and the like, which the current token begins, as a condition on an operand read before."""
        operator = COMPARISONS.get(self.token.kind)
        if operator is None:
            self.height = 1
            return self._predicates_of(operand, start)
        self.advance()
        right = self._predicate()
        self.height += 1
        return Comparison((operand, right), (operator,), span=self.span(start))

    def _predicates_of(self, left: Expression, start: int) -> Expression:
        while self.token.word in PREDICATES or self.token.kind == "=~":
            height = self.height
            if self.accept_word("IS"):
                negated = self.accept_word("NOT")
                if self.token.word != "NULL":
                    raise self.unexpected("NULL" if negated else "NULL or NOT NULL")
                self.advance()
                left = IsNull(left, negated, span=self.span(start))
                self.height = height + 1
            else:
                operator = self._predicate_operator()
                right = self._arithmetic(1)
                left = Binary(operator, left, right, span=self.span(start))
                self.height = 1 + max(height, self.height)
            self.check_height(start)
        return left

    def _predicate_operator(self) -> BinaryOperator:
        token = self.advance()
        if token.word == "IN":
            return BinaryOperator.IN
        if token.word == "CONTAINS":
            return BinaryOperator.CONTAINS
        if token.kind == "=~":
            return BinaryOperator.REGEX
        self.expect_word("WITH")
        return BinaryOperator.STARTS_WITH if token.word == "STARTS" else BinaryOperator.ENDS_WITH

    def _arithmetic(self, lowest: int) -> Expression:
        start = self.token.start
        left = self._unary()
        while True:
            level = _ARITHMETIC.get(self.token.kind)
            if level is None or level[0] < lowest:
                return left
            height = self.height
            self.advance()
            right = self._arithmetic(level[0] + 1)
            self.height = 1 + max(height, self.height)
            self.check_height(start)
            left = Binary(level[1], left, right, span=self.span(start))

    def _unary(self) -> Expression:
        kind = self.token.kind
        if kind not in ("-", "+"):
            return self._postfix()
        if kind == "-" and self.peek().kind in (INTEGER, FLOAT) and self.peek(2).kind not in ("[", ".", ":"):
            self.height = 1
            return self._number(self.advance().start, negative=True)
        signs: list[Token] = []
        while self.token.kind in ("-", "+"):
            if self.token.kind == "-" and signs and self.peek().kind in (INTEGER, FLOAT):
                break
            signs.append(self.advance())
        operand = self._unary() if self.token.kind == "-" else self._postfix()
        for sign in reversed(signs):
            operator = UnaryOperator.MINUS if sign.kind == "-" else UnaryOperator.PLUS
            operand = Unary(operator, operand, span=self.span(sign.start))
        self.height += len(signs)
        self.check_height(signs[0].start)
        return operand

    def _number(self, start: int, *, negative: bool) -> Literal:
        token = self.advance()
        if token.kind == FLOAT:
            value = float(token.value)
            if value == float("inf"):
                raise self.refuse(f"{token.value} is too large for a float", Span(start, token.end))
            return Literal(-value if negative else value, span=self.span(start))
        # 4300 digits and more are refused by `int` itself, so look at the length first.
        number = integer_value(token.value) if len(token.value) < 70 else 2**64
        number = -number if negative else number
        if not fits_int64(number):
            raise self.refuse(
                f"{token.value[:70]} is too large for an integer of 64 bits",
                Span(start, token.end),
                hint="write it as a float, for instance with .0",
            )
        return Literal(number, span=self.span(start))

    def _postfix(self) -> Expression:
        start = self.token.start
        if self.token.kind in (INTEGER, FLOAT):
            found: Expression = self._number(start, negative=False)
            self.height = 1
        else:
            found = self.atom()
        while True:
            kind = self.token.kind
            if kind == ".":
                self.advance()
                found = Property(found, self._key(), span=self.span(start))
                self.height += 1
            elif kind == "[":
                found = self._subscript(found, start)
            elif kind == ":" and self._label_follows():
                self.advance()
                found = HasLabels(found, self.label_expression(), span=self.span(start))
                self.height += 1
            else:
                return found
            self.check_height(start)

    def _label_follows(self) -> bool:
        """A `:` after an expression is a label test; a map's `key: value` never gets here, its keys are no expressions."""
        return self.peek().kind in (NAME, QUOTED, "!", "%", "(")

    def _key(self) -> str:
        if self.token.kind == "*":
            raise self.unexpected("a property name", hint=".* stands in map projections only: n {.*}")
        return self.name("a property name")

    def _subscript(self, subject: Expression, start: int) -> Expression:
        height = self.height
        saved, self.tallest, bar, self.bar_ends = self.tallest, 0, self.bar_ends, False
        self.advance()
        first = None if self.token.kind == ".." else self.expression()
        found: Expression
        if self.accept(".."):
            last = None if self.token.kind == "]" else self.expression()
            self.expect("]", "to close the slice")
            found = Slice(subject, first, last, span=self.span(start))
        else:
            if first is None:
                raise self.unexpected("an index")
            self.expect("]", "to close the index")
            found = Index(subject, first, span=self.span(start))
        self.height = 1 + max(height, self.tallest)
        self.tallest, self.bar_ends = saved, bar
        return found
