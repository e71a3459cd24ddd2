"""How commands find the server that runs on the same data directory.

The embedded store admits one process. A server writes its address into `server.json` in the twin's home; a command that
finds a live one there asks it instead of opening the store. A file left by a dead server is recognised and ignored.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from core.errors import BackendError, BackendUnavailableError, JumeauError, StoreLockedError, StoreReadOnlyError

FILE = "server.json"
LOCK = "server.lock"


class ServerError(JumeauError):
    """An error that the server answered with; code, place and hint are its own."""

    def __init__(self, body: Mapping[str, Any], status: int) -> None:
        super().__init__(
            str(body.get("message", "no message")),
            where=body.get("where"),
            hint=body.get("hint"),
            details=body.get("details") or {},
        )
        self.code = str(body.get("code", "INTERNAL"))  # type: ignore[misc]
        self.status = status  # type: ignore[misc]
        self.exit_code = 2 if 400 <= status < 500 else 4  # type: ignore[misc]


class TransferBrokenError(BackendError):
    """A body whose sender failed in the middle: what arrived is not whole."""

    code = "TRANSFER_BROKEN"


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A live server on this data directory."""

    url: str
    pid: int
    key: str = field(default="", repr=False)  # what commands on this machine show

    def post(self, path: str, body: Mapping[str, Any] | None = None, timeout_s: float = 600.0) -> dict[str, Any]:
        """POST JSON and give the JSON answer. Raises ServerError with the server's own error."""
        with self._reached():
            answer = httpx.post(
                f"{self.url}{path}", json=dict(body or {}), headers=self._headers, timeout=timeout_s, trust_env=False
            )
        content: dict[str, Any] = orjson.loads(answer.content)
        if answer.status_code >= 400:
            raise ServerError(content.get("error", {}), answer.status_code)
        return content

    @contextmanager
    def download(
        self, path: str, body: Mapping[str, Any], timeout_s: float = 600.0
    ) -> Iterator[tuple[Mapping[str, str], Iterator[bytes]]]:
        """POST JSON and give the headers of the answer, and its body as it comes. Raises ServerError.

        A body that ends too early raises TransferBrokenError.
        """
        with httpx.Client(trust_env=False, timeout=timeout_s, headers=self._headers) as client, ExitStack() as stack:
            with self._reached():
                answer = stack.enter_context(client.stream("POST", f"{self.url}{path}", json=dict(body)))
                refusal = answer.read() if answer.status_code >= 400 else None
            if refusal is not None:
                raise ServerError(orjson.loads(refusal).get("error", {}), answer.status_code)
            yield answer.headers, self._body(answer)

    def _body(self, answer: httpx.Response) -> Iterator[bytes]:
        try:
            yield from answer.iter_raw()
        except httpx.HTTPError as error:
            raise TransferBrokenError(
                f"the server broke the transfer off: {error}", where=self.url, hint="its log says why; run it again"
            ) from error

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            raise BackendUnavailableError(
                f"the server on this data directory does not answer: {error}",
                where=self.url,
                hint="wait until it has started, or stop it and run the command again",
            ) from error


@contextmanager
def only_server(home: Path) -> Iterator[None]:
    """Be the only server of an embedded store, from before it is opened to after it is closed.

    The system takes the lock back however the process ends. Raises StoreLockedError, StoreReadOnlyError.
    """
    path = home / LOCK
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreReadOnlyError(
            f"the home cannot be written: {error.strerror}", where=str(home), hint="check its rights and its mount"
        ) from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 64, 0).decode(errors="replace").strip() or "another process"
            raise StoreLockedError(
                f"a server runs on this embedded store already ({holder})",
                where=str(home),
                hint="one process serves an embedded store: stop that one, or use Neo4j for several",
            ) from None
        with suppress(OSError):  # on a full disk: it tells others who holds the lock, and holds without it
            os.ftruncate(file, 0)
            os.pwrite(file, f"process {os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(file)


def announce(home: Path, url: str, key: str = "") -> None:
    """Leave the address of this process, and the key to it, in the twin's home, readable by its owner only."""
    path = home / FILE
    partial = path.with_suffix(".tmp")
    partial.touch(mode=0o600)
    partial.chmod(0o600)
    partial.write_bytes(orjson.dumps({"url": url, "pid": os.getpid(), "key": key}))
    partial.replace(path)


def withdraw(home: Path) -> None:
    """Take the address back, if it is this process's."""
    found = _read(home)
    if found is not None and found.pid == os.getpid():
        (home / FILE).unlink(missing_ok=True)


def running_server(home: Path) -> RunningServer | None:
    """The live server on this data directory, if there is one."""
    found = _read(home)
    if found is None or not _alive(found.pid):
        return None
    try:
        httpx.get(f"{found.url}/health", timeout=30.0, trust_env=False)
    except httpx.HTTPError:
        return None
    return found


def _read(home: Path) -> RunningServer | None:
    try:
        content = orjson.loads((home / FILE).read_bytes())
        return RunningServer(str(content["url"]), int(content["pid"]), str(content.get("key", "")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
