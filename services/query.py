"""Ask the twin in Cypher: the one road that every door takes, from text or tree to rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from time import perf_counter
from typing import Any

from core.errors import UnsupportedConstructError
from core.principal import LOCAL_OPERATOR, Principal
from graph.cypher.ast import Query
from graph.cypher.bound import BoundQuery
from graph.cypher.cost import TooCostlyError
from graph.cypher.explain import explain, explained
from graph.cypher.guard import QueryLimits
from graph.cypher.parameters import complete_parameters
from graph.cypher.prepare import prepare, prepare_ast
from graph.cypher.regular_guard import check_expressions
from graph.cypher.statistics import Statistics
from graph.history.snapshots import GraphHoldings, LedgerHoldings, Snapshots
from graph.repository import Answer, AnswerStream, ReadContext, in_batches
from graph.schema.named_kinds import bounds_of, sight_of
from services.access.rights import Action, allowed
from services.access.small_groups import people_of
from services.cells import to_json
from services.cost import CostGuard, costs_too_much
from services.explanation import COLUMNS, compiled_stage, rows_of
from services.freshness import SourceFreshness
from services.lost_backend import LOST
from services.telemetry.observer import SILENT, Observer, Question, counted
from services.twin import Twin

PREPARED = 512
"""Query texts whose bound form is kept."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """An answer with what a caller wants to know about it. Times in milliseconds."""

    answer: Answer
    backend: str
    elapsed_ms: float
    ledger_sequence: int
    moment: Mapping[str, Any] | None = None  # what was asked, where not the present of main
    sources: Mapping[str, datetime] = field(default_factory=dict)  # the moment that the data of each source is of
    hidden: int | None = None  # elements that impact went through or to and that are not seen; None where it did not

    def to_dict(self) -> dict[str, Any]:
        """The envelope that every door prints."""
        return {
            "columns": list(self.answer.columns),
            "rows": [[to_json(cell) for cell in row] for row in self.answer.rows],
            "backend": self.backend,
            "engine": self.answer.engine,
            "elapsed_ms": round(self.elapsed_ms, 3),
            "sequence": self.answer.sequence,
            "ledger_sequence": self.ledger_sequence,
            "truncated": self.answer.truncated,
            "notes": list(self.answer.notes),
            "sources": {source: instant.isoformat() for source, instant in self.sources.items()},
            **({} if self.moment is None else {"moment": dict(self.moment)}),
            **({} if self.hidden is None else {"hidden": self.hidden}),
        }


@dataclass(frozen=True, slots=True)
class Extent:
    """How much may be read in batches: rows in all, at most so many at a time, and seconds that the backend may take."""

    rows: int
    batch_rows: int
    timeout_s: float


@dataclass(frozen=True, slots=True)
class StreamedResult:
    """An answer that is read in batches, with the question that it is the answer to, bound."""

    answer: AnswerStream
    bound: BoundQuery


@dataclass(frozen=True, slots=True)
class Written:
    """A tree that is told from others by its text."""

    query: Query = field(compare=False)
    text: str


class QueryService:
    """Runs queries on one twin. Safe for several threads.

    `moment` describes the state that the twin's graph holds where that is not the present of main; answers carry it.
    `observer` watches every question.
    """

    def __init__(self, twin: Twin, moment: Mapping[str, Any] | None = None, observer: Observer = SILENT) -> None:
        self._twin = twin
        self.observer = observer
        self._moment = moment
        self._limits = QueryLimits(default_hops=twin.settings.default_hops, row_cap=twin.settings.row_cap)
        self._costs = CostGuard(twin)
        self._seen = 0  # the latest sequence that an answer reflected
        holdings = LedgerHoldings(twin.ledger) if moment is None else GraphHoldings(twin.repository)
        self._snapshots = Snapshots(holdings, twin.schema)
        self._freshness = SourceFreshness(twin.ledger)
        self._prepared = lru_cache(PREPARED)(self._prepare)
        self._prepared_tree = lru_cache(PREPARED)(self._prepare_tree)
        self._people = people_of(twin.schema)

    def _prepare(
        self, text: str, bounded: bool, kinds: frozenset[str] | None, reveals: bool, row_cap: int | None = None
    ) -> BoundQuery:
        limits = self._limits if row_cap is None else replace(self._limits, row_cap=row_cap)
        people = None if reveals else self._people
        return prepare(text, self._twin.schema, limits, restricted=bounded, kinds=kinds, people=people)

    def _limits_of(self, principal: Principal) -> tuple[bool, frozenset[str] | None]:
        """What queries are prepared for: whether perimeters are asked for, and the kinds that may be read."""
        return bounds_of(sight_of(principal, self._twin.schema))

    def prepare(self, text: str, principal: Principal = LOCAL_OPERATOR) -> BoundQuery:
        """Parse, bind, guard and rewrite a text. Raises QueryError with line, column and suggestion.

        Small groups of people are left out of aggregates unless the principal may reveal persons.
        """
        return self._prepared(text, *self._limits_of(principal), Action.REVEAL in allowed(principal))

    def cypher(
        self,
        text: str,
        parameters: Mapping[str, Any] | None = None,
        principal: Principal = LOCAL_OPERATOR,
        within_s: float | None = None,
    ) -> QueryResult:
        """Run a query text. `parameters` are JSON values; they are converted to the types the query needs.

        A restricted principal is answered as if what it does not see did not exist. `within_s`: a time that is
        left to the caller, where it is shorter than that of any query.
        """
        started = perf_counter()
        inner = explained(text)
        if inner is not None:
            return self.explain(inner, parameters, principal)
        with self.observer.asking("cypher", text) as question:
            with self.observer.span("prepare", True):
                bound = self.prepare(text, principal)
            return self._run(bound, parameters or {}, principal, started, question, within_s)

    def explain(
        self, text: str, parameters: Mapping[str, Any] | None = None, principal: Principal = LOCAL_OPERATOR
    ) -> QueryResult:
        """The stages of a query, as rows: what each made of it, what it is expected to cost, what the backend would run.

        Estimates are of the whole estate: a restricted principal is not told them.
        """
        started = perf_counter()
        twin, restricted = self._twin, principal.restricted
        bounded, kinds = self._limits_of(principal)
        bound, context = self.prepare(text, principal), self._context(principal)
        statistics = None if restricted else self._costs.statistics(self._seen)
        stages = explain(
            text,
            twin.schema,
            self._limits,
            restricted=bounded,
            kinds=kinds,
            statistics=statistics,
            cost_limit=None if restricted else twin.settings.query_cost_limit,
        )
        stages += (compiled_stage(bound, twin.repository, parameters or {}, context),)
        answer = Answer(COLUMNS, rows_of(stages), twin.repository.watermark())
        elapsed = (perf_counter() - started) * 1000
        sources = self._freshness.at(answer.sequence)
        return QueryResult(
            answer, twin.repository.capabilities.name, elapsed, twin.ledger.sequence(), self._moment, sources=sources
        )

    def _context(self, principal: Principal, within_s: float | None = None) -> ReadContext:
        settings = self._twin.settings
        longest = settings.query_timeout_s
        return ReadContext(
            now=self._twin.clock.now(),
            timeout_s=longest if within_s is None else min(longest, within_s),
            row_cap=settings.row_cap,
            sees=sight_of(principal, self._twin.schema),
            memory_bytes=settings.query_memory_mb * 1024 * 1024,
        )

    def tree(
        self, query: Query, parameters: Mapping[str, Any] | None = None, principal: Principal = LOCAL_OPERATOR
    ) -> QueryResult:
        """Run a query that a caller built as a tree, such as a GraphQL selection."""
        started = perf_counter()
        with self.observer.asking("tree", "") as question:
            with self.observer.span("prepare", True):
                bound = self.prepare_tree(query, principal)
            return self._run(bound, parameters or {}, principal, started, question)

    def prepare_tree(self, query: Query, principal: Principal = LOCAL_OPERATOR) -> BoundQuery:
        """Bind, guard and rewrite a tree. Raises QueryError."""
        # Known by how it is written, since as values 1, 1.0 and true are one.
        return self._prepared_tree(Written(query, repr(query)), *self._limits_of(principal))

    def _prepare_tree(self, tree: Written, bounded: bool, kinds: frozenset[str] | None) -> BoundQuery:
        return prepare_ast(tree.query, self._twin.schema, self._limits, restricted=bounded, kinds=kinds)

    def run(
        self, bound: BoundQuery, parameters: Mapping[str, Any], principal: Principal, within_s: float | None = None
    ) -> QueryResult:
        """Run a query that `prepare` or `prepare_tree` made for this principal."""
        started = perf_counter()
        with self.observer.asking("tree", "") as question:
            return self._run(bound, parameters, principal, started, question, within_s)

    def expected_cost(self, bound: BoundQuery) -> float:
        """The rows and relations that a query is expected to visit; 0 for one that is plainly bounded."""
        try:
            return self._costs.expected(bound, self._seen)
        except LOST:  # what stands in for a lost backend reckons for itself
            return 0.0

    def statistics(self) -> Statistics:
        """The numbers of the graph that estimates are made from; of the whole estate, not for a restricted principal.

        None are known while the backend is lost and none were taken before.
        """
        try:
            return self._costs.statistics(self._seen)
        except LOST:
            return Statistics.of(self._twin.schema, self._seen, {})

    def measured(self, bound: BoundQuery) -> Statistics:
        """The same, with how the relations that a query follows spread over kinds as the graph says, not as is supposed."""
        return self._costs.measure(bound, self.statistics())

    @contextmanager
    def stream(
        self, text: str, parameters: Mapping[str, Any], principal: Principal, extent: Extent
    ) -> Iterator[StreamedResult]:
        """Run a query text as `cypher` does, and read its answer in batches for as long as the context lasts.

        What our executor runs is made whole first, within its memory. Where there are more rows than the extent allows, the
        batches end with RowCapError.
        """
        with self.observer.reading("cypher", text) as question, ExitStack() as open_:
            bound, answer = self._opened(open_, text, parameters, principal, extent)
            question.engine = answer.engine
            self._seen = max(self._seen, answer.sequence)
            with self.observer.span("rows", False):
                batches = counted(answer.batches, question)
                notes = (*bound.notes, *answer.notes)
                yield StreamedResult(replace(answer, batches=batches, notes=notes), bound)

    def _opened(
        self, open_: ExitStack, text: str, parameters: Mapping[str, Any], principal: Principal, extent: Extent
    ) -> tuple[BoundQuery, AnswerStream]:
        """The answer, ready to be read for as long as `open_` is."""
        twin = self._twin
        with self.observer.span("prepare", True):
            reveals = Action.REVEAL in allowed(principal)
            bound = self._prepared(text, *self._limits_of(principal), reveals, extent.rows)
        context = replace(self._context(principal), row_cap=extent.rows, timeout_s=extent.timeout_s)
        values = complete_parameters(bound, parameters, context.now, context.sees)
        check_expressions(bound, values)
        try:
            with self.observer.span("guard", True):
                self._check_cost(bound)
            with self.observer.span("run", True):
                return bound, open_.enter_context(twin.repository.stream(bound, values, context, extent.batch_rows))
        except UnsupportedConstructError as unsupported:
            with self.observer.span("snapshot", True):
                whole = self._snapshots.run(bound, values, context, unsupported)
        except LOST as lost:
            if self._moment is not None:
                raise
            with self.observer.span("snapshot", True):
                whole = self._snapshots.stand_in(bound, values, context, lost)
        return bound, in_batches(whole, extent.rows, extent.batch_rows)

    def _run(
        self,
        bound: BoundQuery,
        parameters: Mapping[str, Any],
        principal: Principal,
        started: float,
        question: Question,
        within_s: float | None = None,
    ) -> QueryResult:
        twin = self._twin
        context = self._context(principal, within_s)
        values = complete_parameters(bound, parameters, context.now, context.sees)
        check_expressions(bound, values)
        try:
            with self.observer.span("guard", True):
                self._check_cost(bound)
            with self.observer.span("run", True):
                answer = twin.repository.run(bound, values, context)
        except UnsupportedConstructError as unsupported:
            with self.observer.span("snapshot", True):
                answer = self._snapshots.run(bound, values, context, unsupported)
        except LOST as lost:
            if self._moment is not None:
                raise
            with self.observer.span("snapshot", True):
                answer = self._snapshots.stand_in(bound, values, context, lost)
        question.engine, question.rows = answer.engine, len(answer.rows)
        self._seen = max(self._seen, answer.sequence)
        answer = answer._replace(notes=(*bound.notes, *answer.notes))
        elapsed = (perf_counter() - started) * 1000
        sources = self._freshness.at(answer.sequence)
        return QueryResult(
            answer, twin.repository.capabilities.name, elapsed, twin.ledger.sequence(), self._moment, sources=sources
        )

    def _check_cost(self, bound: BoundQuery) -> None:
        """Refuse what would run away. The figures of a refusal are of the whole estate: not for a restricted principal."""
        try:
            self._costs.check(bound, self._seen)
        except TooCostlyError:
            if not bound.restricted:
                raise
            raise costs_too_much() from None
