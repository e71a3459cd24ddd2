"""Every scenario of the kit passes, unless the list of known failures says why not; and nothing on the list passes."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.tck.known import known_failures, surprises
from tests.tck.scenario import Category, Outcome, run_scenario
from tests.tck.source import KitUnavailableError, scenarios


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    try:
        return [run_scenario(scenario) for scenario in scenarios()]
    except KitUnavailableError as error:
        pytest.skip(f"the openCypher kit is not here: {error}")


def test_the_whole_kit_is_run(outcomes: list[Outcome]) -> None:
    counted = Counter(outcome.category for outcome in outcomes)
    assert counted == {Category.RESULT: 2_924, Category.ERROR: 655, Category.WRITING: 318}


def test_every_valid_query_is_accepted(outcomes: list[Outcome]) -> None:
    refused = [outcome for outcome in outcomes if outcome.valid and not outcome.accepted]
    assert not [f"{outcome.scenario.key}: {outcome.seen}" for outcome in refused]


def test_every_query_that_writes_is_refused_by_name(outcomes: list[Outcome]) -> None:
    writing = [outcome for outcome in outcomes if outcome.category is Category.WRITING]
    assert not [f"{outcome.scenario.key}: {outcome.seen}" for outcome in writing if not outcome.passed]


def test_what_fails_is_known_with_its_reason_and_what_is_known_fails(outcomes: list[Outcome]) -> None:
    assert not surprises(outcomes, known_failures())
