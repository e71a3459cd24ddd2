"""What was learned as a file of numbers (JSON): it is read, and nothing in it is run, as a pickle's would be."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import orjson

from simulate.line_prediction.errors import PredictionError
from simulate.line_prediction.surrogate import Surrogate, surrogate_of

MOST_BYTES: Final = 50_000_000


def write_learned(surrogate: Surrogate, path: Path) -> None:
    """Write a file. Raises PredictionError where it cannot be."""
    try:
        path.write_bytes(orjson.dumps(surrogate.to_dict(), option=orjson.OPT_INDENT_2) + b"\n")
    except OSError as error:
        raise PredictionError(f"it cannot be written: {error.strerror}", where=str(path)) from error


def read_learned(path: Path) -> Surrogate:
    """Read a file. Raises PredictionError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PredictionError(
                "it is too large to be what was learned", where=str(path), hint=f"{MOST_BYTES:,} bytes"
            )
        told = orjson.loads(path.read_bytes())
    except OSError as error:
        raise PredictionError(f"it cannot be read: {error.strerror}", where=str(path)) from error
    except orjson.JSONDecodeError as error:
        raise PredictionError(
            "it is not JSON", where=str(path), hint="jumeau line learn STUDY --to FILE writes one"
        ) from error
    return surrogate_of(told if isinstance(told, dict) else {}, str(path))
