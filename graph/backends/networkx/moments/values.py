"""The five sorts of moments as values: what they are equal by, ordered by, moved by and written as."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final

from graph.backends.networkx.durations import Duration
from graph.backends.networkx.moments.calendar import (
    day_number,
    first_week,
    month_length,
    weekday,
    year_and_week,
    year_month_day,
)
from graph.backends.networkx.moments.zones import DAY, NANOS, offset_of_instant, offset_of_local, offset_text

DAY_NANOS: Final = DAY * NANOS


class Moment:
    """Any of them. `rank` is the place of the sort in ORDER BY, `name` what a person calls it."""

    __slots__ = ()
    rank: ClassVar[float]
    name: ClassVar[str]

    @property
    def order(self) -> tuple[Any, ...]:
        """What moments of one sort are ordered by."""
        raise NotImplementedError

    def plus(self, by: Duration) -> Moment:
        """The moment moved by a duration: months by the calendar, then days, then time."""
        raise NotImplementedError

    def component(self, key: str) -> Any:
        """A component, such as `year`; None for one that this sort has not."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Date(Moment):
    """A calendar day, by its number."""

    days: int
    rank: ClassVar[float] = 6.0
    name: ClassVar[str] = "date"

    @property
    def order(self) -> tuple[Any, ...]:
        return (self.days,)

    def plus(self, by: Duration) -> Date:
        whole_days = abs(by.nanoseconds) // DAY_NANOS * (1 if by.nanoseconds >= 0 else -1)
        return Date(shifted(self.days, by.months) + by.days + whole_days)

    def component(self, key: str) -> Any:
        return date_component(self.days, key)

    def __str__(self) -> str:
        return date_text(self.days)


@dataclass(frozen=True, slots=True)
class LocalTime(Moment):
    """A time of day, in nanoseconds since midnight."""

    nanos: int
    rank: ClassVar[float] = 6.4
    name: ClassVar[str] = "local time"

    @property
    def order(self) -> tuple[Any, ...]:
        return (self.nanos,)

    def plus(self, by: Duration) -> LocalTime:
        return LocalTime((self.nanos + by.nanoseconds) % DAY_NANOS)

    def component(self, key: str) -> Any:
        return clock_component(self.nanos, key)

    def __str__(self) -> str:
        return clock_text(self.nanos)


@dataclass(frozen=True, slots=True)
class Time(Moment):
    """A time of day with an offset in seconds."""

    nanos: int
    offset: int
    rank: ClassVar[float] = 6.2
    name: ClassVar[str] = "time"

    @property
    def order(self) -> tuple[Any, ...]:
        return (self.nanos - self.offset * NANOS, self.nanos)

    def plus(self, by: Duration) -> Time:
        return Time((self.nanos + by.nanoseconds) % DAY_NANOS, self.offset)

    def component(self, key: str) -> Any:
        found = clock_component(self.nanos, key)
        return offset_component(self.offset, None, key) if found is None else found

    def __str__(self) -> str:
        return clock_text(self.nanos) + offset_text(self.offset)


@dataclass(frozen=True, slots=True)
class LocalDateTime(Moment):
    """A day and a time of day, without zone."""

    days: int
    nanos: int
    rank: ClassVar[float] = 5.5
    name: ClassVar[str] = "local datetime"

    @property
    def order(self) -> tuple[Any, ...]:
        return (self.days, self.nanos)

    def plus(self, by: Duration) -> LocalDateTime:
        return LocalDateTime(*moved(self.days, self.nanos, by))

    def component(self, key: str) -> Any:
        found = date_component(self.days, key)
        return clock_component(self.nanos, key) if found is None else found

    def __str__(self) -> str:
        return f"{date_text(self.days)}T{clock_text(self.nanos)}"


@dataclass(frozen=True, slots=True)
class DateTime(Moment):
    """An instant as a clock at an offset shows it; `zone` is the name of its zone, if it has one."""

    days: int
    nanos: int
    offset: int
    zone: str | None = None
    rank: ClassVar[float] = 5.0
    name: ClassVar[str] = "instant"

    @property
    def instant(self) -> int:
        """Nanoseconds since 1970."""
        return self.days * DAY_NANOS + self.nanos - self.offset * NANOS

    @property
    def order(self) -> tuple[Any, ...]:
        return (self.instant, self.offset, self.zone or "")

    def plus(self, by: Duration) -> DateTime:
        """Months and days on the local calendar, time on the line of instants."""
        days = shifted(self.days, by.months) + by.days
        start = at_zone(days, self.nanos, self.offset if self.zone is None else self.zone)
        return of_instant(start.instant + by.nanoseconds, self.offset if self.zone is None else self.zone)

    def component(self, key: str) -> Any:
        if key == "epochSeconds":
            return self.instant // NANOS
        if key == "epochMillis":
            return self.instant // 1_000_000
        found = date_component(self.days, key)
        found = clock_component(self.nanos, key) if found is None else found
        return offset_component(self.offset, self.zone, key) if found is None else found

    def __str__(self) -> str:
        text = f"{date_text(self.days)}T{clock_text(self.nanos)}{offset_text(self.offset)}"
        return text if self.zone is None else f"{text}[{self.zone}]"


