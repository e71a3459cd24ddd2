"""`jumeau migrate`: list, plan, apply and revert on a terminal."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.console import Console
from tests.cli.here import Here
from tests.migrations.packs import chain, pack


def test_a_migration_beside_its_pack_is_listed_planned_applied_and_taken_back(tmp_path: Path) -> None:
    old = Here(Console(tmp_path / "home"))
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Team.csv").write_text("key,name,on_call\nT1,north,rota 7\n", encoding="utf-8")
    old.json("ingest", str(folder), "--source", "csv")
    directory = pack(tmp_path / "pack", "rename_attribute")
    chain(directory / "migrations", ("rename_attribute",))
    new = Here(Console(tmp_path / "home", {"JUMEAU_PACK": str(directory)}))
    assert [(m["name"], m["state"], m["reversible"]) for m in new.json("migrate", "list")] == [
        ("0001_change", "pending", True)
    ]
    printed = new.run("migrate", "plan", "--for", "embedded", "--for", "gsql")
    assert "ALTER TABLE Node_organisation ADD `duty_rota` STRING" in printed.stdout
    assert "ALTER VERTEX Team ADD ATTRIBUTE (duty_rota STRING)" in printed.stdout
    assert "1 migrations are pending: 1 events" in printed.stderr
    assert new.json("migrate", "apply")[0]["events"] == 1
    assert new.json("query", "MATCH (t:Team) RETURN t.duty_rota AS rota")["rows"] == [["rota 7"]]
    refused = new.run("migrate", "revert")
    assert refused.returncode == 2
    assert "change the pack first" in refused.stderr
    back = old.run("migrate", "revert", "--folder", str(directory / "migrations"))
    assert back.returncode == 0, back.stderr
    assert old.json("query", "MATCH (t:Team) RETURN t.on_call AS rota")["rows"] == [["rota 7"]]
