"""Calls and CASE, with the longer forms that are another way to write a plain one: `trim(LEADING ...)`, `WHEN < 5`."""

from __future__ import annotations

from typing import Final

from graph.cypher.ast import BinaryOperator, Case, Comparison, Expression, FunctionCall
from graph.cypher.lexer import PARAMETER, QUOTED, STRING
from graph.cypher.parser.expressions import COMPARISONS, PREDICATES, ExpressionParser
from graph.cypher.rewrite import descend

_TRIMMED: Final = {"BOTH": "btrim", "LEADING": "ltrim", "TRAILING": "rtrim"}
_REPEATED: Final = 6
"""Parts of an operand that may be written again for each WHEN: a larger one would make trees grow without bound."""


class CallParser(ExpressionParser):
    """Reads calls and CASE."""

    def call(self) -> Expression:
        start = self.token.start
        name = self.advance().value
        while self.accept("."):
            name += "." + self.name("a function name")
        self.expect("(")
        distinct = self.accept_word("DISTINCT")
        arguments: list[Expression] = []
        if name.lower() == "trim" and self._trims_an_end():
            return self._trim(start)
        if self.token.kind != ")":
            arguments.append(self.expression())
            if name.lower() == "trim" and self.token.word == "FROM":
                return self._trim(start, arguments[0])
            while self.accept(","):
                arguments.append(self.expression())
        if self.token.kind != ")":
            raise self.unexpected("','", f"')' to close {name}(")
        self.advance()
        return FunctionCall(name, tuple(arguments), distinct, span=self.span(start))

    def case(self) -> Expression:
        start = self.advance().start
        operand = None if self.token.word == "WHEN" else self.expression()
        whens: list[tuple[Expression, Expression]] = []
        compares: list[bool] = []
        while self.accept_word("WHEN"):
            tests = [self._when(operand)]
            while operand is not None and self.accept(","):
                tests.append(self._when(operand))
            self.expect_word("THEN")
            result = self.expression()
            whens += [(test, result) for test, _ in tests]
            compares += [is_condition for _, is_condition in tests]
        if not whens:
            raise self.unexpected("WHEN")
        if operand is not None and any(compares):
            whens = [
                (test if is_condition else Comparison((operand, test), (BinaryOperator.EQ,), span=test.span), result)
                for (test, result), is_condition in zip(whens, compares, strict=True)
            ]
            operand = None
        default = self.expression() if self.accept_word("ELSE") else None
        if self.token.word != "END":
            raise self.unexpected(*(("END",) if default is not None else ("WHEN", "ELSE", "END")))
        self.advance()
        return Case(operand, tuple(whens), default, span=self.span(start))

    def _when(self, operand: Expression | None) -> tuple[Expression, bool]:
        """What follows WHEN: a value or a condition; `< 5` and `IS NULL` after an operand are conditions on it, and true is told."""
        start = self.token.start
        shorthand = self.token.kind in COMPARISONS or self.token.kind == "=~" or self.token.word in PREDICATES
        if operand is None or not shorthand:
            return self.expression(), False
        if sum(1 for _ in descend(operand)) > _REPEATED:
            raise self.refuse(
                "the operand of this CASE is too large to be compared in WHEN",
                operand.span,
                hint="name it first: WITH ... AS x, then CASE x WHEN < 5 THEN ...",
            )
        condition = self.condition_on(operand, start)
        self.tallest = max(self.tallest, self.height)
        return condition, True

    def _trims_an_end(self) -> bool:
        """Whether `BOTH`, `LEADING` or `TRAILING` stands here as such, not as a variable of that name."""
        following = self.peek()
        return self.token.word in _TRIMMED and (following.word != "" or following.kind in (STRING, PARAMETER, QUOTED))

    def _trim(self, start: int, characters: Expression | None = None) -> Expression:
        """`trim(LEADING 'x' FROM text)` is `ltrim(text, 'x')`; the others alike."""
        function = "btrim"
        if characters is None:
            function = _TRIMMED[self.advance().word]
            characters = None if self.token.word == "FROM" else self.expression()
        self.expect_word("FROM")
        text = self.expression()
        self.expect(")", "to close trim(")
        arguments = (text,) if characters is None else (text, characters)
        return FunctionCall(function, arguments, span=self.span(start))
