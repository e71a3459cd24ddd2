"""What people of several roles ask: what is left to do, what was backed up last, which teams it is for, which one is meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.language.outcome import Parse
from agent.query import model as m

Read = Callable[..., Parse]


def select(parse: Parse) -> m.Select:
    assert parse.outcome == "answer", (parse.missing, parse.message)
    assert parse.question is not None
    assert isinstance(parse.question.body, m.Select)
    return parse.question.body


def of(condition: m.Condition | None, sort: type) -> list[m.Condition]:
    parts = condition.conditions if isinstance(condition, m.All) else [condition] if condition else []
    return [
        part
        for one in parts
        for part in ([one] if isinstance(one, sort) else of(one, sort) if isinstance(one, m.All) else [])
    ]


@pytest.mark.parametrize(
    "question",
    [
        "Quels plans de traitement sont en retard, et pour quelles équipes ?",
        "Which treatment plans are overdue, and for which teams?",
        "Quelles planifications ne seront pas tenues ce mois-ci, et pour quelles équipes ?",
    ],
)
def test_a_second_question_word_asks_for_a_column(read: Read, question: str) -> None:
    asked = select(read(question))
    assert [column.name for column in asked.columns] == ["treatmentPlan", "team"]


@pytest.mark.parametrize(
    "question",
    [
        "Quels serveurs ne sont pas sauvegardés, ou seulement partiellement ?",
        "Which servers are not fully backed up?",
        "Which servers are not backed up, or only partially?",
    ],
)
def test_whether_something_is_fully_backed_up_its_last_backup_tells(read: Read, question: str) -> None:
    (none,) = of(select(read(question)).pattern.entities[0].where, m.Exists)
    assert isinstance(none, m.Exists)
    assert none.negated
    run = none.pattern.entities[0]
    full, (last,) = of(run.where, m.Compare), of(run.where, m.Exists)
    assert full == [m.Compare(m.Attribute(run.name, "status"), "=", m.Constant("full"))]
    assert isinstance(last, m.Exists)
    assert last.negated
    assert isinstance(last.pattern.where, m.Compare)
    assert last.pattern.where.right == m.Attribute(run.name, "started_at")


@pytest.mark.parametrize(
    "question",
    [
        "Quelles solutions restent à tester en charge ?",
        "Quelles applications restent à tester en charge avant la prochaine campagne ?",
        "Which applications remain to be load tested?",
    ],
)
def test_what_is_left_to_test_needs_a_test_and_has_none_that_passed(read: Read, question: str) -> None:
    asked = select(read(question))
    needs = m.Compare(m.Attribute(asked.pattern.entities[0].name, "needs_load_test"), "=", m.Constant(value=True))
    assert of(asked.pattern.entities[0].where, m.Compare) == [needs]
    (none,) = of(asked.pattern.where, m.Exists)
    assert isinstance(none, m.Exists)
    assert none.negated


def test_done_is_a_date_of_what_was_done(read: Read) -> None:
    asked = select(read("which maintenance actions got done in december 2024?"))
    assert "done_at" in str(asked.pattern.entities[0].where)


def test_under_a_kind_is_a_place_and_no_bound(read: Read) -> None:
    asked = select(read("which storage volumes sit under the databases of Paie?"))
    assert asked.pattern.hops[0].relations == ("STORED_ON",)
    assert read("which storage volumes are under?").outcome == "clarify"


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("la caisse régionale, elle est servie par combien d'applis ?", id="one bank of several"),
        pytest.param("RPO of contracts", id="of any number of applications"),
    ],
)
def test_what_may_be_any_of_several_is_asked_back(read: Read, question: str) -> None:
    assert read(question).outcome == "clarify"
