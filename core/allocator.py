"""The C allocator of a process that lives for long and has many threads."""

from __future__ import annotations

import ctypes
import os
from typing import Final

ARENAS: Final = 2
"""Of glibc, which by itself makes eight for each processor."""
_M_ARENA_MAX: Final = -8


def few_arenas(most: int = ARENAS) -> bool:
    """Let all threads allocate from few arenas; whether that could be told. Before any thread is started; glibc only.

    Each arena keeps what was freed in it for its own threads. With one for each of forty readers, what one question took and gave
    back was of no use to the next: after some hours a server held twice what it used. `MALLOC_ARENA_MAX`, where it is set, holds.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, most))
    except (AttributeError, OSError):  # another C library
        return False
