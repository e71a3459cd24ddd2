"""No source brings the name of a person into the twin: it is a pseudonym before anything of a row is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import FrozenClock
from core.errors import UsageError
from graph.history.ledger import Ledger
from graph.history.subjects import PersonalSecretError, Subjects
from graph.schema.model import Schema
from ingest.job import IngestJob
from ingest.override import Overrides
from services.branches import BranchService
from services.edits import ChangeRefusedError, NodeEdit
from tests.ingest.twin import SECRET, TestTwin, write_files

PERSONS = "key,pseudonym,role\njane.doe,Jane Doe,engineer\n"
TEAMS = "key,name\nT1,Network\n"
MEMBERS = "from_kind,from,to_kind,to\nPerson,jane.doe,Team,T1\n"
INCIDENTS = "key,number,status,caller,assignee\nI1,INC1,new,Jane Doe,JANE  doe\nI2,INC2,new,,\n"
EXPORT = {
    "Person.csv": PERSONS,
    "Team.csv": TEAMS,
    "Incident.csv": INCIDENTS,
    "relations/MEMBER_OF_TEAM.csv": MEMBERS,
}
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


def _content(twin: TestTwin) -> str:
    """Everything that the ledger's database holds, as one text."""
    with twin.ledger.reading() as connection:
        names = connection.execute(text(TABLES)).scalars().all()
        return "\n".join(str(row) for name in names for row in connection.execute(text(f'SELECT * FROM "{name}"')))


def test_values_keys_and_ends_of_relations_are_pseudonyms(twin: TestTwin) -> None:
    assert twin.load("csv", EXPORT).counters["rejected"] == 0
    pseudonym = twin.pseudonym("Jane Doe")
    assert twin.nodes()["Person", pseudonym] == {"pseudonym": pseudonym, "role": "engineer"}
    incident = twin.nodes()["Incident", "INC1"]
    assert (incident["caller"], incident["assignee"]) == (pseudonym, pseudonym)
    assert "caller" not in twin.nodes()["Incident", "INC2"]
    assert (pseudonym, "MEMBER_OF_TEAM", "Network") in twin.edges()


def test_nothing_of_the_ledger_holds_the_name(twin: TestTwin) -> None:
    twin.load("csv", EXPORT)
    content = _content(twin)
    assert "INC1" in content
    assert "jane" not in content.casefold()


def test_a_second_load_changes_nothing_and_knows_the_rows(twin: TestTwin) -> None:
    first = twin.load("csv", EXPORT)
    again = twin.load("csv", EXPORT, reread=False)
    third = twin.load("csv", {**EXPORT, "Team.csv": TEAMS + "T2,Systems\n"}, reread=False)
    for report in (again, third):
        assert (report.counters["updated"], report.counters["rejected"]) == (0, 0)
    assert third.counters["created"] == 1
    assert third.counters["unchanged"] == first.counters["created"]


def test_a_pseudonym_that_a_source_made_is_left_as_it_is(twin: TestTwin) -> None:
    made = "P-0042-3f0c1a"
    twin.load("csv", {"Person.csv": f"key,pseudonym\n{made},{made}\nx,P-adele\n"})
    kept = {node for kind, node in twin.nodes() if kind == "Person"}
    assert kept == {made, twin.pseudonym("P-adele")}
    assert twin.pseudonym("P-adele") != "P-adele"


def test_sources_that_write_a_person_alike_mean_one_pseudonym(twin: TestTwin) -> None:
    twin.load("csv", {"Person.csv": "key,pseudonym\n1,jdoe\n"})
    user = "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: JDoe}\nspec: {memberOf: []}\n"
    report = twin.load("backstage", {"catalog-info.yaml": user})
    assert report.counters["rejected"] == 0
    assert [s.properties["pseudonym"] for s in twin.states("Person")] == [twin.pseudonym("jdoe")]


def test_what_is_behind_a_pseudonym_is_told_for_a_reason_that_is_kept(twin: TestTwin) -> None:
    twin.load("csv", EXPORT)
    subjects = Subjects(twin.ledger, twin.clock, SECRET)
    pseudonym = twin.pseudonym("Jane Doe")
    with pytest.raises(UsageError):
        subjects.reveal(pseudonym, "ana", " ")
    assert subjects.accesses() == []
    assert subjects.reveal(pseudonym, "ana", "on call") in ("Jane Doe", "JANE  doe")
    (access,) = subjects.accesses()
    assert (access.actor, access.action, access.pseudonym, access.reason) == ("ana", "revealed", pseudonym, "on call")


