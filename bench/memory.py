"""Peak memory of a load: of the process that loads and of the one that projects beside it."""

from __future__ import annotations

import resource


def peak_mb() -> float:
    """Of this process and of the largest that it started and has ended, in MB; their peaks may not coincide."""
    return sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
