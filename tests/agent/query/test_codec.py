"""Intermediate queries travel as JSON without loss, and what is wrong in one is told by where it stands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.query.codec import PATH, read_question, render_json_schema, to_json, write_question
from agent.query.errors import IntermediateQueryError
from agent.query.model import (
    Aggregate,
    Attribute,
    Column,
    Compare,
    Constant,
    Entity,
    Exists,
    Hop,
    Itself,
    Moment,
    Pattern,
    Question,
    Ratio,
    Recipe,
    Select,
    Side,
    Versus,
    Within,
)

UNTESTED = Exists(Pattern((Entity("plan", ("RecoveryPlan",)),), (Hop("plan", ("COVERS",), "app"),)), negated=True)
APPLICATIONS = Entity("app", ("BusinessApplication",), where=UNTESTED)


def example() -> Question:
    recent = Within(Attribute("app", "updated_at"), start=Moment(shift=-3))
    critical = Compare(Attribute("app", "criticality"), "in", Constant(["vital", "critical"]))
    rate = Ratio(Aggregate("count", Itself("app"), where=critical), Aggregate("count", Itself("app")))
    select = Select(Pattern((APPLICATIONS,), where=recent), (Column("rate", rate), Column("one", Constant(1))))
    return Question(Versus((Side("now", select), Side("then", select, as_of="2025-01-01"))), "fr")


def test_a_question_is_read_back_as_it_was_written() -> None:
    assert read_question(write_question(example())) == example()


def test_a_question_may_come_as_what_json_parses_to() -> None:
    assert read_question(to_json(example())) == example()


@pytest.mark.parametrize("value", [True, 1, 1.5, "1", ["a", "b"], [1, 2]])
def test_constants_keep_their_type(value: Any) -> None:
    column = Column("value", Constant(value))
    question = Question(Select(Pattern((Entity("s", ("Server",)),)), (column,)))

    read = read_question(write_question(question)).body

    assert isinstance(read, Select)
    constant = read.columns[0].value
    assert isinstance(constant, Constant)
    assert (type(constant.value), constant.value) == (type(value), value)


def test_a_misspelt_key_is_told_with_its_place() -> None:
    wrong = {"body": {"type": "select", "pattern": {"entities": [{"name": "s", "kind": "Server"}]}}}

    with pytest.raises(IntermediateQueryError) as refusal:
        read_question(wrong)

    assert refusal.value.findings[0].where == "body.select.pattern.entities.0.kind"


def test_a_part_without_type_is_refused() -> None:
    with pytest.raises(IntermediateQueryError, match="body"):
        read_question('{"body": {"name": "downstream_impact"}}')


def test_the_schema_beside_the_code_is_the_one_of_the_code() -> None:
    assert PATH.read_text(encoding="utf-8") == render_json_schema()


def test_the_schema_tells_each_union_once_and_asks_for_types() -> None:
    schema = json.loads(render_json_schema())

    assert {"$ref": "#/$defs/Attribute"} in schema["$defs"]["Value"]["oneOf"]
    assert schema["$defs"]["Compare"]["properties"]["left"] == {"$ref": "#/$defs/Value"}
    assert schema["$defs"]["Compare"]["required"][0] == "type"
    assert schema["properties"]["body"] == {"$ref": "#/$defs/Body"}


def test_a_call_of_the_catalogue_is_a_question_too() -> None:
    question = Question(Recipe("servers_not_restarted", {"months": 3}))

    assert read_question(write_question(question)) == question
