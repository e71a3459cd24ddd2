"""The leaves of expressions: literals, variables, comprehensions, quantifiers, subqueries, patterns."""

from __future__ import annotations

from typing import Final

from graph.cypher.ast import (
    CountStar,
    Expression,
    ListComprehension,
    ListLiteral,
    Literal,
    MapLiteral,
    MapProjection,
    MapProjectionItem,
    Parameter,
    PathPattern,
    PatternComprehension,
    PatternPredicate,
    Quantifier,
    QuantifierKind,
    Query,
    Reduce,
    SubqueryExpression,
    SubqueryKind,
    Variable,
)
from graph.cypher.lexer import NAME, PARAMETER, QUOTED, STRING
from graph.cypher.parser.calls import CallParser

RESERVED: Final = frozenset(
    [
        "AND",
        "AS",
        "ASC",
        "ASCENDING",
        "BY",
        "CONTAINS",
        "CREATE",
        "DELETE",
        "DESC",
        "DESCENDING",
        "DETACH",
        "DISTINCT",
        "ELSE",
        "ENDS",
        "FOREACH",
        "IN",
        "IS",
        "LIMIT",
        "MATCH",
        "MERGE",
        "NOT",
        "ON",
        "OPTIONAL",
        "OR",
        "ORDER",
        "REMOVE",
        "RETURN",
        "SET",
        "SKIP",
        "STARTS",
        "THEN",
        "UNION",
        "UNWIND",
        "WHEN",
        "WHERE",
        "WITH",
        "XOR",
        "YIELD",
    ]
)
_CONSTANTS: Final = {"TRUE": True, "FALSE": False, "NULL": None}
_FLOAT_CONSTANTS: Final = {"INF": float("inf"), "INFINITY": float("inf"), "NAN": float("nan")}
_QUANTIFIERS: Final = {kind.value.upper(): kind for kind in QuantifierKind}
_SUBQUERIES: Final = {kind.value: kind for kind in SubqueryKind}
_SHORTEST: Final = frozenset({"SHORTESTPATH", "ALLSHORTESTPATHS"})


