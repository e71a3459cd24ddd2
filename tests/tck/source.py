"""Where the kit's features come from: the jar of Maven Central, fetched once and kept outside version control."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from tests.tck.features import Feature, Scenario, read_feature

VERSION: Final = "1.0.0-M23"
CACHE: Final = Path(__file__).resolve().parent.parent.parent / ".tck"
_FETCH_TIMEOUT_S: Final = 300


class KitUnavailableError(Exception):
    """The kit cannot be had here; the text says what is missing and what to install."""


def jar() -> Path:
    """The jar of the kit: JUMEAU_TCK names one, else Maven fetches it once. Raises KitUnavailableError."""
    given = os.environ.get("JUMEAU_TCK")
    if given:
        if not Path(given).is_file():
            raise KitUnavailableError(f"JUMEAU_TCK={given} is not a file")
        return Path(given)
    kept = CACHE / f"tck-{VERSION}.jar"
    if not kept.exists():
        _fetch(kept)
    return kept


def _fetch(kept: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise KitUnavailableError("no `mvn` in PATH; install Maven 3.8 or later, or name the jar in JUMEAU_TCK")
    partial = kept.parent / f"partial-{os.getpid()}"
    command = [maven, "-q", "-B", "dependency:copy", f"-Dartifact=org.opencypher:tck:{VERSION}"]
    command.append(f"-DoutputDirectory={partial}")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise KitUnavailableError(f"Maven did not finish within {_FETCH_TIMEOUT_S} s: {' '.join(command)}") from error
    found = partial / kept.name
    if done.returncode != 0 or not found.exists():
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise KitUnavailableError(f"Maven failed (exit {done.returncode}): {' '.join(command)}\n{said}")
    found.replace(kept)  # atomic: whoever fetches at the same time sees a whole jar or none
    shutil.rmtree(partial)


@cache
def features() -> tuple[Feature, ...]:
    """Every feature of the kit, in the order of their paths."""
    with ZipFile(jar()) as archive:
        paths = sorted(name for name in archive.namelist() if name.endswith(".feature"))
        return tuple(read_feature(path, archive.read(path).decode("utf-8")) for path in paths)


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Every scenario of the kit, in order."""
    return tuple(scenario for feature in features() for scenario in feature.scenarios)


@cache
def named_graph(name: str) -> str:
    """The text that creates a graph of the kit, such as `binary-tree-1`."""
    with ZipFile(jar()) as archive:
        return archive.read(f"graphs/{name}/{name}.cypher").decode("utf-8")
