"""What a server holds, as the system and its metrics tell: memory, threads, files, places, subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import httpx
import numpy as np

GAUGES = (
    "jumeau_requests_running",
    "jumeau_requests_waiting",
    "jumeau_subscriptions_open",
    "jumeau_websockets_open",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a server. `at` in seconds, memory in MiB."""

    at: float
    memory: float
    threads: int
    files: int


def look(pid: int) -> Sample:
    """A look at a process."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Sample(monotonic(), int(status["VmRSS"].split()[0]) / 1024, int(status["Threads"]), files)


def held(client: httpx.Client) -> dict[str, float]:
    """What a server says that it holds for those who ask."""
    text = client.get("/metrics").raise_for_status().text
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if line.startswith(GAUGES))
    return {name: float(value) for name, value in lines}


def growth(samples: list[Sample], over_s: float) -> float:
    """How much memory grows within so many seconds, in MiB, by the Theil-Sen slope: the median of those between all pairs of
    samples, which single jumps, such as those of a load, do not move.
    """
    at = np.array([sample.at for sample in samples])
    memory = np.array([sample.memory for sample in samples])
    one, other = np.triu_indices(len(samples), k=1)
    return float(np.median((memory[other] - memory[one]) / (at[other] - at[one]))) * over_s
