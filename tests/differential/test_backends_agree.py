"""The three backends give the same answers to generated queries over generated graphs."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.conftest import NIGHTLY
from tests.differential.backends import REFERENCE, Backends, bound_of, disagreement, report
from tests.differential.strategies import Batch, batches, seeded_batch
from tests.differential.tally import QUOTAS, Tally

PER_GRAPH = 20
GRAPHS = 320 if NIGHTLY else 8
"""Drawn by Hypothesis; some batches hold one query only, which shrinking needs."""

SEEDS = range(1_000, 1_430) if NIGHTLY else range(1_000, 1_012)
"""Batches that ask for every construct in turn."""

WANTED_QUERIES = 10_000 if NIGHTLY else 250
NATIVE_ON_EMBEDDED = 0.5
"""Of generated queries, which are far from those that people ask: half of them use what ladybug has no words for."""

pytestmark = [
    pytest.mark.neo4j,
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),  # of a failure, before it is made smaller
]


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


def compare(backends: Backends, batch: Batch, tally: Tally) -> None:
    """Ask every query of a batch everywhere; the first that differs fails, as text."""
    backends.load(batch.graph)
    for sample in batch.samples:
        outcomes = backends.ask(bound_of(sample), sample)
        reference = outcomes.pop(REFERENCE)
        tally.add(sample, reference, outcomes)
        reasons = {
            name: reason
            for name, outcome in outcomes.items()
            if (reason := disagreement(reference, outcome, sample)) is not None
        }
        assert not reasons, report(batch.graph, sample, outcomes, reasons)


def test_answers_are_the_same_on_every_backend(backends: Backends, tally: Tally) -> None:
    phases = [Phase.generate, Phase.shrink]

    @settings(
        max_examples=GRAPHS,
        derandomize=not NIGHTLY,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    @given(batches({}, PER_GRAPH))
    def answers_are_the_same(batch: Batch) -> None:
        compare(backends, batch, tally)

    answers_are_the_same()


def test_answers_are_the_same_whatever_construct_is_wanted(backends: Backends, tally: Tally) -> None:
    for seed in SEEDS:
        compare(backends, seeded_batch(seed, PER_GRAPH), tally)


def test_enough_queries_were_asked(tally: Tally) -> None:
    assert tally.asked >= WANTED_QUERIES


def test_three_answers_in_ten_have_rows(tally: Tally) -> None:
    assert tally.with_rows >= 0.3 * tally.asked


def test_no_construct_is_left_out(tally: Tally) -> None:
    share = tally.asked / 500
    short = {name: tally.constructs[name] for name, wanted in QUOTAS.items() if tally.constructs[name] < wanted * share}
    assert not short


def test_every_query_runs_on_neo4j_itself(tally: Tally) -> None:
    assert tally.native_share("neo4j") >= 0.99, dict(tally.unsupported)


def test_the_embedded_store_answers_most_queries_itself(tally: Tally) -> None:
    assert tally.native_share("embedded") >= NATIVE_ON_EMBEDDED, dict(tally.unsupported)
