"""How commands find the server that runs on the same data directory.

The embedded store admits one process. A server writes its address into `server.json` in the twin's home; a command that
finds a live one there asks it instead of opening the store. A file left by a dead server is recognised and ignored.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from core.errors import BackendUnavailableError, JumeauError

FILE = "server.json"


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


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A live server on this data directory."""

    url: str
    pid: int
    key: str = field(default="", repr=False)  # what commands on this machine show

    def post(self, path: str, body: Mapping[str, Any] | None = None, timeout_s: float = 600.0) -> dict[str, Any]:
        """POST JSON and give the JSON answer. Raises ServerError with the server's own error."""
        try:
            headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
            answer = httpx.post(
                f"{self.url}{path}", json=dict(body or {}), headers=headers, timeout=timeout_s, trust_env=False
            )
        except httpx.HTTPError as error:
            raise BackendUnavailableError(
                f"the server on this data directory does not answer: {error}",
                where=self.url,
                hint="wait until it has started, or stop it and run the command again",
            ) from error
        content: dict[str, Any] = orjson.loads(answer.content)
        if answer.status_code >= 400:
            raise ServerError(content.get("error", {}), answer.status_code)
        return content


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