class AtomParser(CallParser):
    """Reads the leaves of expressions. Subclasses read patterns and queries."""

    def path_pattern(self) -> PathPattern:
        raise NotImplementedError

    def relationships_pattern(self) -> PathPattern:
        raise NotImplementedError

    def subquery_body(self, kind: SubqueryKind) -> Query:
        raise NotImplementedError

    def atom(self) -> Expression:
        saved, self.tallest, bar, self.bar_ends = self.tallest, 0, self.bar_ends, False
        found = self._atom()
        self.height = 1 + self.tallest
        self.tallest, self.bar_ends = saved, bar
        return found

    def _atom(self) -> Expression:
        token = self.token
        kind = token.kind
        if kind == NAME:
            return self._word()
        if kind == STRING:
            self.advance()
            return Literal(token.value, span=self.span(token.start))
        if kind == PARAMETER:
            self.advance()
            return Parameter(token.value, span=self.span(token.start))
        if kind == QUOTED:
            return self._map_projection() if self.peek().kind == "{" else self._variable()
        if kind == "(":
            if self.at_pattern():
                return self._pattern_predicate()
            self.advance()
            inner = self.expression()
            self.expect(")")
            self.tallest -= 1  # brackets are no level of the tree
            return inner
        if kind == "[":
            return self._list()
        if kind == "{":
            return self.map_literal()
        raise self.unexpected("an expression")

    def _word(self) -> Expression:
        token = self.token
        word = token.word
        following = self.peek().kind
        if word in _CONSTANTS and following != "(":
            self.advance()
            return Literal(_CONSTANTS[word], span=self.span(token.start))
        if following == "{" and word in _SUBQUERIES:
            return self._subquery(_SUBQUERIES[word])
        if following == "(":
            if word in _QUANTIFIERS and self.peek(3).word == "IN":
                return self._quantifier(_QUANTIFIERS[word])
            if word == "REDUCE" and self.peek(3).kind == "=":
                return self._reduce()
            if word in _SHORTEST:
                pattern = self.path_pattern()
                return PatternPredicate(pattern, span=self.span(token.start))
            if word == "COUNT" and self.peek(2).kind == "*":
                self.advance()
                self.advance()
                self.advance()
                self.expect(")", "to close count(*)")
                return CountStar(span=self.span(token.start))
            if word not in RESERVED and word != "CASE":
                return self.call()
        if word == "CASE" and following != ".":
            return self.case()
        if following == "." and self._is_namespaced_call():
            return self.call()
        if word in RESERVED:
            raise self.unexpected(
                "an expression", hint=f"{word} is a reserved word: a variable of that name needs backticks"
            )
        if word in _FLOAT_CONSTANTS:
            self.advance()
            return Literal(_FLOAT_CONSTANTS[word], span=self.span(token.start))
        if following == "{":
            return self._map_projection()
        return self._variable()

    def _variable(self) -> Expression:
        token = self.advance()
        return Variable(token.value, span=self.span(token.start))

    def _is_namespaced_call(self) -> bool:
        """`duration.between(`: names joined by dots, then a bracket. Nothing else has a bracket after a property."""
        ahead = 1
        while self.peek(ahead).kind == "." and self.peek(ahead + 1).kind in (NAME, QUOTED):
            ahead += 2
        return self.peek(ahead).kind == "("

    def _list(self) -> Expression:
        start = self.token.start
        if self.peek().kind in (NAME, QUOTED) and self.peek(2).word == "IN":
            return self._list_comprehension()
        if (self.peek().kind == "(" and self.at_pattern(1)) or (
            self.peek().kind in (NAME, QUOTED)
            and self.peek(2).kind == "="
            and self.peek(3).kind == "("
            and self.at_pattern(3)
        ):
            return self._pattern_comprehension()
        self.advance()
        items: list[Expression] = []
        if self.token.kind != "]":
            items.append(self.expression())
            while self.accept(","):
                items.append(self.expression())
        if self.token.kind != "]":
            raise self.unexpected("','", "']' to close the list")
        self.advance()
        return ListLiteral(tuple(items), span=self.span(start))

    def _list_comprehension(self) -> Expression:
        start = self.advance().start
        variable = self.name("a variable")
        self.expect_word("IN")
        self.bar_ends = True
        source = self.expression()
        predicate = self.expression() if self.accept_word("WHERE") else None
        self.bar_ends = False
        projection = self.expression() if self.accept("|") else None
        self.expect("]", "to close the list comprehension")
        return ListComprehension(variable, source, predicate, projection, span=self.span(start))

    def _pattern_comprehension(self) -> Expression:
        start = self.advance().start
        pattern = self.path_pattern()
        self.bar_ends = True
        predicate = self.expression() if self.accept_word("WHERE") else None
        self.bar_ends = False
        self.expect("|", "before what the pattern comprehension gives")
        projection = self.expression()
        self.expect("]", "to close the pattern comprehension")
        return PatternComprehension(pattern, predicate, projection, span=self.span(start))

    def map_literal(self) -> MapLiteral:
        start = self.expect("{").start
        items: list[tuple[str, Expression]] = []
        while self.token.kind != "}":
            if items:
                self.expect(",", "or '}'")
            key = self.name("a key")
            self.expect(":", "after a key")
            items.append((key, self.expression()))
        self.advance()
        return MapLiteral(tuple(items), span=self.span(start))

    def _map_projection(self) -> Expression:
        start = self.token.start
        subject = self.advance().value
        self.expect("{")
        items: list[MapProjectionItem] = []
        while self.token.kind != "}":
            if items:
                self.expect(",", "or '}'")
            items.append(self._map_projection_item())
        self.advance()
        return MapProjection(subject, tuple(items), span=self.span(start))

    def _map_projection_item(self) -> MapProjectionItem:
        start = self.token.start
        if self.accept("."):
            key = "*" if self.accept("*") else self.name("a property name or *")
            return MapProjectionItem(key, span=self.span(start))
        key = self.name("a key, .name or .*")
        if self.accept(":"):
            return MapProjectionItem(key, self.expression(), span=self.span(start))
        return MapProjectionItem(key, Variable(key, span=self.span(start)), span=self.span(start))

    def _quantifier(self, kind: QuantifierKind) -> Expression:
        start = self.advance().start
        self.advance()
        variable = self.name("a variable")
        self.expect_word("IN")
        source = self.expression()
        self.expect_word("WHERE")
        predicate = self.expression()
        self.expect(")", f"to close {kind.value}(")
        return Quantifier(kind, variable, source, predicate, span=self.span(start))

    def _reduce(self) -> Expression:
        start = self.advance().start
        self.advance()
        accumulator = self.name("a variable")
        self.expect("=")
        initial = self.expression()
        self.expect(",")
        variable = self.name("a variable")
        self.expect_word("IN")
        self.bar_ends = True
        source = self.expression()
        self.bar_ends = False
        self.expect("|")
        step = self.expression()
        self.expect(")", "to close reduce(")
        return Reduce(accumulator, initial, variable, source, step, span=self.span(start))

    def _subquery(self, kind: SubqueryKind) -> Expression:
        start = self.advance().start
        self.advance()
        self.enter(3)  # a query within an expression costs more frames than a bracket
        saved = self.tallest
        query = self.subquery_body(kind)
        self.tallest = max(saved, self.tallest)
        self.leave(3)
        self.expect("}", f"to close {kind.value} {{")
        return SubqueryExpression(kind, query, span=self.span(start))

    def _pattern_predicate(self) -> Expression:
        start = self.token.start
        pattern = self.relationships_pattern()
        return PatternPredicate(pattern, span=self.span(start))

    def at_pattern(self, ahead: int = 0) -> bool:
        """Whether the bracket `ahead` opens a node of a pattern with at least one relationship, and no expression.

        `(a)-[..]`, `(a)--`, `(a)<-[`, `(a)<--`: what is in the brackets must look like a node too.
        """
        first, second = self.peek(ahead + 1), self.peek(ahead + 2)
        if first.kind == PARAMETER:
            looks_right = second.kind == ")" or second.word == "WHERE"
        elif first.kind in (NAME, QUOTED) and first.word != "WHERE":
            looks_right = second.kind in (")", ":", "{", PARAMETER) or second.word in ("WHERE", "IS")
        else:
            looks_right = first.kind in (")", ":", "{") or first.word == "WHERE"
        if not looks_right:
            return False
        open_brackets, position = 0, self.position + ahead
        while position < len(self.tokens):
            kind = self.tokens[position].kind
            if kind == "(":
                open_brackets += 1
            elif kind == ")":
                open_brackets -= 1
                if open_brackets == 0:
                    break
            position += 1
        after = [token.kind for token in self.tokens[position + 1 : position + 4]]
        return after[:2] in (["-", "["], ["-", "-"]) or after in (["<", "-", "["], ["<", "-", "-"])
