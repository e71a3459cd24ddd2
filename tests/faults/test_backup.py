"""A backup or a restore that is killed, or meets a full disk: there is a whole one or none, and the next attempt goes through."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.backup.create import verify_backup
from services.maintenance import verify_backends
from services.twin import open_twin
from tests.acceptance.console import ROOT, Console
from tests.faults.test_disk_full import can_mount
from tests.ingest.twin import write_files
from tests.services.backup.twins import everything, lived_in, settings_of

pytestmark = pytest.mark.faults

OLD = {"Team.csv": "key,name\nT1,Network\n"}

TRAIL = "ledger.audit.db"
"""A restore is on record in the home that it is for, also where it fails."""


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backup")
    settings = lived_in(settings_of(folder / "home", "embedded"), folder)
    done = Console(settings.home).run("backup", "create", str(folder / "twin.backup"))
    assert done.returncode == 0, done.stderr
    return folder / "twin.backup"


def killed_at(console: Console, moment: str, log: Path, *arguments: str) -> None:
    armed = {"JUMEAU_FAILPOINT": moment, "JUMEAU_FAILPOINT_LOG": str(log)}
    done = Console(console.home, console.environment | armed).run(*arguments)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert log.read_text().split() == [moment]


def is_whole(home: Path) -> None:
    """The graph follows the ledger and equals it."""
    settings = settings_of(home, "embedded")
    with open_twin(settings):
        pass
    assert verify_backends(settings, [settings.backend_url]).equal


def test_a_backup_that_is_killed_leaves_none_and_the_next_one_clears_up(backup: Path, tmp_path: Path) -> None:
    console = Console(backup.parent / "home")
    path = tmp_path / "backups" / "twin.backup"
    path.parent.mkdir()
    killed_at(console, "backup.written", tmp_path / "log", "backup", "create", str(path))
    assert not path.exists()
    assert len(list(path.parent.iterdir())) == 1
    done = console.run("backup", "create", str(path))
    assert done.returncode == 0, done.stderr
    assert [each.name for each in path.parent.iterdir()] == ["twin.backup"]
    assert verify_backup(path) == verify_backup(backup)


@pytest.mark.parametrize("moment", ["restore.filled", "restore.projected"])
def test_a_restore_that_is_killed_leaves_an_empty_home_and_can_be_run_again(
    moment: str, backup: Path, tmp_path: Path
) -> None:
    console = Console(tmp_path / "home")
    killed_at(console, moment, tmp_path / "log", "backup", "restore", str(backup))
    left = [path.name for path in console.home.iterdir()]
    assert [name for name in left if not name.startswith((".restore-", TRAIL))] == []
    done = console.run("backup", "restore", str(backup))
    assert done.returncode == 0, done.stderr
    assert not [path.name for path in console.home.iterdir() if path.name.startswith(".")]
    assert everything(settings_of(console.home).ledger_url) == everything(
        settings_of(backup.parent / "home").ledger_url
    )
    is_whole(console.home)


def test_a_restore_that_is_killed_once_the_ledger_is_in_place_is_a_twin_whose_graph_follows(
    backup: Path, tmp_path: Path
) -> None:
    console = Console(tmp_path / "home")
    killed_at(console, "restore.placed", tmp_path / "log", "backup", "restore", str(backup))
    assert everything(settings_of(console.home).ledger_url) == everything(
        settings_of(backup.parent / "home").ledger_url
    )
    is_whole(console.home)


@pytest.mark.parametrize("moment", ["restore.aside", "restore.placed"])
def test_a_replacement_that_is_killed_leaves_the_old_twin_or_the_new_one(
    moment: str, backup: Path, tmp_path: Path
) -> None:
    console = Console(tmp_path / "home")
    done = console.run("ingest", str(write_files(tmp_path / "export", OLD)), "--source", "csv")
    assert done.returncode == 0, done.stderr
    url = settings_of(console.home).ledger_url
    old, new = everything(url), everything(settings_of(backup.parent / "home").ledger_url)
    killed_at(console, moment, tmp_path / "log", "backup", "restore", str(backup), "--replace")
    assert everything(url) == (new if moment == "restore.placed" else old)
    is_whole(console.home)
    told = console.json("backup", "restore", str(backup), "--replace")
    assert everything(url) == new
    is_whole(console.home)
    kept = sorted(console.home.glob("replaced-*/ledger.db"))
    assert str(kept[-1].parent) == told["moved_to"] or moment == "restore.placed"
    assert old in [everything(f"sqlite:///{ledger}") for ledger in kept]
    assert list(console.home.glob("replaced-*/*.before")) == []


def on_small_disk(disk: Path, size: str, console: Console, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command while a disk of that size is mounted at `disk`; what lies there at the end is the last line."""
    disk.mkdir()
    command = f"mount -t tmpfs -o size={size} tmpfs {disk} && {sys.executable} -m cli.main {' '.join(arguments)}"
    return subprocess.run(
        ["unshare", "-m", "bash", "-c", f"{command}; code=$?; echo left: $(find {disk} -mindepth 1); exit $code"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**console.variables(), "PATH": os.environ["PATH"]},
    )


@pytest.mark.skipif(not can_mount(), reason="a small tmpfs cannot be mounted here (needs root and unshare)")
def test_a_full_disk_leaves_no_backup(backup: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    done = on_small_disk(disk, "8k", Console(backup.parent / "home"), "backup", "create", str(disk / "twin.backup"))
    assert done.returncode == 4, done.stderr
    assert "DISK_FULL" in done.stderr
    assert done.stdout.splitlines()[-1] == "left:"


@pytest.mark.skipif(not can_mount(), reason="a small tmpfs cannot be mounted here (needs root and unshare)")
def test_a_disk_without_room_for_the_ledger_leaves_an_empty_home(backup: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    done = on_small_disk(disk, "128k", Console(disk / "home"), "backup", "restore", str(backup))
    assert done.returncode == 4, done.stderr
    assert "DISK_FULL" in done.stderr, done.stderr
    left = done.stdout.splitlines()[-1].removeprefix("left: ").split()
    assert {name for name in left if not Path(name).name.startswith(TRAIL)} == {str(disk / "home")}


@pytest.mark.skipif(not can_mount(), reason="a small tmpfs cannot be mounted here (needs root and unshare)")
def test_a_disk_without_room_for_the_graph_leaves_no_twin(backup: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    done = on_small_disk(disk, "260k", Console(disk / "home"), "backup", "restore", str(backup))
    assert done.returncode in (4, 128 + signal.SIGABRT), (
        done.stderr
    )  # ladybug ends the process where its log finds no room
    left = done.stdout.splitlines()[-1].removeprefix("left: ").split()
    within = [path.name for path in map(Path, left) if path.parent == disk / "home"]
    assert [name for name in within if not name.startswith((".restore-", TRAIL))] == []
