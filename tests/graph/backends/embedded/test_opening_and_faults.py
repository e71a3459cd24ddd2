"""Who may open a store, what a killed process and a full disk leave behind, and what a damaged file says."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import (
    BackendUnavailableError,
    ConfigurationError,
    StoreLockedError,
    StoreReadOnlyError,
)
from graph.backends.embedded.ddl import LayoutOutdatedError
from graph.backends.embedded.errors import StoreCorruptError
from graph.backends.embedded.repository import EmbeddedRepository, open_repository
from graph.backends.embedded.store import ASIDE
from graph.registry import BackendOptions
from graph.schema.model import Attribute, Schema, ValueType, Wording
from tests.graph.backends.embedded.conftest import OPTIONS
from tests.graph.backends.embedded.samples import apply, content, create, update

ROOT = Path(__file__).resolve().parents[4]
READING = BackendOptions(buffer_pool_mb=128, read_only=True)

HEAD = """
import sys
from core.errors import JumeauError
from graph.backends.embedded.repository import open_repository
from graph.model import GraphDelta
from graph.registry import BackendOptions
from graph.schema.load import load_schema
from tests.graph.backends.embedded.samples import create, link

schema = load_schema("it_estate")
path = sys.argv[1]
try:
    store = open_repository("embedded:" + path, schema, BackendOptions(buffer_pool_mb=512))
except JumeauError as error:
    print(error)
    sys.exit(7)
