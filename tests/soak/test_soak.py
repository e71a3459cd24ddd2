"""A server that is used for hours holds no more at the end than at the beginning: no memory, thread, file, place or listener."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.soaking import EIGHT_HOURS, FLAT, Pace, Soaked, soak
from tests.soak.watch import Sample, growth

MOST_THREADS = 60
"""The pool's forty, and those of the server's own."""
KEPT_FILES = 8
"""Files that the ledger may open once more when it is first asked from another thread."""


def check_nothing_is_left(seen: Soaked) -> None:
    assert seen.visitors.failed == []
    assert seen.left == 0
    assert set(seen.visitors.done) >= {"read", "list", "export", "leave_an_export", "listen", "vanish", "err"}
    # workers of the pool and readers of the store are kept for the next who asks: as many as were ever busy at once
    assert seen.after.threads <= max(seen.before.threads, MOST_THREADS)
    assert seen.after.files <= seen.before.files + KEPT_FILES


def test_nothing_is_left_of_visitors_once_they_have_gone(tmp_path: Path) -> None:
    seen = soak(tmp_path, Pace(warm=2, lasts=3, visit=0.05, load=60), servers=60)
    check_nothing_is_left(seen)
    assert seen.after.memory <= seen.before.memory * 1.5, [round(sample.memory) for sample in seen.meanwhile]


@pytest.mark.nightly
def test_eight_hours_of_use_in_fifteen_minutes_leave_memory_where_it_was(tmp_path: Path) -> None:
    # between two checkpoints of its own the store keeps what loads changed: memory goes up and down with them, and a slope
    # that is not nought over many of them is one
    seen = soak(tmp_path, EIGHT_HOURS, servers=2_000)
    check_nothing_is_left(seen)
    rise, level = seen.rise(EIGHT_HOURS.lasts), seen.before.memory
    assert rise <= FLAT * level, f"{rise:.1f} MiB in {EIGHT_HOURS.lasts:g} s, of {level:.0f} MiB"


def test_the_slope_is_that_of_most_samples_whatever_jumps_between() -> None:
    steady = [Sample(float(second), 300.0 + second % 3 + 200 * (second == 7), 1, 1) for second in range(60)]
    assert abs(growth(steady, over_s=60.0)) < 1
    leaking = [Sample(float(second), 300.0 + 0.5 * second + second % 3, 1, 1) for second in range(60)]
    assert growth(leaking, over_s=60.0) == pytest.approx(30, abs=1)
