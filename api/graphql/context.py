"""One request's way to the twin: fetches what a root field selects, one query a field, and one more for a total."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from graphql import GraphQLResolveInfo

from api.deps import Services
from api.gate import Gate
from api.graphql.aggregate_selection import AggregateReader
from api.graphql.aggregates import GroupPage, compile_aggregate, groups_of
from api.graphql.budget import RequestBudget, nodes_of, pages_of
from api.graphql.compile import (
    Begin,
    CompiledPage,
    Listed,
    compile_count,
    compile_node,
    compile_page,
    compile_reach,
)
from api.graphql.errors import RequestTooCostlyError, TooManyNodesError
from api.graphql.groups import Groups
from api.graphql.pages import FoundPath, Page, Record, found_path, root_page, root_record
from api.graphql.paths import compile_path, covered, reach
from api.graphql.search import SearchReader, SearchResult, compile_search, search_result
from api.graphql.selection import ListSelection, NodeSelection, SelectionReader
from api.graphql.sessions import Session
from api.graphql.shape import NODE, Shape
from api.graphql.walks import Closure
from core.errors import JumeauError
from graph.cypher.ast import Query
from graph.cypher.bound import BoundQuery, Feature
from graph.cypher.explain import explained
from graph.cypher.statistics import Statistics
from services.catalogue import CatalogueService
from services.impact_through import ImpactThrough, crosses
from services.moments import Asked
from services.query import QueryResult

PLAN: Final = "plan"
"""The key of a root field's extensions under which is what plans it: called with the context, the info and the arguments,
it reckons what the field will use. Fields without it count for nothing but their time.
"""

ENDS_AT_HIDDEN: Final = (
    "nested walks end at what you may not see: at the root, dependsOn, impactedBy and pathTo go through it"
)
"""The note of an answer to somebody whose impact goes through what is hidden, where the walk is not one of the root's."""

Info = GraphQLResolveInfo["GraphQLContext"]


@dataclass(frozen=True, slots=True)
class ListPlan:
    """What answers a root list: the query of its page where rows are wanted, that of its total where it is."""

    selection: ListSelection
    page: tuple[CompiledPage, BoundQuery] | None
    count: tuple[BoundQuery, Mapping[str, Any]] | None


