"""`jumeau simulate model`: answers as JSON, tables and CSV; files and standard input; refusals; without the extra."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from core.errors import JumeauError
from tests.conftest import ROOT

QUEUE = {"model": "mmc", "parameters": {"lam": 9, "mu": 5, "c": 2}, "metrics": ["W", "Lq"], "seed": 1}
TANDEM = {
    "model": "jackson_open",
    "parameters": {"S": [0.1, 0.2], "routing": [[0, 1], [0, 0]], "ext_arrival": [3, 0]},
    "metrics": ["utilisations"],
}


@pytest.fixture(scope="module")
def runner() -> CliRunner:
    return CliRunner()


def ask(runner: CliRunner, content: Any, *options: str) -> Any:
    done = runner.invoke(
        app, ["simulate", "model", "--file", "-", *options], input=json.dumps(content), catch_exceptions=False
    )
    assert done.exit_code == 0
    return done


def test_a_file_is_answered_in_json_by_its_closed_form(runner: CliRunner, tmp_path: Path) -> None:
    path = tmp_path / "queue.json"
    path.write_text(json.dumps(QUEUE))
    done = runner.invoke(app, ["simulate", "model", "--file", str(path), "--output", "json"])
    found = json.loads(done.stdout)
    assert list(found) == ["W", "Lq"]
    assert found["W"] == {
        "mean": found["W"]["low"],
        "low": found["W"]["high"],
        "high": found["W"]["mean"],
        "method": "closed form",
    }
    assert found["W"]["mean"] == pytest.approx(1.0526, abs=1e-4)


def test_the_method_chooses_and_a_simulation_has_an_interval(runner: CliRunner) -> None:
    done = ask(runner, QUEUE, "--method", "simulation", "--precision", "0.05", "--output", "json")
    found = json.loads(done.stdout)["W"]
    assert found["method"] == "simulation"
    assert found["low"] < found["mean"] < found["high"]
    assert found["high"] - found["low"] <= 0.1 * found["mean"]


def test_a_metric_that_is_a_list_is_answered_as_lists(runner: CliRunner) -> None:
    found = json.loads(ask(runner, TANDEM, "--output", "json").stdout)["utilisations"]
    assert found["mean"] == pytest.approx([0.3, 0.6])
    assert found["low"] == found["mean"] == found["high"]


def test_a_table_names_the_model_and_csv_keeps_every_digit(runner: CliRunner) -> None:
    table = ask(runner, TANDEM).stdout
    assert "Open Jackson network" in table
    assert "utilisations[1]" in table
    rows = ask(runner, QUEUE, "--output", "csv").stdout.splitlines()
    assert rows[0] == "metric,mean,low,high,method,meaning"
    assert float(rows[1].split(",")[1]) == pytest.approx(1.05263157894, abs=1e-9)


def test_what_is_not_reached_is_told_beside_the_answer(runner: CliRunner) -> None:
    done = ask(
        runner, QUEUE, "--method", "simulation", "--precision", "0.0001", "--max-events", "100000", "--output", "json"
    )
    assert "0.01% was asked" in done.stderr
    assert json.loads(done.stdout)["W"]["method"] == "simulation"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("{", "USAGE", id="no JSON"),
        pytest.param("[" * 2_000_000, "USAGE", id="too large"),
        pytest.param('{"model": "mmc", "parameters": {"lam": 1e999}}', "USAGE", id="no JSON number"),
        pytest.param('{"model": "mmc", "parameters": {"lam": 11, "mu": 5, "c": 2}}', "SIMULATION_UNSTABLE", id="unstable"),
        pytest.param('{"model": "mm", "parameters": {}}', "SIMULATION_UNKNOWN", id="unknown"),
    ],
)  # fmt: skip
def test_a_wrong_request_ends_with_its_code(runner: CliRunner, text: str, code: str) -> None:
    done = runner.invoke(app, ["simulate", "model", "--file", "-"], input=text)
    assert isinstance(done.exception, JumeauError)
    assert (done.exception.code, done.exception.exit_code) == (code, 2)
    assert done.stdout == ""


def test_a_file_that_is_not_there_is_told(runner: CliRunner, tmp_path: Path) -> None:
    done = runner.invoke(app, ["simulate", "model", "--file", str(tmp_path / "no.json")])
    assert isinstance(done.exception, JumeauError)
    assert done.exception.code == "USAGE"


ABSENT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"numba", "numpy", "scipy", "simpy", "matplotlib"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
from cli.main import main
sys.argv = ["jumeau", "simulate", "model", "--file", "-"]
main()
"""
LAZY = """
import sys
import cli.main, api.app
print(sorted({name.partition(".")[0] for name in sys.modules} & {"numba", "scipy", "simpy", "matplotlib"}))
print([name for name in sys.modules if name.startswith("simulate.")])
"""


def python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, input=json.dumps(QUEUE), check=False
    )


def test_without_the_extra_it_says_what_to_install() -> None:
    done = python(ABSENT)
    assert done.returncode == 2
    assert "[SIMULATION_EXTRA]" in done.stderr
    assert "pip install 'jumeau[simulation]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_other_commands_and_the_server_import_nothing_of_simulation() -> None:
    done = python(LAZY)
    assert done.stdout.splitlines() == ["[]", "[]"], done.stderr
