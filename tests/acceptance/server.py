"""`jumeau serve` beside the commands of a test."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.rendezvous import running_server
from tests.acceptance.console import ROOT, Console


@contextmanager
def started(console: Console) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server on the console's data directory, and its address; killed with the context, if it lives then."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "serve", "--port", "0"],
        cwd=ROOT,
        env=console.variables(),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while (found := running_server(console.home)) is None:
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield process, found.url
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@contextmanager
def serving(console: Console) -> Iterator[str]:
    """A server on the console's data directory, told to stop at the end of the context; its address."""
    with started(console) as (process, url):
        try:
            yield url
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
