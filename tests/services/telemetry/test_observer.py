"""How a question is known to those who watch: by a digest of its form, how it ended, and nothing of what it asked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from core.errors import BackendError, JumeauError, QueryError
from graph.repository import Rows
from services.telemetry.observer import Observer, Question, counted, form_digest


def test_texts_of_one_form_have_one_digest_whatever_their_values() -> None:
    one = form_digest("MATCH (s:Server {name: 'srv-1'}) WHERE s.cpu_cores > 3 RETURN s")
    assert one == form_digest('match (s:Server {name: "other"})  WHERE s.cpu_cores > 99 RETURN s // a remark')
    assert one != form_digest("MATCH (s:Server {code: 'srv-1'}) WHERE s.cpu_cores > 3 RETURN s")
    assert form_digest("MATCH (s {name: 'never ends") == "unreadable"


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        (QueryError("no"), "refused", "QUERY"),
        (BackendError("no"), "failed", "BACKEND"),
        (ZeroDivisionError("4711"), "failed", "INTERNAL"),
    ],
)
def test_a_question_is_told_with_how_it_ended(error: Exception, outcome: str, code: str) -> None:
    told: list[Question] = []
    seconds = count(1.0, 0.5)
    observer = Observer(told.append, time=lambda: next(seconds))
    with pytest.raises(type(error)), observer.asking("cypher", "RETURN 1"):
        raise error
    with observer.asking("tree", "") as question:
        question.rows = 3
    assert [(q.language, q.outcome, q.code, q.rows, q.seconds) for q in told] == [
        ("cypher", outcome, code, 0, 0.5),
        ("tree", "answered", "", 3, 0.5),
    ]


def test_rows_that_are_read_in_batches_are_counted_as_they_are_read() -> None:
    told: list[Question] = []
    observer = Observer(told.append)

    def batches(*, fails: bool) -> Iterator[Rows]:
        yield [(1,), (2,)]
        if fails:
            raise BackendError("lost")
        yield [(3,)]

    with observer.reading("cypher", "") as whole:
        assert len(list(counted(batches(fails=False), whole))) == 2
    with observer.reading("cypher", "") as left:
        next(counted(batches(fails=False), left))
    with observer.reading("cypher", "") as broken, pytest.raises(JumeauError):
        list(counted(batches(fails=True), broken))
    assert [(q.outcome, q.code, q.rows) for q in told] == [
        ("answered", "", 3),
        ("given up", "", 2),
        ("failed", "BACKEND", 2),
    ]
