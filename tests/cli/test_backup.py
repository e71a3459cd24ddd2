"""`jumeau backup`: what it prints, and beside a server that runs."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.acceptance.console import Console
from tests.acceptance.server import serving
from tests.cli.here import Here
from tests.ingest.twin import write_files
from tests.services.backup.twins import EXPORT


def test_a_backup_is_taken_and_read_while_a_server_runs_and_is_not_restored_over_it(tmp_path: Path) -> None:
    console = Console(tmp_path / "home")
    console.run("ingest", str(write_files(tmp_path / "export", EXPORT)), "--source", "csv")
    path = str(tmp_path / "twin.backup")
    with serving(console) as url:
        taken = console.json("backup", "create", path)
        assert taken["sequence"] == httpx.get(f"{url}/health", trust_env=False).json()["sequence"]
        refused = console.run("backup", "restore", path, "--replace")
    assert refused.returncode == 4
    assert "STORE_LOCKED" in refused.stderr
    assert "a server runs on this home" in refused.stderr
    assert console.json("backup", "verify", path) == taken
    other = Console(tmp_path / "other")
    restored = other.json("backup", "restore", path)
    assert (restored["sequence"], restored["moved_to"]) == (taken["sequence"], None)
    assert restored["checksum"] == other.json("graph", "verify")["ledger"]["checksum"]


def test_what_a_person_must_know_about_a_backup_is_said(tmp_path: Path) -> None:
    here = Here(Console(tmp_path / "home", {"JUMEAU_BACKEND": "networkx"}))
    here.run("ingest", str(write_files(tmp_path / "export", EXPORT)), "--source", "csv")
    made = here.run("backup", "create", str(tmp_path / "twin.backup"))
    assert "the secret of the pseudonyms" in made.stderr
    assert "event" in made.stdout
    again = here.run("backup", "create", str(tmp_path / "twin.backup"))
    assert again.returncode == 4
    assert "a name of its own" in again.stderr
    refused = here.run("backup", "restore", str(tmp_path / "twin.backup"))
    assert refused.returncode == 2
    assert "HOME_NOT_EMPTY" in refused.stderr
    done = here.run("backup", "restore", str(tmp_path / "twin.backup"), "--replace")
    assert "revoke and erase again" in done.stderr
    assert "replaced-" in done.stdout
