"""The stream of tokens that every part of the parser reads, with its errors and its limits of nesting."""

from __future__ import annotations

from typing import Final

from graph.cypher.ast import Span
from graph.cypher.diagnostics import CypherError, CypherSyntaxError, QueryTooLargeError, report
from graph.cypher.lexer import END, NAME, QUOTED, STRING, Token, tokenize

MAXIMUM_NESTING: Final = 60
"""Brackets within brackets. Each costs the parser ten Python frames or more, and the interpreter admits a thousand."""

MAXIMUM_HEIGHT: Final = 200
"""Levels of an expression tree: `1 + 1 + ...` nests without brackets. Binder, printer and executor recurse on it."""


class Stream:
    """Tokens with a position. Methods named `accept_*` move on and answer True, or stay; `expect_*` move on or raise."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.position = 0
        self.token: Token = self.tokens[0]
        self.nesting = 0
        self.height = 0  # of the expression parsed last
        self.tallest = 0  # of the expressions nested in the one being parsed
        self.bar_ends = False  # in `[x IN xs WHERE x:A | x]` the bar ends the predicate, it does not join labels

    def advance(self) -> Token:
        """The current token; the stream moves to the next. The last token (END) is never passed."""
        token = self.token
        if self.position < len(self.tokens) - 1:
            self.position += 1
            self.token = self.tokens[self.position]
        return token

    def peek(self, ahead: int = 1) -> Token:
        """The token `ahead` places after the current one."""
        index = self.position + ahead
        return self.tokens[index] if index < len(self.tokens) else self.tokens[-1]

    @property
    def last_end(self) -> int:
        """Where the token before the current one ends."""
        return self.tokens[self.position - 1].end if self.position else 0

    def span(self, start: int) -> Span:
        """From `start` to the end of the last token read."""
        return Span(start, self.tokens[self.position - 1].end if self.position else 0)

    def accept(self, sign: str) -> bool:
        if self.token.kind == sign:
            self.advance()
            return True
        return False

    def accept_word(self, word: str) -> bool:
        if self.token.word == word:
            self.advance()
            return True
        return False

    def expect(self, sign: str, purpose: str = "") -> Token:
        if self.token.kind != sign:
            raise self.unexpected(f"{sign!r}{purpose and ' ' + purpose}")
        return self.advance()

    def expect_word(self, word: str) -> Token:
        if self.token.word != word:
            raise self.unexpected(word)
        return self.advance()

    def at_name(self) -> bool:
        return self.token.kind in (NAME, QUOTED)

    def name(self, what: str) -> str:
        """A name, quoted or not."""
        if self.token.kind not in (NAME, QUOTED):
            raise self.unexpected(what)
        return self.advance().value

    def enter(self, levels: int = 1) -> None:
        """Count brackets that open; the caller calls `leave` when they close."""
        self.nesting += levels
        if self.nesting > MAXIMUM_NESTING:
            raise report(
                QueryTooLargeError,
                f"the query nests deeper than {MAXIMUM_NESTING} levels",
                text=self.text,
                span=Span(self.token.start, self.token.end),
                hint="split it with WITH, or use a list and IN instead of nested conditions",
            )

    def leave(self, levels: int = 1) -> None:
        self.nesting -= levels

    def check_height(self, start: int) -> None:
        if self.height > MAXIMUM_HEIGHT:
            raise report(
                QueryTooLargeError,
                f"an expression has more than {MAXIMUM_HEIGHT} levels",
                text=self.text,
                span=Span(start, start + 1),
                hint="replace a long chain of OR by a list and IN, or pass the values as a parameter",
            )

    def unexpected(self, *expected: str, hint: str | None = None) -> CypherError:
        """The error for the current token, saying what could stand there."""
        token = self.token
        if token.kind == END:
            seen = "the query ends too early"
        elif token.kind == STRING:
            seen = "a string is not expected here"
        else:
            seen = f"{self.text[token.start : token.end]!r} is not expected here"
        return report(
            CypherSyntaxError,
            seen,
            text=self.text,
            span=Span(token.start, token.end),
            expected=expected,
            hint=hint,
        )

    def refuse(self, message: str, span: Span, hint: str | None = None) -> CypherError:
        """A syntax error about a span that was already read."""
        return report(CypherSyntaxError, message, text=self.text, span=span, hint=hint)
