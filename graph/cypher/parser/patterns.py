"""Patterns: nodes, relationships, variable length, quantified forms that reduce to it, shortest paths."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from graph.cypher.ast import (
    Direction,
    Expression,
    Hops,
    LabelExpression,
    MapLiteral,
    NodePattern,
    Parameter,
    PathPattern,
    RelationshipPattern,
    ShortestKind,
    Span,
)
from graph.cypher.lexer import INTEGER, NAME, PARAMETER, QUOTED, integer_value
from graph.cypher.parser.atoms import AtomParser
from graph.cypher.quantified import reduced

_SHORTEST = {kind.value.upper(): kind for kind in ShortestKind}


class PatternParser(AtomParser):
    """Reads patterns."""

    written: Counter[str] | None = None  # how often each name is written, once somebody asks

    def patterns(self) -> tuple[PathPattern, ...]:
        found = [self.path_pattern()]
        while self.accept(","):
            found.append(self.path_pattern())
        return tuple(found)

    def path_pattern(self) -> PathPattern:
        """A pattern part, named or not, possibly inside shortestPath(...)."""
        start = self.token.start
        variable = None
        if self.token.kind in (NAME, QUOTED) and self.peek().kind == "=":
            variable = self.advance().value
            self.advance()
        shortest = _SHORTEST.get(self.token.word)
        if shortest is not None and self.peek().kind == "(":
            self.advance()
            self.advance()
            inner = self._chain()
            self.expect(")", f"to close {shortest.value}(")
            if len(inner.steps) != 1:
                raise self.refuse(
                    f"{shortest.value} takes one relationship between two nodes",
                    self.span(start),
                    hint=f"write {shortest.value}((a)-[:TYPE*..10]-(b))",
                )
            return replace(inner, variable=variable, shortest=shortest, span=self.span(start))
        if self.token.kind != "(":
            raise self.unexpected("a node pattern such as (n:Server)")
        return replace(self._chain(), variable=variable, span=self.span(start))

    def relationships_pattern(self) -> PathPattern:
        return self._chain()

    def _chain(self) -> PathPattern:
        start = self.token.start
        self.enter()
        if self.token.kind == "(" and self.peek().kind == "(":
            # a path that starts with a quantified part has an anonymous node before it
            first, steps = NodePattern(span=Span(start, start)), [self._quantified()]
            steps = self._close_quantified(steps)
        else:
            first, steps = self._node(), []
        while True:
            if self.token.kind == "-" or (self.token.kind == "<" and self.peek().kind == "-"):
                relationship = self._relationship()
                if self.token.kind != "(":
                    raise self.unexpected("a node pattern after the relationship")
                steps.append((relationship, self._node()))
            elif self.token.kind == "(" and self.peek().kind == "(":
                steps.append(self._quantified())
                steps = self._close_quantified(steps)
            else:
                break
        self.leave()
        return PathPattern(first, tuple(steps), span=self.span(start))

    def _node(self) -> NodePattern:
        start = self.expect("(").start
        bar, self.bar_ends = self.bar_ends, False
        variable = labels = None
        if self.token.kind in (NAME, QUOTED) and not (self.token.word == "WHERE" and self.peek().kind != ")"):
            variable = self.advance().value
        labels = self._labels()
        properties = self._properties()
        where = self.expression() if self.accept_word("WHERE") else None
        self.bar_ends = bar
        if self.token.kind != ")":
            raise self.unexpected(*self._missing(variable, labels, properties, where), "')' to close the node")
        self.advance()
        return NodePattern(variable, labels, properties, where, span=self.span(start))

    @staticmethod
    def _missing(
        variable: str | None,
        labels: LabelExpression | None,
        properties: MapLiteral | Parameter | None,
        where: Expression | None,
    ) -> list[str]:
        """What may still stand in a node or relationship after what was read."""
        if where is not None:
            return []
        if properties is not None:
            return ["WHERE"]
        if labels is not None:
            return ["'{'", "WHERE"]
        return (["a variable"] if variable is None else []) + ["':' and a label", "'{'", "WHERE"]

    def _labels(self) -> LabelExpression | None:
        if self.accept(":") or self.accept_word("IS"):
            return self.label_expression()
        return None

    def _properties(self) -> MapLiteral | Parameter | None:
        if self.token.kind == "{":
            return self.map_literal()
        if self.token.kind == PARAMETER:
            token = self.advance()
            return Parameter(token.value, span=Span(token.start, token.end))
        return None

    def _relationship(self) -> RelationshipPattern:
        start = self.token.start
        left = self.accept("<")
        self.expect("-")
        variable = labels = properties = where = hops = None
        if self.accept("["):
            bar, self.bar_ends = self.bar_ends, False
            if self.token.kind in (NAME, QUOTED) and not (self.token.word == "WHERE" and self.peek().kind != "]"):
                variable = self.advance().value
            labels = self._labels()
            hops = self._hops()
            properties = self._properties()
            where = self.expression() if self.accept_word("WHERE") else None
            self.bar_ends = bar
            if self.token.kind != "]":
                expected = self._missing(variable, labels, properties, where)
                if hops is None and properties is None and where is None:
                    expected.append("'*'")
                raise self.unexpected(*expected, "']' to close the relationship")
            self.advance()
        if self.token.kind != "-":
            raise self.unexpected("'-' after the relationship")
        self.advance()
        right = self.accept(">")
        if hops is None:
            hops = self._quantifier_of_relationship()
        direction = Direction.BOTH if left == right else Direction.IN if left else Direction.OUT
        return RelationshipPattern(variable, labels, direction, properties, where, hops, span=self.span(start))

    def _hops(self) -> Hops | None:
        """`*`, `*2`, `*1..3`, `*..3`, `*2..`."""
        start = self.token.start
        if not self.accept("*"):
            return None
        minimum = maximum = None
        if self.token.kind == INTEGER:
            minimum = self._count()
            if not self.accept(".."):
                maximum = minimum
            elif self.token.kind == INTEGER:
                maximum = self._count()
        elif self.accept("..") and self.token.kind == INTEGER:
            maximum = self._count()
        return Hops(minimum, maximum, span=self.span(start))

    def _count(self) -> int:
        """A number of relations; more than a million is refused here, less by the guard."""
        token = self.advance()
        if len(token.value) > 6:
            raise self.refuse(f"{token.value[:20]} relations are too many", Span(token.start, token.end))
        return integer_value(token.value)

    def _quantifier_of_relationship(self) -> Hops | None:
        """`{2}`, `{1,3}`, `{,3}`, `{2,}`, `+` or `*` after a relationship or a quantified part."""
        start = self.token.start
        if self.token.kind in ("+", "*"):
            return Hops(1 if self.advance().kind == "+" else 0, None, span=self.span(start))
        if not self.accept("{"):
            return None
        minimum = self._count() if self.token.kind == INTEGER else None
        if self.accept(","):
            maximum = self._count() if self.token.kind == INTEGER else None
            minimum = 0 if minimum is None else minimum
        elif minimum is None:
            raise self.unexpected("a number of repetitions")
        else:
            maximum = minimum
        self.expect("}", "to close the quantifier")
        return Hops(minimum, maximum, span=self.span(start))

    def _quantified(self) -> tuple[RelationshipPattern, NodePattern]:
        """`((x)-[r:TYPE]->(y) WHERE ...){1,3}`: a variable-length relationship, with a condition on its steps."""
        opening = self.position
        start = self.advance().start
        inner = self._chain()
        where = self.expression() if self.accept_word("WHERE") else None
        self.expect(")", "to close the quantified part")
        hops = self._quantifier_of_relationship()
        if hops is None:
            raise self.unexpected("a quantifier such as {1,3}, + or *")
        local = all(self._unused(node.variable, opening) for node in inner.nodes)
        relationship = reduced(inner, where, hops, self.span(start)) if local else None
        if relationship is None:
            raise self.refuse(
                "this quantified pattern does not reduce to a variable-length relationship",
                self.span(start),
                hint="one relationship can be quantified, with conditions on itself and its ends: "
                "((a:Kind)-[:TYPE]->(b) WHERE a.x < b.x){1,3}; name nodes on the way with nodes(path)",
            )
        return relationship, NodePattern(span=Span(self.last_end, self.last_end))

    def _unused(self, name: str | None, opening: int) -> bool:
        """Whether a name of a quantified part, which began at token `opening`, stands there only: it would be a list elsewhere."""
        if name is None:
            return True
        if self.written is None:
            self.written = Counter(token.value for token in self.tokens if token.kind in (NAME, QUOTED))
        inside = sum(
            token.value == name and token.kind in (NAME, QUOTED) for token in self.tokens[opening : self.position]
        )
        return self.written[name] == inside

    def _close_quantified(
        self, steps: list[tuple[RelationshipPattern, NodePattern]]
    ) -> list[tuple[RelationshipPattern, NodePattern]]:
        """The node that follows a quantified part is its end; without one the end is anonymous."""
        if self.token.kind == "(" and self.peek().kind != "(":
            return [*steps[:-1], (steps[-1][0], self._node())]
        return steps
