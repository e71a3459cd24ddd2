"""A twin backed up and restored is the same twin: every row, every checksum, on each database and backend."""

from __future__ import annotations

import pkgutil
import shutil
import stat
from importlib import import_module
from itertools import count
from pathlib import Path
from threading import Event, Thread
from time import sleep
from zipfile import ZipFile

import orjson
import pytest
from sqlalchemy import create_engine, inspect, text

import analytics
import api
import cli
import graph
import ingest as ingest_package
import migrations
import services
from core.clock import FrozenClock, clock_for
from core.errors import ConfigurationError, LedgerError, NotFoundError, StoreLockedError
from core.ids import uuid_of
from core.settings import Settings
from graph.history import tables
from graph.history.events import Event as Change
from graph.history.ledger import Ledger
from graph.model import Operation
from graph.schema.model import Schema
from services.access.accounts import Accounts
from services.backup.contents import TABLES
from services.backup.create import create_backup, verify_backup
from services.backup.errors import BackupError, HomeNotEmptyError
from services.backup.restore import restore_backup
from services.ingestion import ingest
from services.maintenance import verify_backends
from services.persons import accesses, erase, reveal
from services.twin import open_twin
from tests.conftest import ROOT
from tests.ingest.twin import write_files
from tests.services.access.conftest import CHEAP, PASSWORD
from tests.services.backup.twins import EXPORT, everything, lived_in, opened, settings_of

FILLED = {"event", "tombstone", "identity", "branch", "branch_event", "sighting", "row_digest", "held_row"} | {
    "head",
    "head_late",
    "head_recent",
    "personal_secret",
    "subject",
    "subject_access",
    "account",
    "access_token",
}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("original")
    return lived_in(settings_of(folder / "home"), folder)


@pytest.fixture(scope="module")
def backup(original: Settings) -> Path:
    path = original.home.parent / "twin.backup"
    create_backup(original, path)
    return path


def test_every_table_of_the_project_goes_into_a_backup() -> None:
    for package in (graph, analytics, ingest_package, migrations, services, api, cli):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            import_module(module.name)
    assert set(tables.metadata.tables) == set(TABLES), "add it to services/backup/contents.py"


def test_the_twin_of_these_tests_has_something_in_every_room(original: Settings) -> None:
    held = everything(original.ledger_url)
    assert {name for name in FILLED if not held[name]} == set()


@pytest.mark.parametrize("backend", ["networkx", "embedded"])
def test_a_restored_twin_is_the_same_row_by_row_and_its_graph_has_the_same_checksum(
    backend: str, original: Settings, backup: Path, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path / "restored", backend)
    done = restore_backup(settings, backup)
    assert everything(settings.ledger_url) == everything(original.ledger_url)
    verification = verify_backends(settings, [settings.backend_url])
    assert verification.equal
    expected = verify_backends(original, ["networkx"])
    assert verification.backends[0].checksum == done.checksum == expected.checksum
    assert (done.manifest.sequence, done.moved_to) == (expected.sequence, None)
    names = {path.name for path in settings.home.iterdir()}
    assert not [name for name in names if name.startswith(".")]
    assert {"ledger.db"} <= names <= {"ledger.db", "twin.lbug", "twin.lbug.lock"}


def test_people_sign_in_persons_are_revealed_and_loads_go_on_in_a_restored_twin(backup: Path, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "restored", "embedded")
    restore_backup(settings, backup)
    ledger = opened(settings)
    assert Accounts(ledger, clock_for(settings.now), CHEAP).sign_in("ana", PASSWORD).name == "ana"
    ledger.close()
    (noted,) = accesses(settings)
    assert reveal(settings, noted.pseudonym, "after the restore").startswith("Someone")
    assert [access.reason for access in accesses(settings)] == ["the test asks", "after the restore"]
    again = ingest(settings, "csv", write_files(tmp_path / "export", EXPORT)).report
    assert again.counters["created"] == 2, "the rack and its place, which the last load before the backup retired"
    with open_twin(settings, catch_up=False) as twin:
        assert twin.repository.watermark() == twin.ledger.sequence()


def test_a_backup_of_the_same_ledger_is_the_same_but_for_its_moment(
    original: Settings, backup: Path, tmp_path: Path
) -> None:
    assert create_backup(original, tmp_path / "again.backup") == verify_backup(backup)


