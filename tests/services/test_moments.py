"""Asking the past and branches: the road, the answers and the perimeters are those of the present."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Thread

import pytest

from core.clock import FrozenClock
from core.errors import NotFoundError, UsageError
from core.principal import LOCAL_OPERATOR, Principal
from core.settings import load_settings
from graph.cypher.passes.perimeter import LIMITED
from graph.history.ledger import Event
from graph.model import Operation
from ingest.estate_generator import generate_estate
from services.branches import BranchService
from services.catalogue import CatalogueService
from services.edits import NodeEdit
from services.ingestion import ingest
from services.moments import Asked, MomentService, instant_of
from services.query import QueryService
from services.twin import Twin, open_twin

NOW = datetime(2025, 1, 1, tzinfo=UTC)
SERVERS = "MATCH (s:Server) RETURN s.id AS id, s.name AS name ORDER BY id"
KEYS = "MATCH (s:Server) RETURN keys(s) AS known, count(*) AS servers ORDER BY servers DESC, size(known), known[0]"
"""What the embedded store has no words for: it runs on a snapshot."""


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """A small bank, loaded in 2025 and changed a year later."""
    home = tmp_path_factory.mktemp("bank")
    settings = load_settings(home=home, backend="embedded", now=NOW.isoformat())
    generate_estate(home / "export", servers=60, seed=7, as_of=NOW.date())
    ingest(settings, "csv", home / "export")
    with open_twin(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def loaded(twin: Twin) -> int:
    return twin.ledger.sequence()


@pytest.fixture(scope="module")
def changed(twin: Twin, loaded: int) -> int:
    """A third of the servers go and another third leave their perimeters, a year later; the sequence then."""
    ledger = twin.ledger
    states = {state.element: state for state in ledger.present()}
    servers = sorted(e for e, s in states.items() if s.kind in twin.schema.descendants["Server"])
    third = len(servers) // 3
    gone, moved = set(servers[:third]), set(servers[third : 2 * third])
    relations = [
        s
        for s in states.values()
        if s.edge and (s.start in gone or s.end in gone or (s.kind == "IN_PERIMETER" and s.start in moved))
    ]
    deleted = [
        Event(Operation.DELETE, s.element, s.edge, s.kind, s.properties, None, s.start, s.end)
        for s in [*relations, *(states[e] for e in sorted(gone))]
    ]
    ledger._clock = FrozenClock(NOW.replace(year=2026))
    ledger.append(ledger.begin_run("later", "tester", "", "f"), deleted)
    twin.catch_up()
    return ledger.sequence()


@pytest.fixture(params=["in memory", "as a store"])
def moments(request: pytest.FixtureRequest, twin: Twin) -> Iterator[MomentService]:
    queries = QueryService(twin)
    small = 10**9 if request.param == "in memory" else 0
    service = MomentService(twin, queries, CatalogueService(twin, queries), small=small)
    yield service
    service.close()


@pytest.fixture(scope="module")
def askers(twin: Twin, loaded: int) -> list[Principal]:
    names = [
        row[0]
        for row in QueryService(twin).cypher("MATCH (p:Perimeter) RETURN p.name ORDER BY p.name LIMIT 2").answer.rows
    ]
    return [LOCAL_OPERATOR, *(LOCAL_OPERATOR.narrowed([name]) for name in names), LOCAL_OPERATOR.narrowed([])]


Answers = dict[tuple[str, str], list[tuple[object, ...]]]


def answers(queries: QueryService, askers: list[Principal]) -> Answers:
    return {
        (text, str(asker.perimeters)): list(queries.cypher(text, principal=asker).answer.rows)
        for text in (SERVERS, KEYS)
        for asker in askers
    }


@pytest.fixture(scope="module")
def then(twin: Twin, loaded: int, askers: list[Principal]) -> Answers:
    """What everybody was answered before the changes."""
    return answers(QueryService(twin), askers)


def test_everybody_is_answered_about_the_past_as_they_were_answered_then(
    then: Answers, changed: int, loaded: int, moments: MomentService, askers: list[Principal], twin: Twin
) -> None:
    for as_of in (f"#{loaded}", "2025-12-31", "2025-01-01", "2025-06-01T12:00:00+02:00"):
        with moments.reading(Asked(as_of), LOCAL_OPERATOR) as (queries, _):
            assert answers(queries, askers) == then
    with moments.reading(Asked("now"), LOCAL_OPERATOR) as (queries, _):
        now = answers(queries, askers)
    assert now == answers(QueryService(twin), askers)
    assert now != then


def test_an_answer_about_the_past_says_which_state_it_is_of(changed: int, loaded: int, moments: MomentService) -> None:
    with moments.reading(Asked(f"#{loaded}"), LOCAL_OPERATOR) as (queries, catalogue):
        told = queries.cypher(SERVERS).to_dict()
        named = catalogue.run("servers_not_restarted").to_dict()
    assert told["moment"] == named["moment"]
    assert (told["sequence"], told["ledger_sequence"]) == (loaded, changed)
    assert told["moment"] == {
        "sequence": loaded,
        "recorded_at": "2025-01-01T00:00:00Z",
        "branch": None,
        "branch_events": 0,
    }


def test_what_the_dialect_lacks_runs_on_a_snapshot_of_that_moment_within_the_perimeter(
    then: Answers, changed: int, loaded: int, moments: MomentService, askers: list[Principal]
) -> None:
    with moments.reading(Asked(f"#{loaded}"), LOCAL_OPERATOR) as (queries, _):
        answer = queries.cypher(KEYS, principal=askers[1]).answer
    assert LIMITED in answer.notes
    assert list(answer.rows) == then[KEYS, str(askers[1].perimeters)]


def test_a_branch_is_asked_like_the_present_and_the_present_does_not_see_it(
    twin: Twin, changed: int, moments: MomentService, askers: list[Principal]
) -> None:
    service = BranchService(twin.ledger, twin.schema, twin.clock, "tester")
    service.create("plan")
    before = QueryService(twin).cypher(SERVERS).to_dict()["rows"]
    try:
        with moments.reading(Asked(branch="plan"), LOCAL_OPERATOR) as (queries, _):
            assert queries.cypher(SERVERS).to_dict()["rows"] == before
        kind = "PhysicalServer"
        service.change("plan", nodes=[NodeEdit(kind, {"name": "what if"})])
        with moments.reading(Asked(branch="plan"), LOCAL_OPERATOR) as (queries, _):
            told = queries.cypher(SERVERS).to_dict()
            assert [row[1] for row in told["rows"] if row not in before] == ["what if"]
            assert (told["moment"]["branch"], told["moment"]["branch_events"]) == ("plan", 1)
            for asker in askers[1:]:  # it is in no perimeter
                assert "what if" not in [row[1] for row in queries.cypher(SERVERS, principal=asker).answer.rows]
        assert QueryService(twin).cypher(SERVERS).to_dict()["rows"] == before
        with moments.reading(Asked("2024-12-31", "plan"), LOCAL_OPERATOR) as (queries, _):
            assert queries.cypher(SERVERS).answer.rows == []
    finally:
        service.drop("plan")


def test_a_moment_in_use_stays_open_while_others_are_asked_about(changed: int, moments: MomentService) -> None:
    with moments.reading(Asked(f"#{changed - 1}"), LOCAL_OPERATOR) as (queries, _):
        wanted = queries.cypher(SERVERS).answer.rows
        for back in range(2, 8):
            with moments.reading(Asked(f"#{changed - back}"), LOCAL_OPERATOR) as (others, _):
                others.cypher(SERVERS)
        assert queries.cypher(SERVERS).answer.rows == wanted


def test_several_who_ask_about_one_moment_at_once_share_it(changed: int, moments: MomentService) -> None:
    found: list[list[tuple[object, ...]]] = []

    def ask() -> None:
        with moments.reading(Asked(f"#{changed - 10}"), LOCAL_OPERATOR) as (queries, _):
            found.append(list(queries.cypher(SERVERS).answer.rows))

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(rows == found[0] for rows in found)


@pytest.mark.parametrize(
    "as_of", ["", "#", "#x", "#-1", "#1.5", "#99999999", "#²", "yesterday", "2025-13-01", "2025-02-30", "9999-12-31T"]
)
def test_what_is_no_moment_is_refused(as_of: str, twin: Twin, moments: MomentService) -> None:
    with pytest.raises(UsageError), moments.reading(Asked(as_of), LOCAL_OPERATOR):
        pass


def test_branches_that_are_not_there_and_events_of_main_on_a_branch_are_refused(
    twin: Twin, moments: MomentService
) -> None:
    with pytest.raises(NotFoundError), moments.reading(Asked(branch="nope"), LOCAL_OPERATOR):
        pass
    service = BranchService(twin.ledger, twin.schema, twin.clock, "tester")
    service.create("other")
    with pytest.raises(UsageError), moments.reading(Asked("#1", "other"), LOCAL_OPERATOR):
        pass
    service.drop("other")


def test_a_date_is_the_end_of_that_day_and_a_time_without_a_zone_is_utc() -> None:
    assert instant_of("2025-03-31") == datetime(2025, 3, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert instant_of("2025-03-31T12:00") == datetime(2025, 3, 31, 12, tzinfo=UTC)
    assert instant_of("2025-03-31T12:00+02:00") == datetime(2025, 3, 31, 10, tzinfo=UTC)


def test_a_past_state_refuses_to_be_written(changed: int, twin: Twin, moments: MomentService) -> None:
    with moments.reading(Asked("#1"), LOCAL_OPERATOR) as (queries, _):
        held = queries._twin.repository
        with pytest.raises(UsageError):
            held.reset()
