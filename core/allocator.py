"""The allocators of a process that lives for long and has many threads."""

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


def columns_from_the_system() -> bool:
    """Let Arrow take its columns from the C allocator like all else; whether that could be told.

    By itself it has an allocator of its own (mimalloc), that reserves a gibibyte and keeps what each thread freed for that thread:
    a server whose threads write files and load columns in turn held 25 MiB more of it after ten minutes, and gave none back.
    `ARROW_DEFAULT_MEMORY_POOL`, where it is set, holds.
    """
    if "ARROW_DEFAULT_MEMORY_POOL" in os.environ:
        return False
    import pyarrow  # here and not above: a command that needs no columns starts without

    pyarrow.set_memory_pool(pyarrow.system_memory_pool())
    return True


def give_back() -> bool:
    """Give the memory that is free inside the arenas back to the system; whether any was. glibc only; takes some milliseconds.

    What a load needed stays in the arenas, between what is in use: after thirty loads a server held 70 MiB that nobody used.
    """
    try:
        return bool(ctypes.CDLL(None).malloc_trim(0))
    except (AttributeError, OSError):  # another C library
        return False
