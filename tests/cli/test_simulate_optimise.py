"""`jumeau simulate optimise`: investments in the estate of the twin, on a terminal and for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.here import Here
from tests.cli.twin_of_files import PAIR, twin_of

SCENARIO = """\
name: A year
seed: 7
kinds:
  Server: {failure: {mean: 30 days}, repair: {mean: 1 day}, crew: few}
crews: {few: {size: 1}}
"""
PLAN = """\
name: More servers or more people
estate: year.yml
item_value: 1000
horizon: 5
budgets: [500, 12000, 60000]
rank_by: net
indifference: 2000
held_out: 100
investments:
  third server: {cost: 10000, changes: [{add: {to: pair}}]}
  repairer: {cost: 40000, parameters: {crews/few/size: {add: 1}}}
"""


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Here:
    """A twin of a service on an application on two servers of a cluster."""
    return twin_of(tmp_path_factory.mktemp("estate"), PAIR)


def _plan(folder: Path, text: str = PLAN) -> str:
    (folder / "year.yml").write_text(SCENARIO, encoding="utf-8")
    path = folder / "plan.yml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def told(console: Here, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return console.json("simulate", "optimise", _plan(tmp_path_factory.mktemp("plan")))


def test_each_budget_is_spent_on_what_is_best_and_says_how_sure_it_is(told: Any) -> None:
    assert told["finished"]
    assert (told["objective"], told["less_is_better"], told["rank_by"]) == ("hours_down", True, "net")
    nothing, small, large = told["budgets"]
    assert (nothing["method"], nothing["chosen"]["name"]) == ("only the base can be bought", "base")
    assert "below every cost" in nothing["notes"][0]
    assert (small["feasible"], small["chosen"]["purchases"]) == (2, {"third server": 1})
    assert large["feasible"] == 4
    assert small["probability_of_correct_selection"] == {
        "at_least": 0.95,
        "method": "Kim-Nelson",
        "zone": 2000.0,
        "among": 2,
    }


@pytest.mark.parametrize("processes", ["2", pytest.param("4", marks=pytest.mark.nightly)])
def test_the_answer_is_the_same_bit_for_bit_on_several_processes(
    console: Here, told: Any, tmp_path: Path, processes: str
) -> None:
    assert console.json("simulate", "optimise", _plan(tmp_path), "--processes", processes) == told


def test_gains_are_told_with_their_intervals(told: Any) -> None:
    chosen = told["budgets"][1]["chosen"]
    base = next(row for row in told["budgets"][1]["compared"] if row["name"] == "base")
    assert chosen["gain"]["mean"] == pytest.approx(base["value"]["mean"] - chosen["value"]["mean"])
    assert 0.0 < chosen["gain"]["low"] < chosen["gain"]["mean"] < chosen["gain"]["high"]
    assert chosen["gain_percent"]["mean"] == pytest.approx(100 * chosen["gain"]["mean"] / base["value"]["mean"])
    assert chosen["net"]["mean"] == pytest.approx(chosen["gain"]["mean"] * 5000 - 10000)
    assert chosen["roi"]["mean"] == pytest.approx(chosen["net"]["mean"] / 10000)
    assert told["budgets"][1]["held_out_replications"] == 100


def test_the_base_is_what_a_run_of_the_scenario_tells(console: Here, told: Any, tmp_path: Path) -> None:
    _plan(tmp_path)
    run = console.json("simulate", "run", "-s", str(tmp_path / "year.yml"), "--replications", "400")
    (row,) = run["rows"]
    base = next(row for row in told["budgets"][1]["compared"] if row["name"] == "base")["value"]
    half = (base["high"] - base["low"]) / 2 + (row["high"] - row["low"]) / 2 * 8760
    assert base["mean"] == pytest.approx(row["downtime"], abs=1.5 * half)


def test_tables_and_rows_say_the_same_and_a_picture_is_drawn(console: Here, tmp_path: Path) -> None:
    plan = _plan(tmp_path, PLAN.replace("[500, 12000, 60000]", "12000").replace("held_out: 100", "held_out: 10"))
    picture = tmp_path / "gains.svg"
    table = console.run("simulate", "optimise", plan, "--plot", str(picture))
    assert table.returncode == 0, table.stderr
    assert "budget 12,000: third server" in table.stdout
    assert "with probability 0.95 at least (Kim-Nelson" in table.stderr
    drawn = picture.read_text(encoding="utf-8")
    assert "third server" in drawn
    assert "gain in hours down" in drawn
    rows = console.run("simulate", "optimise", plan, "--output", "csv").stdout.splitlines()
    assert rows[0].startswith("budget,configuration,chosen,cost,value,")
    assert [line.split(",")[1:4] for line in rows[1:]] == [
        ["third server", "true", "10000.0"],
        ["base", "false", "0.0"],
    ]


@pytest.mark.parametrize(
    ("old", "new", "code", "where"),
    [
        ("[500, 12000, 60000]", "[-1]", "INVESTMENT", "budgets"),
        ("item_value: 1000", "item_value: 0", "INVESTMENT", "plan.yml:3"),
        ("cost: 10000", "cost: -5", "INVESTMENT", "plan.yml:10"),
        ("crews/few/size", "crews/many/size", "INVESTMENT", "investments.repairer.parameters.crews/many/size"),
        ("crews/few/size: {add: 1}", "crews/few/size: {add: -1}", "SCENARIO", "year.yml"),
        ("add: {to: pair}", "add: {to: nobody}", "SCENARIO", "changes.add nobody"),
        ("estate: year.yml", "estate: gone.yml", "SCENARIO", "gone.yml"),
        ("estate: year.yml", "objective: beauty\nestate: year.yml", "INVESTMENT", "plan.yml:2"),
        ("estate: year.yml", "weights: {nobody: 2}\nestate: year.yml", "INVESTMENT", "weights.nobody"),
        ("rank_by: net", "exclusions: [[repairer, ghost]]", "INVESTMENT", "plan.yml"),
        ("indifference: 2000", "indifference: &a 2\nseed: *a", "INVESTMENT", "plan.yml:8"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_stands_and_changes_nothing(
    console: Here, tmp_path: Path, old: str, new: str, code: str, where: str
) -> None:
    assert old in PLAN
    before = console.json("ingest", "runs")
    refused = console.run("simulate", "optimise", _plan(tmp_path, PLAN.replace(old, new)))
    assert refused.returncode == 2
    assert f"[{code}]" in refused.stderr
    assert where in refused.stderr.replace("\n", "")
    assert console.json("ingest", "runs") == before


def test_a_picture_of_another_kind_is_refused_before_anything_is_simulated(console: Here, tmp_path: Path) -> None:
    for name in ("gains.pdf", "nowhere/gains.svg"):
        refused = console.run("simulate", "optimise", _plan(tmp_path), "--plot", str(tmp_path / name))
        assert refused.returncode == 2
        assert "[INVESTMENT]" in refused.stderr
