"""What no line may be: told before anything is played, so that engines need not ask."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from simulate.errors import SimulationError, TooManyEventsError
from simulate.line.calendar import WEEK, Shift
from simulate.line.model import VISITS, Line, Stage

MOST_STAGES: Final = 50
MOST_MACHINES: Final = 500
MOST_SHIFTS: Final = 100
MOST_EVENTS: Final = 5_000_000
"""Expected events of one replication."""
MOST_EVENTS_OF_A_RUN: Final = 2_000_000_000


class LineError(SimulationError):
    """A production line that cannot be; `where` names the stage or the place in the file."""

    code = "SIMULATION_LINE"


def expected_events(line: Line) -> float:
    """About how many events one replication has."""
    pieces = line.horizon / line.arrivals.mean
    each = sum(
        3.0 + (stage.time.mean / stage.breakdowns.failure.mean if stage.breakdowns else 0.0) for stage in line.stages
    )
    shifts = len(line.operator_shifts) + sum(len(stage.shifts) for stage in line.stages) + len(line.arrival_shifts)
    return pieces * (1.0 + each) + 2.0 * shifts * line.horizon / WEEK


def check(line: Line, replications: int = 1) -> None:
    """Raises LineError or TooManyEventsError."""
    if not 1 <= len(line.stages) <= MOST_STAGES:
        raise LineError(f"a line of {len(line.stages)} stages", where=line.name, hint=f"1 to {MOST_STAGES}")
    if len({stage.name for stage in line.stages}) != len(line.stages):
        raise LineError("two stages have the same name", where=line.name)
    if line.machines > MOST_MACHINES:
        raise LineError(f"{line.machines} machines", where=line.name, hint=f"{MOST_MACHINES} at most")
    if not (math.isfinite(line.duration) and line.duration > 0.0):
        raise LineError(f"a duration of {line.duration} minutes", where=line.name, hint="a positive, finite duration")
    if not (math.isfinite(line.warm_up) and line.warm_up >= 0.0):
        raise LineError(f"a warm-up of {line.warm_up} minutes", where=line.name, hint="0 or more")
    if not 0 <= line.most_reworks < VISITS:
        raise LineError(f"{line.most_reworks} reworks of a piece", where=line.name, hint=f"0 to {VISITS - 1}")
    if not 0.0 <= line.week_offset < WEEK:
        raise LineError(f"it begins {line.week_offset} minutes into the week", where=line.name, hint=f"0 to {WEEK:g}")
    for shifts in (line.operator_shifts, line.arrival_shifts, *(stage.shifts for stage in line.stages)):
        _check_shifts(shifts, line)
    if line.operators < 0:
        raise LineError(f"{line.operators} operators", where=line.name, hint="0 or more")
    if line.most_operators > line.operators:
        raise LineError(
            f"{line.most_operators} operators are there at one time by the shifts, the line has {line.operators}",
            where=line.name,
            hint="fewer in a shift, or more operators of the line; shifts at the same time add up",
        )
    for name in ("item_value", "material_cost", "operator_cost_per_hour"):
        _amount(getattr(line, name), name, line.name)
    for stage in line.stages:
        _check_stage(stage, line)
    events = expected_events(line)
    if events > MOST_EVENTS or events * replications > MOST_EVENTS_OF_A_RUN:
        raise TooManyEventsError(
            f"about {events:,.0f} events in each of {replications:,} replications;"
            f" {MOST_EVENTS:,} and {MOST_EVENTS_OF_A_RUN:,} in all are allowed",
            where=line.name,
            hint="a shorter duration, fewer replications, or fewer pieces",
        )


def _check_shifts(shifts: Sequence[Shift], line: Line) -> None:
    if len(shifts) > MOST_SHIFTS:
        raise LineError(f"{len(shifts)} shifts a week", where=line.name, hint=f"{MOST_SHIFTS} at most")
    for shift in shifts:
        if not 0.0 <= shift.begin < shift.end <= WEEK:
            raise LineError(
                f"a shift from minute {shift.begin:g} to {shift.end:g} of the week",
                where=line.name,
                hint="it ends after it begins, within the week",
            )
        if shift.operators < 0:
            raise LineError(f"a shift of {shift.operators} operators", where=line.name, hint="0 or more")


def _check_stage(stage: Stage, line: Line) -> None:
    where = stage.name
    if stage.machines < 1:
        raise LineError(f"{stage.machines} machines", where=where, hint="one at least")
    if not 0 <= stage.operators <= min(line.operators, line.most_operators):
        raise LineError(
            f"a machine needs {stage.operators} operators, the line has {min(line.operators, line.most_operators)}",
            where=where,
            hint="no piece would ever begin: give the line more operators",
        )
    if stage.buffer is not None and stage.buffer < 1:
        raise LineError(f"a buffer of {stage.buffer} places", where=where, hint="one at least, or none given: no limit")
    if not (0.0 <= stage.scrap <= 1.0 and 0.0 <= stage.rework <= 1.0 and stage.scrap + stage.rework <= 1.0):
        raise LineError(
            f"scrapped with probability {stage.scrap}, reworked with {stage.rework}",
            where=where,
            hint="each between 0 and 1, and 1 at most together",
        )
    if stage.rework_to is not None:
        places = [at for at, one in enumerate(line.stages) if one.name == stage.rework_to]
        if not places or places[0] > line.place(stage.name):
            raise LineError(
                f"reworked at {stage.rework_to!r}, which is no stage up to this one",
                where=where,
                hint=f"one of {', '.join(one.name for one in line.stages[: line.place(stage.name) + 1])}",
            )
    if stage.setup is not None and stage.setup.every < 1:
        raise LineError(f"set up after every {stage.setup.every} pieces", where=where, hint="one at least")
    if stage.ideal_time is not None and not (math.isfinite(stage.ideal_time) and stage.ideal_time > 0.0):
        raise LineError(f"an ideal time of {stage.ideal_time} minutes", where=where, hint="a positive number")
    _amount(stage.cost_per_hour, "cost_per_hour", where)


def _amount(value: float, name: str, where: str) -> None:
    if not (math.isfinite(value) and value >= 0.0):
        raise LineError(f"{name} is {value}", where=where, hint="0 or more")
