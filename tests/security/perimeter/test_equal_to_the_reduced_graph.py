"""What a restricted asker is answered equals the query on the graph from which everything invisible was taken out.

Random perimeters, random graphs, random queries. What the perimeter does not cut proves little: half of what is asked of
a backend must be answered differently to somebody who sees everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.errors import JumeauError
from graph.cypher.ast import NodePattern
from graph.cypher.bound import BoundQuery
from graph.cypher.prepare import prepare
from graph.cypher.rewrite import descend
from graph.repository import GraphRepository
from tests.conftest import NIGHTLY
from tests.differential.backends import CONTEXT, ask, disagreement, report
from tests.differential.queries import Sample
from tests.security.perimeter.cases import SCHEMA, Case, make_case

WANTED = 4_000 if NIGHTLY else 150
"""Queries per backend."""

PER_GRAPH = 20


class Asked:
    """Queries worth asking: of the graph, and at least every other one cut by the perimeter."""

    def __init__(self, whole: GraphRepository, reduced: GraphRepository) -> None:
        self._whole = whole
        self._reduced = reduced
        self.counts: Counter[str] = Counter()

    def cases(self, first: int) -> Iterator[tuple[Case, list[tuple[Sample, BoundQuery]]]]:
        """Cases with their queries, bound for a restricted asker, without end."""
        number = first
        while True:
            case = make_case(number, PER_GRAPH)
            number += 1
            load(self._whole, case)
            self._reduced.reset()
            self._reduced.apply(case.reduced.delta())
            yield case, list(self._chosen(case))

    def _chosen(self, case: Case) -> Iterator[tuple[Sample, BoundQuery]]:
        for sample in case.samples:
            try:
                plain, bound = prepare(sample.text, SCHEMA), prepare(sample.text, SCHEMA, restricted=True)
            except JumeauError:
                continue
            if not any(isinstance(tree, NodePattern) for tree in descend(bound.query)):
                continue
            here, everywhere = ask(self._reduced, plain, sample), ask(self._whole, plain, sample)
            cut = disagreement(here, everywhere, sample) is not None
            if cut or self.counts["not cut"] < self.counts["cut"]:
                self.counts["cut" if cut else "not cut"] += 1
                yield sample, bound

    def compare(self, repository: GraphRepository, case: Case, sample: Sample, bound: BoundQuery) -> None:
        """The restricted answer against the reduced graph. A dialect without words gives no answer."""
        wanted = ask(self._reduced, prepare(sample.text, SCHEMA), sample)
        got = ask(repository, bound, sample, replace(CONTEXT, sees=case.asker.sees))
        if got.unsupported is not None:
            self.counts["without words"] += 1
            return
        reason = disagreement(wanted, got, sample)
        if reason is not None:
            load(repository, case, reduced=True)  # a dialect that errs without any perimeter is another test's matter
            plain = ask(repository, prepare(sample.text, SCHEMA), sample)
            load(repository, case)
            if disagreement(wanted, plain, sample) is not None:
                self.counts["wrong without perimeter"] += 1
                return
        name = repository.capabilities.name
        hidden = sorted({n.id for n in case.graph.nodes} - {n.id for n in case.reduced.nodes})
        shown = f"\nsees {case.asker.sees}, hidden {hidden}"
        assert reason is None, report(case.graph, sample, {name: got}, {name: reason or ""}) + shown
        self.counts["answered"] += 1


def load(repository: GraphRepository, case: Case, *, reduced: bool = False) -> None:
    repository.reset()
    repository.apply(case.reduced.delta() if reduced else case.delta)


@pytest.mark.parametrize("backend", ["networkx", "embedded", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def test_a_restricted_answer_is_that_of_the_reduced_graph(
    backend: str, whole: GraphRepository, reduced: GraphRepository, request: pytest.FixtureRequest
) -> None:
    repository: GraphRepository = request.getfixturevalue(backend)
    asked = Asked(whole, reduced)
    for case, queries in asked.cases(first=0):
        if queries:
            load(repository, case)
        for sample, bound in queries:
            asked.compare(repository, case, sample, bound)
        if asked.counts["answered"] >= WANTED:
            break
    assert asked.counts["cut"] >= asked.counts["not cut"]
    assert asked.counts["wrong without perimeter"] <= 0.02 * asked.counts["answered"]
