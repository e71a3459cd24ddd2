"""A real PostgreSQL for the tests: the one that is named, or a private cluster; else skipped, with the reason.

Where `JUMEAU_REQUIRE_POSTGRESQL=1` (CI sets it) a missing server fails the tests instead of skipping them.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

ADDRESS = "127.0.0.1"
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0
_USER = "jumeau"
_DEBIAN = Path("/usr/lib/postgresql")
_UNPRIVILEGED = ("postgres", "nobody")
_WATCHED = 'exec 3<&0; "$@" & server=$!; (read line <&3; kill -INT $server) & wait $server'
"""The server under a shell whose input is ours: it ends (SIGINT: fast shutdown) when we close it, stop or die."""


class Unavailable(Exception):
    """No PostgreSQL can be had here."""


@pytest.fixture
def postgresql_url(_postgresql_server: str) -> str:
    """The SQLAlchemy URL of a database that is empty when a test begins."""
    engine = create_engine(_postgresql_server)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return _postgresql_server


@pytest.fixture(scope="session")
def _postgresql_server() -> Iterator[str]:
    """The URL of the database that tests share, one after the other."""
    named = os.environ.get("JUMEAU_TEST_POSTGRESQL")
    if named:
        yield named
        return
    folder = Path(tempfile.mkdtemp(prefix="jumeau-pg-"))
    process = None
    try:
        process, url = start(folder)
        yield url
    except Unavailable as error:
        if os.environ.get("JUMEAU_REQUIRE_POSTGRESQL") == "1":
            pytest.fail(f"JUMEAU_REQUIRE_POSTGRESQL=1 and no PostgreSQL: {error}")
        pytest.skip(f"no PostgreSQL: {error}")
    finally:
        if process is not None:
            stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def start(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Make a cluster in `folder` and serve it on a free port of the loopback interface."""
    programs = _programs()
    account = _account()
    password = secrets.token_urlsafe(18)
    (folder / "password").write_text(password, encoding="utf-8")
    if account is not None:
        for path in (folder, folder / "password"):
            os.chown(path, account.pw_uid, account.pw_gid)
    data = folder / "data"
    user, group = (account.pw_uid, account.pw_gid) if account else (None, None)
    extra: tuple[int, ...] | None = () if account else None
    command = [str(programs / "initdb"), "-D", str(data), "-U", _USER, "-A", "scram-sha-256", "-E", "UTF8"]
    command += ["--locale=C", "--no-sync", "--pwfile", str(folder / "password")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, user=user, group=group, extra_groups=extra
    )
    if done.returncode != 0:
        raise Unavailable(f"initdb failed: {done.stderr.strip()}")
    port = _free_port()
    return serve(folder, port), f"postgresql+psycopg://{_USER}:{password}@{ADDRESS}:{port}/postgres"


def serve(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Serve the cluster in `folder`, also after its server was killed."""
    account = _account()
    user, group = (account.pw_uid, account.pw_gid) if account else (None, None)
    extra: tuple[int, ...] | None = () if account else None
    command = [
        str(_programs() / "postgres"),
        "-D",
        str(folder / "data"),
        "-p",
        str(port),
        "-h",
        ADDRESS,
        "-k",
        str(folder),
    ]
    command += ["-c", "fsync=off"]  # a test cluster need not survive a power cut
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHED, "postgres", *command],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
            user=user,
            group=group,
            extra_groups=extra,
        )
    try:
        _await_ready(process, log)
    except BaseException:
        stop(process)
        raise
    return process


def _await_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while "ready to accept connections" not in log.read_text(encoding="utf-8", errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Unavailable(f"the server did not start: {log.read_text(encoding='utf-8', errors='replace')[-800:]}")
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Close the input that the watching shell waits on: it ends the server by pid."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _programs() -> Path:
    """The folder of `initdb` and `postgres`: the one in PATH, or the newest that Debian keeps out of it."""
    in_path = shutil.which("initdb")
    if in_path is not None and (Path(in_path).resolve().parent / "postgres").exists():
        return Path(in_path).resolve().parent
    found = [p.parent for p in _DEBIAN.glob("*/bin/initdb")]
    if not found:
        raise Unavailable("no `initdb` in PATH or under /usr/lib/postgresql; install PostgreSQL 14 or later")
    return max(found, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0))


def _account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: the account that it runs under instead, None where we are not root."""
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable(f"PostgreSQL refuses to run as root, and there is no account among {', '.join(_UNPRIVILEGED)}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])