def at_zone(days: int, nanos: int, zone: int | str) -> DateTime:
    """A local moment at an offset or in a zone; a moment that a clock put forward skips is moved forward by as much."""
    if isinstance(zone, int):
        return DateTime(days, nanos, zone)
    offset = offset_of_local(zone, days, nanos)
    return of_instant(days * DAY_NANOS + nanos - offset * NANOS, zone)


def of_instant(instant: int, zone: int | str) -> DateTime:
    """An instant, in nanoseconds since 1970, as a clock at an offset or in a zone shows it."""
    offset = zone if isinstance(zone, int) else offset_of_instant(zone, instant)
    days, nanos = divmod(instant + offset * NANOS, DAY_NANOS)
    return DateTime(days, nanos, offset, None if isinstance(zone, int) else zone)


def of_python(value: date) -> Date | DateTime:
    """A date, or an instant in UTC, of Python."""
    days = day_number(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        return Date(days)
    nanos = ((value.hour * 60 + value.minute) * 60 + value.second) * NANOS + value.microsecond * 1_000
    offset = value.utcoffset()
    return DateTime(days, nanos, 0 if offset is None else offset.days * DAY + offset.seconds)


def shifted(days: int, months: int) -> int:
    """A day moved by months: the same day of the month, or the last where there is none such."""
    if not months:
        return days
    year, month, day = year_month_day(days)
    year, month0 = divmod(year * 12 + month - 1 + months, 12)
    return day_number(year, month0 + 1, min(day, month_length(year, month0 + 1)))


def moved(days: int, nanos: int, by: Duration) -> tuple[int, int]:
    """A local moment moved by a duration."""
    over, left = divmod(nanos + by.nanoseconds, DAY_NANOS)
    return shifted(days, by.months) + by.days + over, left


# --- components ------------------------------------------------------------------------------------------------------


def date_component(days: int, key: str) -> int | None:
    """A component of a day."""
    year, month, day = year_month_day(days)
    match key:
        case "year":
            return year
        case "month":
            return month
        case "day":
            return day
        case "quarter":
            return (month - 1) // 3 + 1
        case "week":
            return year_and_week(days)[1]
        case "weekYear":
            return year_and_week(days)[0]
        case "dayOfWeek" | "weekDay":
            return weekday(days)
        case "ordinalDay" | "dayOfYear":
            return days - day_number(year, 1, 1) + 1
        case "dayOfQuarter" | "quarterDay":
            return days - day_number(year, (month - 1) // 3 * 3 + 1, 1) + 1
    return None


def clock_component(nanos: int, key: str) -> int | None:
    """A component of a time of day."""
    match key:
        case "hour":
            return nanos // (3_600 * NANOS)
        case "minute":
            return nanos // (60 * NANOS) % 60
        case "second":
            return nanos // NANOS % 60
        case "millisecond":
            return nanos % NANOS // 1_000_000
        case "microsecond":
            return nanos % NANOS // 1_000
        case "nanosecond":
            return nanos % NANOS
    return None


def offset_component(offset: int, zone: str | None, key: str) -> int | str | None:
    """A component of an offset."""
    match key:
        case "timezone":
            return zone or offset_text(offset)
        case "offset":
            return offset_text(offset)
        case "offsetMinutes":
            return int(offset / 60)
        case "offsetSeconds":
            return offset
    return None


def week_start(days: int) -> int:
    """The Monday that begins the year of weeks of a day."""
    return first_week(year_and_week(days)[0])


# --- texts -----------------------------------------------------------------------------------------------------------


def date_text(days: int) -> str:
    """A day in ISO 8601; years of more than four digits carry a sign."""
    year, month, day = year_month_day(days)
    sign = "-" if year < 0 else "+" if year > 9_999 else ""
    return f"{sign}{abs(year):04d}-{month:02d}-{day:02d}"


def clock_text(nanos: int) -> str:
    """A time of day in ISO 8601: seconds where there are some, a fraction of three, six or nine digits."""
    seconds, fraction = divmod(nanos, NANOS)
    minutes, second = divmod(seconds, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    if not second and not fraction:
        return text
    text += f":{second:02d}"
    if not fraction:
        return text
    digits = f"{fraction:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f"{text}.{digits}"
