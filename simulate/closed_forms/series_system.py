"""Components in series that fail after fixed hours of work: down hours up to a horizon, by walking from failure to failure.

Source: the deterministic view of repairable systems of reliability textbooks; nothing ages while the system is down. What
fails at the same moment is repaired side by side and brings the system down once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SAME_MOMENT: Final = 1.0 + 1e-9
"""Hours that differ by less than rounding are the same."""


@dataclass(frozen=True, slots=True)
class SeriesSystem:
    """Hours of work after which each component fails, hours of a repair, and hours that are looked at."""

    fails_every: tuple[float, ...]
    repair: float
    horizon: float


def down_time(system: SeriesSystem) -> tuple[float, int]:
    """Hours down within the horizon, and how often the system went down."""
    left = list(system.fails_every)
    now, down, events = 0.0, 0.0, 0
    while True:
        step = min(left)
        now += step
        if now >= system.horizon:
            return down, events
        left = [
            every if remaining <= step * SAME_MOMENT else remaining - step
            for every, remaining in zip(system.fails_every, left, strict=True)
        ]
        down += min(system.repair, system.horizon - now)
        events += 1
        now += system.repair
