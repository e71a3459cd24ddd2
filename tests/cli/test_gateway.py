"""`jumeau gateway` and `jumeau investigate`: registers, budgets, figures and steps at the console."""

from __future__ import annotations

from pathlib import Path

from agent.gateway.budgets import Budgets
from agent.gateway.calls import Calls, Planned, Spent
from agent.gateway.policy import Member
from agent.gateway.use_cases import UseCases
from core.clock import FrozenClock
from core.settings import load_settings
from services.twin import open_ledger
from tests.acceptance.console import Console
from tests.cli.here import Here
from tests.conftest import NOW


def somebody(home: Path, name: str) -> Here:
    return Here(Console(home, {"JUMEAU_ACTOR": name, "JUMEAU_NOW": NOW.isoformat()}))


def test_a_use_is_registered_by_one_and_validated_by_another(tmp_path: Path) -> None:
    ana, dora = (somebody(tmp_path / "home", name) for name in ("ana", "dora"))
    made = ana.json("gateway", "use-cases", "register", "questions", "plain words", "--owner", "ana")
    assert (made["state"], made["stage"]) == ("registered", "experiment")
    own = ana.run("gateway", "use-cases", "validate", "questions")
    assert (own.returncode, "MODEL_USE_NOT_VALIDATED" in own.stderr) == (2, True)
    assert dora.json("gateway", "use-cases", "validate", "questions")["decided_by"] == "dora"
    assert ana.json("gateway", "use-cases", "suspend", "questions", "wrong figures")["state"] == "suspended"
    assert [one["note"] for one in ana.json("gateway", "use-cases", "list")] == ["wrong figures"]
    late = ana.run("gateway", "use-cases", "register", "q", "p", "--owner", "ana", "--stage", "production")
    assert (late.returncode, "has an evaluation" in late.stderr) == (2, True)
    doors = {entry["door"] for entry in ana.json("audit", "list")["entries"]}
    assert "console gateway use-cases validate" in doors


def test_budgets_usage_and_feedback_add_up(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ana = somebody(home, "ana")
    ana.json("gateway", "use-cases", "register", "questions", "plain words", "--owner", "ana")
    assert ana.json("gateway", "budgets", "set", "team", "payments", "--monthly", "0.5")["left"] == 0.5
    _, ledger = open_ledger(load_settings(home=home, now=NOW.isoformat()))
    clock = FrozenClock(NOW)
    use = UseCases(ledger, clock).get("questions")
    calls = Calls(ledger, clock, Budgets(ledger, clock))
    planned = Planned("ana", Member(team="payments", client="north"), use, "p", "m", "mask", {"personal": 1})
    identity = calls.reserve(planned, 400_000)
    calls.settle(identity, Spent("answered", 100, 50, 250_000, 50_000, 12))
    ledger.close()
    assert ana.run("gateway", "feedback", identity, "good").returncode == 0
    assert ana.run("gateway", "feedback", identity, "meh").returncode == 2
    (row,) = ana.json("gateway", "usage", "--by", "client")["rows"]
    assert (row["client"], row["cost"], row["saved"], row["masked"], row["good"]) == ("north", 0.25, 0.05, 1, 1)
    (budget,) = ana.json("gateway", "budgets", "list")
    assert (budget["spent"], budget["left"], budget["stopped"]) == (0.25, 0.25, False)
    assert "north" in ana.run("gateway", "usage", "--by", "client", "--output", "csv").stdout
    assert ana.run("gateway", "usage", "--by", "colour").returncode == 2
    assert ana.run("gateway", "budgets", "drop", "team", "payments").returncode == 0
    assert ana.json("gateway", "budgets", "list") == []
    assert ana.json("gateway", "audit") == []
    assert ana.json("gateway", "prompts") == []
    assert "0 conversations" in ana.run("gateway", "purge").stderr


def test_an_investigation_is_begun_seen_and_ended_at_the_console(tmp_path: Path) -> None:
    ana = somebody(tmp_path / "home", "ana")
    ana.run("generate", "--servers", "50", "--seed", "3", "--out", str(tmp_path / "export"))
    assert ana.run("ingest", str(tmp_path / "export"), "--source", "csv").returncode == 0
    found = ana.json("investigate", "Quels sont les risques ?")
    assert (found["waiting"], found["report"].startswith("Aucun élément nommé")) == (True, True)
    shown = ana.run("investigate", "--resume", found["id"], "--trace")
    assert (shown.returncode, "analyse" in shown.stdout) == (0, True)
    assert somebody(tmp_path / "home", "eve").run("investigate", "--resume", found["id"]).returncode == 2
    ended = ana.json("investigate", "--resume", found["id"], "--accept", "1")
    assert [one["state"] for one in ended["proposals"]] == ["open"]
    assert len(ana.json("proposal", "list")) == 1
    assert ana.run("investigate").returncode == 2
