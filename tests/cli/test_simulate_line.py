"""`jumeau simulate line`: tables, JSON, charts, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from cli.main import app
from core.errors import JumeauError

LINE = "name: A, B, quality control\nreference: {}\nreplications: 20\nitem_value: 40\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "line.yml"
    path.write_text(LINE)
    return path


def test_a_line_is_answered_in_json_with_its_bottleneck(file: Path) -> None:
    done = CliRunner().invoke(app, ["simulate", "line", str(file), "--output", "json"], catch_exceptions=False)
    found = json.loads(done.stdout)
    assert done.exit_code == 0
    assert found["bottleneck"]["stage"] == "Machine A"
    assert [rule["rule"] for rule in found["bottleneck"]["rules"]] == ["utilisation", "growing queue", "cycle time"]
    throughput = found["metrics"]["throughput"]
    assert throughput["low"] < throughput["mean"] < throughput["high"]
    assert (found["seed"], found["replications"]) == (1, 20)
    assert len(found["cycle_times"]) > 0


def test_a_table_names_every_stage_and_the_bottleneck(file: Path) -> None:
    done = CliRunner().invoke(app, ["simulate", "line", str(file), "--seed", "7"], catch_exceptions=False)
    assert "Quality control" in done.output
    assert "bottleneck: Machine A" in done.output
    assert "20 replications of 480 minutes, seed 7" in done.output


def test_charts_are_drawn_and_the_same_each_time(file: Path, tmp_path: Path) -> None:
    for folder in ("one", "other"):
        arguments = ["simulate", "line", str(file), "--plot", str(tmp_path / folder), "--language", "fr"]
        assert CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code == 0
    names = {path.name for path in (tmp_path / "one").iterdir()}
    assert names == {"throughput.svg", "utilisation.svg", "queues.svg", "work-in-process.svg", "bottleneck.svg"}
    for name in names:
        drawn = (tmp_path / "one" / name).read_bytes()
        assert ElementTree.fromstring(drawn).tag.endswith("svg")
        assert drawn == (tmp_path / "other" / name).read_bytes()
    assert "Goulot: Machine A" in (tmp_path / "one" / "bottleneck.svg").read_text(encoding="utf-8")


def test_charts_are_drawn_as_png_too_and_names_are_no_formulas(tmp_path: Path) -> None:
    path = tmp_path / "line.yml"
    path.write_text("name: x\narrivals: 3\nreplications: 2\nstages: [{name: '$\\bad{$', time: 2}]\n")
    for folder in ("one", "other"):
        arguments = ["simulate", "line", str(path), "--plot", str(tmp_path / folder), "--plot-format", "png"]
        assert CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code == 0
    drawn = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert len(drawn) == 5
    assert all(name.endswith(".png") and content.startswith(b"\x89PNG") for name, content in drawn.items())
    assert drawn == {path.name: path.read_bytes() for path in (tmp_path / "other").iterdir()}


def test_another_kind_of_chart_is_refused_before_anything_is_played(file: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["simulate", "line", str(file), "--plot", str(tmp_path), "--plot-format", "gif"])
    assert isinstance(done.exception, JumeauError)
    assert done.exception.code == "SIMULATION_PLOT"


def test_a_file_that_is_no_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "line.yml"
    path.write_text("name: x\nstages: []\n")
    done = CliRunner().invoke(app, ["simulate", "line", str(path)])
    assert isinstance(done.exception, JumeauError)
    assert done.exception.code == "SIMULATION_LINE"


def test_a_line_is_given_once(file: Path) -> None:
    for arguments in ([], [str(file), "--name", "Bakery"]):
        done = CliRunner().invoke(app, ["simulate", "line", *arguments])
        assert isinstance(done.exception, JumeauError)
        assert done.exception.code == "USAGE"
