"""A twin exported and imported: equal checksums on each backend, loads go on as before; broken archives are refused."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import orjson
import pytest

from core.settings import Settings, load_settings
from graph.registry import open_backend
from graph.schema.load import load_schema
from ingest.estate_generator import generate_estate
from migrations.archive import ArchiveError
from services.archive import export_twin, import_twin
from services.ingestion import ingest
from services.maintenance import verify_backends
from services.twin import backend_options, open_ledger
from tests.neo4j_server import Neo4jServer


def settings_of(home: Path, backend: str = "networkx", **more: object) -> Settings:
    return load_settings(home=home, backend=backend, now="2025-01-01", **more)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("estate")
    generate_estate(folder, servers=60, seed=3, as_of=date(2025, 1, 1))
    return folder


@pytest.fixture(scope="module")
def archive(estate: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    ingest(settings_of(home), "csv", estate)
    export_twin(settings_of(home), home / "twin.jsonl.gz")
    return home / "twin.jsonl.gz"


def head_of(archive: Path) -> dict[str, object]:
    with gzip.open(archive) as file:
        head: dict[str, object] = orjson.loads(next(iter(file)))
    return head


@pytest.mark.parametrize("backend", ["networkx", "embedded", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def test_an_imported_twin_has_the_checksum_of_the_exported_one(
    backend: str, archive: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    more: dict[str, object] = {}
    if backend == "neo4j":
        server: Neo4jServer = request.getfixturevalue("neo4j_server")
        backend, more = server.url, {"neo4j_user": server.user, "neo4j_password": server.password}
        empty_backend(settings_of(tmp_path / "home", backend, **more))
    settings = settings_of(tmp_path / "home", backend, **more)
    report = import_twin(settings, archive)
    assert report.checksum == head_of(archive)["checksum"]
    verification = verify_backends(settings, [settings.backend_url])
    assert verification.equal
    assert verification.backends[0].checksum == verification.checksum
    export_twin(settings, tmp_path / "again.jsonl.gz")
    assert head_of(tmp_path / "again.jsonl.gz") == head_of(archive)


def empty_backend(settings: Settings) -> None:
    repository = open_backend(settings.backend_url, load_schema("it_estate"), backend_options(settings))
    repository.reset()
    repository.close()


def test_a_load_after_the_import_finds_what_it_knows(archive: Path, estate: Path, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "home")
    before = import_twin(settings, archive)
    report = ingest(settings, "csv", estate).report
    assert (report.counters["created"], report.counters["updated"], report.counters["rejected"]) == (0, 0, 0)
    assert export_twin(settings, tmp_path / "again.jsonl.gz").checksum == before.checksum


def test_a_twin_that_holds_something_is_not_imported_into(archive: Path, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "home")
    import_twin(settings, archive)
    with pytest.raises(ArchiveError, match="something is in this twin already"):
        import_twin(settings, archive)


def broken(archive: Path, path: Path, how: str) -> Path:
    lines = gzip.decompress(archive.read_bytes()).splitlines(keepends=True)
    if how == "cut":
        lines = lines[:-3]
    elif how == "changed":
        at = next(n for n, line in enumerate(lines) if b'"k":"Team"' in line and b'"p"' in line)
        content = orjson.loads(lines[at])
        content["p"]["name"] = "somebody else"
        lines[at] = orjson.dumps(content) + b"\n"
    elif how == "kind":
        lines[1] = lines[1].replace(b'"k":"', b'"k":"Nothing')
    elif how == "text":
        lines[2] = b"not json\n"
    elif how == "pack":
        lines[0] = lines[0].replace(b"it_estate", b"other")
    with gzip.open(path, "wb") as file:
        file.writelines(lines)
    if how == "bytes":
        path.write_bytes(path.read_bytes()[:-200])
    return path


@pytest.mark.parametrize(
    ("how", "seen", "written"),
    [
        ("cut", "its head says", False),
        ("changed", "the archive says", True),
        ("kind", "the schema has no Nothing", False),
        ("text", "no line of an archive", False),
        ("pack", "is of the pack 'other'", False),
        ("bytes", "cannot be read", False),
    ],
)
def test_a_broken_archive_is_refused_before_anything_is_written_where_it_shows(
    how: str, seen: str, written: bool, archive: Path, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path / "home")
    with pytest.raises(ArchiveError, match=seen):
        import_twin(settings, broken(archive, tmp_path / "broken.jsonl.gz", how))
    _, ledger = open_ledger(settings)
    try:
        assert (ledger.sequence() > 0) is written
    finally:
        ledger.close()
