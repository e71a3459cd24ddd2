"""FROM: patterns of syntax v3, and of v2 where a query says that it is written in that."""

from __future__ import annotations

from graph.backends.tigergraph.checker.expressions import ExpressionChecker
from graph.backends.tigergraph.checker.language import Type
from graph.backends.tigergraph.checker.tokens import Sort, Token


class PatternChecker(ExpressionChecker):
    """Checks patterns, and knows afterwards what each alias may be."""

    def patterns(self) -> None:
        """Paths with commas between them."""
        self.several(self._path if self.version == 3 else self._path_v2)

    # --- v3 --------------------------------------------------------------------------------------------------------

    def _path(self) -> None:
        if not self.is_next("("):
            self.refuse(f"a node of a pattern was expected, {self.peek().text or 'the end'} is there")
        kinds = self._node(None)
        while self.is_next("-", "<-"):
            kinds = self._node(self._edge(kinds))

    def _node(self, reached: frozenset[str] | None) -> frozenset[str] | None:
        """`(alias:Type|Type {attribute: value})`; the types that it may be."""
        self.expect("(")
        alias = self.name() if self.peek().sort is Sort.NAME else None
        kinds = reached
        if self.take(":"):
            kinds = self._labels()
            if reached is not None and kinds is not None:
                if not kinds & reached:
                    self.refuse("the edge before leads to no such vertex")
                kinds &= reached
        elif alias is None and not self.is_next(")"):
            self.refuse("a node is written (alias:Type)")
        if alias is not None:
            known = self.scopes[-1].get(alias.text)
            if known is None:
                self.scopes[-1][alias.text] = Type("VERTEX", elements=kinds)
        if self.take("{"):
            self.several(self._attribute_test)
            self.expect("}")
        self.expect(")")
        return kinds

    def _attribute_test(self) -> None:
        self.name(keywords=True)
        if not self.take(":"):
            self.refuse(": was expected between an attribute and its value")
        self.expression()

    def _labels(self) -> frozenset[str] | None:
        found: set[str] = set()
        unsure = False
        while True:
            token = self.name(keywords=True)
            if token.text in self.sets:
                kinds = self.sets[token.text]
                unsure = unsure or kinds is None
                found |= kinds or frozenset()
            elif self.catalog is None:
                unsure = True
            else:
                found.add(self._label(token))
            if not self.take("|", ":"):
                return None if unsure else frozenset(found)

    def _label(self, token: Token) -> str:
        assert self.catalog is not None
        if token.text not in self.catalog.vertices:
            self.refuse(f"{token.text} is neither a vertex type of the schema nor a vertex set that is declared", token)
        return token.text

    def _edge(self, before: frozenset[str] | None) -> frozenset[str] | None:
        """`-[alias:TYPE|TYPE*1..3]->` and the other directions; the types that it may lead to."""
        start = self.next()
        left = start.text == "<-"
        if not self.is_next("["):
            self.refuse("an edge of syntax v3 stands in square brackets")
        self.next()
        alias = self.name() if self.peek().sort is Sort.NAME else None
        edges: list[str] = []
        if self.take(":"):
            edges.append(self.edge_type(self.name(keywords=True)))
            while self.take("|"):
                edges.append(self.edge_type(self.name(keywords=True)))
            if self.is_next(">", "<"):
                self.refuse("the direction of an edge of syntax v3 is told by its arrows")
        many = self.take("*") is not None
        if many:
            self._bounds()
        if self.take("{"):
            self.several(self._attribute_test)
            self.expect("}")
        self.expect("]")
        if not self.is_next("-", "->"):
            self.refuse("an edge ends in - or ->")
        right = self.next().text == "->"
        if alias is not None:
            if many:
                self.refuse("an edge of several lengths has no alias", alias)
            self.declare(alias, Type("EDGE", elements=frozenset(edges) if edges and self.catalog else None))
        if self.catalog is None or not edges:
            return None
        if many:
            return None
        both = left == right
        reached = self.catalog.step(edges, before, left or both, right or both)
        if not reached:
            self.refuse(f"{'|'.join(edges)} does not lead there from what is before it", start)
        return reached

    def _bounds(self) -> None:
        low = self.next() if self.peek().sort is Sort.NUMBER else None
        if self.take(".."):
            high = self.next() if self.peek().sort is Sort.NUMBER else None
            if low is not None and high is not None and int(low.text) > int(high.text):
                self.refuse("the upper bound is below the lower", low)

    # --- v2 --------------------------------------------------------------------------------------------------------

    def _path_v2(self) -> None:
        if self.is_next("("):
            self._path()
            return
        self._vertices_v2()
        while self.take("-"):
            self.expect("(")
            self.take("<")
            edge = self.edge_type(self.name(keywords=True))
            self.take(">")
            if self.take("*"):
                self._bounds()
            if self.take(":"):
                found = frozenset({edge}) if self.catalog else None
                self.declare(self.name(), Type("EDGE", elements=found))
            self.expect(")")
            self.expect("-")
            self._vertices_v2()

    def _vertices_v2(self) -> None:
        token = self.name(keywords=True)
        known = token.text in self.sets
        kinds = self.sets[token.text] if known else None
        if not known and self.catalog is not None:
            kinds = frozenset({self._label(token)})
        if not self.take(":"):
            self.refuse("a vertex of syntax v2 is written Type:alias")
        self.declare(self.name(), Type("VERTEX", elements=kinds))
