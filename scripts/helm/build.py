"""Build `helm` with Go from its module, once, into a folder of the user's cache. Standard library only.

Go checks the module and all it needs against the checksum database; where that cannot be reached the build fails, and is not
told to do without.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

MODULE = "helm.sh/helm/v3/cmd/helm"
VERSION = "v3.18.6"
BUILD_TIMEOUT_S = 3_600

Report = Callable[[str], None]


class HelmUnavailableError(Exception):
    """No helm can be had here; the text says what is missing and what to do."""


def cache() -> Path:
    """The folder of the user's cache that keeps what was built."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "jumeau" / "helm" / VERSION


def find() -> Path:
    """The helm that was built, else one of major version 3 in PATH. Raises HelmUnavailableError."""
    built = cache() / "helm"
    if built.is_file():
        return built
    found = shutil.which("helm")
    if found is not None:
        said = subprocess.run(
            [found, "version", "--short"], capture_output=True, text=True, timeout=60, check=False
        ).stdout.strip()
        if said.startswith("v3."):
            return Path(found)
        raise HelmUnavailableError(f"{found} is {said or 'silent about its version'}; helm 3 is needed")
    raise HelmUnavailableError("no `helm` in PATH and none built: `python -m scripts.helm` builds it with Go")


def build(report: Report = print) -> Path:
    """Build helm where the cache has none; the path of the program. Raises HelmUnavailableError."""
    wanted = cache() / "helm"
    if wanted.is_file():
        return wanted
    go = shutil.which("go")
    if go is None:
        raise HelmUnavailableError("no `go` in PATH; install Go, or put a helm 3 there")
    report(f"Building {MODULE}@{VERSION} (several minutes, once) into {wanted.parent}")
    wanted.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".build-", dir=wanted.parent) as folder:
        environment = {**os.environ, "GOBIN": folder, "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"}
        try:
            done = subprocess.run(
                [go, "install", "-trimpath", "-ldflags=-s -w", f"{MODULE}@{VERSION}"],
                capture_output=True,
                text=True,
                env=environment,
                timeout=BUILD_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise HelmUnavailableError(f"Go did not finish within {BUILD_TIMEOUT_S} s") from error
        if done.returncode != 0:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
            raise HelmUnavailableError(f"Go failed (exit {done.returncode}):\n{said}")
        (Path(folder) / "helm").rename(wanted)
    return wanted
