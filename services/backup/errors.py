"""What can be wrong with a backup, or with where one is to go."""

from __future__ import annotations

import errno
from pathlib import Path

from core.errors import DiskFullError, JumeauError


class BackupError(JumeauError):
    """A backup that cannot be written or read, or that is not for this twin."""

    code = "BACKUP"
    exit_code = 4


class DamagedBackupError(BackupError):
    """A file that is no whole backup: cut, changed, or something else. Nothing of it was used."""

    code = "BACKUP_DAMAGED"


class NewerBackupError(BackupError):
    """A backup that a newer version wrote. Nothing of it was used."""

    code = "BACKUP_NEWER"


class HomeNotEmptyError(BackupError):
    """A twin is to be restored where something is already."""

    code = "HOME_NOT_EMPTY"
    exit_code = 2


def damaged(path: Path, seen: str) -> DamagedBackupError:
    """The error of a file that is no whole backup."""
    return DamagedBackupError(seen, where=str(path), hint="get it again, or take another backup")


def file_error(error: OSError, path: Path) -> JumeauError:
    """What the file system said, in our words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError("the disk is full; nothing was kept", where=str(path), hint="free space, then try again")
    return BackupError(
        f"the file system refused: {error.strerror or error}",
        where=str(error.filename or path),
        hint="check the path, its rights and its mount",
    )
