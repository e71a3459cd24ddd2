"""The committed question sets: their shape, their balance, and that every gold query gives what it says."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from agent.evaluation.questions import DEVELOPMENT, FOLDER, OUTCOMES, ROLES, Question, read_questions
from core.errors import UsageError
from demo.run import AS_OF, GOLDEN_SERVERS, SEED
from graph.cypher.prepare import prepare
from graph.registry import open_backend
from graph.repository import GraphRepository, ReadContext
from graph.schema.model import Schema
from ingest.estate_generator import generate_estate
from tests.conftest import NOW
from tests.graph.queries.export_loader import delta_of

SETS = sorted(FOLDER.glob("*.jsonl"))
EMPTY = 6
"""Golds that give no rows on the estate, among all sets: an empty answer is an answer too, but tells little."""


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return list(chain.from_iterable(map(read_questions, SETS)))


@pytest.fixture(scope="module")
def estate(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> GraphRepository:
    folder = tmp_path_factory.mktemp("estate")
    generate_estate(folder, servers=GOLDEN_SERVERS, seed=SEED, as_of=AS_OF)
    repository = open_backend("networkx:", schema)
    assert repository.apply(delta_of(folder, schema))
    return repository


def test_every_gold_query_runs_and_nearly_all_give_rows(questions: list[Question], estate: GraphRepository) -> None:
    golds = {question.gold: question.id for question in questions if question.gold is not None}
    empty = []
    for gold, name in golds.items():
        answer = estate.run(prepare(gold, estate.schema), {}, ReadContext(now=NOW))
        assert not answer.truncated, name
        if not answer.rows:
            empty.append(name)
    assert len(golds) > 200
    assert len(empty) <= EMPTY, empty


def test_no_two_questions_have_the_same_id_or_words(questions: list[Question]) -> None:
    assert [i for i, times in Counter(q.id for q in questions).items() if times > 1] == []
    words = Counter((q.lang, q.after, q.text.casefold()) for q in questions)
    assert [one for one, times in words.items() if times > 1] == []


def test_each_outcome_is_asked_for_in_both_languages(questions: list[Question]) -> None:
    asked = Counter((q.lang, q.outcome) for q in questions)
    assert all(asked[lang, outcome] >= 25 for lang in ("fr", "en") for outcome in OUTCOMES)


def test_the_questions_of_roles_are_all_there(questions: list[Question]) -> None:
    roles = read_questions(ROLES)
    assert [q.id for q in roles] == [f"R{n:02d}" for n in range(1, 26)]
    assert not any(q.held_out for q in [*roles, *read_questions(DEVELOPMENT)])


def test_a_set_of_another_shape_is_refused_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"id": "1", "question": "?", "gold_cypher": null, "outcome": "refuse"}\n{"id": "2"}\n')
    with pytest.raises(UsageError, match="no question") as refused:
        read_questions(path)
    assert "set.jsonl:2" in str(refused.value)