"""
BULK = """
nodes = [create(f"r{i}", "Rack", name=f"rack {i}") for i in range(5000)] + [create("d", "DataCenter", name="d")]
edges = [link(f"e{i}", "LOCATED_IN", f"r{i}", "Rack", "d", "DataCenter") for i in range(5000)]
store.apply(GraphDelta(3, 12_003, nodes, edges))
"""
SMALL = """
store.apply(GraphDelta(3, 3, [create("t2", "Team", name="second")]))
"""


def child(body: str, path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Another process on the same store."""
    return subprocess.run(
        [sys.executable, "-c", HEAD + body, str(path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


def test_a_second_process_is_told_that_the_store_is_open_elsewhere(repository: EmbeddedRepository, path: Path) -> None:
    done = child("", path)
    assert done.returncode == 7
    assert done.stdout.startswith("[STORE_LOCKED]")
    assert f"process {os.getpid()}" in done.stdout
    assert "Could not set lock" not in done.stdout


def test_the_same_process_cannot_open_a_store_twice(repository: EmbeddedRepository, path: Path, schema: Schema) -> None:
    for options in (OPTIONS, READING):
        with pytest.raises(StoreLockedError):
            open_repository(f"embedded:{path}", schema, options)


def test_several_may_read_and_none_may_write(repository: EmbeddedRepository, path: Path, schema: Schema) -> None:
    apply(repository, nodes=[create("t", "Team", name="x")])
    expected = content(repository)
    repository.close()
    readers = [open_repository(f"embedded:{path}", schema, READING) for _ in range(2)]
    assert [content(reader) for reader in readers] == [expected, expected]
    with pytest.raises(StoreReadOnlyError):
        apply(readers[0], nodes=[update("t", "Team", name="y")])
    with pytest.raises(StoreReadOnlyError):
        readers[0].reset()
    with pytest.raises(StoreLockedError):
        open_repository(f"embedded:{path}", schema, OPTIONS)
    for reader in readers:
        reader.close()


def test_reading_what_is_not_there_is_refused(tmp_path: Path, schema: Schema) -> None:
    with pytest.raises(BackendUnavailableError):
        open_repository(f"embedded:{tmp_path / 'absent'}", schema, READING)


def test_a_url_without_path_is_refused(schema: Schema) -> None:
    with pytest.raises(ConfigurationError):
        open_repository("embedded:", schema, OPTIONS)


def test_a_closed_store_answers_with_an_error_of_ours(repository: EmbeddedRepository) -> None:
    repository.close()
    with pytest.raises(BackendUnavailableError):
        repository.counts()


def test_a_file_that_is_no_store_is_refused_and_kept(path: Path, schema: Schema) -> None:
    path.write_bytes(b"not a store" * 1000)
    with pytest.raises(StoreCorruptError):
        open_repository(f"embedded:{path}", schema, OPTIONS)
    assert path.read_bytes() == b"not a store" * 1000


def test_a_truncated_store_is_called_damaged(repository: EmbeddedRepository, path: Path, schema: Schema) -> None:
    repository.close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StoreCorruptError, match="graph rebuild"):
        open_repository(f"embedded:{path}", schema, OPTIONS)


def test_a_damaged_store_is_set_aside_for_those_who_rebuild_it(
    repository: EmbeddedRepository, path: Path, schema: Schema
) -> None:
    repository.close()
    damaged = path.read_bytes()[: path.stat().st_size // 2]
    path.write_bytes(damaged)
    again = open_repository(f"embedded:{path}", schema, replace(OPTIONS, set_aside=True))
    assert again.watermark() == 0
    apply(again, nodes=[create("t", "Team", name="x")])
    again.close()
    assert path.with_name(path.name + ASIDE).read_bytes() == damaged


def test_a_store_whose_log_was_cut_off_begins_anew(
    repository: EmbeddedRepository, path: Path, schema: Schema, tmp_path: Path
) -> None:
    apply(repository, nodes=[create("t", "Team", name="x")])
    copy = tmp_path / "copy.lbug"
    repository.copy_to(copy)
    log = copy.with_name(copy.name + ".wal")
    torn = bytearray(log.read_bytes())
    torn[len(torn) // 2 :] = bytes(len(torn) - len(torn) // 2)
    log.write_bytes(torn)
    again = open_repository(f"embedded:{copy}", schema, OPTIONS)
    assert (again.watermark(), dict(again.counts())) == (0, {})
    again.close()


def with_attribute(schema: Schema, kind: str, name: str, of: ValueType) -> Schema:
    """The schema with one more attribute."""
    old = schema.kinds[kind]
    attribute = Attribute(name, of, Wording(name, name))
    kinds = {**schema.kinds, kind: replace(old, attributes={**old.attributes, name: attribute})}
    return Schema(schema.name, schema.version, schema.enums, kinds, schema.relations)


def test_an_attribute_that_the_schema_gained_is_added(
    repository: EmbeddedRepository, path: Path, schema: Schema
) -> None:
    apply(repository, nodes=[create("t", "Team", name="x")])
    repository.close()
    again = open_repository(f"embedded:{path}", with_attribute(schema, "Team", "motto", ValueType.STRING), OPTIONS)
    apply(again, nodes=[update("t", "Team", name="x", motto="go")])
    assert next(iter(again.nodes())).properties == {"id": "t", "name": "x", "motto": "go"}
    again.close()


def test_a_kind_that_moved_to_another_table_asks_for_a_rebuild(
    repository: EmbeddedRepository, path: Path, schema: Schema
) -> None:
    repository.close()
    moved = {**schema.kinds, "Team": replace(schema.kinds["Team"], category="operations")}
    other = Schema(schema.name, schema.version, schema.enums, moved, schema.relations)
    with pytest.raises(LayoutOutdatedError, match="graph rebuild"):
        open_repository(f"embedded:{path}", other, OPTIONS)
    open_repository(f"embedded:{path}", other, replace(OPTIONS, set_aside=True)).close()
    open_repository(f"embedded:{path}", other, OPTIONS).close()


@pytest.mark.faults
@pytest.mark.parametrize(
    ("body", "moment", "applied"),
    [
        pytest.param(SMALL, "embedded.commit.before", False, id="before the commit"),
        pytest.param(SMALL, "embedded.commit.after", True, id="after the commit"),
        pytest.param(BULK, "embedded.commit.before", False, id="bulk, before the commit"),
        pytest.param(BULK, "embedded.copied", True, id="bulk, between data and watermark"),
        pytest.param(BULK, "embedded.commit.after", True, id="bulk, after the watermark"),
    ],
)
def test_a_process_killed_while_it_applies_leaves_a_delta_whole_or_absent(
    repository: EmbeddedRepository, path: Path, schema: Schema, tmp_path: Path, body: str, moment: str, applied: bool
) -> None:
    apply(repository, nodes=[create("t", "Team", name="x")], events=2)
    before = content(repository)
    repository.close()
    hits = tmp_path / "hits"
    done = child(body, path, JUMEAU_FAILPOINT=f"{moment}:1", JUMEAU_FAILPOINT_LOG=str(hits))
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    assert hits.read_text().split() == [moment]
    again = open_repository(f"embedded:{path}", schema, OPTIONS)
    if applied:
        assert again.watermark() == (3 if body == SMALL else 12_003)
        assert len(content(again)[0]) == (2 if body == SMALL else 5_002)
    else:
        assert again.watermark() == 2
        assert content(again) == before
    again.close()
    if not applied:
        assert child(body + "store.close()", path).returncode == 0
        repaired = open_repository(f"embedded:{path}", schema, OPTIONS)
        assert len(content(repaired)[0]) == (2 if body == SMALL else 5_002)
        repaired.close()


FILL = """
import os
from core.errors import DiskFullError
rows, at, folder = int(sys.argv[2]), 0, os.path.dirname(path)
def batch(at):
    return GraphDelta(at + 1, at + rows, [create(f"{at}-{i}", "Rack", name="r" * 200 + str(i)) for i in range(rows)])
try:
    while True:
        store.apply(batch(at))
        at += rows
except DiskFullError as error:
    assert error.hint and "free space" in error.hint
assert at > 0 and store.watermark() == at
os.remove(folder + "/ballast")
store.close()
store = open_repository("embedded:" + path, schema, BackendOptions(buffer_pool_mb=512))
at = store.watermark()
assert sum(1 for _ in store.nodes()) == at
store.apply(batch(at))
assert store.counts() == {"Rack": at + rows}
store.close()
print("repaired")
"""


def can_mount() -> bool:
    if shutil.which("unshare") is None or os.geteuid() != 0:
        return False
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


MOUNTS = pytest.mark.skipif(not can_mount(), reason="nothing can be mounted here (needs root and unshare)")


def mounted(mount: str, script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a mount namespace of its own, after `mount`."""
    command = f"{mount} && exec {sys.executable} {script} {' '.join(arguments)}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["unshare", "-m", "bash", "-c", command], capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120
    )


@MOUNTS
@pytest.mark.faults
@pytest.mark.parametrize("rows", [500, 5_000], ids=["small deltas", "bulk deltas"])
def test_a_full_disk_stops_with_a_clear_error_and_the_next_opening_repairs(tmp_path: Path, rows: int) -> None:
    disk, script = tmp_path / "disk", tmp_path / "fill.py"
    disk.mkdir()
    script.write_text(HEAD + FILL)
    mount = f"mount -t tmpfs -o size=24m tmpfs {disk} && head -c 8000000 /dev/zero > {disk}/ballast"
    done = mounted(mount, script, str(disk / "twin.lbug"), str(rows))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "repaired"


@MOUNTS
@pytest.mark.faults
def test_a_directory_that_cannot_be_written_is_named_and_its_store_can_still_be_read(
    repository: EmbeddedRepository, path: Path, tmp_path: Path
) -> None:
    apply(repository, nodes=[create("t", "Team", name="x")])
    repository.close()
    script = tmp_path.parent / "read_only.py"
    script.write_text(
        HEAD.replace(
            "sys.exit(7)", 'store = open_repository("embedded:" + path, schema, BackendOptions(read_only=True))'
        )
        + "print(store.counts())"
    )
    done = mounted(f"mount --bind {tmp_path} {tmp_path} && mount -o remount,ro,bind {tmp_path}", script, str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("[STORE_READ_ONLY]")
    assert done.stdout.splitlines()[-1] == "{'Team': 1}"
