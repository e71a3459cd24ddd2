"""Groups of few people are told by no door of Cypher to whoever may not reveal persons: left out, or the question refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from core.principal import LOCAL_OPERATOR, Principal
from graph.cypher.passes.small_groups import SmallGroupError, note_of
from services.access.rights import Role
from services.access.small_groups import LEAST, people_of
from services.query import QueryService
from tests.api.apps import create_app
from tests.api.conftest import Asking, OpenAny, asking, served
from tests.api.random_estate import random_estate

READER = Principal("rea", frozenset({Role.ADMINISTRATOR.value}), None)
OFFICER = Principal("dpo", frozenset({Role.DATA_PROTECTION_OFFICER.value}), None)
BY_ROLE = "MATCH (p:Person) RETURN p.role AS role, count(*) AS people ORDER BY role"


@pytest.fixture(scope="module")
def drawn(open_any: OpenAny, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """A random estate on each backend."""
    with open_any(tmp_path_factory.mktemp("people"), random_estate()) as asking:
        yield asking


@pytest.fixture
def queries(drawn: Asking) -> QueryService:
    return drawn.services.queries


def rows(queries: QueryService, text: str, principal: Principal = READER) -> list[list[Any]]:
    found: list[list[Any]] = queries.cypher(text, principal=principal).to_dict()["rows"]
    return found


def test_groups_of_few_are_left_out_and_the_answer_says_so(drawn: Asking, queries: QueryService) -> None:
    plain = Counter(person["role"] for person in drawn.estate.of("Person"))
    assert min(plain.values()) < LEAST <= max(plain.values())
    told = queries.cypher(BY_ROLE, principal=READER)
    assert {row[0]: row[1] for row in told.answer.rows} == {r: n for r, n in plain.items() if n >= LEAST}
    assert note_of(people_of(drawn.twin.schema)) in told.answer.notes
    assert {row[0]: row[1] for row in queries.cypher(BY_ROLE, principal=OFFICER).answer.rows} == plain
    assert {row[0]: row[1] for row in queries.cypher(BY_ROLE).answer.rows} == plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MATCH (p:Person {role: 'director'}) RETURN count(p)", []),
        ("MATCH (p:Person {pseudonym: 'p001'}) RETURN count(*) AS n", []),
        ("MATCH (p:Person {pseudonym: 'nobody'}) RETURN count(*) AS n", [[0]]),
        (
            "MATCH (p:Person) WHERE p.role <> 'operator' WITH p.role AS r, count(*) AS n RETURN sum(n), count(r)",
            [[0, 0]],
        ),
        ("MATCH (p:Person) RETURN count(p)", [[40]]),
        ("MATCH (n) WHERE n.role = 'director' RETURN count(n)", []),
        ("MATCH (t:Team) RETURN count(t)", [[6]]),
        ("MATCH (n:Perimeter) RETURN count(n)", [[2]]),
        ("CALL { MATCH (p:Person {role: 'director'}) RETURN count(p) AS n } RETURN n", []),
        ("MATCH (p:Person) OPTIONAL MATCH (p)-[:MEMBER_OF_TEAM]->(t:Team {name: 'team-5'}) RETURN count(t)", [[0]]),
    ],
)
def test_what_can_be_decided_is_told_or_left_out(queries: QueryService, text: str, expected: list[Any]) -> None:
    assert rows(queries, text) == expected


def test_teams_are_told_with_as_many_people_as_it_takes(drawn: Asking, queries: QueryService) -> None:
    text = "MATCH (t:Team)<-[:MEMBER_OF_TEAM]-(p:Person) %s RETURN t.name AS team, count(*) AS n ORDER BY team"
    estate = drawn.estate
    for role in ("operator", "architect", "director"):
        of = [p for p in estate.of("Person") if p["role"] == role]
        plain = Counter(str(team["name"]) for person in of for team in estate.out(person, "MEMBER_OF_TEAM"))
        found = rows(queries, text % f"WHERE p.role = '{role}'")
        assert found == [[team, n] for team, n in sorted(plain.items()) if n >= LEAST]


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (p:Person) RETURN p.pseudonym, count(*)",
        "MATCH (p:Person) RETURN p, count(*)",
        "MATCH (p:Person) RETURN p.id, count(*)",
        "MATCH (i:Incident) RETURN i.caller, count(*)",
        "MATCH (i:Incident) RETURN count(DISTINCT i.assignee)",
        "MATCH (t:Team)<-[:MEMBER_OF_TEAM]-(:Person) WITH t RETURN t.name, count(*)",
        "MATCH (t:Team) RETURN t.name, COUNT { (t)<-[:MEMBER_OF_TEAM]-() }",
        "MATCH (t:Team) RETURN t.name, size([(t)<-[:MEMBER_OF_TEAM]-(p) | p])",
        "MATCH (t:Team) RETURN size(COLLECT { MATCH (t)<-[:MEMBER_OF_TEAM]-(p:Person) RETURN p.role })",
        "MATCH (p:Person) RETURN sum(CASE WHEN p.role = 'director' THEN 1 ELSE 0 END)",
        "MATCH (p:Person) RETURN count(CASE WHEN p.role = 'director' THEN 1 END)",
        "MATCH (p:Person) RETURN size([r IN collect(p.role) WHERE r = 'director'])",
        "MATCH (p:Person) WITH collect(p) AS ps UNWIND ps AS q RETURN q.role, count(*)",
        "MATCH (p:Person) WITH DISTINCT p.pseudonym AS x RETURN count(x)",
        "MATCH (t:Team)-[:MEMBER_OF_TEAM*2..2]-(u:Team) RETURN count(*)",
        "MATCH (p:Person) WITH properties(p) AS m RETURN count(m)",
    ],
)
def test_what_cannot_be_decided_is_refused(queries: QueryService, text: str) -> None:
    with pytest.raises(SmallGroupError):
        queries.cypher(text, principal=READER)
    queries.cypher(text, principal=OFFICER)


def test_every_door_asks_the_same_way(drawn: Asking) -> None:
    twin, director = drawn.twin, "MATCH (p:Person {role: 'director'}) RETURN count(p) AS n"
    refused = "MATCH (p:Person) RETURN p.pseudonym AS p, count(*) AS n"
    reader = asking(twin, drawn.estate, READER)
    ask = "query ($q: String!) { cypher(query: $q) }"
    assert reader.any_engine(ask, q=director)["cypher"]["rows"] == []
    assert reader.code(ask, q=refused) == "SMALL_GROUPS"
    for principal, expected in ((READER, []), (LOCAL_OPERATOR, [[1]])):
        with served(twin, create_app(twin, follow=False, principal=principal)) as server:
            assert server.post("/api/query", {"query": director}).json()["rows"] == expected
            exported = server.post("/api/exports", {"query": director, "format": "jsonl"})
            assert exported.text.count("\n") == len(expected), exported.text
            for path in ("/api/query", "/api/exports"):
                status = server.post(path, {"query": refused, "format": "csv"} if "exp" in path else {"query": refused})
                assert (status.status_code == 403) == (principal is READER), path


def test_what_is_read_at_a_past_moment_is_held_to_the_same(drawn: Asking) -> None:
    reader = asking(drawn.twin, drawn.estate, READER)
    text = 'query ($q: String!) { cypher(query: $q, asOf: "#1000000") }'
    last = drawn.twin.ledger.sequence()
    asked = text.replace("1000000", str(last))
    found = reader.any_engine(asked, q="MATCH (p:Person {role: 'director'}) RETURN count(p) AS n")["cypher"]["rows"]
    assert found == []
    reader.services.moments.close()
