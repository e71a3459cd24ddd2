"""What is said of a relation, and of neither of the elements that it joins, is a condition on the relation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.language.outcome import Parse
from agent.query import model as m
from agent.query.check import check
from graph.schema.model import Schema

Read = Callable[..., Parse]


@pytest.mark.parametrize(
    ("question", "relation", "attribute", "value"),
    [
        (
            "Which databases replicate synchronously, and to which one?",
            "REPLICATES_TO",
            "replication_mode",
            "synchronous",
        ),
        ("Quelles bases répliquent de façon asynchrone ?", "REPLICATES_TO", "replication_mode", "asynchronous"),
        ("how many databases replicate synchronously?", "REPLICATES_TO", "replication_mode", "synchronous"),
        ("Which team supports Paie at level 2?", "SUPPORTED_BY", "support_level", 2),
        ("Quelle équipe supporte Paie au niveau 2 ?", "SUPPORTED_BY", "support_level", 2),
        ("Which applications are supported by the Linux team at level 3?", "SUPPORTED_BY", "support_level", 3),
    ],
)
def test_a_condition_is_of_the_relation(
    read: Read, schema: Schema, question: str, relation: str, attribute: str, value: str | int
) -> None:
    parse = read(question)
    assert parse.question is not None, (parse.missing, parse.message)
    body = parse.question.body
    assert isinstance(body, m.Select)
    (hop,) = body.pattern.hops
    assert hop.relations == (relation,)
    assert hop.name is not None
    assert body.pattern.where == m.Compare(m.Attribute(hop.name, attribute), "=", m.Constant(value))
    check(parse.question, schema, {})  # raises nothing


def test_the_other_end_is_a_column_where_it_is_asked_for(read: Read) -> None:
    parse = read("Which databases replicate synchronously, and to which one?")
    assert parse.question is not None
    assert isinstance(parse.question.body, m.Select)
    assert len(parse.question.body.columns) == 2


@pytest.mark.parametrize("question", ["which servers are synchronous?", "Quelles applications sont asynchrones ?"])
def test_what_is_said_of_no_relation_of_theirs_is_not_held(read: Read, question: str) -> None:
    parse = read(question)
    assert parse.outcome == "unanswerable"
    assert parse.missing
