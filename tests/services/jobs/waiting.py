"""Wait for what another thread does."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(is_so: Callable[[], bool], within_s: float = 20) -> None:
    """Wait until it is so; fails where it is not in time."""
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
