"""Run the console command as a user does: in a process of its own, on a data directory of its own."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.acceptance import forked
from tests.conftest import ROOT

__all__ = ["ROOT", "Console"]


@dataclass(frozen=True, slots=True)
class Console:
    """`jumeau` on one home. `environment` are JUMEAU_ settings."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command and wait for it."""
        return forked.run(arguments, self.variables(), stdin=stdin)

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run a command that prints JSON and must end with `code`."""
        done = self.run(*arguments, "--output", "json")
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return json.loads(done.stdout)

    def variables(self) -> dict[str, str]:
        """The environment of the command."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("JUMEAU_")}
        return {**inherited, "JUMEAU_HOME": str(self.home), "JUMEAU_NOW": "2025-01-01", **self.environment}
