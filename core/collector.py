"""The cyclic garbage collector, made rare while a load runs, or while the graph of another moment is made.

A load makes millions of short-lived tuples and no cycles, and keeps millions of keys: at its default rate the collector takes a
third of the time, going through the same keys again and again. Memory is the same either way (measured).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLDS = (100_000, 50, 1_000)


@contextmanager
def rare_collections() -> Iterator[None]:
    """Raise the collector's thresholds for a while; they are the whole process's, and are put back at the end."""
    before = gc.get_threshold()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
