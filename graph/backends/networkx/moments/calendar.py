"""The proleptic Gregorian calendar for any year: a day is its number, 1970-01-01 is day 0."""

from __future__ import annotations

from typing import Final

MONTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year: int) -> bool:
    """Whether a year has 366 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    """Days of a month."""
    return 29 if month == 2 and is_leap(year) else MONTHS[month - 1]


def day_number(year: int, month: int, day: int) -> int:
    """The number of a day that exists. Counts in years that begin in March, so that a leap day is the last."""
    shifted = year - (month <= 2)
    era, of_era = divmod(shifted, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def year_month_day(number: int) -> tuple[int, int, int]:
    """The day that has a number."""
    era, of_era = divmod(number + 719_468, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month += 3 if month < 10 else -9
    return era * 400 + year + (month <= 2), month, day


def weekday(number: int) -> int:
    """1 for Monday to 7 for Sunday."""
    return (number + 3) % 7 + 1


def first_week(year: int) -> int:
    """The Monday that begins week 1 of a year, which is the week of its 4 January."""
    fourth = day_number(year, 1, 4)
    return fourth - weekday(fourth) + 1


def year_and_week(number: int) -> tuple[int, int]:
    """The year that a week belongs to, and the number of the week in it (ISO 8601)."""
    year = year_month_day(number)[0]
    for candidate in (year + 1, year):
        start = first_week(candidate)
        if number >= start:
            return candidate, (number - start) // 7 + 1
    return year - 1, (number - first_week(year - 1)) // 7 + 1
