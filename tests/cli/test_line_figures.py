"""`jumeau line learn`, `predict` and `watch`: what they print, what they write, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.line_watch import table_of
from cli.main import app
from core.clock import FrozenClock
from core.errors import JumeauError
from services.simulation.line_watching import FollowedReadings, LineWatch
from simulate.line.reference_line import MACHINE_A, reference_line

LINE = "name: A, B, quality control\nreference: {}\n"
STUDY = """
name: small
line: line.yml
parameters:
  reference/machine_a_time: {low: 4, high: 8}
  reference/operators: {low: 1, high: 3, whole: true}
metrics: [throughput]
runs: 16
calibration: 20
held_out: 20
replications: 3
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "line.yml").write_text(LINE)
    (tmp_path / "study.yml").write_text(STUDY)
    return tmp_path


def invoke(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["line", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_line_is_learned_and_asked_within_its_ranges_alone(folder: Path) -> None:
    learned = str(folder / "learned.json")
    told = json.loads(invoke("learn", str(folder / "study.yml"), "--to", learned, "--output", "json"))
    assert told["metrics"]["throughput"]["error"]["mean"] < told["metrics"]["throughput"]["baseline_error"]["mean"]
    point = ["reference/machine_a_time=6", "reference/operators=2"]
    found = json.loads(invoke("predict", learned, *point, "--output", "json"))["throughput"]
    assert found["low"] < found["mean"] < found["high"]
    for wrong, code in (("reference/machine_a_time=9", "SIMULATION_EXTRAPOLATION"), ("machine_a_time", "USAGE")):
        done = CliRunner().invoke(app, ["line", "predict", learned, wrong, point[1]])
        assert isinstance(done.exception, JumeauError)
        assert done.exception.code == code


def test_a_line_is_watched_as_json_to_its_end_with_what_was_measured(folder: Path) -> None:
    rows = [{"stage": MACHINE_A, "minutes": 9.0 + at % 3} for at in range(30)]
    (folder / "readings.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    options = [
        "--speed",
        "1s=1month",
        "--every",
        "0.1",
        "--readings",
        str(folder / "readings.jsonl"),
        "--output",
        "json",
    ]
    looks = [json.loads(text) for text in invoke("watch", str(folder / "line.yml"), *options).splitlines()]
    assert looks[-1]["is_over"]
    assert looks[-1]["minute"] == 480.0
    assert looks[-1]["bottleneck"]["stage"] == MACHINE_A
    (measured,) = looks[-1]["measured"]
    assert (measured["stage"], measured["readings"], measured["has_drifted"]) == (MACHINE_A, 30, True)


def test_a_file_of_readings_is_read_again_when_it_has_grown(folder: Path) -> None:
    path = folder / "readings.jsonl"
    followed = FollowedReadings(path, reference_line())
    path.write_text(f'{{"stage": "{MACHINE_A}", "minutes": 6}}\n')
    first = followed.now()
    assert followed.now() is first
    with path.open("a") as file:
        file.write(f'{{"stage": "{MACHINE_A}", "minutes": 7}}\n')
    assert [one.readings for one in (*first, *followed.now())] == [1, 2]


def test_the_table_marks_the_bottleneck_at_the_moment_of_the_clock(clock: FrozenClock) -> None:
    from rich.console import Console

    began = clock.now()
    watched = LineWatch(reference_line(), 1, 300.0, began)  # five minutes a second
    look = watched.look(began.replace(minute=began.minute + 1))
    assert look.figures.minute == 300.0
    console = Console(width=160)
    with console.capture() as shown:
        console.print(table_of(look))
    (marked,) = [row for row in shown.get().splitlines() if "bottleneck" in row]
    assert MACHINE_A in marked
    assert "05:00" in shown.get()
