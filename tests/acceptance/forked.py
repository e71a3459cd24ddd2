"""`jumeau` in a process of its own, without starting Python and importing everything each time.

One process beside this one has imported the commands and opened nothing (`tests.acceptance.fork_server`); each command is
forked from it, with its own arguments, environment, folder and streams: it may be killed, wait or serve as any other process.
Half the processor time of a command was its imports. A nightly run starts a Python each time.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO

from tests.conftest import NIGHTLY, ROOT

COMMAND = (sys.executable, "-m", "cli.main")
Environment = Mapping[str, str]
Streams = tuple[IO[bytes], IO[bytes], IO[bytes]]
"""Standard input, output and error."""


def run(
    arguments: Sequence[str],
    environment: Environment,
    cwd: Path = ROOT,
    stdin: str | None = None,
    timeout_s: float = 600,
) -> subprocess.CompletedProcess[str]:
    """Run a command and wait for it. Raises TimeoutExpired, the command killed."""
    with tempfile.TemporaryFile() as out, begun(arguments, environment, cwd, stdin, out) as process:
        code = process.wait(timeout_s)
        return subprocess.CompletedProcess([*COMMAND, *arguments], code, _text(out), process.said())


@contextmanager
def begun(
    arguments: Sequence[str],
    environment: Environment,
    cwd: Path = ROOT,
    stdin: str | None = None,
    out: IO[bytes] | None = None,
) -> Iterator[Process]:
    """A command that runs, forked where that makes no difference; killed with the context, if it lives then."""
    with ExitStack() as files:
        given, errors = (files.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        given.write((stdin or "").encode())
        given.seek(0)
        out = out or files.enter_context(Path(os.devnull).open("wb"))
        kind = Forked if may_fork(environment) else Started
        process = kind(arguments, environment, cwd, (given, out, errors))
        try:
            yield process
        finally:
            process.kill()
            process.wait()


READ_ON_IMPORT = (
    "PYTHON",
    "LD_",
    "LC_",
    "LANG",
    "TZ",
    "TERM",
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "FORCE_COLOR",
    "OTEL_",
    "NUMBA_",
    "MPL",
)
"""Beginnings of the variables that Python and what is imported look at once, when they start: what differs in one is started anew."""


def may_fork(environment: Environment) -> bool:
    """Whether a command with this environment would import the same. Any other variable is read when it is needed."""
    if NIGHTLY or sys.platform != "linux":
        return False
    return _fixed(environment) == _fixed(os.environ)


def _fixed(environment: Environment) -> dict[str, str]:
    return {
        name: value for name, value in environment.items() if name.startswith(READ_ON_IMPORT) and name != "PYTHONPATH"
    }


class Process(ABC):
    """A running command: what `subprocess.Popen` tells of one and can do to it, with standard error in a file."""

    def __init__(self, errors: IO[bytes]) -> None:
        self._errors = errors

    @property
    @abstractmethod
    def pid(self) -> int: ...

    @property
    @abstractmethod
    def returncode(self) -> int | None: ...

    @abstractmethod
    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end: its exit status, or the signal it died of, negative. Raises TimeoutExpired."""

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        try:
            return self.wait(0.0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has just ended, and its end is not told yet: as Popen does
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[None, str]:
        """Wait for its end; what it said on standard error."""
        self.wait(timeout)
        return None, self.said()

    def said(self) -> str:
        """What it has said on standard error until now."""
        return _text(self._errors)


class Started(Process):
    """A command in a Python of its own."""

    def __init__(self, arguments: Sequence[str], environment: Environment, cwd: Path, streams: Streams) -> None:
        super().__init__(streams[2])
        given, out, errors = streams
        command = [*COMMAND, *arguments]
        self._process = subprocess.Popen(
            command, stdin=given, stdout=out, stderr=errors, cwd=cwd, env=dict(environment)
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    def wait(self, timeout: float | None = None) -> int:
        return self._process.wait(timeout)


class Forked(Process):
    """A command forked from the fork server."""

    def __init__(self, arguments: Sequence[str], environment: Environment, cwd: Path, streams: Streams) -> None:
        super().__init__(streams[2])
        self._command = [*COMMAND, *arguments]
        self._ended: int | None = None
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._channel.connect(_address(os.getpid()))
        wanted = json.dumps({"arguments": list(arguments), "environment": dict(environment), "cwd": str(cwd)}).encode()
        socket.send_fds(self._channel, [len(wanted).to_bytes(8, "big")], [stream.fileno() for stream in streams])
        self._channel.sendall(wanted)
        self._pid = int(_read_line(self._channel))

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def returncode(self) -> int | None:
        return self._ended

    def wait(self, timeout: float | None = None) -> int:
        if self._ended is None:
            if not select.select([self._channel], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self._command, timeout or 0.0)
            self._ended = int(_read_line(self._channel))
            self._channel.close()
        return self._ended


@cache
def _address(_process: int) -> str:
    """Where the fork server of this process listens; it ends with this process."""
    address = f"\0jumeau-tests-{os.getpid()}-{os.urandom(8).hex()}"
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(address)
    listening.listen()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.acceptance.fork_server", str(listening.fileno())],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("JUMEAU_")},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        pass_fds=[listening.fileno()],
    )
    listening.close()
    atexit.register(_end, server)
    return address


def _end(server: subprocess.Popen[bytes]) -> None:
    if server.stdin is not None:
        server.stdin.close()
    server.wait(30)


def _read_line(channel: socket.socket) -> bytes:
    """The next line, without its end, taken byte by byte: what waits for a moment loses nothing."""
    line = b""
    while not line.endswith(b"\n"):
        byte = channel.recv(1)
        if not byte:
            raise EOFError("the fork server has ended")
        line += byte
    return line[:-1]


def _text(stream: IO[bytes]) -> str:
    """Everything that was written so far: the position is shared with the command, and is left where it is."""
    size = os.fstat(stream.fileno()).st_size
    return os.pread(stream.fileno(), size, 0).decode(errors="replace") if size else ""
