"""Whoever is limited is answered by every door as somebody unlimited over the graph that is left for them; limited to nothing,
as over a graph of what is public alone. No answer, refusal or export names what is outside, whatever state is asked about: the present,
past ones, a branch of one's own that others have changed too. Of branches of others there are none.

Whoever asks is an administrator and may reveal persons: nothing but their perimeters holds them back.
"""

from __future__ import annotations

import json
from collections import Counter
from random import Random

from api.app import describe_rest
from api.mcp.tools import TOOLS
from services.catalogue import CatalogueService
from tests.api.test_access import PUBLIC, WHOLE, WHOLE_FIELDS
from tests.conftest import NIGHTLY
from tests.security.doors.asking import OTHERS, Question, codes, leaks
from tests.security.doors.conftest import Doors
from tests.security.doors.estate import story
from tests.security.doors.graphql_questions import refused_changes, root_fields
from tests.security.doors.other_questions import OWN_ROUTES, ROUTES, WHOLE_ROUTES, WHOLE_TOOLS, rest, tool, tools

KINDS = None if NIGHTLY else 3
NAMED = None if NIGHTLY else 6
OF_THE_QUERY = frozenset({"explain"})
"""Root fields that tell of a query, not of the estate: a limited one has another plan."""


def questions(doors: Doors) -> list[Question]:
    draw = Random(5)
    found = [
        *root_fields(doors.schema, doors.whole.now, draw, KINDS),
        *rest(CatalogueService(doors.twin), doors.whole.now, draw, NAMED),
        *tools(doors.whole.now, draw),
    ]
    return sorted(found, key=lambda question: question.moment)


def test_an_answer_is_that_of_what_is_left_and_names_nothing_outside(doors: Doors) -> None:
    counts: Counter[str] = Counter()
    wrong: list[tuple[object, ...]] = []
    hidden = doors.hidden()
    for question in questions(doors):
        status, told, text = doors.limited.ask(question)
        if found := leaks(text, hidden, question):
            wrong.append((question.door, question.moment, "names", found[:3], text[:300]))
        field = question.door.removeprefix("graphql ")
        if field in WHOLE_FIELDS:
            counts["whole estate"] += 1
            if codes(told) != {"RESTRICTED"}:
                wrong.append((question.door, "is answered", status, text[:300]))
            continue
        expected_status, expected, _ = doors.reduced.ask(question)
        if field in OF_THE_QUERY:
            counts["of the query"] += 1
        elif (status, told) != (expected_status, expected):
            wrong.append((question.door, question.body, str(told)[:600], str(expected)[:600]))
        elif question.moment == OTHERS:
            counts["others"] += 1
            if not codes(told):
                wrong.append((question.door, "is answered on a branch of others", text[:300]))
        else:
            counts["refused" if codes(told) else "answered"] += 1
    assert wrong == []
    assert counts["answered"] >= 120, counts
    assert counts["others"] >= 10, counts
    assert counts["whole estate"] >= len(WHOLE_FIELDS), counts


def test_what_is_of_the_whole_estate_is_refused_to_whoever_is_limited(doors: Doors) -> None:
    asked = [Question(path, method, _filled(path), body) for (method, path), body in WHOLE_ROUTES.items()]
    asked += [tool(name, given) for name, given in WHOLE_TOOLS.items()]
    wrong = []
    for question in asked:
        _, told, text = doors.limited.ask(question)
        if codes(told) != {"RESTRICTED"} or leaks(text, doors.hidden(), question):
            wrong.append((question.door, text[:300]))
    assert wrong == []


def test_a_change_of_what_is_hidden_is_answered_as_one_of_what_is_not_there(doors: Doors) -> None:
    hidden = {thing.id for thing in doors.whole.now.of("VirtualMachine", "PhysicalServer", "Team")} & doors.hidden()
    seen = next(iter(sorted(thing.id for thing in doors.left.now.things)))
    before = [twin.ledger.sequence() for twin in (doors.servers[0].twin, doors.servers[1].twin)]
    wrong = []
    for question in refused_changes(doors.schema, hidden, seen):
        answers = [asker.ask(question) for asker in (doors.limited, doors.reduced)]
        if answers[0][:2] != answers[1][:2] or leaks(answers[0][2], doors.hidden(), question):
            wrong.append((question.body, answers[0][2][:300], answers[1][2][:300]))
    assert wrong == []
    assert [twin.ledger.sequence() for twin in (doors.servers[0].twin, doors.servers[1].twin)] == before


def test_what_is_ones_own_tells_nothing_of_the_estate(doors: Doors) -> None:
    """Each route is called as it is meant, with the id of something hidden where it takes one, and with names that are not there."""
    one = min(doors.hidden() & {thing.id for thing in doors.whole.now.things})
    wrong = []
    for (method, path), body in OWN_ROUTES.items():
        filled = None if body is None else json.loads(json.dumps(body).replace("{hidden}", one))
        question = Question(path, method, _filled(path), filled)
        status, told, text = doors.limited.ask(question)
        if leaks(text, doors.hidden(), question) or status >= 500 or "RESTRICTED" in codes(told):
            wrong.append((method, path, status, text[:300]))
    assert wrong == []


def test_every_route_and_every_tool_is_asked() -> None:
    routes = {(method.upper(), path) for path, methods in describe_rest()["paths"].items() for method in methods}
    assert WHOLE_ROUTES.keys() == WHOLE
    groups = [ROUTES, WHOLE_ROUTES.keys(), OWN_ROUTES.keys(), PUBLIC]
    assert Counter(route for group in groups for route in group) == Counter(routes), "say in which group it is"
    asked = {question.body["params"]["name"] for question in tools(story(1).now, Random(1)) if question.body}
    assert asked | WHOLE_TOOLS.keys() == TOOLS.keys()
    assert asked & WHOLE_TOOLS.keys() == set()


def _filled(path: str) -> str:
    return path.replace("{name}", "others" if "branches" in path else "nothing").replace("{id}", "nothing")
