"""What a restricted asker is answered equals the query on the graph from which everything invisible was taken out.

Random perimeters, kinds that may be read, graphs and queries. What is not cut by them proves little: half of what is asked of
a backend must be answered differently to somebody who sees everything, a part of it for the kinds alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

import pytest

from core.errors import JumeauError
from graph.cypher.ast import NodePattern
from graph.cypher.bound import BoundQuery
from graph.cypher.prepare import prepare
from graph.cypher.rewrite import descend
from graph.repository import GraphRepository
from graph.schema.named_kinds import bounds_of
from tests.conftest import NIGHTLY
from tests.differential.backends import CONTEXT, Outcome, ask, disagreement, report
from tests.differential.queries import Sample
from tests.security.perimeter.cases import SCHEMA, Case, make_case

WANTED = 4_000 if NIGHTLY else 60
"""Queries per backend."""

PER_GRAPH = 20


@dataclass(frozen=True, slots=True)
class Question:
    """A query, bound for a restricted asker, and what the reduced graph answers to it."""

    sample: Sample
    bound: BoundQuery
    wanted: Outcome


class Questions:
    """Queries worth asking: of the graph, and at least every other one cut by the perimeter. The same for every backend."""

    def __init__(self, whole: GraphRepository, reduced: GraphRepository) -> None:
        self._whole = whole
        self._reduced = reduced
        self._made: list[tuple[Case, list[Question]]] = []
        self.counts: Counter[str] = Counter()

    def cases(self) -> Iterator[tuple[Case, list[Question]]]:
        """Cases with their queries, without end; made once."""
        for number in count():
            if number == len(self._made):
                case = make_case(number, PER_GRAPH)
                load(self._whole, case)
                load(self._reduced, case, reduced=True)
                self._made.append((case, list(self._chosen(case))))
            yield self._made[number]

    def _chosen(self, case: Case) -> Iterator[Question]:
        for sample in case.samples:
            try:
                plain, bound = prepare(sample.text, SCHEMA), limited(sample.text, case)
            except JumeauError:
                continue
            if not any(isinstance(tree, NodePattern) for tree in descend(bound.query)):
                continue
            here, everywhere = ask(self._reduced, plain, sample), ask(self._whole, plain, sample)
            cut = disagreement(here, everywhere, sample) is not None
            if cut or self.counts["not cut"] < self.counts["cut"]:
                self.counts["cut" if cut else "not cut"] += 1
                self.counts["cut by kinds alone"] += cut and case.sees.perimeters is None
                yield Question(sample, bound, here)


@pytest.fixture(scope="module")
def questions(whole: GraphRepository, reduced: GraphRepository) -> Questions:
    return Questions(whole, reduced)


def limited(text: str, case: Case) -> BoundQuery:
    """A query as the asker of a case may ask it."""
    restricted, kinds = bounds_of(case.sees)
    return prepare(text, SCHEMA, restricted=restricted, kinds=kinds)


def compare(repository: GraphRepository, case: Case, question: Question) -> str:
    """The restricted answer against the reduced graph; what became of it. A dialect without words gives no answer."""
    sample, wanted = question.sample, question.wanted
    got = ask(repository, question.bound, sample, replace(CONTEXT, sees=case.sees))
    if got.unsupported is not None:
        return "without words"
    reason = disagreement(wanted, got, sample)
    if reason is not None:
        load(repository, case, reduced=True)  # a dialect that errs without any perimeter is another test's matter
        plain = ask(repository, prepare(sample.text, SCHEMA), sample)
        load(repository, case)
        if disagreement(wanted, plain, sample) is not None:
            return "wrong without perimeter"
    name = repository.capabilities.name
    hidden = sorted({n.id for n in case.graph.nodes} - {n.id for n in case.reduced.nodes})
    shown = f"\nsees {case.sees}, hidden {hidden}"
    assert reason is None, report(case.graph, sample, {name: got}, {name: reason or ""}) + shown
    return "answered"


def load(repository: GraphRepository, case: Case, *, reduced: bool = False) -> None:
    repository.reset()
    repository.apply(case.reduced.delta() if reduced else case.delta)


@pytest.mark.parametrize("backend", ["networkx", "embedded", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def test_a_restricted_answer_is_that_of_the_reduced_graph(
    backend: str, questions: Questions, request: pytest.FixtureRequest
) -> None:
    repository: GraphRepository = request.getfixturevalue(backend)
    became: Counter[str] = Counter()
    for case, asked in questions.cases():
        if asked:
            load(repository, case)
        became.update(compare(repository, case, question) for question in asked)
        if became["answered"] >= WANTED:
            break
    assert questions.counts["cut"] >= questions.counts["not cut"]
    assert questions.counts["cut by kinds alone"] >= 0.2 * questions.counts["cut"]
    assert became["wrong without perimeter"] <= 0.02 * became["answered"]
