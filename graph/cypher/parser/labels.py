"""Label expressions: `:A:B`, `:A|B`, `:!A`, `:(A|B)&C`, `:%`. `!` binds closest, then `&` and `:`, then `|`."""

from __future__ import annotations

from graph.cypher.ast import LabelAnd, LabelExpression, LabelName, LabelNot, LabelOr, LabelWildcard
from graph.cypher.parser.stream import Stream


class LabelParser(Stream):
    """Reads label expressions of nodes and type expressions of relationships."""

    def label_expression(self) -> LabelExpression:
        """What follows the first `:` (or `IS`), which the caller has read."""
        start = self.token.start
        operands = [self._label_and()]
        while self.token.kind == "|" and not self.bar_ends:
            self.advance()
            self.accept(":")  # `:A|:B` is the old way to write `:A|B`
            operands.append(self._label_and())
        return operands[0] if len(operands) == 1 else LabelOr(tuple(operands), span=self.span(start))

    def _label_and(self) -> LabelExpression:
        start = self.token.start
        operands = [self._label_not()]
        while self.token.kind in ("&", ":"):
            self.advance()
            operands.append(self._label_not())
        return operands[0] if len(operands) == 1 else LabelAnd(tuple(operands), span=self.span(start))

    def _label_not(self) -> LabelExpression:
        negations = []
        while self.token.kind == "!":
            negations.append(self.advance().start)
            self.enter()
        label = self._label_atom()
        for begin in reversed(negations):
            label = LabelNot(label, span=self.span(begin))
            self.leave()
        return label

    def _label_atom(self) -> LabelExpression:
        start = self.token.start
        if self.accept("%"):
            return LabelWildcard(span=self.span(start))
        if self.accept("("):
            self.enter()
            bar, self.bar_ends = self.bar_ends, False
            inner = self.label_expression()
            self.expect(")")
            self.bar_ends = bar
            self.leave()
            return inner
        name = self.name("a label or type")
        return LabelName(name, span=self.span(start))