def test_erasure_destroys_the_key_for_good_and_leaves_the_pseudonym(twin: TestTwin) -> None:
    twin.load("csv", EXPORT)
    pseudonym = twin.pseudonym("Jane Doe")
    subjects = Subjects(twin.ledger, twin.clock, SECRET)
    subjects.erase(pseudonym, "dpo", "request 17")
    with pytest.raises(Exception, match="erased"):
        subjects.reveal(pseudonym, "ana", "who is it")
    twin.load("csv", EXPORT)
    with pytest.raises(Exception, match="erased"):
        subjects.erase(pseudonym, "dpo", "again")
    assert [access.action for access in subjects.accesses()] == ["erased"]
    assert ("Person", pseudonym) in twin.nodes()


def test_a_dry_run_shows_pseudonyms_and_keeps_nothing_behind_them(twin: TestTwin) -> None:
    path = write_files(twin.folder / "export", EXPORT)
    job = IngestJob(twin.schema, twin.ledger, actor="ana", clock=twin.clock, personal_secret=SECRET)
    report = job.rehearse("csv", path)
    assert report.difference is not None
    assert twin.pseudonym("Jane Doe") in {change.name for change in report.difference.changes}
    with pytest.raises(Exception, match="keeps nothing behind"):
        Subjects(twin.ledger, twin.clock, SECRET).reveal(twin.pseudonym("Jane Doe"), "ana", "x")


def test_rows_from_quarantine_are_pseudonyms_too(twin: TestTwin) -> None:
    incident = "key,number,status,caller\nI1,INC1,nonsense,Jane Doe\n"
    assert twin.load("csv", {"Incident.csv": incident}).counters["rejected"] == 1
    twin.load("csv", {"Incident.csv": incident.replace("nonsense", "new")})
    assert twin.nodes()["Incident", "INC1"]["caller"] == twin.pseudonym("Jane Doe")


def test_a_pseudonym_is_not_decided_by_hand(twin: TestTwin) -> None:
    twin.load("csv", EXPORT)
    (state,) = twin.states("Person")
    overrides = Overrides(twin.schema, twin.ledger, actor="ana", clock=twin.clock)
    with pytest.raises(UsageError, match="is a pseudonym"):
        overrides.set(state, "pseudonym", "Jane Doe", "she said so")


def test_a_branch_takes_no_name_either(twin: TestTwin) -> None:
    twin.load("csv", EXPORT)
    service = BranchService(twin.ledger, twin.schema, twin.clock, "ana")
    service.create("plan")
    (incident,) = [s for s in twin.states("Incident") if s.properties["number"] == "INC2"]
    with pytest.raises(ChangeRefusedError, match="not repeated") as refused:
        service.change("plan", nodes=[NodeEdit("Incident", {"caller": "Jane Doe"}, incident.element)])
    assert "Jane" not in str(refused.value.to_dict())
    pseudonym = twin.pseudonym("Jane Doe")
    service.change("plan", nodes=[NodeEdit("Incident", {"caller": pseudonym}, incident.element)])


def test_without_a_secret_in_the_environment_the_ledger_has_one_of_its_own(
    schema: Schema, clock: FrozenClock, tmp_path: Path
) -> None:
    names = []
    for number in range(2):
        ledger = Ledger(f"sqlite:///{tmp_path / f'{number}.db'}", schema, clock)
        try:
            names.append({Subjects(ledger, clock).pseudonym("Jane Doe") for _ in range(2)})
        finally:
            ledger.close()
    assert len(names[0]) == len(names[1]) == 1
    assert names[0] != names[1]


def test_another_secret_or_a_missing_one_is_refused(twin: TestTwin) -> None:
    twin.load("csv", EXPORT)
    with pytest.raises(PersonalSecretError, match="another secret"):
        Subjects(twin.ledger, twin.clock, "a secret of another installation").pseudonym("x")
    with pytest.raises(PersonalSecretError, match="not here"):
        Subjects(twin.ledger, twin.clock).pseudonym("x")
    job = IngestJob(twin.schema, twin.ledger, actor="ana", clock=twin.clock, personal_secret="a" * 20)
    sequence = twin.ledger.sequence()
    with pytest.raises(PersonalSecretError):
        job.run("csv", write_files(twin.folder / "next", {"Person.csv": "key,pseudonym\n9,new one\n"}))
    assert twin.ledger.sequence() == sequence
