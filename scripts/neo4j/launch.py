"""Start and stop a Neo4j server of our own: on 127.0.0.1 only, memory bounded, gone when its starter is gone."""

from __future__ import annotations

import atexit
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from scripts.neo4j.distribution import HERE, Neo4jUnavailableError, java, prepare_distribution

ADDRESS = "127.0.0.1"
USER = "neo4j"
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0
_ATTEMPTS = 3
_READY = "READY"
_BRIEF = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Options of Java for a server that lives for minutes: most of its processor time would go into optimising its own code."""

_OPENS = ("--add-opens=java.base/java.nio=ALL-UNNAMED", "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED")


@dataclass(frozen=True, slots=True)
class Memory:
    """What the server may use, in MiB."""

    heap: int = 1024
    page_cache: int = 256


class Neo4jProcess:
    """A running server: its URL, its credentials, its process."""

    def __init__(self, process: subprocess.Popen[bytes], home: Path, port: int, password: str, temporary: bool) -> None:
        self._process = process
        self._temporary = temporary
        self.home = home
        self.port = port
        self.user = USER
        self.password = password
        atexit.register(self.stop)

    @property
    def url(self) -> str:
        return f"bolt://{ADDRESS}:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait(self) -> int:
        """Block until the server ends; its exit code."""
        return self._process.wait()

    def kill(self) -> None:
        """End it at once, as a crash would; the home stays, so that a server can be started on it again."""
        self._process.kill()
        self._end()

    def stop(self) -> None:
        """End it, in order where its home is kept; a temporary home is removed. Stopping twice is harmless."""
        atexit.unregister(self.stop)
        if self._temporary:
            self._process.kill()  # nothing is to be kept, and an orderly end takes Neo4j ten seconds
        elif self.running:
            _close_input(self._process)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._end()
        if self._temporary:
            shutil.rmtree(self.home, ignore_errors=True)

    def _end(self) -> None:
        self._process.wait()
        _close_input(self._process)


def start(
    home: Path | None = None,
    port: int = 0,
    password: str | None = None,
    *,
    memory: Memory | None = None,
    lib: Path | None = None,
    brief: bool = False,
) -> Neo4jProcess:
    """Start a server and wait until Bolt answers. Without `home` a temporary one; port 0 takes a free one.

    Without `password` one is generated. `brief`: it will live for minutes, as those of tests do. Raises
    Neo4jUnavailableError with the end of the server's log.
    """
    lib = lib or prepare_distribution()
    temporary = home is None
    folder = Path(tempfile.mkdtemp(prefix="jumeau-neo4j-")) if home is None else home.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    secret = password or secrets.token_urlsafe(18)
    try:
        for attempt in range(1, _ATTEMPTS + 1):
            chosen = port or _free_port()
            process = _launch(folder, chosen, secret, memory or Memory(), lib, _BRIEF if brief else ())
            said = _await_ready(process, folder)
            if said is None:
                return Neo4jProcess(process, folder, chosen, secret, temporary)
            if port or "already in use" not in said or attempt == _ATTEMPTS:
                break
        raise Neo4jUnavailableError(f"Neo4j did not start on {ADDRESS}:{chosen}; the end of {_log(folder)}:\n{said}")
    except BaseException:
        if temporary:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _launch(
    home: Path, port: int, password: str, memory: Memory, lib: Path, options: tuple[str, ...]
) -> subprocess.Popen[bytes]:
    conf = home / "jumeau.conf"
    conf.write_text(_configuration(port, memory), encoding="utf-8")
    command = [java(), f"-Xms{min(512, memory.heap)}m", f"-Xmx{memory.heap}m", *options, *_OPENS, "-cp", str(lib / "*")]
    command += [str(HERE / "Neo4jServer.java"), str(home), str(conf)]
    with _log(home).open("wb") as log:
        process = subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the starter only, which stops the server in order
            cwd=home,
        )
    if process.stdin is not None:
        with suppress(BrokenPipeError):  # it ended at once: its log says why
            process.stdin.write(password.encode() + b"\n")  # not an argument: every user of a machine can read those
    return process


def _configuration(port: int, memory: Memory) -> str:
    settings = {
        "server.bolt.enabled": "true",
        "server.bolt.listen_address": f"{ADDRESS}:{port}",
        "server.bolt.advertised_address": f"{ADDRESS}:{port}",
        "server.memory.pagecache.size": f"{memory.page_cache}m",
        "dbms.security.auth_enabled": "true",
        "dbms.usage_report.enabled": "false",
        "db.tx_log.preallocate": "false",
        "internal.server.bolt.thread_pool_shutdown_wait_time": "1s",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _await_ready(process: subprocess.Popen[bytes], home: Path) -> str | None:
    """None once the server is ready; else, with the process ended, the last lines that it wrote."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        ended = process.poll() is not None
        lines = _log(home).read_text(encoding="utf-8", errors="replace").splitlines()
        if not ended and _READY in lines:
            return None
        if ended or time.monotonic() > deadline:
            process.kill()
            process.wait()
            _close_input(process)
            return (
                "\n".join([line for line in lines if not line.startswith("\tat ")][-20:])
                or f"(nothing; exit code {process.returncode})"
            )
        time.sleep(0.05)


def _close_input(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


def _log(home: Path) -> Path:
    return home / "server.log"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])
