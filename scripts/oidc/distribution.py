"""The packages of an OpenID provider (`oidc-provider`, certified by the OpenID Foundation), installed once with npm.

What is installed is pinned by `package-lock.json` with the hash of every package, and lies in a cache of the account's,
outside the working copy. Scripts of packages are not run.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
OLDEST_NODE: Final = 20
INSTALL_TIMEOUT_S: Final = 300
_FILES: Final = ("package.json", "package-lock.json")
_RECORD: Final = "complete"

Report = Callable[[str], None]


class OidcProviderUnavailableError(Exception):
    """No OpenID provider can be had here; the text says what is missing and what to install."""


def cache_folder() -> Path:
    """Where installed packages are kept: under XDG_CACHE_HOME, else in the account's `.cache`."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "jumeau" / "oidc"


def node() -> str:
    """The path of a Node of version 20 or later, from PATH. Raises OidcProviderUnavailableError."""
    name = shutil.which("node")
    if name is None:
        raise OidcProviderUnavailableError(f"no `node` in PATH; install Node.js {OLDEST_NODE} or later")
    said = subprocess.run([name, "--version"], capture_output=True, text=True, timeout=60, check=False).stdout
    found = re.match(r"v(\d+)", said)
    if found is None or int(found.group(1)) < OLDEST_NODE:
        seen = said.strip() or "no answer"
        raise OidcProviderUnavailableError(f"{name} is {seen}; the provider needs Node.js {OLDEST_NODE} or later")
    return name


def prepare_distribution(cache: Path | None = None, report: Report = print) -> Path:
    """The folder with the installed packages; installed where the cache lacks them or was left half-made.

    Raises OidcProviderUnavailableError.
    """
    folder = cache or cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / _fingerprint()
    with _alone(folder / "lock"):
        if not (wanted / _RECORD).exists():
            shutil.rmtree(wanted, ignore_errors=True)
            _install(wanted, report)
    return wanted


def _fingerprint() -> str:
    return sha256(b"\0".join((HERE / name).read_bytes() for name in _FILES)).hexdigest()[:16]


def _install(wanted: Path, report: Report) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise OidcProviderUnavailableError("no `npm` in PATH; install npm 10 or later")
    partial = wanted.with_name(f"{wanted.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for name in _FILES:
        shutil.copy(HERE / name, partial / name)
    report(f"Installing the OpenID provider with npm (about 4 MB, once) into {wanted}")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            command, cwd=partial, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise OidcProviderUnavailableError(f"npm did not finish within {INSTALL_TIMEOUT_S} s") from error
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise OidcProviderUnavailableError(f"npm failed (exit {done.returncode}): {said}")
    (partial / _RECORD).touch()
    partial.rename(wanted)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two test runs that start together install once."""
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
