"""`jumeau person`: who is behind a pseudonym is told for a reason, noted, and can be erased."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.cli.here import Here
from tests.ingest.test_pseudonyms import EXPORT
from tests.ingest.twin import SECRET, write_files


@pytest.fixture
def console(tmp_path: Path) -> Here:
    return Here(Console(tmp_path / "home", {"JUMEAU_NOW": "2025-01-01", "JUMEAU_PERSONAL_SECRET": SECRET}))


def test_a_person_is_revealed_noted_and_erased(console: Here, tmp_path: Path) -> None:
    console.json("ingest", str(write_files(tmp_path / "export", EXPORT)), "--source", "csv")
    ((pseudonym, role),) = console.json("query", "MATCH (p:Person) RETURN p.pseudonym, p.role")["rows"]
    assert role == "engineer"
    assert console.run("person", "reveal", pseudonym, "--reason", "").returncode == 2
    told = console.json("person", "reveal", pseudonym, "--reason", "on call")
    assert told["value"] in ("Jane Doe", "JANE  doe")
    assert console.run("person", "erase", pseudonym, "--reason", "request 17").returncode == 0
    gone = console.run("person", "reveal", pseudonym, "--reason", "on call")
    assert gone.returncode != 0
    assert "erased" in gone.stderr
    noted = console.json("person", "log")
    assert [(n["action"], n["pseudonym"], n["reason"]) for n in noted] == [
        ("revealed", pseudonym, "on call"),
        ("erased", pseudonym, "request 17"),
    ]


def test_a_load_with_another_secret_is_refused_and_changes_nothing(console: Here, tmp_path: Path) -> None:
    export = str(write_files(tmp_path / "export", EXPORT))
    console.json("ingest", export, "--source", "csv")
    other = Here(Console(tmp_path / "home", {"JUMEAU_PERSONAL_SECRET": "the secret of somebody else"}))
    refused = other.run("ingest", export, "--source", "csv", "--reread")
    assert refused.returncode == 2
    assert "PERSONAL_SECRET" in refused.stderr
    assert console.json("query", "MATCH (p:Person) RETURN count(p)")["rows"] == [[1]]
