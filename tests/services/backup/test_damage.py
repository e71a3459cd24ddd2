"""A backup that is not whole, or that a newer version wrote, is refused with a code before anything is touched."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.history import tables
from services.backup.create import create_backup, verify_backup
from services.backup.errors import BackupError, DamagedBackupError, NewerBackupError
from services.backup.file import FORMAT, BackupFile, drafted
from services.backup.restore import restore_backup
from tests.services.backup.twins import lived_in, settings_of

ON_FILES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damage")
    create_backup(lived_in(settings_of(folder / "home"), folder), folder / "twin.backup")
    return folder / "twin.backup"


@ON_FILES
@given(data=st.data())
def test_a_backup_with_any_byte_changed_is_refused(data: st.DataObject, backup: Path, tmp_path: Path) -> None:
    content = bytearray(backup.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    (tmp_path / "changed.backup").write_bytes(content)
    with pytest.raises(DamagedBackupError):
        verify_backup(tmp_path / "changed.backup")
    with pytest.raises(DamagedBackupError):
        restore_backup(settings_of(tmp_path / "home"), tmp_path / "changed.backup")
    assert not (tmp_path / "home").exists()


@ON_FILES
@given(data=st.data())
def test_a_backup_that_was_cut_or_went_on_is_refused(data: st.DataObject, backup: Path, tmp_path: Path) -> None:
    content = backup.read_bytes()
    cut = content[: data.draw(st.integers(0, len(content) - 1))]
    for wrong in (cut, content + data.draw(st.binary(min_size=1, max_size=200))):
        (tmp_path / "cut.backup").write_bytes(wrong)
        with pytest.raises(DamagedBackupError):
            verify_backup(tmp_path / "cut.backup")


@ON_FILES
@given(content=st.binary(max_size=500))
def test_what_is_no_backup_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(DamagedBackupError):
        verify_backup(tmp_path / "other")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="No such file"):
        verify_backup(tmp_path / "nothing.backup")


def rewritten(backup: Path, path: Path, *, manifest: dict[str, object] | None = None, **tables_: bytes) -> Path:
    """The backup sealed again with other content, as only somebody who means to can."""
    with ZipFile(backup) as old, drafted(path) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "manifest.json":
                content = orjson.dumps(orjson.loads(content) | (manifest or {}))
            elif (table := name.removeprefix("tables/").removesuffix(".jsonl")) in tables_:
                content = tables_[table]
            new.writestr(name, content, ZIP_DEFLATED)
    return path


@pytest.mark.parametrize("field", ["format", "ledger_format"])
def test_a_backup_of_a_newer_version_is_refused_with_a_code_of_its_own(
    field: str, backup: Path, tmp_path: Path
) -> None:
    newer = {"format": FORMAT + 1, "ledger_format": tables.FORMAT + 1, "nobody": "knows this"}
    chosen: dict[str, object] = {name: newer[name] for name in ([field, "nobody"] if field == "format" else [field])}
    path = rewritten(backup, tmp_path / "newer.backup", manifest=chosen)
    with pytest.raises(NewerBackupError) as refused:
        restore_backup(settings_of(tmp_path / "home"), path)
    assert (refused.value.code, refused.value.exit_code) == ("BACKUP_NEWER", 4)
    assert "newer" in (refused.value.hint or "")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("lines", [b"[1]\n", b"no JSON\n", b""], ids=["another row", "no row", "no rows"])
@pytest.mark.parametrize("backend", ["networkx", "embedded"])
def test_a_table_that_is_not_what_the_manifest_says_leaves_the_home_empty(
    lines: bytes, backend: str, backup: Path, tmp_path: Path
) -> None:
    path = rewritten(backup, tmp_path / "other.backup", account=lines)
    with pytest.raises(DamagedBackupError, match="the table account is not what the manifest says"):
        restore_backup(settings_of(tmp_path / "home", backend), path)
    assert list((tmp_path / "home").iterdir()) == []


def test_a_table_of_another_version_is_refused_before_anything_is_made(backup: Path, tmp_path: Path) -> None:
    with BackupFile(backup) as file:
        parts = file.manifest.to_dict()["parts"]
    parts[0]["columns"] = [*parts[0]["columns"], "of another version"]
    path = rewritten(backup, tmp_path / "other.backup", manifest={"parts": parts})
    with pytest.raises(BackupError, match="of another version"):
        restore_backup(settings_of(tmp_path / "home"), path)
    assert list((tmp_path / "home").iterdir()) == []
