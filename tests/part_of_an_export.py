"""A part of a real export, for tests by day: all of it goes in by night."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path


def part_of(export: Path, out: Path, keep: Callable[[int, str], bool]) -> int:
    """Write the one compressed file of an export into a folder, with its header and of its lines, numbered from one, those
    that are kept; how many they are.
    """
    (whole,) = export.glob("*.csv.gz")
    with gzip.open(whole, "rt", encoding="utf-8") as lines, gzip.open(out / whole.name, "wt", encoding="utf-8") as part:
        part.write(next(lines))
        kept = [line for number, line in enumerate(lines, 1) if keep(number, line)]
        part.writelines(kept)
    return len(kept)
