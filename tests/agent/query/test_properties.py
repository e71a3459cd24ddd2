"""Whatever question the schema allows: it is emitted, prepared, printed and read back, and its JSON says all of it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.query import model as m
from agent.query.codec import read_question, write_question
from agent.query.emit import emit
from graph.cypher.parser import parse
from graph.cypher.prepare import prepare
from graph.cypher.printer import print_tree
from graph.schema.load import load_schema
from tests.agent.query.generated import questions
from tests.conftest import NIGHTLY

SCHEMA = load_schema("it_estate")
EXAMPLES = 3_000 if NIGHTLY else 120


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(questions(SCHEMA))
def test_every_question_is_a_query_that_prepares_and_is_read_back(question: m.Question) -> None:
    for step in emit(question, SCHEMA):
        text = print_tree(step.query)
        assert parse(text) == step.query
        bound = prepare(text, SCHEMA)
        assert set(bound.parameters) <= set(step.parameters)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(questions(SCHEMA))
def test_every_question_is_the_same_after_json(question: m.Question) -> None:
    assert read_question(write_question(question)) == question


@pytest.mark.parametrize("kind", SCHEMA.concrete)
def test_elements_of_every_kind_are_listed_and_counted(kind: str) -> None:
    pattern = m.Pattern((m.Entity("x", (kind,)),))
    for columns in ((), (m.Column("n", m.Aggregate("count", m.Itself("x"))),)):
        (step,) = emit(m.Question(m.Select(pattern, columns)), SCHEMA)
        prepare(print_tree(step.query), SCHEMA)


def test_strategies_make_every_shape() -> None:
    seen: set[str] = set()

    @settings(max_examples=60, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(questions(SCHEMA), st.just(None))
    def draw(question: m.Question, _: None) -> None:
        seen.add(question.body.type)

    draw()
    assert seen == {"select", "combination", "versus"}