@dataclass(slots=True)
class GraphQLContext:
    """The services of one request, what it may still use, and what its queries said about themselves."""

    shape: Shape
    services: Services
    results: list[QueryResult] = field(default_factory=list)
    session: Session | None = None  # of a websocket
    gate: Gate | None = None  # of a subscription: for work that it does by itself
    budget: RequestBudget = field(init=False)
    is_shared: bool = False  # by several root fields; one alone is held to its cost by the guard of queries
    _read_back: set[str | int] = field(default_factory=set)  # mutations whose node was reckoned
    _plans: dict[str | int, ListPlan | tuple[CompiledPage, BoundQuery] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        services = self.services
        self.budget = RequestBudget(services.twin.settings, is_told=not services.principal.restricted)

    @property
    def catalogue(self) -> CatalogueService:
        """The named queries of the present."""
        return self.services.catalogue

    def load_list(
        self, kind: str, info: GraphQLResolveInfo[GraphQLContext], arguments: Mapping[str, Any], asked: Asked
    ) -> Page:
        """The page of a root list, with every list nested in it."""
        planned = self._plans.pop(info.path.key, None)
        plan = planned if isinstance(planned, ListPlan) else self._plan_list(kind, info, arguments)
        return self._page(plan, asked)

    def load_closure(self, closure: Closure, info: Info, arguments: Mapping[str, Any], asked: Asked) -> Page:
        """The page of what a walk along dependencies reaches, each element once."""
        begun = reach(self.shape, closure, arguments)
        selection = SelectionReader(self.shape, info).read_list(closure.far, arguments)
        selection.node.keep(begun.kinds, self.shape.schema)
        if not crosses(self.services.principal):
            return self._page(self._planned(selection, begun), asked)
        whole = compile_reach(
            replace(begun, kinds=tuple(sorted(closure.kinds)))
        )  # what is hidden is counted whatever it is
        with self._through(asked) as through:
            found = through.reached(begun.identity, whole, self.services.principal)
        page = self._page(self._planned(selection, Listed(found.seen, begun.kinds)), asked)
        page.hidden = found.hidden
        return page

    def load_path(self, info: Info, arguments: Mapping[str, Any], asked: Asked) -> FoundPath | None:
        """One shortest path between two elements, None where there is none."""
        SelectionReader(self.shape, info).check_path()
        query, parameters = compile_path(self.shape, arguments)
        if crosses(principal := self.services.principal):
            with self._through(asked) as through:
                ends = (arguments["from"], arguments["to"])
                rows, seen = through.path(ends, (query, parameters), principal)
            return found_path(*covered(rows[0], seen)) if rows else None
        rows = self._run_tree(query, parameters, asked).answer.rows
        return found_path(*rows[0]) if rows else None

    def load_aggregate(self, kind: str, info: Info, arguments: Mapping[str, Any], asked: Asked) -> GroupPage:
        """The groups of a kind's aggregate."""
        selection = AggregateReader(self.shape, info, Groups(self.shape)).read_aggregate(kind, arguments)
        query, parameters = compile_aggregate(selection, self.shape)
        answer = self._run_tree(query, parameters, asked).answer
        return groups_of(selection, answer.columns, answer.rows, truncated=answer.truncated)

    def search(self, info: Info, text: str, arguments: Mapping[str, Any], asked: Asked) -> SearchResult:
        """What is called like that, the best first."""
        reader = SearchReader(self.shape, info)
        selection = reader.read_search(text, arguments.get("kinds"), arguments.get("first"))
        compiled = compile_search(selection, self.shape)
        answer = self._run_tree(compiled.query, compiled.parameters, asked).answer
        return search_result(selection, compiled, answer.columns, answer.rows)

    def load_node(self, info: Info, identity: str, asked: Asked, type_name: str = NODE) -> Record | None:
        """The node with that id, of a kind or of any; None where there is none."""
        planned = self._plans.pop(info.path.key, None) if info.path.prev is None else None
        if isinstance(planned, tuple):
            compiled, bound = planned
        else:
            is_reckoned = info.path.prev is not None and info.path.prev.key in self._read_back
            compiled, bound = self._plan_node(info, identity, type_name, is_reckoned=is_reckoned)
        answer = self._run(bound, compiled.parameters, asked).answer
        return root_record(compiled, answer.columns, answer.rows[0]) if answer.rows else None

    def cypher(self, info: Info, text: str, parameters: Mapping[str, Any] | None, asked: Asked) -> dict[str, Any]:
        """The envelope of a Cypher query's answer."""
        self.plan_text(info, text)
        with self.services.moments.reading(asked, self.services.principal) as (queries, _):
            left = self.budget.left()
            return self._noted(queries.cypher(text, parameters, self.services.principal, left)).to_dict()

    def run_catalogue(
        self, info: Info, name: str, parameters: Mapping[str, Any] | None, asked: Asked
    ) -> dict[str, Any]:
        """The envelope of a named query's answer."""
        self.plan_text(info, self.catalogue.get(name).text)
        with self.services.moments.reading(asked, self.services.principal) as (_, catalogue):
            left = self.budget.left()
            return self._noted(catalogue.run(name, parameters, self.services.principal, left)).to_dict()

    def bounded(self, text: str, parameters: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
        """The envelope of a query of ours below a root field, whose work counts with that of the others."""
        bound = self.services.queries.prepare(text, self.services.principal)
        self.budget.take(0, self._cost(bound))
        return self._run(bound, parameters, asked).to_dict()

    def explain(self, text: str, parameters: Mapping[str, Any] | None, asked: Asked) -> Sequence[Sequence[Any]]:
        """The stages of a Cypher query, as rows."""
        with self.services.moments.reading(asked, self.services.principal) as (queries, _):
            return self._noted(queries.explain(text, parameters, self.services.principal)).answer.rows

    def load_counts(self) -> list[dict[str, Any]]:
        """How many elements of each kind the asker sees."""
        answer = self._noted(self.services.operations.counts(self.services.principal)).answer
        return [{"kind": kind, "count": count} for kind, count in answer.rows]

    def extensions(self) -> dict[str, Any]:
        """What every answer says about itself: the sequence it reflects, that of the ledger, and how it was run."""
        if not self.results:
            return {}
        first = self.results[0]
        present = [result for result in self.results if result.moment is None]
        moments = [result.moment for result in self.results if result.moment is not None]
        return {
            "jumeau": {
                "backend": first.backend,
                "engines": sorted({result.answer.engine for result in self.results}),
                "sequence": min(result.answer.sequence for result in present or self.results),
                "ledgerSequence": max(result.ledger_sequence for result in self.results),
                "queries": len(self.results),
                "queryMs": round(sum(result.elapsed_ms for result in self.results), 3),
                "sources": {source: instant.isoformat() for source, instant in first.sources.items()},
                "notes": [note for result in self.results for note in result.answer.notes],
                **({"moments": [dict(m) for n, m in enumerate(moments) if m not in moments[:n]]} if moments else {}),
            }
        }

    def keep_call(self) -> None:
        """Put on record what was asked over a websocket; requests over HTTP are kept with their responses."""
        if self.session is not None:
            self.services.call.close()

    def admit(self) -> Services:
        """The services for the asker as it is now; what the request was let in with, where there is no session.

        Raises UnauthenticatedError, TokenError, ForbiddenError.
        """
        return self.services if self.session is None else self.session.services()

    def plan(self, info: Info, arguments: Mapping[str, Any]) -> None:
        """Reckon what a root field will use, before any of the request is run.

        Raises TooManyNodesError, RequestTooCostlyError. What else is wrong with a field is said when it is resolved.
        """
        found = info.parent_type.fields.get(info.field_name)
        plan = None if found is None else found.extensions.get(PLAN)
        if plan is None:
            return
        try:
            plan(self, info, arguments)
        except (TooManyNodesError, RequestTooCostlyError):
            raise
        except JumeauError:
            return

    def plan_list(self, kind: str, info: Info, arguments: Mapping[str, Any]) -> None:
        """Plan a root list."""
        self._plans[info.path.key] = self._plan_list(kind, info, arguments)

    def plan_node(self, info: Info, identity: str, type_name: str = NODE) -> None:
        """Plan a root field that gives one node."""
        self._plans[info.path.key] = self._plan_node(info, identity, type_name)

    def plan_change(self, info: Info, elements: float, kind: str | None = None) -> None:
        """Plan a mutation: the elements that it changes, each with its relations, and the node that it reads back.

        All of it is reckoned before any of it is written: what was changed is not to be refused while it is read.
        """
        statistics = self.services.queries.statistics()
        degree = statistics.edges(None) / max(1, statistics.count(None))
        self.budget.take(elements, elements * (1 + degree))
        back = None if kind is None else SelectionReader(self.shape, info).read_back(kind, "node")
        if back is not None:
            self._prepared(back, "")
            self._read_back.add(info.path.key)

    def plan_text(self, info: Info, text: str) -> None:
        """Plan a root field that runs a query text, where that has not been done."""
        if info.path.key not in self._plans and explained(text) is None:
            queries = self.services.queries
            self.budget.take(0, self._cost(queries.prepare(text, self.services.principal)))
            self._plans[info.path.key] = None

    def _plan_list(self, kind: str, info: Info, arguments: Mapping[str, Any]) -> ListPlan:
        return self._planned(SelectionReader(self.shape, info).read_list(kind, arguments))

    def _planned(self, selection: ListSelection, begun: Begin = None) -> ListPlan:
        page = count = None
        queries = self.services.queries
        cost = 0.0
        if selection.listed:
            compiled = compile_page(selection, self.shape, begun)
            page = compiled, queries.prepare_tree(compiled.query, self.services.principal)
            cost += self._cost(page[1])
        if selection.counted:
            query, parameters = compile_count(selection, self.shape, begun)
            count = queries.prepare_tree(query, self.services.principal), parameters
            cost += self._cost(count[0])
        self.budget.take(self._nodes(partial(pages_of, selection), None if page is None else page[1]), cost)
        return ListPlan(selection, page, count)

    def _nodes(self, expected: Callable[[Statistics], float], bound: BoundQuery | None) -> float:
        """How many nodes are expected, by what was measured where that decides."""
        queries = self.services.queries
        nodes = expected(queries.statistics())
        if bound is None or Feature.VARIABLE_LENGTH not in bound.features or self.budget.holds(nodes):
            return nodes
        return expected(queries.measured(bound))

    def _plan_node(
        self, info: Info, identity: str, type_name: str = NODE, *, is_reckoned: bool = False
    ) -> tuple[CompiledPage, BoundQuery]:
        selection = SelectionReader(self.shape, info).read_node(type_name)
        return self._prepared(selection, identity, is_reckoned=is_reckoned)

    def _prepared(
        self, selection: NodeSelection, identity: str, *, is_reckoned: bool = False
    ) -> tuple[CompiledPage, BoundQuery]:
        compiled = compile_node(selection, identity, self.shape)
        queries = self.services.queries
        bound = queries.prepare_tree(compiled.query, self.services.principal)
        if not is_reckoned:
            self.budget.take(self._nodes(partial(nodes_of, selection), bound), self._cost(bound))
        return compiled, bound

    def _cost(self, bound: BoundQuery) -> float:
        return self.services.queries.expected_cost(bound) if self.is_shared else 0.0

    def _page(self, plan: ListPlan, asked: Asked) -> Page:
        selection = plan.selection
        page = Page([], None, False, selection.after is not None)
        if plan.page is not None:
            compiled, bound = plan.page
            answer = self._run(bound, compiled.parameters, asked).answer
            page = root_page(compiled, answer.columns, answer.rows, selection)
            page.has_next = page.has_next or answer.truncated
        if plan.count is not None:
            page.count = int(self._run(*plan.count, asked).answer.rows[0][0])
        return page

    def _run(self, bound: BoundQuery, parameters: Mapping[str, Any], asked: Asked) -> QueryResult:
        principal = self.services.principal
        with self.services.moments.reading(asked, principal) as (queries, _):
            found = queries.run(bound, parameters, principal, self.budget.left())
        if Feature.VARIABLE_LENGTH in bound.features and crosses(principal):
            notes = (*found.answer.notes, ENDS_AT_HIDDEN)
            found = replace(found, answer=found.answer._replace(notes=notes))
        return self._noted(found)

    @contextmanager
    def _through(self, asked: Asked) -> Iterator[ImpactThrough]:
        """What looks for impact at a moment, in the time that is left to the request."""
        with self.services.moments.reading(asked, self.services.principal) as (queries, _):
            yield ImpactThrough(queries, self.budget.left, self._noted)

    def _run_tree(self, query: Query, parameters: Mapping[str, Any], asked: Asked) -> QueryResult:
        """Run what was not planned."""
        bound = self.services.queries.prepare_tree(query, self.services.principal)
        self.budget.take(0, self._cost(bound))
        return self._run(bound, parameters, asked)

    def _noted(self, result: QueryResult) -> QueryResult:
        self.results.append(result)
        return result
