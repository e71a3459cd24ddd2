"""`jumeau simulate compare`: what a change would do, by service, entity and team, and the twin as it was before."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from core.settings import load_settings
from services.simulation.compare import compare
from services.simulation.order import Order
from simulate.builder.changes import parse_change
from simulate.builder.scenario import read_scenario
from tests.cli.here import Here
from tests.cli.twin_of_files import ENDS, PAIR, twin_of

SCENARIO = """\
name: A year
replications: 30
seed: 7
kinds:
  Server: {failure: {mean: 30 days}, repair: {mean: 1 day}, crew: few}
crews: {few: {size: 1}}
"""


FILES = {
    **PAIR,
    "BusinessService.csv": "key,name\nS1,Payments\nS2,Cards\n",
    "BusinessApplication.csv": "key,name\nA1,Ledger\nA2,Cardholder\n",
    "PhysicalServer.csv": "key,name\nP1,one\nP2,two\nP3,three\n",
    "Entity.csv": "key,name,kind\nE1,North,regional_bank\nE2,South,regional_bank\n",
    "Team.csv": "key,name\nT1,Systems\n",
    "relations/USES.csv": PAIR["relations/USES.csv"] + "BusinessService,S2,BusinessApplication,A2\n",
    "relations/RUNS_ON.csv": PAIR["relations/RUNS_ON.csv"] + "BusinessApplication,A2,PhysicalServer,P3\n",
    "relations/SERVES.csv": ENDS + "BusinessService,S1,Entity,E1\nBusinessService,S2,Entity,E1\n"
    "BusinessService,S2,Entity,E2\n",
    "relations/OWNED_BY.csv": ENDS + "BusinessService,S1,Team,T1\nBusinessService,S2,Team,T1\n",
}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Here:
    """A twin of two services on two applications, one on a pair of servers, the other on a single one."""
    return twin_of(tmp_path_factory.mktemp("estate"), FILES)


@pytest.fixture
def base(tmp_path: Path) -> str:
    path = tmp_path / "year.yml"
    path.write_text(SCENARIO, encoding="utf-8")
    return str(path)


def hours(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in rows if row["measure"] == "hours_down"}


def test_a_change_is_told_by_service_entity_and_team_with_intervals(console: Here, base: str) -> None:
    (told,) = console.json("simulate", "compare", base, "--change", "failures: {times: 3, items: [three]}")
    assert (told["replications"], told["seed"], told["branch"]) == (30, 7, None)
    services, entities = hours(told["services"]), hours(told["entities"])
    cards = services["Cards"]
    assert 0 < cards["low"] < cards["difference"] < cards["high"]
    assert cards["told_apart"]
    assert cards["difference"] == pytest.approx(cards["changed"] - cards["base"])
    south, north = entities["South"], entities["North"]
    assert (south["kind"], south["difference"]) == ("regional_bank", cards["difference"])
    together = cards["difference"] + services["Payments"]["difference"]
    assert north["difference"] == pytest.approx(together)
    assert hours(told["teams"])["Systems"]["difference"] == pytest.approx(together)
    assert hours(told["overall"])["all"]["difference"] == pytest.approx(together)


def test_the_twin_is_not_touched(console: Here, base: str) -> None:
    before = console.json("graph", "verify")
    console.json("simulate", "compare", base, "--change", "remove: one", "--change", "add: {to: pair}")
    assert console.json("graph", "verify") == before
    assert before["backends"][0]["sequence"] > 0


def test_the_base_on_a_branch_differs_by_what_the_branch_changes(console: Here, base: str, tmp_path: Path) -> None:
    found = console.json("query", "MATCH (s:PhysicalServer {name: 'one'}) RETURN s.id AS id")
    console.json("branch", "create", "smaller")
    edits = tmp_path / "edits.yml"
    id_ = found["rows"][0][0]
    edits.write_text(
        f"nodes:\n  - {{kind: PhysicalServer, id: {id_}, properties: {{status: decommissioned}}}}\n", encoding="utf-8"
    )
    console.json("branch", "edit", "smaller", str(edits))
    (told,) = console.json("simulate", "compare", base, "--branch", "smaller")
    assert told["branch"] == "smaller"
    rows = hours(told["services"])
    assert rows["Payments"]["told_apart"]
    assert rows["Payments"]["low"] > 0
    other = tmp_path / "other.yml"
    other.write_text(SCENARIO.replace("A year", "Smaller") + "branch: smaller\n", encoding="utf-8")
    (same,) = console.json("simulate", "compare", base, str(other))
    assert same["services"] == told["services"]
    plain = console.json("simulate", "run", "--scenario", str(other))
    assert {row["name"]: row["downtime"] for row in plain["rows"]}["Payments"] == pytest.approx(
        rows["Payments"]["changed"]
    )


def test_a_table_shows_what_is_told_apart_and_csv_everything(console: Here, base: str) -> None:
    change = ("--change", "failures: {times: 3, items: [three]}")
    shown = console.run("simulate", "compare", base, *change)
    assert shown.returncode == 0, shown.stderr
    assert "Cards" in shown.stdout
    assert "1 of 2 watched items are told apart" in shown.stderr
    printed = console.run("simulate", "compare", base, *change, "--output", "csv", "--measure", "availability")
    rows = list(csv.DictReader(io.StringIO(printed.stdout)))
    assert [(row["of"], row["name"]) for row in rows if row["of"] in ("watched", "all")] == [
        ("all", "all"),
        ("watched", "Cards"),
        ("watched", "Payments"),
    ]
    assert float(rows[0]["difference"]) < 0


def test_the_same_seed_tells_the_same_differences(console: Here, base: str) -> None:
    change = ("simulate", "compare", base, "--change", "crew: {name: few, size: 2}")
    assert console.json(*change) == console.json(*change)
    assert console.json(*change) != console.json(*change, "--seed", "8")


def test_ctrl_c_keeps_what_is_finished_and_pairs_it_up(console: Here, base: str) -> None:
    """The first press ends the base; the other plays as many replications, unless there is a second one."""
    settings = load_settings(home=console.console.home, now="2025-01-01")
    read = read_scenario(Path(base))
    faster = read.model_copy(update={"name": "faster", "changes": (parse_change("repairs: {times: 0.5}"),)})
    presses: list[str] = []

    def progress(stage: str, done: int, wanted: int) -> None:
        if done >= 20 and not presses:
            presses.append(stage)

    order = Order(100, progress=progress, pressed=lambda: len(presses))
    (told,) = compare(settings, read, [faster], order=order)
    assert (told.replications, told.wanted, presses) == (20, 100, ["A year"])
    (whole,) = compare(settings, read, [faster], order=Order(20))
    assert told.services == whole.services


def test_pictures_are_drawn_of_what_differs(console: Here, base: str, tmp_path: Path) -> None:
    change = ("--change", "failures: {times: 3, items: [three]}", "--plot", str(tmp_path / "new" / "folder"))
    printed = console.run("simulate", "compare", base, *change)
    assert printed.returncode == 0, printed.stderr
    names = {path.name for path in (tmp_path / "new" / "folder").iterdir()}
    assert names == {f"differences-1-{part}.svg" for part in ("overall", "services", "entities", "teams")}
    drawn = (tmp_path / "new" / "folder" / "differences-1-services.svg").read_text(encoding="utf-8")
    assert ">Cards<" in drawn
    assert ">Payments<" in drawn  # its servers wait for the same crew


@pytest.mark.parametrize(
    ("arguments", "code", "seen"),
    [
        ((), "USAGE", "nothing to compare"),
        (("--change", "remove: nothing"), "SCENARIO", "no configuration item nothing"),
        (("--change", "explode: one"), "SCENARIO", "Extra inputs"),
        (("--branch", "gone"), "NOT_FOUND", "gone"),
        (("--change", "remove: one", "--measure", "luck"), "USAGE", "no measure"),
        (("--change", "remove: one", "--plot", ".", "--plot-format", "gif"), "SIMULATION_PLOT", "gif"),
        (("--change", "remove: one", "--plot", "/dev/null/x"), "SIMULATION_PLOT", "cannot be made"),
        (("--change", "remove: one", "--replications", "1"), "SIMULATION", "no interval"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    console: Here, base: str, arguments: tuple[str, ...], code: str, seen: str
) -> None:
    refused = console.run("simulate", "compare", base, *arguments)
    assert refused.returncode == 2
    assert f"[{code}]" in refused.stderr
    assert seen in refused.stderr


def test_scenarios_of_another_duration_do_not_pair_up(console: Here, base: str, tmp_path: Path) -> None:
    other = tmp_path / "other.yml"
    other.write_text(SCENARIO + "duration: 1 month\n", encoding="utf-8")
    refused = console.run("simulate", "compare", base, str(other))
    assert refused.returncode == 2
    assert "duration" in refused.stderr
