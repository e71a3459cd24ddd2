"""Shifts of operators, machines and arrivals: what was begun is finished, and shares are of the time that is staffed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulate.distributions import deterministic
from simulate.line.calendar import WEEK, Shift, changes_of
from simulate.line.check import LineError
from simulate.line.events import What
from simulate.line.file import parse_line
from simulate.line.in_graph import line_attributes, stage_attributes
from simulate.line.model import Line, Stage
from simulate.line.reference import play
from simulate.line.shift_words import as_texts, from_texts
from simulate.line.simulate import simulate_line

LINE = Line("a bench", (Stage("bench", deterministic(25.0)),), deterministic(30.0), duration=300.0)
MORNING = (Shift(0.0, 100.0),)


def times(line: Line, what: What) -> list[float]:
    return [event.time for event in play(line, 1) if event.what is what]


def test_a_stage_that_closes_ends_its_piece_and_begins_no_other() -> None:
    line = LINE.with_stage("bench", shifts=MORNING)
    assert times(line, What.STARTED) == [30.0, 60.0, 90.0]
    assert times(line, What.COMPLETED) == [55.0, 85.0, 115.0]
    found = simulate_line(line, replications=2)
    assert found.stages[0]["utilisation"][0] == pytest.approx(75.0 / 115.0)  # open for 100, and 15 more at work
    assert found.metrics["throughput"][0] == pytest.approx(3 / 5.0)


def test_operators_that_go_home_end_their_piece_and_are_paid_for_it() -> None:
    line = replace(LINE, operators=1, operator_shifts=(Shift(0.0, 100.0, 1),), operator_cost_per_hour=60.0)
    line = line.with_stage("bench", operators=1)
    assert times(line, What.COMPLETED) == [55.0, 85.0, 115.0]
    found = simulate_line(line, replications=2)
    assert found.metrics["cost"][0] == pytest.approx(115.0)
    assert found.metrics["operator_utilisation"][0] == pytest.approx(75.0 / 115.0)


def test_a_stage_that_needs_nobody_works_on_while_others_are_short_of_hands() -> None:
    """When one of two operators goes home at work, fewer than none are free: that stops only who needs one."""
    stages = (Stage("hand", deterministic(50.0), machines=2, operators=1), Stage("oven", deterministic(5.0)))
    line = Line("two", stages, deterministic(20.0), 2, 150.0, operator_shifts=(Shift(0.0, 45.0, 2),))
    assert times(line, What.COMPLETED) == [75.0, 95.0]


def test_pieces_arrive_in_their_hours_alone_and_the_time_between_two_goes_on_the_next_day() -> None:
    line = replace(LINE, arrival_shifts=(Shift(0.0, 70.0), Shift(200.0, 290.0)))
    assert times(line, What.ARRIVED) == [30.0, 60.0, 220.0, 250.0, 280.0]
    never = replace(LINE, arrival_shifts=(Shift(400.0, 500.0),))
    assert times(never, What.ARRIVED) == []
    assert simulate_line(never, replications=2).metrics["arrived"].tolist() == [0.0, 0.0]


def test_shifts_come_again_each_week_and_one_that_goes_on_over_sunday_night_does_not_end() -> None:
    shifts = (Shift(0.0, 60.0), Shift(WEEK - 60.0, WEEK))
    changes = changes_of([], [shifts], WEEK - 90.0, 2 * WEEK)
    assert [(round(change.time, 6), change.value) for change in changes] == [
        (30.0, 1),
        (150.0, 0),
        (WEEK + 30.0, 1),
        (WEEK + 150.0, 0),
    ]


def test_overlapping_shifts_add_up() -> None:
    shifts = (Shift(0.0, 100.0, 1), Shift(50.0, 150.0, 2))
    assert [(change.time, change.value) for change in changes_of(shifts, [], 0.0, 300.0)] == [
        (50.0, 3),
        (100.0, 2),
        (150.0, 0),
    ]


SHIFTED = """
name: Bakery
begins: tue 05:30
operators: 3
operator_shifts:
  - {days: [mon, tue], begin: 6, end: 14, operators: 3}
  - {days: [sun], begin: 22.5, end: 24, operators: 1}
arrivals: 4
arrival_shifts: [{begin: 5, end: 13}]
stages:
  - {name: bake, time: 3, operators: 1, shifts: [{days: [tue], begin: 6, end: 20}]}
"""


def test_shifts_are_read_from_a_file_and_kept_in_the_twin_as_texts() -> None:
    line = parse_line(SHIFTED).line()
    assert line.week_offset == 1_440.0 + 330.0
    assert line.operator_shifts == (Shift(360.0, 840.0, 3), Shift(1800.0, 2280.0, 3), Shift(9990.0, 10080.0, 1))
    assert len(line.arrival_shifts) == 7
    kept = line_attributes(line)
    assert kept["operator_shifts"][2] == "sun 22:30 to sun 24:00, 1 operators"
    assert stage_attributes(line, line.stages[0])["shifts"] == ["tue 06:00 to tue 20:00"]
    assert from_texts(kept["operator_shifts"], "here") == line.operator_shifts
    odd = (Shift(1.0 / 3.0, 77.25),)
    assert from_texts(as_texts(odd, counted=False), "here")[0].begin == pytest.approx(1.0 / 3.0, abs=1e-6)
    with pytest.raises(LineError, match="no shift"):
        from_texts(["mornings"], "here")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(("end: 14, operators: 3", "end: 5, operators: 3"), "ends after it begins", id="backwards"),
        pytest.param(("end: 14, operators: 3", "end: 14, operators: 4"), "4 operators are there", id="too many"),
        pytest.param(("begins: tue 05:30", "begins: tue 25:30"), "no moment of the week", id="no hour"),
        pytest.param(("begins: tue 05:30", "begins: today"), "match pattern", id="no day"),
        pytest.param((", operators: 1}\n", "}\n"), "operators", id="nobody told"),
    ],
)
def test_shifts_that_cannot_be_are_refused(change: tuple[str, str], told: str) -> None:
    text = SHIFTED.replace(*change)
    assert text != SHIFTED
    with pytest.raises(LineError) as refused:
        parse_line(text)
    assert told in refused.value.seen
    assert refused.value.code == "SIMULATION_LINE"
