"""The home that a twin is restored into. All is made in a folder within it; one rename of the ledger makes it the twin.

What was there before goes into a folder of its own, ledger and all, before that rename: a process that is killed leaves the
old twin or the new one. A store that is missing then is projected again when the twin is next opened.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from core.errors import StoreLockedError
from core.failpoints import reach
from services.backup.drafts import lock, remove_abandoned, sync_folder
from services.backup.errors import BackupError, HomeNotEmptyError, file_error
from services.rendezvous import running_server

LEDGER: Final = "ledger.db"
_DRAFT: Final = ".restore-"
_ASIDE: Final = "replaced-"
_NO_CONTENT: Final = frozenset({"lost+found"})  # of a volume that was just made
_TRAIL: Final = "ledger.audit.db"
"""The audit trail goes on whatever twin is in the home: a restore is itself on record there, and neither moves nor replaces it."""
_UNSETTLED: Final = ".before"
"""Behind the name of a ledger that is put aside, as long as it may still be the one in the home."""


class StagedHome:
    """A folder to make a twin in, which then becomes the one of `home`. `moved_to` is where the one before lies."""

    def __init__(self, home: Path, folder: Path, now: datetime) -> None:
        self.home = home
        self.folder = folder
        self.moved_to: Path | None = None
        self._now = now

    def place(self) -> None:
        """Make what is in the folder the twin. Raises BackupError, DiskFullError, StoreLockedError."""
        new, present = self.folder / LEDGER, self.home / LEDGER
        _close(new)
        if _content(self.home):
            self.moved_to = self._move_aside()
        _log_of(present).unlink(missing_ok=True)  # of a damaged one; the new ledger has none
        new.rename(present)
        sync_folder(self.home)
        reach("restore.placed")
        for path in sorted(self.folder.iterdir()):
            path.rename(self.home / path.name)
        sync_folder(self.home)
        if self.moved_to is not None:
            _settle(self.moved_to, present)

    def _move_aside(self) -> Path:
        """Put what is in the home into a folder of its own; the ledger is in both until another one takes its place."""
        stamp = f"{_ASIDE}{self._now:%Y%m%dT%H%M%SZ}"
        aside = next(path for n in count(1) if not (path := self.home / (stamp if n == 1 else f"{stamp}-{n}")).exists())
        aside.mkdir(mode=0o700)
        present = self.home / LEDGER
        try:
            for path in (present, _log_of(present)):
                if path.exists():
                    _duplicate(path, aside / (path.name + _UNSETTLED))
            if present.exists():
                _close(present, damaged=True)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        for path in _content(self.home):
            if not path.name.startswith(LEDGER):
                path.rename(aside / path.name)
        sync_folder(aside)
        reach("restore.aside")
        return aside


@contextmanager
def staged(home: Path, now: datetime, *, replace: bool) -> Iterator[StagedHome]:
    """A folder within `home` for the twin that is restored; it is gone afterwards.

    Raises HomeNotEmptyError unless `replace`, StoreLockedError where a server or another restore is at work.
    """
    folder: Path | None = None
    descriptor: int | None = None
    try:
        home.mkdir(parents=True, exist_ok=True)
        check_free(home, replace=replace)
        folder = Path(mkdtemp(prefix=_DRAFT, dir=home))
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        lock(descriptor)
        yield StagedHome(home, folder, now)
    except OSError as error:
        raise file_error(error, home) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)


def check_free(home: Path, *, replace: bool) -> None:
    """That nobody uses the home, and that it is empty unless `replace`. Raises HomeNotEmptyError, StoreLockedError."""
    server = running_server(home)
    if server is not None:
        raise StoreLockedError(
            f"a server runs on this home (process {server.pid})", where=str(home), hint="stop it, then restore"
        )
    if remove_abandoned(home, _DRAFT + "*"):
        raise StoreLockedError("another restore is under way", where=str(home), hint="wait until it has ended")
    for aside in sorted(home.glob(f"{_ASIDE}*")):
        _settle(aside, home / LEDGER)  # of a restore that was killed
    found = _content(home)
    if found and not replace:
        raise HomeNotEmptyError(
            f"something is in this home already: {found[0].name}",
            where=str(home),
            hint="give the twin a home of its own with JUMEAU_HOME, or put this one aside with --replace",
        )


def _content(home: Path) -> list[Path]:
    """What lies in a home, but for what restores left there."""
    return [
        path
        for path in sorted(home.iterdir())
        if path.name not in _NO_CONTENT and not path.name.startswith((_DRAFT, _ASIDE, _TRAIL))
    ]


def _log_of(ledger: Path) -> Path:
    return ledger.with_name(ledger.name + "-wal")


def _duplicate(path: Path, other: Path) -> None:
    try:
        os.link(path, other)
    except OSError:  # a file system without hard links
        shutil.copy2(path, other)


def _settle(aside: Path, present: Path) -> None:
    """Give a ledger that was put aside its name, once another one is in its place; where none is, it is no ledger of its own.

    Under its own name it could be opened beside the same file in the home, which SQLite does not survive.
    """
    kept, log = aside / (LEDGER + _UNSETTLED), aside / (_log_of(present).name + _UNSETTLED)
    same = kept.exists() and present.exists() and kept.samefile(present)
    for path in (kept, log):
        if path.exists():
            if same or (path == log and log.stat().st_size == 0):
                path.unlink()
            else:
                path.rename(path.with_name(path.name.removesuffix(_UNSETTLED)))


def _close(ledger: Path, *, damaged: bool = False) -> None:
    """Bring the log of a ledger into its file, which is then all of it, and on the disk. Raises StoreLockedError where it is
    in use, BackupError where it cannot be read, unless it may be `damaged`.
    """
    try:
        with closing(sqlite3.connect(ledger, timeout=5.0, isolation_level=None)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        if damaged:
            return
        raise BackupError(f"the ledger cannot be read: {error}", where=str(ledger), hint="restore again") from error
    if _log_of(ledger).exists():  # the last one who closes it removes its log
        raise StoreLockedError(
            "another process has the ledger open", where=str(ledger), hint="wait until it has ended, then restore"
        )
    descriptor = os.open(ledger, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
