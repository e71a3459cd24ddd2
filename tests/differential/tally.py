"""What a run of the generator has tried: constructs, answers with rows, queries that ran where they should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from graph.backends.base_compiler import constructs
from graph.cypher.ast import (
    CountStar,
    Direction,
    FunctionCall,
    Hops,
    LabelAnd,
    LabelNot,
    LabelOr,
    Literal,
    Match,
    NodePattern,
    Parameter,
    Projection,
    Quantifier,
    RelationshipPattern,
    Tree,
    With,
    walk,
)
from graph.cypher.functions import is_aggregate
from tests.differential.backends import Outcome
from tests.differential.queries import Sample

QUOTAS: dict[str, int] = {
    "MATCH chain": 60, "OPTIONAL MATCH": 15, "variable length": 30, "variable length from zero": 8, "undirected": 25,
    "shortestPath": 2, "allShortestPaths": 1, "named path": 8, "EXISTS { }": 10, "COUNT { }": 8, "COLLECT { }": 3,
    "pattern predicate": 4, "pattern comprehension": 3, "WITH": 40, "DISTINCT": 20, "UNWIND": 15, "UNION": 3,
    "UNION ALL": 3, "CALL { }": 6, "ORDER BY": 25, "SKIP": 8, "LIMIT": 12, "CASE": 10, "list comprehension": 15,
    "quantifier": 8, "reduce": 4, "slice": 5, "index": 8, "map": 2, "map projection": 2, "parameter": 60,
    "label expression": 12, "inline WHERE": 12, "null": 10,
    **dict.fromkeys(("count(*)", "count", "collect", "sum", "avg", "min", "max"), 6),
    **dict.fromkeys(("stDev", "stDevP", "percentileCont", "percentileDisc"), 3),
    **dict.fromkeys(("substring", "toUpper", "toLower", "coalesce", "date", "datetime", "duration", "size", "split"), 2),
}  # fmt: skip
"""How often each construct must stand in 500 queries."""


def named(tree: Tree) -> Iterator[str]:
    """The constructs that one node of a tree is."""
    yield from constructs(tree)
    match tree:
        case Match() if sum(len(path.steps) for path in tree.patterns) > 1:
            yield "MATCH chain"
        case With():
            yield "WITH"
        case Hops() if tree.minimum == 0:
            yield "variable length from zero"
        case RelationshipPattern() if tree.direction is Direction.BOTH:
            yield "undirected"
        case LabelOr() | LabelAnd() | LabelNot():
            yield "label expression"
        case Parameter():
            yield "parameter"
        case CountStar():
            yield "count(*)"
        case Quantifier():
            yield "quantifier"
        case Literal(value=None):
            yield "null"
        case Projection():
            yield from (name for name, there in (("DISTINCT", tree.distinct), ("ORDER BY", tree.order)) if there)
            yield from (name for name, there in (("SKIP", tree.skip), ("LIMIT", tree.limit)) if there is not None)
    if isinstance(tree, NodePattern | RelationshipPattern) and tree.where is not None:
        yield "inline WHERE"
    if isinstance(tree, FunctionCall) and is_aggregate(tree.name) and tree.distinct:
        yield f"{tree.name} distinct"


@dataclass(slots=True)
class Tally:
    """Counts over many samples."""

    asked: int = 0
    with_rows: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    constructs: Counter[str] = field(default_factory=Counter)
    engines: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsupported: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: int = 0

    def add(self, sample: Sample, reference: Outcome, outcomes: dict[str, Outcome]) -> None:
        self.asked += 1
        self.with_rows += bool(reference.rows)
        self.failed += reference.error is not None
        self.constructs.update({name for tree in walk(sample.query) for name in named(tree)})
        for backend, outcome in outcomes.items():
            self.engines[backend, "fallback" if outcome.unsupported else outcome.engine or "error"] += 1
            if outcome.unsupported:
                self.unsupported[backend, outcome.unsupported.partition(":")[0]] += 1

    def native_share(self, backend: str) -> float:
        """The share of queries that a backend answered by itself."""
        return 1 - self.engines[backend, "fallback"] / max(1, self.asked)
