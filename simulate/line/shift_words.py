"""Shifts as people write them: hours of days in a file, and one text for each in the twin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from pydantic import Field

from simulate.builder.words import Day, HoursOfDays, Real, Whole
from simulate.line.calendar import DAY, Shift
from simulate.line.check import LineError

DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOUR = 60.0
_MOMENT: Final = rf"({'|'.join(DAYS)}) ([0-9]{{2}}):([0-9]{{2}}(?:\.[0-9]+)?)"
_TEXT: Final = re.compile(rf"{_MOMENT} to {_MOMENT}(?:, ([0-9]+) operators)?")
BEGINS: Final = rf"^({'|'.join(DAYS)})(?: ([0-9]{{1,2}}):([0-9]{{2}}))?$"


class ShiftPart(HoursOfDays):
    """Hours of some days of the week, by default of all."""

    days: tuple[Day, ...] = Field(default=DAYS, min_length=1)
    begin: Real = Field(ge=0.0, le=24.0, description="Hour of the day.")

    def shifts(self, operators: int = 0) -> tuple[Shift, ...]:
        """One for each day, in minutes of the week."""
        days = (DAYS.index(day) * DAY for day in sorted(set(self.days), key=DAYS.index))
        return tuple(Shift(day + self.begin * _HOUR, day + self.end * _HOUR, operators) for day in days)


class OperatorShiftPart(ShiftPart):
    """And how many operators are there; those of shifts at the same time add up."""

    operators: Whole = Field(ge=0)


def shifts_of(parts: Iterable[ShiftPart]) -> tuple[Shift, ...]:
    """As engines know them."""
    return tuple(
        shift for part in parts for shift in part.shifts(part.operators if isinstance(part, OperatorShiftPart) else 0)
    )


def minutes_of_week(text: str) -> float:
    """`mon 06:00` as minutes since Monday midnight. Raises ValueError."""
    found = re.match(BEGINS, text)
    if found is None or int(found[2] or 0) > 23 or int(found[3] or 0) > 59:
        raise ValueError(f"{text!r} is no moment of the week; write it as mon 06:00")
    return DAYS.index(found[1]) * DAY + int(found[2] or 0) * _HOUR + int(found[3] or 0)


def as_texts(shifts: Sequence[Shift], *, counted: bool) -> list[str] | None:
    """One text for each; None without any."""
    texts = [
        f"{_moment(shift.begin)} to {_moment(shift.end, is_end=True)}"
        + (f", {shift.operators} operators" if counted else "")
        for shift in shifts
    ]
    return texts or None


def from_texts(texts: Any, where: str) -> tuple[Shift, ...]:
    """What `as_texts` wrote. Raises LineError."""
    shifts = []
    for text in texts or ():
        found = _TEXT.fullmatch(str(text))
        if found is None:
            raise LineError(
                f"{text!r} is no shift", where=where, hint="mon 06:00 to mon 14:00, with `, 2 operators` on a line"
            )
        begin, end = (
            DAYS.index(day) * DAY + int(hour) * _HOUR + float(minute)
            for day, hour, minute in (found.groups()[:3], found.groups()[3:6])
        )
        shifts.append(Shift(begin, end, int(found[7] or 0)))
    return tuple(shifts)


def _moment(minutes: float, *, is_end: bool = False) -> str:
    day, rest = divmod(minutes, DAY)
    if is_end and rest == 0.0:
        day, rest = day - 1.0, DAY
    hour, minute = divmod(rest, _HOUR)
    whole, fraction = f"{minute:.6f}".split(".")
    shown = f"{int(whole):02d}" + (f".{fraction.rstrip('0')}" if fraction.strip("0") else "")
    return f"{DAYS[int(day)]} {int(hour):02d}:{shown}"
