"""Clauses and queries: MATCH, UNWIND, WITH, RETURN, CALL, UNION, and writing clauses so that they can be refused by name."""

from __future__ import annotations

from typing import Final

from graph.cypher.ast import (
    CallProcedure,
    CallSubquery,
    Clause,
    Expression,
    Match,
    Projection,
    ProjectionItem,
    Query,
    Return,
    SinglePart,
    SortItem,
    Span,
    SubqueryKind,
    Unwind,
    Variable,
    With,
    WritingClause,
)
from graph.cypher.lexer import END
from graph.cypher.parser.patterns import PatternParser
from graph.cypher.procedures import EVERY_RESULT

_READING: Final = frozenset({"MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CALL", "UNION"})
_WRITING: Final = frozenset(
    [
        "CREATE",
        "MERGE",
        "SET",
        "DELETE",
        "DETACH",
        "NODETACH",
        "REMOVE",
        "FOREACH",
        "LOAD",
        "DROP",
        "USE",
        "INSERT",
        "FINISH",
        "SHOW",
        "GRANT",
        "DENY",
        "REVOKE",
        "ALTER",
        "START",
        "STOP",
        "TERMINATE",
        "RENAME",
        "ENABLE",
        "DEALLOCATE",
        "REALLOCATE",
        "DRYRUN",
        "USING",
    ]
)
_STOPS: Final = _READING | _WRITING
_TWO_WORDS: Final = frozenset({("DETACH", "DELETE"), ("NODETACH", "DELETE"), ("LOAD", "CSV")})
_CLAUSES: Final = ("MATCH", "OPTIONAL MATCH", "UNWIND", "WITH", "CALL", "RETURN")


