"""The console command run in this process: what a command prints and how it ends, without starting Python each time."""

from __future__ import annotations

import io
import json
import os
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from typer.main import get_command

from cli.answers import print_error
from cli.main import app
from core.errors import JumeauError
from tests.acceptance.console import Console


@cache
def command(read_only: str | None) -> Any:
    """The console's commands: all of them with their parameters take longer to build than most take to run.

    Which of them are shown is decided when they are built, by what the environment says of a twin that only answers.
    """
    return get_command(app)


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Here:
    """`jumeau` on one home, in this process."""

    console: Console

    def copied(self, home: Path) -> Here:
        """The same on a copy of its home, which nobody has open: what was loaded once is there for each test."""
        shutil.copytree(self.console.home, home)
        return Here(Console(home, self.console.environment))

    def run(self, *arguments: str) -> Done:
        """Run a command."""
        output, errors = io.StringIO(), io.StringIO()
        with (
            patch.dict(os.environ, self.console.variables(), clear=True),
            redirect_stdout(output),
            redirect_stderr(errors),
        ):
            try:
                commands = command(os.environ.get("JUMEAU_READ_ONLY"))
                code = commands(list(arguments), prog_name="jumeau", standalone_mode=False)
            except JumeauError as error:
                print_error(error)
                code = error.exit_code
        return Done(int(code or 0), output.getvalue(), errors.getvalue())

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run a command that prints JSON and must end with `code`."""
        done = self.run(*arguments, "--output", "json")
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return json.loads(done.stdout)
