"""Drafts: what is not whole yet lies under a name of its own, locked by its process; what a killed one left is removed."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path


def lock(descriptor: int) -> bool:
    """Lock an open file or folder for this process; False where another one has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def remove_abandoned(folder: Path, pattern: str) -> list[Path]:
    """Remove the drafts that no process holds any more; those that one holds come back."""
    held: list[Path] = []
    for path in sorted(folder.glob(pattern)):
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                if not lock(descriptor):
                    held.append(path)
                elif path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()
            finally:
                os.close(descriptor)
    return held


def sync_folder(folder: Path) -> None:
    """Make renames in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
