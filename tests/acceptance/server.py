"""`jumeau serve` beside the commands of a test."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.rendezvous import running_server
from tests.acceptance.console import Console
from tests.acceptance.forked import Process, begun
from tests.patience import PATIENCE_S


@contextmanager
def started(console: Console) -> Iterator[tuple[Process, str]]:
    """A server on the console's data directory, and its address; killed with the context, if it lives then."""
    with begun(["serve", "--port", "0"], console.variables()) as process:
        deadline = time.monotonic() + PATIENCE_S
        while (found := running_server(console.home)) is None:
            assert process.poll() is None, process.said()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process, found.url


@contextmanager
def serving(console: Console) -> Iterator[str]:
    """A server on the console's data directory, told to stop at the end of the context; its address."""
    with started(console) as (process, url):
        try:
            yield url
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE_S)
