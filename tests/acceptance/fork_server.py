"""A process that has imported the commands and opened nothing, and forks one for each request: see `tests.acceptance.forked`.

`python -m tests.acceptance.fork_server LISTENING` takes requests on a listening socket that it was given, until its standard
input ends. A request carries three streams and, in JSON, arguments, environment and folder; the answer is the number of the
process and, once it has ended, how it did, each as a line.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn
from unittest.mock import patch

import typer.main

import cli.main
import core.failpoints
from graph.queries.catalogue import load_catalogue
from graph.schema.load import load_schema

LATER = (
    "api.app",
    "api.server",
    "graph.backends.embedded.repository",
    "graph.backends.neo4j.repository",
    "graph.backends.networkx.repository",
    "services.simulation.calibrations",
    "services.simulation.compare",
    "services.simulation.insight",
    "services.simulation.investments",
    "services.simulation.keep",
    "services.simulation.production_lines",
    "simulate.line.charts",
    "simulate.optimise.plot",
    "simulate.plots.runs",
    "simulate.single.answer",
)
"""What commands import when they need it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A command to be run."""

    arguments: list[str]
    environment: dict[str, str]
    cwd: str
    streams: list[int]


def await_request(listening: socket.socket) -> Request | None:
    """Fork for each request: returns in the process that is to run it, and None in this one when nobody asks any more."""
    told, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asked
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([listening, told, sys.stdin], [], [])
        if sys.stdin in ready:
            for pid in running:
                os.kill(pid, signal.SIGKILL)
            return None
        if told in ready:
            os.read(told, 4_096)
            _tell_the_ended(running)
        if listening in ready:
            channel, _ = listening.accept()
            request = _read(channel)
            child = os.fork()
            if not child:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                for one in (listening, channel, *running.values()):
                    one.close()
                os.close(told)
                os.close(waking)
                return request
            for stream in request.streams:
                os.close(stream)
            running[child] = channel
            channel.sendall(b"%d\n" % child)


def _tell_the_ended(running: dict[int, socket.socket]) -> None:
    with suppress(ChildProcessError):
        while True:
            ended, status = os.waitpid(-1, os.WNOHANG)
            if not ended:
                return
            with running.pop(ended) as channel, suppress(BrokenPipeError):
                channel.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _read(channel: socket.socket) -> Request:
    size, streams, _, _ = socket.recv_fds(channel, 8, 3)
    length, text = int.from_bytes(size, "big"), b""
    while len(text) < length:
        text += channel.recv(length - len(text))
    return Request(streams=streams, **json.loads(text))


def become(request: Request) -> None:
    """Be the process that was asked for: its environment, folder and streams."""
    encoding, lenient = sys.stdout.encoding, sys.stdout.errors
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.environment)
    for number, stream in enumerate(request.streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, encoding=encoding, errors=lenient, closefd=False)  # noqa: SIM115 - until the end
    sys.stdout = open(1, "w", encoding=encoding, errors=lenient, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding=encoding, errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.argv = ["jumeau", *request.arguments]
    importlib.reload(core.failpoints)  # it has read the environment


def end(status: int) -> NoReturn:
    """End as Python does, without taking apart what was imported: it is shared, and would be copied to be freed."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    for name in LATER:
        importlib.import_module(name)
    load_schema("it_estate")  # kept, as the catalogue is: both are read once in a process
    load_catalogue()
    patch.object(typer.main, "get_command", functools.cache(typer.main.get_command)).start()
    typer.main.get_command(cli.main.app)  # all commands with their parameters, built before any is forked
    gc.collect()
    gc.freeze()  # what is imported stays shared with the processes that are forked
    found = await_request(socket.socket(fileno=int(sys.argv[1])))
    if found is not None:
        become(found)
        try:
            cli.main.main()
        except SystemExit as stopped:
            if isinstance(stopped.code, int | None):
                end(stopped.code or 0)
            raise  # a text, which Python says
        end(0)
