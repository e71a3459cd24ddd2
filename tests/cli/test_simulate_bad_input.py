"""What makes no sense is refused with a stable code, or bounded and said so; and nothing half-written is in the twin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.here import Here
from tests.cli.twin_of_files import PAIR, twin_of

CIRCLE = "BusinessApplication,A1,BusinessApplication,A2\nBusinessApplication,A2,BusinessApplication,A1\n"
FILES = {
    **PAIR,
    "BusinessApplication.csv": "key,name\nA1,Ledger\nA2,Clearing\n",
    "relations/DEPENDS_ON.csv": "from_kind,from,to_kind,to\n" + CIRCLE,
}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Here:
    """A service on two applications that need one another, on a pair of servers; and a branch that is gone again."""
    console = twin_of(tmp_path_factory.mktemp("estate"), FILES)
    console.json("branch", "create", "gone")
    assert console.run("branch", "drop", "gone").returncode == 0
    return console


@pytest.fixture
def untouched(console: Here) -> Iterator[None]:
    """The twin afterwards is the twin before: no run of the ledger, no kept simulation, no element more or less."""

    def seen() -> Any:
        return console.json("ingest", "runs"), console.json("simulate", "runs"), console.json("graph", "verify")

    before = seen()
    yield
    assert seen() == before


def written(folder: Path, text: str) -> str:
    path = folder / "year.yml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def laws(law: str, repair: str = "{mean: 1 h}") -> str:
    return f"name: x\nreplications: 2\nkinds: {{Server: {{failure: {law}, repair: {repair}}}}}\n"


BAD = [
    pytest.param(laws("{mean: -1}"), "SCENARIO", "greater than or equal to 0", id="a negative mean"),
    pytest.param(laws("{mean: 0}"), "SCENARIO", "mean", id="a mean of zero"),
    pytest.param(laws("{mean: 1 day}", "{mean: 0}"), "SCENARIO", "mean", id="repairs of no time"),
    pytest.param(
        "name: x\nload: {items: {pair: {arrivals: 0, service: {mean: 1 s}}}}\n",
        "SCENARIO",
        "greater than 0",
        id="no arrivals",
    ),
    pytest.param(
        "name: x\nload: {items: {pair: {arrivals: -3, service: {mean: 1 s}}}}\n",
        "SCENARIO",
        "greater than 0",
        id="negative arrivals",
    ),
    pytest.param(laws("{family: weibull, shape: 0, mean: 1 day}"), "SCENARIO", "shape", id="a shape of zero"),
    pytest.param(laws("{family: weibull, shape: 2}"), "SCENARIO", "needs `mean`", id="a distribution without a mean"),
    pytest.param(laws("{family: empirical}"), "SCENARIO", "value", id="an empirical one of nothing"),
    pytest.param(
        laws("{family: pareto, mean: 1 day, shape: 1}"), "SCENARIO", "Input should be", id="a family with no mean"
    ),
    pytest.param("name: x\nitems: {pair: {needed: 3}}\n", "SIMULATION_K_OF_N", "3 members are needed", id="3 of 2"),
    pytest.param("name: x\nitems: {pair: {needed: 0}}\n", "SIMULATION_K_OF_N", "0 members are needed", id="0 of 2"),
    pytest.param("name: x\nitems: {nobody: {priority: 1}}\n", "SCENARIO", "no configuration item nobody", id="unknown"),
    pytest.param(
        "name: x\nchanges: [{remove: nobody}]\n", "SCENARIO", "no configuration item nobody", id="unknown in a change"
    ),
    pytest.param("name: x\nbranch: gone\n", "NOT_FOUND", "gone", id="the branch of the scenario is deleted"),
    pytest.param(
        "duration: 100 years\n" + laws("{mean: 1 s}", "{mean: 1 s}"),
        "SIMULATION_TOO_MANY_EVENTS",
        "events",
        id="a billion events of one replication",
    ),
    pytest.param(
        laws("{mean: 1 min}", "{mean: 1 s}").replace("replications: 2", "replications: 1000000"),
        "SIMULATION_TOO_MANY_EVENTS",
        "events",
        id="a million replications of a million events",
    ),
]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("text", "code", "seen"), BAD)
def test_what_makes_no_sense_is_refused_with_its_code_and_leaves_nothing(
    console: Here, tmp_path: Path, text: str, code: str, seen: str
) -> None:
    refused = console.run("simulate", "run", "--keep", "--scenario", written(tmp_path, text))
    assert refused.returncode == 2
    assert f"[{code}]" in refused.stderr
    assert seen in " ".join(refused.stderr.split())


@pytest.mark.usefixtures("untouched")
def test_a_branch_that_is_deleted_is_not_compared_with_either(console: Here, tmp_path: Path) -> None:
    path = written(tmp_path, laws("{mean: 30 days}"))
    for command in (("compare", path, "--branch", "gone"), ("run", "--keep", "-s", path, "--branch", "gone")):
        refused = console.run("simulate", *command)
        assert (refused.returncode, "[NOT_FOUND]" in refused.stderr) == (2, True)


@pytest.mark.usefixtures("untouched")
def test_a_circle_of_dependencies_is_played_as_one(console: Here, tmp_path: Path) -> None:
    """Two applications that need one another are down together, for no longer than the pair is."""
    text = laws("{mean: 10 days}", "{mean: 1 day}") + "watch: [BusinessApplication]\n"
    told = console.json("simulate", "run", "--scenario", written(tmp_path, text))
    ledger, clearing = sorted(told["rows"], key=lambda row: row["name"], reverse=True)
    assert (ledger["name"], clearing["name"]) == ("Ledger", "Clearing")
    assert 0.0 < ledger["downtime"] == clearing["downtime"]


@pytest.mark.usefixtures("untouched")
def test_a_budget_below_every_cost_buys_nothing_and_says_so(console: Here, tmp_path: Path) -> None:
    written(tmp_path, laws("{mean: 30 days}"))
    plan = tmp_path / "plan.yml"
    plan.write_text(
        "name: x\nestate: year.yml\nitem_value: 1\nhorizon: 1\nbudgets: 10\nheld_out: 2\n"
        "investments: {third: {cost: 11, changes: [{add: {to: pair}}]}}\n",
        encoding="utf-8",
    )
    (answer,) = console.json("simulate", "optimise", str(plan))["budgets"]
    assert answer["chosen"]["name"] == "base"
    assert answer["notes"] == [
        "a budget of 10 is below every cost (the cheapest is 11): nothing can be bought, the base stays"
    ]


PLAN = (
    "name: x\nestate: year.yml\nitem_value: 1\nhorizon: 1\nbudgets: 10\nheld_out: 2\n"
    "investments: {third: {cost: 1, changes: [{add: {to: pair}}]}}\n"
)
COMMANDS = [
    pytest.param(("compare", "base.yml", "year.yml"), id="compare"),
    pytest.param(("insight", "-s", "year.yml"), id="insight"),
    pytest.param(("live", "-s", "year.yml"), id="live"),
    pytest.param(("optimise", "plan.yml"), id="optimise"),
]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_plays_the_estate_refuses_the_same(
    console: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yml").write_text(laws("{mean: 30 days}"), encoding="utf-8")
    (tmp_path / "plan.yml").write_text(PLAN, encoding="utf-8")
    for text, code, seen in (
        (laws("{mean: -1}"), "SCENARIO", "year.yml:3"),
        (laws("{family: weibull, shape: 2}"), "SCENARIO", "needs `mean`"),
        ("name: x\nitems: {pair: {needed: 3}}\n", "SIMULATION_K_OF_N", "3 members are needed"),
        ("name: x\nitems: {nobody: {priority: 1}}\n", "SCENARIO", "no configuration item nobody"),
        ("name: x\nbranch: gone\n", "NOT_FOUND", "gone"),
        (laws("{mean: 1 s}", "{mean: 1 ms}"), "SIMULATION_TOO_MANY_EVENTS", "events"),
    ):
        written(tmp_path, text)
        refused = console.run("simulate", *command)
        assert (refused.returncode, f"[{code}]" in refused.stderr, seen in refused.stderr) == (2, True, True), (
            refused.stderr
        )


@pytest.mark.usefixtures("untouched")
def test_more_events_than_can_be_read_one_by_one_are_refused_before_anything_is_played(
    console: Here, tmp_path: Path
) -> None:
    """Some two million in each of fifty replications: the run itself takes seconds, reading it would take an hour."""
    path = written(tmp_path, laws("{mean: 1 min}", "{mean: 1 s}"))
    refused = console.run("simulate", "insight", "-s", path, "--replications", "1000")
    assert (refused.returncode, "[SIMULATION_TOO_MANY_EVENTS]" in refused.stderr) == (2, True)
    assert "--detailed" in refused.stderr
