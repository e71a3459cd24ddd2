"""Peak memory of a load: of the process that loads and of the one that projects beside it."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_mb() -> float:
    """Of this process and of the largest that it started and has ended, in MB; their peaks may not coincide.

    The resource usage of a process begins at what its parent held when it was started: its own is read from its memory map.
    """
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return (own + children) / 1024
