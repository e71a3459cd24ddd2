"""`jumeau simulate calibrate`: a log in, laws and the error of their back-test out; what is kept is on record."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.console import Console

DAY = 24


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Ten weeks of repairs, four a day, between one and six hours long; the last one goes on."""
    lines = ["job,team,down,up"]
    for number in range(280):
        day, part = divmod(number, 4)
        begin = f"2025-{1 + day // 28:02}-{1 + day % 28:02} {part * 6:02}:{number % 60:02}"
        end = f"2025-{1 + day // 28:02}-{1 + day % 28:02} {part * 6 + 1 + number * 7 % 5:02}:{(number * 13) % 60:02}"
        lines.append(f"{number},Team {number % 2},{begin},{'' if number == 279 else end}")
    file = tmp_path / "repairs.csv"
    file.write_text("\n".join(lines))
    return file


def test_a_log_is_learned_kept_and_listed(log: Path, tmp_path: Path) -> None:
    console = Console(tmp_path / "home", {"JUMEAU_BACKEND": "networkx"})
    columns = ("--case", "job", "--group", "team", "--begin", "down", "--end", "up", "--times", "%Y-%m-%d %H:%M")
    told = console.json("simulate", "calibrate", "--log", str(log), *columns, "--name", "repairs")
    assert (told["name"], told["version"], told["cases"]) == ("repairs", 1, 280)
    assert set(told["groups"]) == {"Team 0", "Team 1"}
    durations = told["groups"]["Team 0"]["durations"]
    assert 2.0 < durations["mean"] < 5.0
    assert durations["reason"]
    assert len(durations["candidates"]) == 4
    assert told["back_test"]["begun_weighted_error"] < 0.5
    again = console.run("simulate", "calibrate", "--log", str(log), *columns, "--name", "repairs")
    assert again.returncode == 0
    assert "kept as repairs@2" in again.stderr
    listed = console.json("simulate", "calibrations")
    assert sorted((kept["name"], kept["version"]) for kept in listed) == [("repairs", 1), ("repairs", 2)]


def test_what_cannot_be_read_is_an_error_with_its_line(log: Path, tmp_path: Path) -> None:
    console = Console(tmp_path / "home", {"JUMEAU_BACKEND": "networkx"})
    wrong = console.run(
        "simulate", "calibrate", "--log", str(log), "--case", "job", "--group", "team", "--begin", "down", "--end", "up"
    )
    assert wrong.returncode == 2
    assert "[SIMULATION_CALIBRATION]" in wrong.stderr
    assert "repairs.csv:2" in wrong.stderr
    assert console.json("simulate", "calibrations") == []


def test_columns_without_a_file_are_a_mistake(tmp_path: Path) -> None:
    console = Console(tmp_path / "home", {"JUMEAU_BACKEND": "networkx"})
    wrong = console.run("simulate", "calibrate", "--group", "team")
    assert wrong.returncode == 2
    assert "columns are of a file" in wrong.stderr
