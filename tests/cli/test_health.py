"""`jumeau health`: the scorecard on a terminal and for programs."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.console import Console
from tests.cli.here import Here


def test_the_scorecard_is_printed_recorded_and_given_as_json(tmp_path: Path) -> None:
    console = Here(Console(tmp_path / "home", {"JUMEAU_NOW": "2025-01-01"}))
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Certificate.csv").write_text("key,name,expires_on\nC1,one,\nC2,two,2026-01-01\n", encoding="utf-8")
    console.json("ingest", str(folder), "--source", "csv")
    content = console.json("health", "--by", "kind", "--record")
    assert [(s["name"], s["metrics"]["required"]["failed"]) for s in content["scores"]] == [
        ("(all)", 1),
        ("Certificate", 1),
    ]
    assert content["scores"][1]["missing"] == {"OWNED_BY": 2, "expires_on": 1}
    later = Here(Console(tmp_path / "home", {"JUMEAU_NOW": "2025-01-09"}))
    printed = later.run("health", "--by", "team", "--output", "csv")
    assert printed.returncode == 0, printed.stderr
    assert printed.stdout.splitlines()[0].startswith("name,items,overall,trend,")
    assert "trend: points since 2025-01-01" in printed.stderr
    assert "source csv: data of" in printed.stderr
    refused = later.console.run("health", "--by", "colour")
    assert refused.returncode == 2
