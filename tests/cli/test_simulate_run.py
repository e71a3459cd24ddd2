"""`jumeau simulate run`: availability of services on a terminal and for programs, at any moment and on a branch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from cli import simulating
from tests.cli.here import Here
from tests.cli.twin_of_files import PAIR, twin_of

SCENARIO = """\
name: A year
replications: 20
seed: 7
kinds:
  Server: {failure: {mean: 30 days}, repair: {mean: 1 day}, crew: few}
crews: {few: {size: 1}}
"""


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Here:
    """A twin of a service on an application on two servers of a cluster."""
    return twin_of(tmp_path_factory.mktemp("estate"), PAIR)


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "year.yml"
    path.write_text(SCENARIO, encoding="utf-8")
    return str(path)


def test_services_are_told_with_their_interval(console: Here, scenario: str) -> None:
    told = console.json("simulate", "run", "--scenario", scenario)
    (row,) = told["rows"]
    assert (told["scenario"], told["seed"], told["replications"], told["items"]) == ("A year", 7, 20, 5)
    assert row["name"] == "Payments"
    assert 0.98 < row["low"] < row["mean"] < row["high"] < 1.0
    assert row["downtime"] == pytest.approx((1 - row["mean"]) * 8760)


def test_the_same_seed_tells_the_same_at_every_moment_that_is_the_same(console: Here, scenario: str) -> None:
    present = console.json("simulate", "run", "--scenario", scenario)
    console.json("branch", "create", "idea")
    for moment in (("--as-of", "now"), ("--branch", "idea")):
        assert console.json("simulate", "run", "--scenario", scenario, *moment)["rows"] == present["rows"]
    assert console.json("simulate", "run", "--scenario", scenario, "--seed", "8")["rows"] != present["rows"]


def test_a_table_says_what_it_is_made_of(console: Here, scenario: str) -> None:
    printed = console.run("simulate", "run", "--scenario", scenario, "--replications", "10", "--output", "csv")
    assert printed.returncode == 0, printed.stderr
    assert printed.stdout.splitlines()[0] == "name,kind,availability,low,high,outages,hours down,beyond objective"
    assert "10 replications of 8760 hours, 5 items, seed 7" in printed.stderr


@pytest.mark.parametrize(
    ("text", "moment", "code"),
    [
        ("name: x\nitems: {nobody: {priority: 1}}\n", (), "SCENARIO"),
        ("name: x\nkinds: {Server: {failure: {mean: -1}, repair: {mean: 1}}}\n", (), "SCENARIO"),
        ("name: x\nitems: {pair: {needed: 3}}\n", (), "SIMULATION_K_OF_N"),
        ("name: x\nkinds: {Server: {failure: {mean: 1 s}, repair: {mean: 1 s}}}\n", (), "SIMULATION_TOO_MANY_EVENTS"),
        ("name: x\n", ("--branch", "gone"), "NOT_FOUND"),
    ],
    ids=["unknown item", "negative", "k of n", "10^9 events", "deleted branch"],
)
def test_what_cannot_be_simulated_is_refused_with_its_code_and_changes_nothing(
    console: Here, tmp_path: Path, text: str, moment: tuple[str, ...], code: str
) -> None:
    path = tmp_path / "broken.yml"
    path.write_text(text, encoding="utf-8")
    before = console.json("ingest", "runs")
    if code == "SIMULATION_TOO_MANY_EVENTS":
        path.write_text(text + "duration: 100 years\n", encoding="utf-8")
    refused = console.run("simulate", "run", "--scenario", str(path), *moment)
    assert refused.returncode == 2
    assert f"[{code}]" in refused.stderr
    assert console.json("ingest", "runs") == before


def test_other_commands_do_not_load_numba_and_its_absence_is_told() -> None:
    code = (
        "import sys; import cli.main; assert not {'numba', 'simpy', 'scipy'} & set(sys.modules)\n"
        "sys.modules['numba'] = None\n"
        "from core.errors import JumeauError\n"
        "try:\n    import services.simulation.run\nexcept JumeauError as error:\n    print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "[SIMULATION_EXTRA] simulation needs numba" in told
    assert "jumeau[simulation]" in told


@pytest.mark.parametrize(
    ("command", "done"),
    [
        pytest.param(("run", "-s"), 20, id="run"),
        pytest.param(("insight", "-s"), 20, id="insight"),
        pytest.param(("compare", "--change", "failures: {times: 2}"), 10, id="compare"),
    ],
)
def test_what_somebody_ends_tells_what_is_finished_and_ends_as_what_was_interrupted(
    console: Here, scenario: str, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], done: int
) -> None:
    asked = count()

    @contextmanager
    def pressed_after_a_while() -> Iterator[Callable[[], int]]:
        yield lambda: int(next(asked) >= 2)

    monkeypatch.setattr(simulating, "stopping", pressed_after_a_while)
    told = console.json("simulate", *command, scenario, "--replications", "40", code=130)
    content = told[0] if isinstance(told, list) else told.get("report", told)
    assert (content["replications"], content["wanted"]) == (done, 40)
