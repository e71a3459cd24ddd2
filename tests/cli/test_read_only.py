"""Where the twin only answers, commands that change something are hidden and refused; which ones is made from what there is."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from cli.audited import is_audited, is_writing
from cli.main import app
from services.access.writing import CHANGING_OPTIONS, RECORDED_READING
from tests.acceptance.console import Console
from tests.cli.here import Here
from tests.cli.test_audit import commands

ENVIRONMENT = {"JUMEAU_BACKEND": "networkx", "JUMEAU_READ_ONLY": "true"}


@pytest.fixture
def console(tmp_path: Path) -> Here:
    return Here(Console(tmp_path / "home", ENVIRONMENT))


def test_every_command_changes_something_but_those_that_are_named() -> None:
    known = commands(typer.main.get_command(app))
    assert known.keys() >= RECORDED_READING
    assert all(is_audited(path, {}) for path in RECORDED_READING)
    writing = {path for path in known if is_writing(path, {})}
    assert {"ingest load", "branch create", "person erase", "account create", "webhook add"} <= writing
    assert writing.isdisjoint(RECORDED_READING | {"ask", "chat", "mcp", "query", "serve"})
    for path, option in CHANGING_OPTIONS.items():
        assert option in known[path]
        assert is_writing(path, {option: [1]})
    assert is_writing("simulate run", {"keep_run": True})


@pytest.mark.parametrize(
    "command",
    [
        ("branch", "create", "plan"),
        ("branch", "drop", "plan"),
        ("token", "create", "bob"),
        ("graph", "rebuild", "--backend", "networkx"),
    ],
)
def test_a_command_that_changes_something_is_refused(console: Here, command: tuple[str, ...]) -> None:
    done = console.run(*command)
    assert done.returncode == 2
    assert "READ_ONLY" in done.stderr


def test_what_asks_is_answered_and_the_refusal_is_on_record(console: Here) -> None:
    console.run("branch", "create", "plan")
    assert console.json("branch", "list") == []
    (entry,) = console.json("audit", "list")["entries"]
    assert (entry["door"], entry["outcome"], entry["code"]) == ("console branch create", "refused", "READ_ONLY")


def test_help_hides_what_is_refused(console: Here, tmp_path: Path) -> None:
    shown = console.run("branch", "--help").stdout
    assert "list" in shown
    assert "create" not in shown
    usual = Here(Console(tmp_path / "other", {"JUMEAU_BACKEND": "networkx"})).run("branch", "--help").stdout
    assert "create" in usual
