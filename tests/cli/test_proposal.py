"""`jumeau proposal`: what one person proposes another brings to main."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.console import Console
from tests.cli.here import Here

TEAMS = "MATCH (t:Team) RETURN t.name AS name"


def somebody(home: Path, name: str) -> Here:
    return Here(Console(home, {"JUMEAU_ACTOR": name}))


def test_a_branch_is_proposed_looked_at_and_approved_by_somebody_else(tmp_path: Path) -> None:
    ana, dora = (somebody(tmp_path / "home", name) for name in ("ana", "dora"))
    changes = tmp_path / "changes.yml"
    changes.write_text("nodes: [{kind: Team, properties: {name: Storage}}]\n", encoding="utf-8")
    ana.json("branch", "create", "plan")
    empty = ana.run("proposal", "create", "plan", "a team", "--output", "json")
    assert (empty.returncode, "changes nothing" in empty.stderr) == (2, True)
    ana.json("branch", "edit", "plan", str(changes))
    (made,) = ana.json("proposal", "create", "plan", "a team")
    assert [p["id"] for p in dora.json("proposal", "list")] == [made["id"]]
    own = ana.run("proposal", "approve", made["id"])
    assert (own.returncode, "OWN_PROPOSAL" in own.stderr) == (2, True)
    (decided,) = dora.json("proposal", "approve", made["id"], "--note", "ok")
    assert (decided["state"], decided["decided_by"], decided["note"]) == ("approved", "dora", "ok")
    assert dora.json("query", TEAMS)["rows"] == [["Storage"]]
    assert dora.json("proposal", "list") == []
    assert [p["state"] for p in dora.json("proposal", "list", "--all")] == ["approved"]


def test_a_proposal_is_withdrawn_by_its_author_or_rejected_with_a_reason(tmp_path: Path) -> None:
    ana, dora = (somebody(tmp_path / "home", name) for name in ("ana", "dora"))
    changes = tmp_path / "changes.yml"
    changes.write_text("nodes: [{kind: Team, properties: {name: Storage}}]\n", encoding="utf-8")
    ana.json("branch", "create", "plan")
    ana.json("branch", "edit", "plan", str(changes))
    (first,) = ana.json("proposal", "create", "plan", "a team")
    assert dora.run("proposal", "withdraw", first["id"]).returncode == 2
    assert ana.json("proposal", "withdraw", first["id"])[0]["state"] == "withdrawn"
    (second,) = ana.json("proposal", "create", "plan", "a better team")
    (rejected,) = dora.json("proposal", "reject", second["id"], "not before the audit")
    assert (rejected["state"], rejected["note"]) == ("rejected", "not before the audit")
    assert dora.run("proposal", "approve", second["id"]).returncode == 1
    assert dora.run("proposal", "approve", "x", "--ours", "--theirs").returncode == 2
