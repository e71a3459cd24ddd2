"""Where tests write: in memory where that is large enough, as nothing that a test writes has to outlive a power cut.

A commit waits for the disk; a test that makes a hundred of them waited for nothing else. What is killed, and what of it is
found again, is the same in memory: only a power cut would tell the difference, and no test can make one. A nightly run and a
run whose TMPDIR is set write to the disk.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 * 2**30
"""What must be free there; a run of everything takes a quarter of it."""
SPARE_BYTES = 6 * 2**30
"""What memory must have left, as what lies there takes of it; the tests, their databases and Neo4j take the rest."""


def write_in_memory() -> bool:
    """Have this process and those that it starts keep temporary files in memory; whether they will."""
    if "TMPDIR" in os.environ or not _has_room(MEMORY):
        return False
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None
    return True


def _has_room(folder: Path) -> bool:
    if not os.access(folder, os.W_OK | os.X_OK) or shutil.disk_usage(folder).free < ROOM_BYTES:
        return False
    return psutil.virtual_memory().available >= SPARE_BYTES
