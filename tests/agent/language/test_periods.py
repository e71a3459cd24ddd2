"""Periods of time: what they are on 1 January 2025, in both languages."""

from __future__ import annotations

from datetime import datetime

import pytest

from agent.language.folding import fold
from agent.language.periods import Shape, find_periods

NOW = datetime(2025, 1, 1)  # noqa: DTZ001  # a period is of calendar days


@pytest.mark.parametrize(
    ("language", "text", "shape", "start", "end"),
    [
        ("fr", "incidents ouverts cette semaine", Shape.WITHIN, "2024-12-30", "2025-01-06"),
        ("fr", "incidents du mois dernier", Shape.WITHIN, "2024-12-01", "2025-01-01"),
        ("fr", "au trimestre dernier", Shape.WITHIN, "2024-10-01", "2025-01-01"),
        ("fr", "certificats qui expirent d'ici fin mars", Shape.BEFORE, "2025-01-01", "2025-04-01"),
        ("fr", "dans les six prochains mois", Shape.WITHIN, "2025-01-01", "2025-07-02"),
        ("fr", "pas redémarrés depuis plus de 3 mois", Shape.OVER, "None", "2024-10-01"),
        ("fr", "entre le 1er mars et le 15 avril 2024", Shape.WITHIN, "2024-03-01", "2024-04-16"),
        ("fr", "au 1er janvier 2024", Shape.AS_OF, "2024-01-01", "2024-01-02"),
        ("fr", "incidents en 2024", Shape.WITHIN, "2024-01-01", "2025-01-01"),
        ("en", "opened last quarter", Shape.WITHIN, "2024-10-01", "2025-01-01"),
        ("en", "in the next 6 months", Shape.WITHIN, "2025-01-01", "2025-07-02"),
        ("en", "not rebooted for more than 90 days", Shape.OVER, "None", "2024-10-03"),
        ("en", "by end of March", Shape.BEFORE, "2025-01-01", "2025-04-01"),
        ("en", "between January and March 2024", Shape.WITHIN, "2024-01-01", "2024-04-01"),
        ("en", "since January", Shape.AFTER, "2025-01-01", "None"),
    ],
)
def test_a_period_is_resolved_against_now(language: str, text: str, shape: Shape, start: str, end: str) -> None:
    (period,) = find_periods(fold(text), language, NOW)  # type: ignore[arg-type]
    assert (period.shape, str(period.start), str(period.end)) == (shape, start, end)


def test_a_day_without_year_has_a_past_and_a_future_reading() -> None:
    (period,) = find_periods("avant le 1er mars", "fr", NOW)
    assert str(period.end) == "2024-03-01"
    assert period.future is not None
    assert str(period.future.end) == "2025-03-01"


def test_the_year_in_the_name_of_a_product_is_no_period() -> None:
    assert find_periods("windows server 2012 r2", "fr", NOW) == []


def test_the_english_verb_may_is_no_month() -> None:
    assert find_periods("which apps may be affected", "en", NOW) == []