def test_only_its_owner_may_read_a_backup_and_the_ledger_that_comes_of_it(backup: Path, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "restored")
    restore_backup(settings, backup)
    for path in (backup, settings.home / "ledger.db"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_backup_tells_where_the_secret_of_the_pseudonyms_is(backup: Path, tmp_path: Path) -> None:
    assert verify_backup(backup).personal_secret == "inside"
    given = settings_of(tmp_path / "given", personal_secret="a secret of the environment")
    ingest(given, "csv", write_files(tmp_path / "export", EXPORT))
    assert create_backup(given, tmp_path / "given.backup").personal_secret == "environment"
    assert b"a secret of the environment" not in b"".join(everything(given.ledger_url)["personal_secret"])


def test_what_an_erasure_destroyed_is_not_in_a_later_backup(backup: Path, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "restored")
    restore_backup(settings, backup)
    (noted,) = accesses(settings)
    row = next(line for line in everything(settings.ledger_url)["subject"] if noted.pseudonym.encode() in line)
    sealed = orjson.loads(row)[1]
    erase(settings, noted.pseudonym, "request 1")
    create_backup(settings, tmp_path / "later.backup")
    with ZipFile(tmp_path / "later.backup") as archive:
        assert sealed.encode() not in archive.read("tables/subject.jsonl")


def test_a_file_that_is_there_is_not_written_over(original: Settings, backup: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(BackupError, match="there already"):
        create_backup(original, backup)
    assert backup.read_bytes() == before


def test_no_backup_is_taken_of_a_home_without_a_twin_and_none_is_made_there(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "nobody")
    with pytest.raises(NotFoundError, match="no twin"):
        create_backup(settings, tmp_path / "twin.backup")
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_nobody_knows_is_not_left_out_in_silence(backup: Path, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "restored")
    restore_backup(settings, backup)
    engine = create_engine(settings.ledger_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE of_a_newer_version (id INTEGER PRIMARY KEY)"))
    engine.dispose()
    with pytest.raises(LedgerError, match="of_a_newer_version"):
        create_backup(settings, tmp_path / "again.backup")
    assert not (tmp_path / "again.backup").exists()


def test_a_twin_is_restored_into_an_empty_home_only(backup: Path, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "home", "embedded")
    restore_backup(settings, backup)
    before = everything(settings.ledger_url)
    with pytest.raises(HomeNotEmptyError, match=r"ledger\.db"):
        restore_backup(settings, backup)
    assert everything(settings.ledger_url) == before


def test_a_graph_that_lies_elsewhere_is_emptied_and_filled_again(backup: Path, tmp_path: Path) -> None:
    graph = f"embedded:{tmp_path / 'graph' / 'twin.lbug'}"
    before = settings_of(tmp_path / "before", graph)
    ingest(before, "csv", write_files(tmp_path / "export", {"Team.csv": "key,name\nT1,Network\n"}))
    assert verify_backends(before, [graph]).equal
    done = restore_backup(settings_of(tmp_path / "home", graph), backup)
    restored = verify_backends(settings_of(tmp_path / "home", graph), [graph])
    assert (done.backend, restored.equal) == (graph, True)
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["ledger.db"]


def test_a_replaced_twin_is_kept_whole_beside(backup: Path, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "home", "embedded")
    ingest(settings, "csv", write_files(tmp_path / "export", {"Team.csv": "key,name\nT1,Network\n"}))
    before = everything(settings.ledger_url)
    done = restore_backup(settings, backup, replace=True)
    assert done.moved_to is not None
    old = settings_of(Path(done.moved_to), "embedded")
    assert everything(old.ledger_url) == before
    assert verify_backends(old, [old.backend_url]).equal
    assert verify_backends(settings, [settings.backend_url]).equal
    assert everything(settings.ledger_url) != before
    assert restore_backup(settings, backup, replace=True).moved_to != done.moved_to


def test_a_home_whose_ledger_is_damaged_can_be_replaced(backup: Path, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "home", "embedded")
    settings.home.mkdir()
    (settings.home / "ledger.db").write_bytes(b"no database at all" * 100)
    (settings.home / "ledger.db-wal").write_bytes(b"its log")
    done = restore_backup(settings, backup, replace=True)
    old = Path(done.moved_to or "")
    assert (old / "ledger.db").read_bytes() == b"no database at all" * 100
    assert (old / "ledger.db-wal").read_bytes() == b"its log"
    assert verify_backends(settings, [settings.backend_url]).equal


def test_a_ledger_that_somebody_has_open_is_not_replaced(backup: Path, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "home")
    restore_backup(settings, backup)
    ledger = opened(settings)
    assert ledger.sequence() > 0
    with pytest.raises(StoreLockedError, match="open"):
        restore_backup(settings, backup, replace=True)
    ledger.close()
    assert [path.name for path in settings.home.iterdir()] == ["ledger.db"]
    restore_backup(settings, backup, replace=True)


def write(ledger: Ledger, number: int) -> None:
    """A batch of three events."""
    run = ledger.begin_run("csv", "tester", "x", f"f{number}")
    named = [(uuid_of("backup test", str(number), str(n)), f"rack {number} {n}") for n in range(3)]
    ledger.append(run, [Change(Operation.CREATE, e, False, "Rack", None, {"name": name}) for e, name in named])


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_backup_is_of_one_moment_whatever_is_written_meanwhile(
    database: str, schema: Schema, clock: FrozenClock, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgresql_url") if database == "postgresql" else None
    settings = settings_of(tmp_path / "home", ledger=url)
    ledger = Ledger(settings.ledger_url, schema, clock)
    write(ledger, 0)
    before, written = everything(settings.ledger_url), count(1)

    def meanwhile(_table: str, _rows: int) -> None:
        write(ledger, next(written))

    manifest = create_backup(settings, tmp_path / "twin.backup", meanwhile)
    assert (manifest.sequence, ledger.sequence()) == (3, 3 * next(written))
    ledger.close()
    restored = settings_of(tmp_path / "restored")
    restore_backup(restored, tmp_path / "twin.backup")
    assert everything(restored.ledger_url) == before


def test_a_backup_beside_a_load_holds_whole_batches(schema: Schema, clock: FrozenClock, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "home")
    ledger, stop = Ledger(settings.ledger_url, schema, clock), Event()

    def load() -> None:
        number = 0
        while not stop.is_set():
            write(ledger, number)
            number += 1

    thread = Thread(target=load)
    thread.start()
    try:
        while ledger.sequence() < 30:
            sleep(0.01)
        taken = [create_backup(settings, tmp_path / f"{n}.backup") for n in range(3)]
    finally:
        stop.set()
        thread.join()
    assert ledger.sequence() > taken[-1].sequence > taken[0].sequence
    for number, manifest in enumerate(taken):
        restored = settings_of(tmp_path / f"restored{number}")
        restore_backup(restored, tmp_path / f"{number}.backup")
        copy = opened(restored)
        assert copy.sequence() == manifest.sequence
        assert list(copy.events(1, 10**9)) == list(ledger.events(1, manifest.sequence))
        assert [state.element for state in copy.present()] == [row[0] for row in ledger.surviving(1, manifest.sequence)]
        copy.close()
    ledger.close()


def test_a_twin_moves_between_databases_and_its_counters_go_on(
    original: Settings, backup: Path, postgresql_url: str, tmp_path: Path
) -> None:
    there = settings_of(tmp_path / "there", "embedded", ledger=postgresql_url)
    restore_backup(there, backup)
    assert everything(there.ledger_url) == everything(original.ledger_url)
    assert verify_backends(there, [there.backend_url]).equal
    (noted,) = accesses(there)
    reveal(there, noted.pseudonym, "on the other database")
    assert len(accesses(there)) == 2
    create_backup(there, tmp_path / "there.backup")
    back = settings_of(tmp_path / "back", "embedded")
    restore_backup(back, tmp_path / "there.backup")
    assert everything(back.ledger_url) == everything(there.ledger_url)


def test_on_postgresql_a_replaced_twin_lies_in_a_schema_of_its_own(
    backup: Path, postgresql_url: str, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path / "home", "embedded", ledger=postgresql_url)
    ingest(settings, "csv", write_files(tmp_path / "export", {"Team.csv": "key,name\nT1,Network\n"}))
    before = everything(settings.ledger_url)
    with pytest.raises(HomeNotEmptyError, match="database"):
        restore_backup(settings, backup)
    assert everything(settings.ledger_url) == before
    done = restore_backup(settings, backup, replace=True)
    assert everything(settings.ledger_url) != before
    assert verify_backends(settings, [settings.backend_url]).equal
    engine = create_engine(postgresql_url)
    with engine.connect() as connection:
        assert set(before) <= set(inspect(connection).get_table_names(schema=done.moved_to))
        kept = connection.execute(text(f'SELECT count(*) FROM "{done.moved_to}".event')).scalar_one()
    engine.dispose()
    assert kept == len(before["event"])


def test_a_twin_of_another_pack_is_refused(backup: Path, tmp_path: Path) -> None:
    pack = tmp_path / "other"
    shutil.copytree(ROOT / "graph" / "schema" / "packs" / "it_estate", pack)
    description = (pack / "pack.yml").read_text(encoding="utf-8")
    (pack / "pack.yml").write_text(description.replace("it_estate", "other"), encoding="utf-8")
    with pytest.raises(BackupError, match="of the pack 'it_estate'"):
        restore_backup(settings_of(tmp_path / "home", pack=str(pack)), backup)
    assert not (tmp_path / "home").exists()


def test_a_sqlite_ledger_elsewhere_is_not_restored_to(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="home only"):
        restore_backup(settings_of(tmp_path / "home", ledger=f"sqlite:///{tmp_path / 'elsewhere.db'}"), backup)
    assert [path.name for path in tmp_path.iterdir()] == []
