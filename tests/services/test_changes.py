"""Changes by hand: what they mean, what they keep of what the sources say, and what stands against them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import FrozenClock
from core.errors import NotFoundError, UsageError
from core.ids import relation_id, uuid_of
from graph.history.events import Event, State
from graph.history.ledger import Ledger
from graph.model import Operation
from graph.schema.model import Schema
from ingest.identity import element_of, natural_key
from services.branches import BranchConflictError, BranchService
from services.edits import BY_HAND, ChangeRefusedError, NodeEdit, RelationEdit

A, B = (uuid_of("change test", name) for name in "ab")
HELD = {"name": "srv-1", "model": "r740", "serial_number": "S1"}


@pytest.fixture
def ledger(tmp_path: Path, schema: Schema, clock: FrozenClock) -> Iterator[Ledger]:
    """Two servers that a source has told."""
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", schema, clock)
    told(opened, Event(Operation.CREATE, A, False, "PhysicalServer", None, HELD))
    told(opened, Event(Operation.CREATE, B, False, "PhysicalServer", None, {"name": "srv-2"}))
    yield opened
    opened.close()


@pytest.fixture
def service(ledger: Ledger, schema: Schema, clock: FrozenClock) -> BranchService:
    return BranchService(ledger, schema, clock, "ana")


def told(ledger: Ledger, *events: Event) -> None:
    """What the source `csv` tells."""
    ledger.append(ledger.begin_run("csv", "loader", "export", str(ledger.sequence())), events)


def state(ledger: Ledger, element: str) -> State:
    return ledger.states([element])[element]


def test_a_change_of_main_is_one_batch_of_a_run_that_says_who_and_why(ledger: Ledger, service: BranchService) -> None:
    team = element_of(natural_key("Team", "Storage"))
    applied, made = service.change_main(
        "new rack",
        nodes=[NodeEdit("PhysicalServer", {"model": "r750"}, A), NodeEdit("Team", {"name": "Storage"})],
        relations=[RelationEdit("OWNED_BY", A, team)],
    )
    batch = ledger.batches_by_number([3])[3]
    assert (applied.events, applied.sequence) == (3, ledger.sequence())
    assert (batch.source, batch.actor, batch.first, batch.last) == (BY_HAND, "ana", 3, 5)
    assert ledger.find_run(applied.run).location == "new rack"
    assert ledger.find_run(applied.run).counters == {"created": 2, "updated": 1, "unchanged": 0, "rejected": 0}
    assert made == [A, team, relation_id("OWNED_BY", A, team)]


def test_what_the_source_said_is_kept_beside_what_a_person_decides(ledger: Ledger, service: BranchService) -> None:
    service.change_main("inventory", nodes=[NodeEdit("PhysicalServer", {"model": "r750"}, A)])
    changed = state(ledger, A)
    assert changed.properties["model"] == "r750"
    assert {changed.provenance.get(n, changed.source) for n in ("name", "serial_number")} == {"csv"}
    assert changed.provenance.get("model", changed.source) == BY_HAND
    assert changed.provenance["model\x1fcsv"] == '{"model":"r740"}'


def test_null_takes_an_attribute_away(ledger: Ledger, service: BranchService) -> None:
    service.change_main("wrong", nodes=[NodeEdit("PhysicalServer", {"model": None}, A)])
    assert state(ledger, A).properties == {"name": "srv-1", "serial_number": "S1"}


def test_a_change_that_changes_nothing_writes_nothing(ledger: Ledger, service: BranchService) -> None:
    before = ledger.sequence()
    applied, made = service.change_main("again", nodes=[NodeEdit("PhysicalServer", {"model": "r740"}, A)])
    assert (applied.events, applied.run, made, ledger.sequence()) == (0, "", [A], before)


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_change_of_main_has_a_reason(service: BranchService, reason: str) -> None:
    with pytest.raises(UsageError, match="reason"):
        service.change_main(reason, delete=[A])


def test_what_has_a_natural_key_is_made_once(ledger: Ledger, service: BranchService) -> None:
    _, (team,) = service.change_main("new", nodes=[NodeEdit("Team", {"name": "Storage"})])
    assert ledger.identities([natural_key("Team", "Storage")]) == {natural_key("Team", "Storage"): (team, "Team")}
    with pytest.raises(ChangeRefusedError, match="there is one already") as refusal:
        service.change_main("new", nodes=[NodeEdit("Team", {"name": "Storage"})])
    assert refusal.value.details["element"] == team
    with pytest.raises(ChangeRefusedError, match="there is one already"):
        service.change_main("two", nodes=[NodeEdit("Team", {"name": "Backup"}), NodeEdit("Team", {"name": "Backup"})])
    service.change_main("gone", delete=[team])
    assert service.change_main("back", nodes=[NodeEdit("Team", {"name": "Storage"})])[1] == [team]


def test_two_elements_cannot_be_given_one_natural_key(service: BranchService) -> None:
    _, (one, other) = service.change_main("new", nodes=[NodeEdit("Team", {"name": n}) for n in ("Storage", "Backup")])
    with pytest.raises(ChangeRefusedError, match="called that already") as refusal:
        service.change_main("rename", nodes=[NodeEdit("Team", {"name": "Backup"}, one)])
    assert refusal.value.details["element"] == other


def test_an_upsert_finds_by_natural_key_then_by_the_rules_of_identification(
    ledger: Ledger, service: BranchService
) -> None:
    def upsert(kind: str, **properties: str) -> str:
        return service.change_main("upsert", nodes=[NodeEdit(kind, properties, upsert=True)])[1][0]

    team = upsert("Team", name="Storage")
    assert upsert("Team", name="Storage", description="disks") == team
    assert upsert("PhysicalServer", serial_number="S1", name="srv-one") == A
    assert upsert("PhysicalServer", name="SRV-2", model="r650") == B
    assert state(ledger, B).properties == {"name": "SRV-2", "model": "r650"}
    assert upsert("PhysicalServer", name="srv-3") not in (A, B)


def test_an_upsert_that_may_mean_several_is_refused(ledger: Ledger, service: BranchService) -> None:
    twin = uuid_of("change test", "twin")
    told(ledger, Event(Operation.CREATE, twin, False, "PhysicalServer", None, {"name": "srv-2"}))
    with pytest.raises(ChangeRefusedError, match="several elements") as refusal:
        service.change_main("x", nodes=[NodeEdit("PhysicalServer", {"name": "srv-2"}, upsert=True)])
    assert refusal.value.details["candidates"] == sorted([B, twin])


def test_what_the_twin_keeps_itself_is_not_changed_by_hand(service: BranchService) -> None:
    with pytest.raises(ChangeRefusedError, match="keeps these itself"):
        service.change_main("x", nodes=[NodeEdit("DataSource", {"name": "mine"})])


def test_what_was_changed_since_the_asker_looked_stands_against_a_change(
    ledger: Ledger, service: BranchService
) -> None:
    seen = ledger.sequence()
    service.change_main("first", nodes=[NodeEdit("PhysicalServer", {"model": "r750"}, A)])
    with pytest.raises(BranchConflictError) as refusal:
        service.change_main("second", nodes=[NodeEdit("PhysicalServer", {"model": "r760"}, A)], based_on=seen)
    (conflict,) = refusal.value.details["conflicts"]
    assert (conflict["attribute"], conflict["base"], conflict["main"], conflict["branch"]) == (
        "model",
        "r740",
        "r750",
        "r760",
    )
    assert state(ledger, A).properties["model"] == "r750"


def test_changes_of_different_attributes_do_not_stand_against_each_other(
    ledger: Ledger, service: BranchService
) -> None:
    seen = ledger.sequence()
    service.change_main("first", nodes=[NodeEdit("PhysicalServer", {"model": "r750"}, A)])
    service.change_main("second", nodes=[NodeEdit("PhysicalServer", {"description": "spare"}, A)], based_on=seen)
    assert state(ledger, A).properties == {**HELD, "model": "r750", "description": "spare"}


def test_what_is_deleted_since_cannot_be_changed(ledger: Ledger, service: BranchService) -> None:
    seen = ledger.sequence()
    service.change_main("gone", delete=[A])
    with pytest.raises(BranchConflictError, match="deleted"):
        service.change_main("late", nodes=[NodeEdit("PhysicalServer", {"model": "x"}, A)], based_on=seen)
    with pytest.raises(NotFoundError):
        service.change_main("late", nodes=[NodeEdit("PhysicalServer", {"model": "x"}, A)])


def test_on_a_branch_what_was_changed_since_stands_against_a_change(service: BranchService) -> None:
    service.create("plan")
    service.change("plan", nodes=[NodeEdit("PhysicalServer", {"model": "r750"}, A)], based_on=0)
    with pytest.raises(BranchConflictError, match="changed since"):
        service.change("plan", nodes=[NodeEdit("PhysicalServer", {"model": "r760"}, A)], based_on=0)
    service.change("plan", nodes=[NodeEdit("PhysicalServer", {"model": "r650"}, B)], based_on=0)
    service.change("plan", nodes=[NodeEdit("PhysicalServer", {"model": "r760"}, A)], based_on=2)
    with pytest.raises(UsageError, match="no event 9"):
        service.change("plan", delete=[A], based_on=9)


def test_a_branch_keeps_what_the_sources_say_too(ledger: Ledger, service: BranchService) -> None:
    service.create("plan")
    service.change("plan", nodes=[NodeEdit("PhysicalServer", {"model": "r750"}, A)])
    service.apply("plan")
    assert state(ledger, A).provenance["model\x1fcsv"] == '{"model":"r740"}'


def test_nothing_is_written_where_one_of_several_changes_is_refused(ledger: Ledger, service: BranchService) -> None:
    before = ledger.sequence()
    with pytest.raises(ChangeRefusedError, match="UNKNOWN_ATTRIBUTE"):
        service.change_main("x", nodes=[NodeEdit("Team", {"name": "T"}), NodeEdit("Team", {"name": "U", "nmae": "x"})])
    assert ledger.sequence() == before
    assert ledger.identities([natural_key("Team", "T")]) == {}