class ClauseParser(PatternParser):
    """Reads clauses and queries."""

    def whole_query(self) -> Query:
        """The one query of the text; a final semicolon is allowed."""
        if self.token.kind == END:
            raise self.unexpected(*_CLAUSES)
        if self.token.word in ("EXPLAIN", "PROFILE"):
            raise self.unexpected(*_CLAUSES, hint="the console has --explain")
        query = self.query(closing=None, needs_return=True)
        if self.accept(";") and self.token.kind != END:
            raise self.unexpected("the end of the query", hint="one query at a time")
        if self.token.kind != END:
            raise self.unexpected(*self._continuation(query))
        return query

    def query(self, closing: str | None, *, needs_return: bool) -> Query:
        """Parts joined by UNION, up to `closing` (which is left to the caller)."""
        start = self.token.start
        parts = [self._part(closing, needs_return=needs_return)]
        union_all: bool | None = None
        while self.token.word == "UNION":
            token = self.advance()
            every = self.accept_word("ALL")
            if not every:
                self.accept_word("DISTINCT")
            if union_all is not None and union_all != every:
                raise self.refuse("UNION and UNION ALL cannot be mixed in one query", self.span(token.start))
            union_all = every
            parts.append(self._part(closing, needs_return=needs_return))
        return Query(tuple(parts), bool(union_all), span=self.span(start))

    def subquery_body(self, kind: SubqueryKind) -> Query:
        """What stands in EXISTS { } or COUNT { }: a query, or a bare pattern with WHERE. COLLECT { } holds a query."""
        start = self.token.start
        self.height = 0
        if self.token.word in _READING and self.peek().kind != "=":
            return self.query(closing="}", needs_return=kind is SubqueryKind.COLLECT)
        if kind is SubqueryKind.COLLECT:
            raise self.unexpected(*_CLAUSES)
        patterns = self.patterns()
        where = self.expression() if self.accept_word("WHERE") else None
        match = Match(patterns, where, span=self.span(start))
        return Query((SinglePart((match,), span=self.span(start)),), span=self.span(start))

    def _part(self, closing: str | None, *, needs_return: bool) -> SinglePart:
        start = self.token.start
        clauses: list[Clause] = []
        while not (self.token.kind in (END, ";", closing or END) or self.token.word == "UNION"):
            if clauses and isinstance(clauses[-1], Return):
                raise self.unexpected(*self._after_return(clauses[-1], closing))
            clauses.append(self._clause(clauses))
        if not clauses:
            raise self.unexpected(*_CLAUSES)
        writes = any(isinstance(clause, WritingClause) for clause in clauses)
        concludes = isinstance(clauses[-1], Return) or (isinstance(clauses[-1], CallProcedure) and len(clauses) == 1)
        if not concludes and not writes and needs_return:
            raise self.unexpected(*self._continuation_of(clauses[-1]), hint="a query ends with RETURN")
        return SinglePart(tuple(clauses), span=self.span(start))

    def _continuation(self, query: Query) -> tuple[str, ...]:
        return self._continuation_of(query.parts[-1].clauses[-1])

    def _continuation_of(self, clause: Clause) -> tuple[str, ...]:
        if isinstance(clause, Return):
            return self._after_return(clause, None)
        if isinstance(clause, Match) and clause.where is None:
            return ("WHERE", *_CLAUSES)
        if isinstance(clause, With) and clause.where is None:
            return ("WHERE", *_CLAUSES)
        return _CLAUSES

    @staticmethod
    def _after_return(clause: Return, closing: str | None) -> tuple[str, ...]:
        found = clause.projection
        words = []
        if found.limit is None:
            words = ["LIMIT"]
            if found.skip is None:
                words = ["SKIP", "LIMIT"]
                if not found.order:
                    words = ["','", "ORDER BY", "SKIP", "LIMIT"]
        return (*words, "UNION", f"'{closing}'" if closing else "the end of the query")

    def _clause(self, before: list[Clause]) -> Clause:
        start = self.token.start
        word = self.token.word
        if word == "MATCH":
            self.advance()
            return self._match(start, optional=False)
        if word == "OPTIONAL":
            self.advance()
            if self.token.word != "MATCH":
                raise self.unexpected("MATCH")
            self.advance()
            return self._match(start, optional=True)
        if word == "UNWIND":
            self.advance()
            source = self.expression()
            self.expect_word("AS")
            return Unwind(source, self.name("a variable"), span=self.span(start))
        if word == "WITH":
            self.advance()
            projection = self._projection(aliased=True)
            where = self.expression() if self.accept_word("WHERE") else None
            return With(projection, where, span=self.span(start))
        if word == "RETURN":
            self.advance()
            return Return(self._projection(aliased=False), span=self.span(start))
        if word == "CALL":
            return self._call_clause()
        if word in _WRITING:
            return self._writing()
        raise self.unexpected(*(self._continuation_of(before[-1]) if before else _CLAUSES))

    def _match(self, start: int, *, optional: bool) -> Match:
        patterns = self.patterns()
        where = self.expression() if self.accept_word("WHERE") else None
        return Match(patterns, where, optional, span=self.span(start))

    def _projection(self, *, aliased: bool) -> Projection:
        start = self.token.start
        distinct = self.accept_word("DISTINCT")
        items: list[ProjectionItem] = []
        star = self.accept("*")
        if not star or self.accept(","):
            items.append(self._item(aliased=aliased))
            while self.accept(","):
                items.append(self._item(aliased=aliased))
        order: list[SortItem] = []
        if self.accept_word("ORDER"):
            self.expect_word("BY")
            order.append(self._sort_item())
            while self.accept(","):
                order.append(self._sort_item())
        skip = self.expression() if self.accept_word("SKIP") or self.accept_word("OFFSET") else None
        limit = self.expression() if self.accept_word("LIMIT") else None
        return Projection(tuple(items), distinct, star, tuple(order), skip, limit, span=self.span(start))

    def _item(self, *, aliased: bool) -> ProjectionItem:
        start = self.token.start
        expression = self.expression()
        end = self.last_end
        if self.accept_word("AS"):
            return ProjectionItem(expression, self.name("a name"), span=self.span(start))
        if isinstance(expression, Variable):
            return ProjectionItem(expression, expression.name, True, span=self.span(start))
        if aliased:
            raise self.unexpected("AS", hint="WITH needs a name for everything that is not a variable")
        return ProjectionItem(expression, self.text[start:end], True, span=self.span(start))

    def _sort_item(self) -> SortItem:
        start = self.token.start
        expression = self.expression()
        if self.token.word in ("DESC", "DESCENDING"):
            self.advance()
            return SortItem(expression, True, span=self.span(start))
        if self.token.word in ("ASC", "ASCENDING"):
            self.advance()
        return SortItem(expression, span=self.span(start))

    def _call_clause(self) -> Clause:
        start = self.advance().start
        imports: tuple[str, ...] | None = None
        if self.token.kind == "(":
            imports = self._imports()
        if self.token.kind == "{":
            self.advance()
            self.enter(3)
            query = self.query(closing="}", needs_return=False)
            self.leave(3)
            self.expect("}", "to close CALL {")
            if self.token.word == "IN" and self.peek().word in ("TRANSACTIONS", "CONCURRENT"):
                return WritingClause("CALL IN TRANSACTIONS", span=self._skip_clause(start))
            return CallSubquery(query, imports, span=self.span(start))
        if imports is not None:
            raise self.unexpected("'{'")
        name = self.name("a procedure name or '{'")
        while self.accept("."):
            name += "." + self.name("a procedure name")
        arguments = self._arguments() if self.accept("(") else None
        yields: tuple[tuple[str, str], ...] | None = None
        where = None
        if self.accept_word("YIELD"):
            yields = EVERY_RESULT if self.accept("*") else self._yields()
            where = self.expression() if self.accept_word("WHERE") else None
        return CallProcedure(name, arguments, yields, where, span=self.span(start))

    def _imports(self) -> tuple[str, ...] | None:
        """`(x, y)`; `(*)` imports everything, which is written None with a star kept by the caller's binder."""
        self.expect("(")
        if self.accept("*"):
            self.expect(")")
            return ("*",)
        names: list[str] = []
        while self.token.kind != ")":
            if names:
                self.expect(",", "or ')'")
            names.append(self.name("a variable"))
        self.advance()
        return tuple(names)

    def _arguments(self) -> tuple[Expression, ...]:
        found: list[Expression] = []
        while self.token.kind != ")":
            if found:
                self.expect(",", "or ')'")
            found.append(self.expression())
        self.advance()
        return tuple(found)

    def _yields(self) -> tuple[tuple[str, str], ...]:
        found = []
        while True:
            field = self.name("a result of the procedure")
            found.append((field, self.name("a variable") if self.accept_word("AS") else field))
            if not self.accept(","):
                return tuple(found)

    def _writing(self) -> WritingClause:
        token = self.advance()
        name = token.word
        if (token.word, self.token.word) in _TWO_WORDS:
            name = f"{token.word} {self.advance().word}"
        return WritingClause(name, span=self._skip_clause(token.start))

    def _skip_clause(self, start: int) -> Span:
        """Pass over a clause that will be refused, up to the next clause, without reading it."""
        brackets = 0
        previous = ""
        while self.token.kind != END:
            kind = self.token.kind
            if brackets == 0:
                if kind in (";", "}"):
                    break
                if self.token.word in _STOPS and previous not in (".", ":", "ON"):
                    break
            if kind in ("(", "[", "{"):
                brackets += 1
            elif kind in (")", "]", "}"):
                brackets -= 1
            previous = self.token.word or kind
            self.advance()
        return self.span(start)
