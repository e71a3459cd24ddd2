"""Calibrations are kept by name, each another version; none is overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.clock import FrozenClock
from core.errors import NotFoundError, UsageError
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from services.simulation.calibrations import Calibrations

DOCUMENT: dict[str, Any] = {
    "cases": 3,
    "groups": {"a": {}},
    "back_test": {"cut": "2025-01-01", "begun_weighted_error": 0.2},
}


@pytest.fixture
def calibrations(schema: Schema, clock: FrozenClock, tmp_path: Path) -> Iterator[Calibrations]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", schema, clock)
    yield Calibrations(ledger, clock)
    ledger.close()


def test_another_log_makes_another_version_and_the_old_one_stays(calibrations: Calibrations) -> None:
    first = calibrations.keep("tickets", "march.csv", DOCUMENT, by="ana")
    second = calibrations.keep("tickets", "april.csv", {**DOCUMENT, "cases": 4}, by="ana")
    assert (first.version, second.version) == (1, 2)
    assert calibrations.get("tickets") == second
    assert calibrations.get("tickets@1") == first
    assert [(kept.name, kept.version) for kept in calibrations.all()] == [("tickets", 1), ("tickets", 2)]
    assert second.summary()["groups"] == 1


@pytest.mark.parametrize("name", ["", " tickets", "a@b", "x" * 65])
def test_a_name_that_none_could_ask_for_is_refused(calibrations: Calibrations, name: str) -> None:
    with pytest.raises(UsageError):
        calibrations.keep(name, "march.csv", DOCUMENT, by="ana")


def test_what_was_never_kept_is_told_with_what_was_meant(calibrations: Calibrations) -> None:
    calibrations.keep("tickets", "march.csv", DOCUMENT, by="ana")
    for missing in ("ticket", "tickets@2"):
        with pytest.raises(NotFoundError):
            calibrations.get(missing)
    with pytest.raises(UsageError, match="is no version"):
        calibrations.get("tickets@new")
