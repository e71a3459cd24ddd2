"""Builds a pinned program with Go from its module, once, into a folder of the user's cache. Standard library only.

Go checks the module and all it needs against the checksum database; where that cannot be reached the build fails, and is not
told to do without.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

BUILD_TIMEOUT_S: Final = 3_600

Report = Callable[[str], None]


class ProgramUnavailableError(Exception):
    """A program cannot be had here; the text says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class GoProgram:
    """A program, by what it is called here, the package that it is built from, and its version."""

    name: str
    package: str
    version: str

    def cache(self) -> Path:
        """The folder of the user's cache that keeps what was built."""
        root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(root) / "jumeau" / self.name / self.version

    def built(self) -> Path | None:
        """The program, where it was built before."""
        path = self.cache() / self.name
        return path if path.is_file() else None

    def find(self) -> Path:
        """The program that was built. Raises ProgramUnavailableError."""
        if (found := self.built()) is not None:
            return found
        raise ProgramUnavailableError(f"no `{self.name}` is built: `python -m scripts.{self.name}` builds it with Go")

    def build(self, report: Report = print) -> Path:
        """Build it where the cache has none; its path. Raises ProgramUnavailableError."""
        if (found := self.built()) is not None:
            return found
        go = shutil.which("go")
        if go is None:
            raise ProgramUnavailableError(f"no `go` in PATH; install Go, it builds {self.name}")
        wanted = self.cache() / self.name
        report(f"Building {self.package}@{self.version} (minutes, once) into {wanted.parent}")
        wanted.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".build-", dir=wanted.parent) as folder:
            environment = {**os.environ, "GOBIN": folder, "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"}
            try:
                done = subprocess.run(
                    [go, "install", "-trimpath", "-ldflags=-s -w", f"{self.package}@{self.version}"],
                    capture_output=True,
                    text=True,
                    env=environment,
                    timeout=BUILD_TIMEOUT_S,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise ProgramUnavailableError(f"Go did not finish within {BUILD_TIMEOUT_S} s") from error
            if done.returncode != 0:
                said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
                raise ProgramUnavailableError(f"Go failed (exit {done.returncode}):\n{said}")
            (Path(folder) / self.package.rpartition("/")[2]).rename(wanted)
        return wanted

    def main(self) -> int:
        """Build it and print where it is: exit code 0 where there is one, 1 where none can be had."""
        try:
            print(self.build(lambda text: print(text, file=sys.stderr)))
        except ProgramUnavailableError as error:
            print(error, file=sys.stderr)
            return 1
        return 0
