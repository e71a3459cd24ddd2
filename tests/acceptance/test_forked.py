"""A command that is forked does what one does that is started: the tests that fork show what users see."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.acceptance.forked import Forked, Started, begun, may_fork, run
from tests.conftest import NIGHTLY
from tests.patience import PATIENCE_S

LINUX = pytest.mark.skipif(NIGHTLY or not may_fork(os.environ), reason="commands are not forked here")

Ask = Callable[[str], tuple[int, str, str]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    def in_a_new_home(name: str) -> tuple[int, str, str]:
        home = tmp_path / name
        environment = Console(home, {"JUMEAU_BACKEND": "networkx", "LC_ALL": "C.UTF-8"}).variables()
        if name == "forked":
            del environment["LC_ALL"]  # of any other environment than ours a Python is started
        assert may_fork(environment) == (name == "forked")
        wanted = "RETURN 'été' AS season, $n + 1 AS sum;\nRETURN 1 +;\n"
        done = run(["query", "-o", "csv", "--param", "n=41"], environment, tmp_path, stdin=wanted)
        return done.returncode, done.stdout, re.sub(r"in [0-9.]+ ms", "in so long", done.stderr)

    return in_a_new_home


@LINUX
def test_a_forked_command_says_and_ends_as_one_that_is_started(ask: Ask) -> None:
    forked, started = ask("forked"), ask("started")
    assert forked == started
    code, out, said = forked
    assert code != 0
    assert "été" in out
    assert "42" in out
    assert said


@LINUX
def test_a_forked_command_is_a_process_of_its_own_that_signals_end(tmp_path: Path) -> None:
    environment = Console(tmp_path / "home", {"JUMEAU_BACKEND": "networkx"}).variables()
    with begun(["serve", "--port", "0"], environment) as one, begun(["serve", "--port", "0"], environment) as other:
        assert isinstance(one, Forked)
        assert one.pid not in (other.pid, os.getpid())
        assert one.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            one.wait(0.01)
        one.kill()
        assert one.wait(PATIENCE_S) == -signal.SIGKILL
    assert other.returncode is not None, "it is killed with the context"


def test_a_command_with_another_environment_is_started(tmp_path: Path) -> None:
    environment = {**os.environ, "JUMEAU_HOME": str(tmp_path), "PYTHONHASHSEED": "7"}
    with begun(["--help"], environment) as process:
        assert isinstance(process, Started)
        assert process.wait(PATIENCE_S) == 0
