"""Shortest paths become calls of the search in memory: ladybug's own is slow, drops ties and may end the process.

`MATCH (a), (b), p = shortestPath((a)-[:T*..9]-(b))` is `MATCH (a), (b) UNWIND shortest_path(a.id, b.id, search) AS p`. What
`p` then holds is its length, where the query asks for nothing else, or its text (`trails`): nodes and relations are put
into it when rows leave (`paths`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from graph.backends.embedded.functions import LENGTHS, NO_LENGTH, NO_PATH, OR_NONE, PATHS
from graph.backends.embedded.layout import ID
from graph.backends.embedded.patterns import PatternPrinter
from graph.backends.embedded.trails import Search
from graph.cypher.ast import (
    Expression,
    FunctionCall,
    ListComprehension,
    Match,
    NodePattern,
    PathPattern,
    Property,
    Query,
    ShortestKind,
    Variable,
)
from graph.cypher.rewrite import descend, mentions


@dataclass(slots=True)
class ShortestPrinter(PatternPrinter):
    """Prints MATCH clauses with shortest paths in them."""

    trails: dict[str, bool] = field(default_factory=dict)  # variables that hold a path: as its text, or as its length

    def shortest(self, clause: Match, *, inside: bool) -> str:
        found = [path for path in clause.patterns if path.shortest is not None]
        plain = [path for path in clause.patterns if path.shortest is None]
        for path in found:
            self._check(path, clause, inside=inside or any(other.steps for other in plain))
        ends = [node for path in found for node in path.nodes]
        known = self.bound | {node.variable or "" for path in plain for node in path.nodes}
        plain += [PathPattern(node) for node in ends if node.variable not in known or _asks(node)]
        for node in ends:
            self.compiler.used[node.variable or ""] = max(2, self.compiler.used.get(node.variable or "", 0))
        if clause.optional:
            if plain or clause.where is not None:
                raise self.compiler.unsupported(
                    "a shortest path in OPTIONAL MATCH", clause, "between ends not yet known"
                )
            return "\n".join(self._search(path, optional=True) for path in found)
        lines = []
        if plain:
            lines.append(self._match(replace(clause, patterns=tuple(plain)), inside=False))
        elif clause.where is not None:
            lines.append(f"WITH * WHERE {self.compiler.expression(clause.where)}")
        return "\n".join([*lines, *(self._search(path, optional=False) for path in found)])

    def _check(self, path: PathPattern, clause: Match, *, inside: bool) -> None:
        name, compiler = (path.shortest or ShortestKind.SINGLE).value, self.compiler
        relationship = path.relationships[0]
        minimum = 1 if relationship.hops is None else relationship.hops.minimum
        told = {path.variable, relationship.variable} - {None}
        if inside or len(path.steps) != 1:
            raise compiler.unsupported(name, path, "in a subquery, or among other relationships")
        if minimum not in (None, 1):
            raise compiler.unsupported(name, path, "with a minimum other than one")
        if clause.where is not None and told & mentions(clause.where).keys():
            raise compiler.unsupported(name, path, "with a condition on the path itself")
        if relationship.where is not None or relationship.properties is not None:
            raise compiler.unsupported(name, path, "with a condition on its relationships")
        if relationship.variable is not None and compiler.is_used(relationship.variable):
            raise compiler.unsupported(name, path, "whose relationships have a name")
        if any(node.variable is None for node in path.nodes):
            raise compiler.unsupported(name, path, "between nodes without names")

    def _search(self, path: PathPattern, *, optional: bool) -> str:
        compiler, relationship = self.compiler, path.relationships[0]
        maximum = 1 if relationship.hops is None else relationship.hops.maximum
        assert maximum is not None
        types = tuple(sorted(self.types_of(relationship)))
        every = path.shortest is ShortestKind.ALL
        number = compiler.trails.number(Search(types, relationship.direction, maximum, every))
        compiler.searches.add(number)
        lengths = only_measured(path.variable, compiler.bound.query)
        function = (LENGTHS if lengths else PATHS) + (OR_NONE if optional else "")
        start, end = (self.id_of(node.variable or "") for node in path.nodes)
        call = f"{function}({start}, {end}, {number})"
        variable = path.variable or compiler.fresh("p")
        self.bound.add(variable)
        self.trails[variable] = lengths
        name = compiler.variable(variable)
        if not optional:
            return f"UNWIND {call} AS {name}"
        raw, none = compiler.variable(compiler.fresh("p")), str(NO_LENGTH) if lengths else f"'{NO_PATH}'"
        return (
            f"UNWIND coalesce({call}, [{none}]) AS {raw}\n"
            f"WITH *, CASE WHEN {raw} = {none} THEN NULL ELSE {raw} END AS {name}"
        )


def only_measured(variable: str | None, query: Query) -> bool:
    """Whether a query reads nothing of a path but its length."""
    if variable is None:
        return True
    measured = sum(
        isinstance(tree, FunctionCall) and tree.name == "length" and tree.arguments == (Variable(variable),)
        for tree in descend(query)
    )
    return mentions(query).get(variable, 0) == measured


def _asks(node: NodePattern) -> bool:
    return node.labels is not None or node.properties is not None or node.where is not None


def is_printable(tree: Expression, trails: dict[str, bool]) -> bool:
    """Whether an expression asks no more of paths than their lengths and the ids along them: that is said in place."""
    inside = [t for t in descend(tree) if isinstance(t, Variable) and t.name in trails]
    said = 0
    for part in descend(tree):
        if isinstance(part, FunctionCall) and part.name == "length" and isinstance(part.arguments[0], Variable):
            said += part.arguments[0].name in trails
        elif isinstance(part, FunctionCall) and part.name == "size":
            said += trail_in(part.arguments[0], trails) is not None
        elif isinstance(part, ListComprehension):
            said += trail_in(part.source, trails) is not None and asks_for_ids(part)
    return said == len(inside)


def asks_for_ids(tree: ListComprehension) -> bool:
    """`[n IN nodes(p) | n.id]`."""
    made = tree.projection
    if isinstance(made, FunctionCall) and made.name == "elementId":
        subject: Expression = made.arguments[0]
    elif isinstance(made, Property) and made.key == ID:
        subject = made.subject
    else:
        return False
    return tree.predicate is None and subject == Variable(tree.variable)


def trail_in(tree: Expression, trails: dict[str, bool]) -> str | None:
    """The variable of a path whose nodes or relations an expression asks for: `nodes(p)`, `relationships(p)`."""
    if not isinstance(tree, FunctionCall) or tree.name not in ("nodes", "relationships"):
        return None
    subject = tree.arguments[0]
    return subject.name if isinstance(subject, Variable) and subject.name in trails else None
