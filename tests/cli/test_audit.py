"""`jumeau audit`, and what every other command leaves in the trail."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.audited import QUESTIONS, UNLESS, is_audited
from cli.main import app
from tests.acceptance.console import Console
from tests.acceptance.server import serving
from tests.cli.here import Here
from tests.ingest.test_pseudonyms import EXPORT
from tests.ingest.twin import SECRET, write_files
from tests.services.access.conftest import PASSWORD

ENVIRONMENT = {
    "JUMEAU_NOW": "2025-01-01",
    "JUMEAU_BACKEND": "networkx",
    "JUMEAU_PERSONAL_SECRET": SECRET,
    "ANAS_PASSWORD": PASSWORD,
    "JUMEAU_ACTOR": "ana",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def console(home: Path) -> Here:
    return Here(Console(home, ENVIRONMENT))


def entries(console: Here, *options: str) -> list[dict[str, Any]]:
    """The entries, oldest first."""
    found: list[dict[str, Any]] = console.json("audit", "list", *options)["entries"]
    return found[::-1]


def commands(group: Any, path: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """Every command with the names of its parameters."""
    found: dict[str, set[str]] = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= commands(command, (*path, name))
        else:
            found[" ".join((*path, name))] = {parameter.name for parameter in command.params}
    return found


def test_every_command_leaves_entries_but_the_questions_that_are_listed() -> None:
    known = commands(typer.main.get_command(app))
    assert known.keys() >= QUESTIONS, "a question that is no command"
    assert {path for path in known if is_audited(path, {})} == known.keys() - QUESTIONS
    for path, option in UNLESS.items():
        assert option in known[path]
        assert is_audited(path, {option: True})


def test_a_look_behind_a_pseudonym_is_on_record_before_it_is_told_with_its_reason(
    console: Here, tmp_path: Path
) -> None:
    console.json("ingest", str(write_files(tmp_path / "export", EXPORT)), "--source", "csv")
    ((pseudonym,),) = console.json("query", "MATCH (p:Person) RETURN p.pseudonym")["rows"]
    value = console.json("person", "reveal", pseudonym, "--reason", "on call: INC0042")["value"]
    begun, end = entries(console, "--door", "console person")
    for entry in (begun, end):
        assert (entry["who"], entry["door"], entry["action"]) == ("local:ana", "console person reveal", "reveal")
        assert (entry["target"], entry["reason"]) == (pseudonym, "on call: INC0042")
    assert (begun["outcome"], end["outcome"], end["began"]) == ("begun", "answered", begun["number"])
    assert end["sequence"] > 0
    assert value not in console.run("audit", "list", "--output", "csv").stdout
    loads = entries(console, "--door", "console ingest load")
    assert [entry["outcome"] for entry in loads] == ["begun", "answered"]
    assert loads[0]["target"] == "csv"


def test_a_question_of_the_console_leaves_none(console: Here) -> None:
    console.json("query", "MATCH (n) RETURN count(n)")
    console.json("branch", "list")
    assert entries(console) == []


def test_what_is_refused_and_what_fails_is_told_with_its_code(console: Here) -> None:
    made = ("account", "create", "bob", "--role", "administrator", "--password-env", "ANAS_PASSWORD")
    console.json(*made)
    assert console.run(*made).returncode == 2
    assert console.run("token", "revoke", "nothing").returncode == 2
    ends = [entry for entry in entries(console) if entry["outcome"] != "begun"]
    assert [(entry["door"], entry["outcome"], entry["code"]) for entry in ends] == [
        ("console account create", "answered", None),
        ("console account create", "refused", "USAGE"),
        ("console token revoke", "refused", "NOT_FOUND"),
    ]
    assert PASSWORD not in str(entries(console))


def test_a_trail_that_cannot_be_written_keeps_a_command_from_its_work(console: Here, home: Path) -> None:
    (home / "ledger.audit.db").mkdir(parents=True)
    refused = console.run("branch", "create", "plan")
    assert refused.returncode == 4
    assert "the audit trail cannot be written" in refused.stderr
    (home / "ledger.audit.db").rmdir()
    assert console.json("branch", "list") == []


def test_a_trail_is_verified_and_what_was_done_to_it_is_told(console: Here, home: Path) -> None:
    for name in ("one", "two", "three"):
        console.json("branch", "create", name)
    found = console.json("audit", "verify")
    assert (found["whole"], found["entries"], found["unfinished"]) == (True, 6, [])
    anchor = found["anchor"]
    assert console.run("audit", "verify", "--anchor", anchor).returncode == 0
    with sqlite3.connect(home / "ledger.audit.db") as connection:
        connection.execute("DELETE FROM audit_entry WHERE number > 4")
    connection.close()
    assert console.run("audit", "verify").returncode == 0, "nothing tells without an anchor"
    cut = console.run("audit", "verify", "--anchor", anchor)
    assert cut.returncode == 1
    assert "broken at 5, truncated" in cut.stderr
    with sqlite3.connect(home / "ledger.audit.db") as connection:
        connection.execute("UPDATE audit_entry SET target = 'else' WHERE number = 3")
    connection.close()
    changed = console.json("audit", "verify", code=1)
    assert (changed["broken"]["number"], changed["broken"]["damage"]) == (3, "changed")
    assert console.run("audit", "verify", "--anchor", "nonsense").returncode == 2


def test_the_list_comes_in_pages_and_formats(console: Here) -> None:
    for name in ("one", "two", "three"):
        console.json("branch", "create", name)
    page = console.json("audit", "list", "--limit", "4", "--outcome", "begun")
    assert [entry["target"] for entry in page["entries"]] == ["three", "two", "one"]
    page = console.json("audit", "list", "--limit", "4")
    rest = console.json("audit", "list", "--limit", "4", "--before", str(page["next"]))
    assert [entry["number"] for entry in page["entries"] + rest["entries"]] == [6, 5, 4, 3, 2, 1]
    assert rest["next"] is None
    csv = console.run("audit", "list", "--output", "csv").stdout.splitlines()
    assert len(csv) == 7
    assert csv[0].startswith("number,at,who,roles")
    assert "console branch create" in console.run("audit", "list").stdout
    assert console.run("audit", "list", "--outcome", "nonsense").returncode == 2
    assert console.run("audit", "list", "--since", "yesterday").returncode == 2
    assert console.json("audit", "list", "--since", "2025-01-02")["entries"] == []


def test_what_is_too_old_is_taken_away_and_the_rest_verifies(console: Here, home: Path) -> None:
    console.json("branch", "create", "one")
    assert console.run("audit", "purge").returncode == 2, "it is kept for ever"
    later = Here(Console(home, {**ENVIRONMENT, "JUMEAU_NOW": "2025-03-01", "JUMEAU_AUDIT_DAYS": "30"}))
    assert "4 entries" in later.run("audit", "purge").stderr
    left = [(entry["number"], entry["door"], entry["outcome"]) for entry in entries(later)]
    assert left == [
        (5, "console audit purge", "begun"),
        (6, "retention", "answered"),
        (7, "console audit purge", "answered"),
    ]
    assert later.json("audit", "verify")["whole"]


def test_commands_and_a_server_write_one_chain(tmp_path: Path) -> None:
    console = Console(tmp_path / "home", {**ENVIRONMENT, "JUMEAU_BACKEND": "embedded"})
    here = Here(console)
    here.json("branch", "create", "one")
    with serving(console):
        here.json("query", "MATCH (n) RETURN count(n) AS n")
        here.json("branch", "create", "two")
    said = entries(here)
    doors = [(entry["door"], entry["outcome"], entry["code"]) for entry in said]
    assert doors.count(("POST /api/query", "answered", None)) == 1
    assert ("console serve", "begun", None) in doors
    assert doors[-1] == ("console serve", "answered", None), "a server that is told to stop ends in order"
    assert here.json("audit", "verify")["whole"]
