"""Memory that one replication works in: made once, used for all, doubled where it turns out too small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulate.engines.arrays import Floats, Ints
from simulate.errors import TooManyEventsError
from simulate.model.check import expected_events
from simulate.model.items import Model

MOST: Final = 60_000_000
"""Intervals of one replication, with copies: about 2 GB."""


@dataclass(frozen=True, slots=True)
class Room:
    """Intervals (begin, end, beginning of the repair, item) and four rows for those of a single item."""

    begin: Floats
    finish: Floats
    started: Floats
    owner: Ints
    scratch: Floats

    @classmethod
    def of(cls, size: int, scratch: int) -> Room:
        return cls(
            np.zeros(size),
            np.zeros(size),
            np.zeros(size),
            np.zeros(size, dtype=np.int64),
            np.zeros((4, scratch)),
        )

    @classmethod
    def for_model(cls, model: Model) -> Room:
        """A first guess, ample for most."""
        size = int(2 * expected_events(model)) + 4 * len(model.items) + 1_000
        return cls.of(size, size // 8 + 1_000)

    def doubled(self) -> Room:
        """Raises TooManyEventsError where that would be too much."""
        size = 2 * len(self.begin)
        if size > MOST:
            raise TooManyEventsError(
                f"one replication has more than {len(self.begin):,} outages, with those that follow from others",
                hint="a shorter duration, fewer items, or rarer failures",
            )
        return Room.of(size, 2 * self.scratch.shape[1])
