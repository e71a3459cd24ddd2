"""Nothing leaves the process: every way to open a connection is watched, and closed."""

from __future__ import annotations

import socket
import subprocess
from typing import Any

import pytest

WAYS = ("connect", "connect_ex", "sendto", "bind")


class Outbox:
    """What somebody tried to reach. It must stay empty."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def close(self, patch: pytest.MonkeyPatch) -> None:
        """From now on, no socket is connected, no name is looked up, no process is started."""

        def refuse(way: str) -> Any:
            def refused(*given: object, **_: object) -> None:
                self.tried.append(f"{way} {given[1:] if way in WAYS else given}")
                raise OSError(f"{way} is closed while attacks are asked")

            return refused

        for way in WAYS:
            patch.setattr(socket.socket, way, refuse(way))
        for way in ("getaddrinfo", "gethostbyname", "create_connection"):
            patch.setattr(socket, way, refuse(way))
        patch.setattr(subprocess.Popen, "__init__", refuse("process"))
