"""What a query may cost on a store: rows and relations visited, estimated from statistics before it runs.

A query beyond the limit is refused, and the refusal names the part that costs most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graph.cypher.ast import (
    NOWHERE,
    ListComprehension,
    Match,
    PatternComprehension,
    PatternPredicate,
    Quantifier,
    Reduce,
    Return,
    SubqueryExpression,
    With,
)
from graph.cypher.bound import BoundQuery, Feature
from graph.cypher.diagnostics import CypherError, report
from graph.cypher.estimator import Estimator, is_range
from graph.cypher.joins import HIGHEST, Flow, Visit, rounded
from graph.cypher.rewrite import descend
from graph.cypher.statistics import Statistics

_LOOPS: Final = (ListComprehension, Quantifier, Reduce, SubqueryExpression, PatternPredicate, PatternComprehension)


class TooCostlyError(CypherError):
    """A query that is expected to visit more rows and relations than is allowed."""

    code = "TOO_COSTLY"


@dataclass(frozen=True, slots=True)
class Estimate:
    """The expected cost of a query with its parts, in order; `rows` of the answer."""

    cost: float
    rows: float
    visits: tuple[Visit, ...]

    @property
    def costliest(self) -> Visit:
        """The part that costs most."""
        return max(self.visits, key=lambda visit: visit.cost, default=Visit("the query", NOWHERE, 0.0, 0.0))


def estimate(bound: BoundQuery, statistics: Statistics) -> Estimate:
    """The expected cost of a bound query on a store with these statistics."""
    estimator = Estimator(statistics)
    rows = estimator.query(bound.query, Flow(), 1.0)
    visits = tuple(estimator.visits)
    return Estimate(min(HIGHEST, sum(visit.cost for visit in visits)), rows, visits)


def is_plainly_bounded(bound: BoundQuery) -> bool:
    """Whether a query visits no more than the store holds, whatever it holds: one MATCH of one relation at most.

    Such a query needs no estimate, and most are such: look-ups and lists.
    """
    if bound.features & {Feature.VARIABLE_LENGTH, Feature.NESTED_PATTERN}:
        return False
    for part in bound.query.parts:
        matches = 0
        for clause in part.clauses:
            if isinstance(clause, Match):
                matches += 1
                if matches > 1 or len(clause.patterns) > 1 or len(clause.patterns[0].steps) > 1:
                    return False
            elif not isinstance(clause, With | Return):
                return False
    return not any(isinstance(tree, _LOOPS) or is_range(tree) for tree in descend(bound.query))


def check_cost(bound: BoundQuery, found: Estimate, limit: float) -> None:
    """Refuse a query whose estimate is beyond the limit, naming the costly part. Raises TooCostlyError."""
    if found.cost <= limit:
        return
    worst = found.costliest
    raise report(
        TooCostlyError,
        f"the query would visit about {rounded(found.cost)} rows and relations, {rounded(limit)} are allowed; "
        f"most of them in {worst.what}",
        text=bound.text if worst.span.end > worst.span.start else "",
        span=worst.span,
        hint=_advice(worst),
    )


def _advice(worst: Visit) -> str:
    if "cartesian" in worst.what:
        return "connect the patterns by a relation, or narrow one of them by a property such as name or id"
    if "relations" in worst.what:
        return "start from one element, name relation types, give a direction, or lower the upper bound"
    if "list" in worst.what:
        return "shorten the list, or pass what is needed as a parameter"
    return "narrow the pattern by a kind or a property, or aggregate earlier"
