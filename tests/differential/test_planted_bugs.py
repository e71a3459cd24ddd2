"""A bug planted in a dialect or in the executor is found by the queries that `make test` asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import pytest

from core.errors import JumeauError
from graph.backends.embedded.repository import EmbeddedRepository
from graph.backends.neo4j.compiler import Neo4jCompiler
from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.bound import BoundQuery
from graph.cypher.parameters import complete_parameters
from graph.repository import GraphRepository
from tests.conftest import NIGHTLY
from tests.differential.backends import CONTEXT, NOW, REFERENCE, Backends, Outcome, ask, bound_of, disagreement
from tests.differential.planted import EMBEDDED, EXECUTOR, NEO4J, Planted
from tests.differential.queries import Sample
from tests.differential.schema import SCHEMA
from tests.differential.strategies import Batch, seeded_batch

BATCHES = 200 if NIGHTLY else 40
"""Of 20 queries: no more are asked than find every bug; a nightly run looks for the rare ones, too."""

FINDERS = (0, 1, 2, 3, 6, 7, 8, 9, 12, 16, 17, 27, 35)
"""The batches that are the first to find some bug. They are asked first, and all others where they do not suffice."""

ORDER = (*FINDERS, *(number for number in range(BATCHES) if number not in FINDERS))

Compile = Callable[[BoundQuery, Sample], str | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with what the executor answers and what a dialect makes of it."""

    sample: Sample
    bound: BoundQuery
    expected: Outcome
    text: str | None


@cache
def batch_of(number: int) -> Batch:
    return seeded_batch(number)


def survivors(bugs: Sequence[Planted], backends: Backends, repository: GraphRepository, compiled: Compile) -> list[str]:
    """The names of the bugs that no query finds. A query is asked where the bug changes what the store receives."""
    left = [bug for bug in bugs if NIGHTLY or not bug.rare]
    for number in ORDER:
        if not left:
            break
        batch = batch_of(number)
        backends.load(batch.graph)
        asked = []
        for sample in batch.samples:
            bound = bound_of(sample)
            expected = ask(backends.repositories[REFERENCE], bound, sample)
            asked.append(Asked(sample, bound, expected, compiled(bound, sample)))
        left = [bug for bug in left if not found(bug, asked, repository, compiled)]
    return [bug.name for bug in left]


def found(bug: Planted, asked: Sequence[Asked], repository: GraphRepository, compiled: Compile) -> bool:
    """Whether one of the queries tells the bug."""
    with pytest.MonkeyPatch.context() as patch:
        bug.plant(patch)
        for query in asked:
            if query.expected.rows is None or compiled(query.bound, query.sample) == query.text:
                continue
            outcome = ask(repository, query.bound, query.sample)
            if disagreement(query.expected, outcome, query.sample) is not None:
                return True
    return False


def test_bugs_of_the_embedded_dialect_are_found(local: Backends) -> None:
    repository = local.repositories["embedded"]
    assert isinstance(repository, EmbeddedRepository)
    queries = repository._queries

    def compiled(bound: BoundQuery, sample: Sample) -> str | None:
        queries.clear()
        try:
            return queries.compiled(bound, complete_parameters(bound, sample.parameters, NOW), CONTEXT.row_cap).text
        except JumeauError:
            return None

    left = survivors(EMBEDDED, local, repository, compiled)
    assert not left, left
    queries.clear()


@pytest.mark.neo4j
def test_bugs_of_the_neo4j_dialect_are_found(backends: Backends) -> None:
    def compiled(bound: BoundQuery, sample: Sample) -> str | None:
        try:
            return Neo4jCompiler(bound, SCHEMA).compile(complete_parameters(bound, sample.parameters, NOW)).text
        except JumeauError:
            return None

    left = survivors(NEO4J, backends, backends.repositories["neo4j"], compiled)
    assert not left, left


def test_bugs_of_the_executor_are_found(local: Backends) -> None:
    """The executor has no text: every query is compiled anew and asked, and held against its own right answers."""
    executor = local.repositories[REFERENCE]
    assert isinstance(executor, NetworkXRepository)

    def compiled(_bound: BoundQuery, _sample: Sample) -> str | None:
        executor._plans.forget()
        return "compiled"

    left = list(EXECUTOR)
    for number in ORDER:
        if left:
            batch = batch_of(number)
            local.load(batch.graph)
            asked = [Asked(s, b := bound_of(s), ask(executor, b, s), None) for s in batch.samples]
            left = [bug for bug in left if not found(bug, asked, executor, compiled)]
    assert not left, [bug.name for bug in left]


def test_twenty_bugs_are_planted_at_least() -> None:
    assert len({(bug.backend, bug.name) for bug in (*EMBEDDED, *NEO4J, *EXECUTOR)}) >= 20
