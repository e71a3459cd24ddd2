"""Measured times against the line that the twin knows: what has drifted, and what the time of a stage is now.

Readings are JSON lines or CSV: `stage`, `minutes` (processing time of one piece), and `at` and `sensor` where they are known. A bad
row is told and passed over.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from scipy.stats import kstwo

from core.clock import in_utc
from simulate.calibration.fit import Fit, fit
from simulate.calibration.sample import Durations
from simulate.calibration.survival import lasting
from simulate.distributions import Distribution
from simulate.line.check import LineError
from simulate.line.model import Line

MOST_BYTES: Final = 50_000_000
FEWEST: Final = 20
"""Readings of a stage from which something is concluded."""
SURE: Final = 0.01
"""A stage has drifted where what was measured would be seen less often than this if its law still held."""
CHANGED: Final = 0.02
"""And where its mean, or its deviation relative to the mean, differs by more than this share: thousands of readings tell nothings apart."""
KNOWN_SHARE: Final = 0.7
LONGEST: Final = 5_256_000.0
"""Minutes: ten years; more is a mistake of units, or of a sensor."""
MOST_CHARACTERS: Final = 200
TOLERANCE: Final = 0.1
"""Relative error of the mean, fitted to the first part and held against the rest, up to which a calibration is good."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The processing time of one piece."""

    stage: str
    minutes: float
    at: datetime | None = None
    sensor: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is no reading, and why."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class StageReadings:
    """What the readings of a stage say. `p_value`: how often the law that is known gives a sample as far from it (Kolmogorov-Smirnov).

    `error` is that of the back-test; `fitted` and it are None where there are fewer than FEWEST readings.
    """

    stage: str
    readings: int
    known_mean: float
    measured_mean: float
    p_value: float | None
    has_drifted: bool
    fitted: Fit | None
    error: float | None

    @property
    def is_within_tolerance(self) -> bool:
        return self.error is not None and self.error <= TOLERANCE

    def to_dict(self) -> dict[str, Any]:
        law = None if self.fitted is None else self.fitted.chosen
        return {
            "stage": self.stage,
            "readings": self.readings,
            "known_mean": self.known_mean,
            "measured_mean": self.measured_mean,
            "p_value": self.p_value,
            "has_drifted": self.has_drifted,
            "law": None if law is None else law.name,
            "mean": None if law is None else law.mean,
            "deviation": None if law is None else law.deviation,
            "reason": None if self.fitted is None else self.fitted.reason,
            "back_test_error": self.error,
            "is_within_tolerance": self.is_within_tolerance,
        }


def read_readings(path: Path, line: Line) -> tuple[list[Reading], list[Refused]]:
    """Readings of a line's stages in the order of the file. Raises LineError where the file cannot be read."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise LineError(f"the readings have {size:,} bytes", where=str(path), hint=f"{MOST_BYTES:,} at most")
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise LineError(f"the readings cannot be read: {error.strerror}", where=str(path)) from error
    return readings_of(_csv(text) if path.suffix.lower() == ".csv" else _json_lines(text), line)


def readings_of(rows: Iterable[tuple[int, Any]], line: Line) -> tuple[list[Reading], list[Refused]]:
    """Readings of a line's stages, of rows with their numbers; and the rows that are none."""
    stages = {stage.name for stage in line.stages}
    read: list[Reading] = []
    refused: list[Refused] = []
    for number, row in rows:
        found = _reading(row, stages)
        if isinstance(found, str):
            refused.append(Refused(number, found))
        else:
            read.append(found)
    return read, refused


def assess(line: Line, readings: Sequence[Reading], seed: int = 1) -> list[StageReadings]:
    """What the readings say of each stage that has any, in the order of stages."""
    by_stage: dict[str, list[float]] = {}
    for reading in _in_time(readings):
        by_stage.setdefault(reading.stage, []).append(reading.minutes)
    return [
        _of_stage(stage.name, stage.time, by_stage[stage.name], seed) for stage in line.stages if stage.name in by_stage
    ]


def _of_stage(name: str, known: Distribution, minutes: list[float], seed: int) -> StageReadings:
    mean = float(np.mean(minutes))
    if len(minutes) < FEWEST:
        return StageReadings(name, len(minutes), known.mean, mean, None, False, None, None)
    sample = np.sort(np.array(minutes))
    distance = lasting(sample, np.empty(0)).distance(known)
    p_value = float(kstwo.sf(distance, len(sample)))
    spread = abs(float(np.std(minutes)) - known.deviation)
    is_far = max(abs(mean - known.mean), spread) > CHANGED * known.mean
    cut = round(len(minutes) * KNOWN_SHARE)
    before = fit(Durations(tuple(minutes[:cut])), None).chosen
    rest = float(np.mean(minutes[cut:]))
    fitted = fit(Durations(tuple(minutes)), seed)
    has_drifted = p_value < SURE and is_far
    return StageReadings(
        name, len(minutes), known.mean, mean, p_value, has_drifted, fitted, abs(before.mean - rest) / rest
    )


def _in_time(readings: Sequence[Reading]) -> list[Reading]:
    """By time where all of them tell it, else as they came."""
    timed = [(reading.at, place) for place, reading in enumerate(readings) if reading.at is not None]
    return [readings[place] for _, place in sorted(timed)] if len(timed) == len(readings) else list(readings)


def _json_lines(text: str) -> Iterator[tuple[int, Any]]:
    for number, row in enumerate(text.split("\n"), 1):
        if row.strip():
            try:
                yield number, orjson.loads(row)
            except orjson.JSONDecodeError as error:
                yield number, f"not JSON: {error.msg}"


def _csv(text: str) -> Iterator[tuple[int, Any]]:
    reader = csv.DictReader(text.splitlines())
    for row in reader:
        yield reader.line_num, row


def _reading(row: Any, stages: set[str]) -> Reading | str:
    """A reading, or why it is none."""
    if not isinstance(row, Mapping):
        return row if isinstance(row, str) and row.startswith("not JSON") else "not an object"
    stage, given, sensor = row.get("stage"), row.get("minutes"), row.get("sensor")
    if not isinstance(stage, str) or stage not in stages:
        return f"there is no stage {_shown(stage)}"
    try:
        minutes = math.nan if given is None or isinstance(given, bool) else float(given)
    except (TypeError, ValueError, OverflowError):
        minutes = math.nan
    if not 0.0 < minutes <= LONGEST:
        return f"minutes is {_shown(given)}, not a positive number up to {LONGEST:,.0f}"
    at = None
    if row.get("at"):
        try:
            at = in_utc(datetime.fromisoformat(str(row["at"])))
        except (ValueError, OverflowError):
            return f"at is {_shown(row['at'])}, not an instant such as 2025-01-01T08:00:00Z"
    if isinstance(sensor, int) and not isinstance(sensor, bool):
        sensor = _shown(sensor)
    if sensor and not (isinstance(sensor, str) and sensor.isprintable() and len(sensor) <= MOST_CHARACTERS):
        return f"sensor is {_shown(sensor)}, not a name of {MOST_CHARACTERS} characters at most"
    return Reading(stage, minutes, at, sensor or None)


def _shown(given: Any) -> str:
    """What was given, as much of it as is worth repeating."""
    if isinstance(given, list | dict):
        return type(given).__name__
    if isinstance(given, int) and given.bit_length() > 64:
        return f"a number of {given.bit_length()} bits"
    return repr(given[:40] if isinstance(given, str) else given)
