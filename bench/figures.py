"""Figures: what a bench measured, beside its target, in the one shape of bench/results.json."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

RESULTS = Path(__file__).parent / "results.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `ratio` is value / baseline, both measured in the same run; `met` is None without a target."""

    issue: str
    name: str
    value: float
    unit: str
    target: str | None = None
    baseline: float | None = None
    ratio: float | None = None
    met: bool | None = None


def write(figures: list[Figure], path: Path = RESULTS) -> None:
    """Replace the figures of the same issue and name in `path`, keep the others."""
    known = {(f["issue"], f["name"]): f for f in orjson.loads(path.read_bytes())} if path.exists() else {}
    known.update({(f.issue, f.name): asdict(f) for f in figures})
    ordered = [known[key] for key in sorted(known)]
    path.write_bytes(orjson.dumps(ordered, option=orjson.OPT_INDENT_2) + b"\n")
