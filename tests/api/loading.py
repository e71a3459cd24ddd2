"""Loads over HTTP, as a client of a bank's tooling makes them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.patience import PATIENCE_S, until

ROWS = 400


@dataclass(frozen=True, slots=True)
class Told:
    """One server-sent event; comments have no type."""

    id: int | None
    type: str
    data: Any


@dataclass(frozen=True, slots=True)
class Loading:
    """A client of `/api/ingestions`."""

    http: httpx.Client

    def open(self, source: str = "csv", **options: Any) -> str:
        """A job that takes files; its address."""
        answer = self.http.post("/api/ingestions", json={"source": source, **options})
        assert answer.status_code == 201, answer.text
        assert answer.headers["Location"] == f"/api/ingestions/{answer.json()['id']}"
        return str(answer.headers["Location"])

    def put(self, job: str, name: str, content: Any, **headers: str) -> httpx.Response:
        return self.http.put(f"{job}/files/{name}", content=content, headers=headers)

    def start(self, job: str, **body: Any) -> httpx.Response:
        return self.http.post(f"{job}/start", json=body or None)

    def see(self, job: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(job).json()
        return found

    def sent(self, content: bytes | str, source: str = "csv", name: str = "Site.csv", **options: Any) -> str:
        """A job with one file."""
        job = self.open(source, **options)
        assert self.put(job, name, content).status_code == 201
        return job

    def ended(self, job: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """The job, once it has ended."""
        deadline = time.monotonic() + within_s
        while (found := self.see(job))["state"] in ("waiting", "running"):
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
        return found

    def events(self, job: str, **headers: str) -> Generator[Told]:
        """What is told of a job, until the stream ends, or until nobody reads on."""
        with self.http.stream("GET", f"{job}/events", headers=headers) as answer:
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].partition(";")[0] == "text/event-stream"
            yield from told(answer.iter_lines())


def told(lines: Iterator[str]) -> Iterator[Told]:
    """Events and comments of a stream."""
    block: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if line and not name:
            yield Told(None, "", value.strip())
        elif line:
            block[name] = value.strip()
        elif "event" in block:
            number = int(block["id"]) if "id" in block else None
            yield Told(number, block["event"], json.loads(block["data"]))
            block = {}
        else:
            block = {}


def sites(rows: int = ROWS, name: str = "Site") -> bytes:
    """An export of sites as CSV, named alike."""
    lines = ["key,name", *(f"{name}{n},{name} {n}" for n in range(rows))]
    return ("\n".join(lines) + "\n").encode()


@contextmanager
def held(module: str = "services.jobs.worker") -> Iterator[None]:
    """The job that is under way does not go on meanwhile, however long this takes on a busy machine."""
    (worker,) = [child for child in psutil.Process().children() if module in child.cmdline()]
    worker.suspend()
    try:
        yield
    finally:
        worker.resume()


STEPPING = ("JUMEAU_FAILPOINT_STOP", "ledger.append.committed")
"""In the environment when a load begins: it stands after each batch until it is let go, however fast or busy the machine is."""


def step() -> bool:
    """Let the load that stands do what comes until it stands again; whether it has not ended."""
    workers = [child for child in psutil.Process().children() if _is_at_work(child)]
    if not workers:
        return False
    (worker,) = workers
    until(lambda: not _is_at_work(worker) or worker.status() == psutil.STATUS_STOPPED)
    if _is_at_work(worker):
        worker.resume()
        until(lambda: not _is_at_work(worker) or worker.status() == psutil.STATUS_STOPPED)
    return _is_at_work(worker)


def step_until(is_so: Callable[[], object]) -> None:
    """Let the load go on, batch by batch, until it is so. It stands then."""
    until(lambda: is_so() or (step() and False))


def _is_at_work(process: psutil.Process) -> bool:
    try:
        return "services.jobs.worker" in process.cmdline()  # a process that has ended has none
    except psutil.Error:
        return False


def lying_in(folder: Path) -> Mapping[str, int]:
    """Every file below a folder with its size, journals and descriptions of jobs aside."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("job.json", "events.jsonl")
    }
