"""Whoever is limited is answered by every door as somebody unlimited over the graph that is left for them; limited to nothing,
as over a graph of what is public alone. No answer, refusal or export names what is outside."""

from __future__ import annotations

from collections import Counter
from random import Random

from api.graphql.root import build_schema
from services.catalogue import CatalogueService
from tests.api.apps import shape_of
from tests.conftest import NIGHTLY
from tests.security.doors.asking import Question, ask, codes, rest, root_fields
from tests.security.doors.conftest import Doors

KINDS = None if NIGHTLY else 4
WHOLE_ONLY = frozenset({"history", "difference", "runs", "run", "quarantine", "disagreements"})
"""Root fields that are for those who see the whole estate: refused to whoever does not, whatever they are asked."""
OF_THE_QUERY = frozenset({"explain"})
"""Root fields that tell of a query, not of the estate: a limited one has another plan."""


def questions(doors: Doors) -> list[Question]:
    draw, schema = Random(5), build_schema(shape_of(doors.twin.schema))
    catalogue = CatalogueService(doors.twin)
    asked = list(rest(catalogue))
    if not NIGHTLY:
        named = [question for question in asked if question.door.startswith("catalogue")]
        kept = draw.sample(named, 8)
        asked = [question for question in asked if question not in named or question in kept]
    return [*root_fields(schema, doors.whole, draw, KINDS), *asked]


def test_an_answer_is_that_of_what_is_left_and_names_nothing_outside(doors: Doors) -> None:
    counts: Counter[str] = Counter()
    wrong: list[tuple[object, ...]] = []
    hidden = doors.hidden()
    for question in questions(doors):
        status, told, text = ask(doors.limited, question, doors.lasts[0])
        leaks = [name for name in hidden if name in text and name not in str(question.body)]
        if leaks:
            wrong.append((question.door, "names", leaks[:3], text[:300]))
        field = question.door.removeprefix("graphql ")
        if field in WHOLE_ONLY:
            counts["whole estate"] += 1
            if codes(told) != {"RESTRICTED"}:
                wrong.append((question.door, "is answered", status, text[:300]))
            continue
        expected_status, expected, _ = ask(doors.reduced, question, doors.lasts[1])
        if field in OF_THE_QUERY:
            counts["of the query"] += 1
        elif (status, told) != (expected_status, expected):
            wrong.append((question.door, question.body, str(told)[:400], str(expected)[:400]))
        else:
            counts["refused" if codes(told) else "answered"] += 1
    assert wrong == []
    assert counts["answered"] >= 60, counts
    assert counts["whole estate"] >= len(WHOLE_ONLY), counts
