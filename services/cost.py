"""What queries may cost on this twin: the statistics of its graph, kept, and the check before a query runs."""

from __future__ import annotations

from threading import Lock
from typing import Any, Final

from core.errors import JumeauError
from graph.cypher.ast import RelationshipPattern
from graph.cypher.bound import BoundQuery
from graph.cypher.cost import Estimate, TooCostlyError, check_cost, estimate, is_plainly_bounded
from graph.cypher.diagnostics import CypherError, report
from graph.cypher.parameters import complete_parameters
from graph.cypher.prepare import prepare
from graph.cypher.rewrite import descend
from graph.cypher.statistics import Statistics, TypeSpread
from graph.repository import ReadContext
from services.twin import Twin

MOVED: Final = 0.05
FEW: Final = 1_000
"""Statistics are taken again when the graph has moved by this part of its elements, and by more than this many events."""

MARGIN: Final = 1_000.0
"""An estimate that exceeds the limit by less than this is made again with measured spreads before the query is refused."""

MEASURED: Final = 12
"""Types that are measured for one query, at most."""

_MEASURE_S: Final = 5.0
_KEPT: Final = 1_024
_PAIRS: Final = "MATCH (a)-[r:`{0}`]->(b) RETURN labels(a)[0] AS start, labels(b)[0] AS end, count(*) AS relations"
_MOST_OUT: Final = "MATCH (a)-[r:`{0}`]->() WITH a, count(r) AS degree RETURN labels(a)[0] AS kind, max(degree) AS most"
_MOST_IN: Final = "MATCH (a)<-[r:`{0}`]-() WITH a, count(r) AS degree RETURN labels(a)[0] AS kind, max(degree) AS most"


def costs_too_much() -> CypherError:
    """The refusal of a query without a figure: for whoever may not know how much there is."""
    return report(
        TooCostlyError,
        "the query would visit more of the graph than is allowed",
        hint="bound its patterns, or name more of what it starts from",
    )


class CostGuard:
    """Refuses queries that are expected to cost more than the setting allows. Safe for several threads."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self._limit = twin.settings.query_cost_limit
        self._statistics: Statistics | None = None
        self._passed: dict[int, tuple[BoundQuery, Statistics]] = {}
        self._lock = Lock()

    def check(self, bound: BoundQuery, sequence: int) -> None:
        """Raise TooCostlyError where a query is beyond the limit. `sequence`: the last one that an answer reflected."""
        if is_plainly_bounded(bound):
            return
        statistics = self.statistics(sequence)
        known = self._passed.get(id(bound))
        if known is not None and known[0] is bound and known[1] is statistics:
            return
        found, statistics = self._expect(bound, statistics)
        check_cost(bound, found, self._limit)
        with self._lock:
            while len(self._passed) >= _KEPT:
                self._passed.pop(next(iter(self._passed)))
            self._passed[id(bound)] = (bound, statistics)

    def estimate(self, bound: BoundQuery) -> Estimate:
        """What a query is expected to cost now."""
        return estimate(bound, self.statistics(0))

    def expected(self, bound: BoundQuery, sequence: int) -> float:
        """The cost that a query is checked with; 0 for one that needs no estimate."""
        return 0.0 if is_plainly_bounded(bound) else self._expect(bound, self.statistics(sequence))[0].cost

    def _expect(self, bound: BoundQuery, statistics: Statistics) -> tuple[Estimate, Statistics]:
        """The estimate, made with measured spreads where it exceeds the limit by less than the margin."""
        found = estimate(bound, statistics)
        if self._limit < found.cost <= self._limit * MARGIN:
            statistics = self.measure(bound, statistics)
            found = estimate(bound, statistics)
        return found, statistics

    def statistics(self, sequence: int) -> Statistics:
        """The statistics of the graph, taken at this sequence or shortly before."""
        known = self._statistics
        if known is not None:
            elements = sum(known.nodes.values()) + sum(known.relations.values())
            if sequence - known.sequence <= max(FEW, MOVED * elements):
                return known
        repository = self._twin.repository
        taken = repository.watermark()
        fresh = Statistics.of(self._twin.schema, taken, repository.counts())
        with self._lock:
            self._statistics = fresh
            self._passed.clear()
        return fresh

    def measure(self, bound: BoundQuery, statistics: Statistics) -> Statistics:
        """The statistics with the spreads of the types that a query follows, asked of the store; kept for the next."""
        wanted: dict[str, None] = {}
        for tree in descend(bound.query):
            if isinstance(tree, RelationshipPattern):
                wanted.update(dict.fromkeys(statistics.relations if tree.types is None else tree.types))
        missing = [name for name in wanted if name in statistics.relations and name not in statistics.spreads]
        if not missing or len(missing) > MEASURED:
            return statistics
        try:
            spreads = {name: self._spread(name) for name in missing}
        except JumeauError:  # too slow, or beyond this dialect: what is supposed has to do
            return statistics
        fresh = statistics.measured(spreads)
        with self._lock:
            if self._statistics is statistics:
                self._statistics = fresh
        return fresh

    def _spread(self, type_: str) -> TypeSpread:
        pairs = {(str(start), str(end)): int(number) for start, end, number in self._rows(_PAIRS.format(type_))}
        most = [
            {str(kind): int(degree) for kind, degree in self._rows(text.format(type_))}
            for text in (_MOST_OUT, _MOST_IN)
        ]
        return TypeSpread(pairs, most[0], most[1])

    def _rows(self, text: str) -> list[tuple[Any, ...]]:
        twin = self._twin
        bound = prepare(text, twin.schema)
        context = ReadContext(now=twin.clock.now(), timeout_s=_MEASURE_S)
        values = complete_parameters(bound, {}, context.now)
        return [tuple(row) for row in twin.repository.run(bound, values, context).rows]
