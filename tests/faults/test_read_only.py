"""A store that cannot be written is refused with a code, before anything is applied."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.console import Console

NOBODY = 65534


def as_nobody(console: Console, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command without root's rights: root may write anywhere."""
    return subprocess.run(
        [
            "setpriv",
            f"--reuid={NOBODY}",
            f"--regid={NOBODY}",
            "--clear-groups",
            sys.executable,
            "-m",
            "cli.main",
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).resolve().parents[2],
        env={**console.variables(), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )


def unreadable_project() -> bool:
    probe = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", sys.executable, "-c", "import cli"]
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(probe, cwd=root, capture_output=True, check=False).returncode != 0


pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("setpriv") is None, reason="dropping root needs root and setpriv"
    ),
    pytest.mark.skipif(os.geteuid() == 0 and unreadable_project(), reason="another user cannot read this checkout"),
]


def test_a_home_that_cannot_be_written_is_refused_with_a_code(tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    (export / "Team.csv").write_text("key,name\nT1,Network\n")
    home = tmp_path / "home"
    console = Console(home)
    assert console.run("ingest", str(export), "--source", "csv").returncode == 0
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    for path in (home, *home.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (export / "Team.csv").write_text("key,name\nT1,Changed\n")
    refused = as_nobody(console, "ingest", str(export), "--source", "csv")
    assert refused.returncode == 4, refused.stderr
    assert "STORE_READ_ONLY" in refused.stderr
    assert "Traceback" not in refused.stderr
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert console.json("query", "MATCH (t:Team) RETURN t.name AS name")["rows"] == [["Network"]]
