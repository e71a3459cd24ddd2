"""The jars of a Neo4j server, fetched once with Maven and kept in a folder of the working copy.

Standard library only: `make neo4j` works before anything is installed.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
POM = HERE / "pom.xml"
CACHE = HERE.parent.parent / ".neo4j"
OLDEST_JAVA = 17
FETCH_TIMEOUT_S = 900
_RECORD = "complete.json"

Report = Callable[[str], None]


class Neo4jUnavailableError(Exception):
    """No Neo4j server can be had here; the text says what is missing and what to install."""


def version() -> str:
    """The Neo4j version that the POM pins."""
    found = re.search(r"<neo4j\.version>([^<]+)</neo4j\.version>", POM.read_text(encoding="utf-8"))
    if found is None:
        raise Neo4jUnavailableError(f"{POM} has no property neo4j.version")
    return found.group(1)


def java() -> str:
    """The path of a Java of version 17 or later, from JAVA_HOME or PATH. Raises Neo4jUnavailableError."""
    home = os.environ.get("JAVA_HOME")
    name = shutil.which("java", path=f"{home}/bin") if home else None
    name = name or shutil.which("java")
    if name is None:
        raise Neo4jUnavailableError(f"no `java` in JAVA_HOME or PATH; install a JDK of version {OLDEST_JAVA} or later")
    said = subprocess.run([name, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found.group(1)) < OLDEST_JAVA:
        seen = found.group(1) if found else said.strip() or "no answer"
        raise Neo4jUnavailableError(f"{name} is version {seen}; Neo4j needs a JDK of version {OLDEST_JAVA} or later")
    return name


def prepare_distribution(cache: Path = CACHE, report: Report = print) -> Path:
    """The folder of jars, complete; fetched with Maven where the cache lacks it or was left half-copied.

    Raises Neo4jUnavailableError.
    """
    wanted = cache / version()
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache / "lock"):
        if not is_complete(wanted):
            shutil.rmtree(wanted, ignore_errors=True)
            _fetch(wanted, report)
    return wanted


def is_complete(folder: Path) -> bool:
    """Whether every jar that was fetched is there with its size; the record of them is written last."""
    try:
        sizes = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        return bool(sizes) and all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return False


def _fetch(wanted: Path, report: Report) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Neo4jUnavailableError("no `mvn` in PATH; install Maven 3.8 or later, or a Docker engine")
    partial = wanted.with_name(f"{wanted.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    report(f"Fetching Neo4j {version()} with Maven (about 125 MB, once) into {wanted}")
    command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={partial}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise Neo4jUnavailableError(f"Maven did not finish within {FETCH_TIMEOUT_S} s: {' '.join(command)}") from error
    jars = {jar.name: jar.stat().st_size for jar in sorted(partial.glob("*.jar"))}
    if done.returncode != 0 or not jars:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise Neo4jUnavailableError(f"Maven failed (exit {done.returncode}): {' '.join(command)}\n{said}")
    (partial / _RECORD).write_text(json.dumps(jars, indent=1), encoding="utf-8")
    partial.rename(wanted)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two test runs that start together fetch once."""
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
