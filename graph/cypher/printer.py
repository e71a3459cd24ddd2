"""From a tree to Cypher text: one canonical form, which the parser reads back to an equal tree.

The dialects of the Cypher family build on `Printer` and override what they say differently. Parser and printer know
the tree only, never each other.
"""

from __future__ import annotations

from graph.cypher.ast import (
    CallProcedure,
    CallSubquery,
    Clause,
    Direction,
    Expression,
    Hops,
    LabelExpression,
    MapLiteral,
    Match,
    NodePattern,
    Parameter,
    PathPattern,
    Projection,
    ProjectionItem,
    Query,
    RelationshipPattern,
    Return,
    SinglePart,
    SortItem,
    Tree,
    Unwind,
    Variable,
    With,
    WritingClause,
)
from graph.cypher.expression_printer import (
    ADDITION,
    AND,
    ATOM,
    COMPARISON,
    MULTIPLICATION,
    NOT,
    OR,
    POSTFIX,
    POWER,
    PREDICATE,
    SIGN,
    XOR,
    ExpressionPrinter,
)
from graph.cypher.procedures import EVERY_RESULT
from graph.cypher.quoting import quote_name, quote_string, quote_variable

__all__ = [
    "ADDITION",
    "AND",
    "ATOM",
    "COMPARISON",
    "MULTIPLICATION",
    "NOT",
    "OR",
    "POSTFIX",
    "POWER",
    "PREDICATE",
    "SIGN",
    "XOR",
    "Printer",
    "print_tree",
    "quote_name",
    "quote_string",
    "quote_variable",
]


class Printer(ExpressionPrinter):
    """Prints trees. Subclasses override single methods."""

    # --- queries ---------------------------------------------------------------------------------------------------

    def query(self, query: Query, separator: str = "\n") -> str:
        union = f"{separator}UNION ALL{separator}" if query.union_all else f"{separator}UNION{separator}"
        return union.join(self.part(part, separator) for part in query.parts)

    def part(self, part: SinglePart, separator: str) -> str:
        return separator.join(self.clause(clause) for clause in part.clauses)

    def clause(self, clause: Clause) -> str:
        if isinstance(clause, Match):
            return self.match(clause)
        if isinstance(clause, Return):
            return "RETURN " + self.projection(clause.projection)
        if isinstance(clause, With):
            return "WITH " + self.projection(clause.projection) + self.where(clause.where)
        if isinstance(clause, Unwind):
            return f"UNWIND {self.expression(clause.source)} AS {self.variable(clause.variable)}"
        if isinstance(clause, CallSubquery):
            return self.call_subquery(clause)
        if isinstance(clause, CallProcedure):
            return self.call_procedure(clause)
        if isinstance(clause, WritingClause):
            return clause.name
        raise TypeError(f"no way to print {type(clause).__name__}")

    def match(self, clause: Match) -> str:
        start = "OPTIONAL MATCH " if clause.optional else "MATCH "
        return start + ", ".join(self.path(path) for path in clause.patterns) + self.where(clause.where)

    def call_subquery(self, clause: CallSubquery) -> str:
        imports = ""
        if clause.imports is not None:
            names = ("*",) if clause.imports == ("*",) else [self.variable(name) for name in clause.imports]
            imports = f"({', '.join(names)}) "
        return f"CALL {imports}{{ {self.query(clause.query, ' ')} }}"

    def call_procedure(self, clause: CallProcedure) -> str:
        text = "CALL " + ".".join(quote_name(part) for part in clause.name.split("."))
        if clause.arguments is not None:
            text += f"({self.list_of(clause.arguments)})"
        if clause.yields == EVERY_RESULT:
            text += f" YIELD *{self.where(clause.where)}"
        elif clause.yields:
            items = (f"{quote_name(field)} AS {self.variable(name)}" for field, name in clause.yields)
            text += f" YIELD {', '.join(items)}{self.where(clause.where)}"
        return text

    def projection(self, projection: Projection) -> str:
        items = (["*"] if projection.star else []) + [self.projection_item(item) for item in projection.items]
        text = ("DISTINCT " if projection.distinct else "") + ", ".join(items)
        if projection.order:
            text += " ORDER BY " + ", ".join(self.sort_item(item) for item in projection.order)
        if projection.skip is not None:
            text += f" SKIP {self.expression(projection.skip)}"
        if projection.limit is not None:
            text += f" LIMIT {self.expression(projection.limit)}"
        return text

    def projection_item(self, item: ProjectionItem) -> str:
        text = self.expression(item.expression)
        if item.implicit and item.alias == (item.expression.name if isinstance(item.expression, Variable) else text):
            return text
        return f"{text} AS {self.variable(item.alias)}"

    def sort_item(self, item: SortItem) -> str:
        return self.expression(item.expression) + (" DESC" if item.descending else "")

    # --- patterns --------------------------------------------------------------------------------------------------

    def path(self, path: PathPattern) -> str:
        steps = "".join(self.relationship(relationship) + self.node(node) for relationship, node in path.steps)
        text = self.node(path.start) + steps
        if path.shortest is not None:
            text = f"{path.shortest.value}({text})"
        return text if path.variable is None else f"{self.variable(path.variable)} = {text}"

    def node(self, node: NodePattern) -> str:
        labels = "" if node.labels is None else ":" + self.labels(node.labels)
        return f"({self.inside(node.variable, labels, node.properties, node.where)})"

    def relationship(self, relationship: RelationshipPattern) -> str:
        labels = "" if relationship.labels is None else ":" + self.labels(relationship.labels)
        labels += "" if relationship.hops is None else self.hops(relationship.hops)
        inside = self.inside(relationship.variable, labels, relationship.properties, relationship.where)
        return self.arrow(relationship.direction, inside)

    def arrow(self, direction: Direction, inside: str) -> str:
        body = f"[{inside}]" if inside else ""
        left = "<-" if direction is Direction.IN else "-"
        right = "->" if direction is Direction.OUT else "-"
        return f"{left}{body}{right}"

    def inside(
        self,
        variable: str | None,
        labels: str,
        properties: MapLiteral | Parameter | None,
        where: Expression | None,
    ) -> str:
        """What stands between the brackets of a node or a relationship."""
        text = ("" if variable is None else self.variable(variable)) + labels
        for extra in (
            "" if properties is None else self.expression(properties),
            "" if where is None else f"WHERE {self.expression(where)}",
        ):
            if extra:
                text += f" {extra}" if text else extra
        return text

    def hops(self, hops: Hops) -> str:
        if hops.minimum is not None and hops.minimum == hops.maximum:
            return f"*{hops.minimum}"
        if hops.minimum is None and hops.maximum is None:
            return "*"
        low = "" if hops.minimum is None else str(hops.minimum)
        return f"*{low}..{'' if hops.maximum is None else hops.maximum}"


def print_tree(tree: Tree) -> str:
    """The canonical text of a query, a clause, a pattern or an expression."""
    printer = Printer()
    if isinstance(tree, Query):
        return printer.query(tree)
    if isinstance(tree, Clause):
        return printer.clause(tree)
    if isinstance(tree, Expression):
        return printer.expression(tree)
    if isinstance(tree, PathPattern):
        return printer.path(tree)
    if isinstance(tree, NodePattern):
        return printer.node(tree)
    if isinstance(tree, LabelExpression):
        return printer.labels(tree)
    raise TypeError(f"no way to print {type(tree).__name__} by itself")
