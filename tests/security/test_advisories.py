"""The lock is held against a database of known vulnerabilities where there is one, and where there is none that is said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from packaging.version import Version

from scripts.advisories.__main__ import main
from scripts.advisories.advisory import Advisory, advisory_of
from scripts.advisories.audit import Accepted, accepted, audit, locked
from scripts.advisories.database import NotAuditedError, read_database
from tests.conftest import ROOT

NOW = datetime(2026, 3, 10, tzinfo=UTC)
SHIPPED = ROOT / "scripts" / "advisories" / "accepted.toml"


def entry(
    *events: tuple[str, str], package: str = "FastAPI", versions: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    """An entry as OSV publishes it."""
    ranges = [{"type": "ECOSYSTEM", "events": [{name: at} for name, at in events]}] if events else []
    affected = {"package": {"ecosystem": "PyPI", "name": package}, "ranges": ranges, "versions": list(versions)}
    told = {"id": "GHSA-1", "aliases": ["CVE-2026-1"], "summary": "It leaks.", "modified": "2026-03-01T00:00:00Z"}
    return {**told, "affected": [affected], **more}


def advisory(content: Mapping[str, Any]) -> Advisory:
    found = advisory_of(content)
    assert found is not None
    return found


def database(folder: Path, *entries: Mapping[str, Any]) -> str:
    path = folder / "all.zip"
    with ZipFile(path, "w") as archive:
        for number, content in enumerate(entries):
            archive.writestr(f"{number}.json", json.dumps(content))
    return str(path)


@pytest.mark.parametrize(
    ("events", "affected", "free"),
    [
        pytest.param([("introduced", "0"), ("fixed", "1.2")], ["0.1", "1.2rc1", "1.1.9"], ["1.2", "1.10"], id="fixed"),
        pytest.param([("introduced", "1.0"), ("last_affected", "1.4")], ["1.0", "1.4"], ["0.9", "1.4.1"], id="last"),
        pytest.param([("introduced", "1.0")], ["1.0", "9"], ["0.9", "1.0rc1"], id="not fixed"),
        pytest.param(
            [("introduced", "2.0"), ("fixed", "2.3"), ("fixed", "1.5"), ("introduced", "0")],
            ["1.4", "2.0", "2.2.9"],
            ["1.5", "1.9", "2.3"],
            id="two stretches in any order",
        ),
        pytest.param([("introduced", "0"), ("fixed", "whenever")], ["1.0", "9"], [], id="an end that is no version"),
    ],
)
def test_a_version_is_within_what_a_range_says(
    events: list[tuple[str, str]], affected: list[str], free: list[str]
) -> None:
    told = advisory(entry(*events))
    assert [version for version in affected if not told.concerns("fastapi", Version(version))] == []
    assert [version for version in free if told.concerns("fastapi", Version(version))] == []


def test_a_version_that_is_listed_counts_however_it_is_written() -> None:
    told = advisory(entry(versions=("1.0", "1.0.0rc1")))
    assert told.concerns("fastapi", Version("1.0.0"))
    assert told.concerns("fastapi", Version("1.0rc1"))
    assert not told.concerns("fastapi", Version("1.0.1"))
    assert not told.concerns("starlette", Version("1.0"))


def test_what_was_withdrawn_or_is_of_another_ecosystem_is_no_advisory() -> None:
    assert advisory_of(entry(("introduced", "0"), withdrawn="2026-03-02T00:00:00Z")) is None
    elsewhere = entry(("introduced", "0"))
    elsewhere["affected"][0]["package"]["ecosystem"] = "npm"
    assert advisory_of(elsewhere) is None


def test_a_package_of_the_lock_is_found_by_any_spelling_of_its_name_with_the_version_that_is_free_of_it() -> None:
    told = advisory(entry(("introduced", "0"), ("fixed", "99"), package="Strawberry_GraphQL"))
    packages = locked(ROOT / "requirements.lock")
    assert len(packages) > 100
    (found,) = audit(packages, [told], [], NOW.date())
    assert (found.package, found.version, found.fixed_in) == ("strawberry-graphql", packages[found.package], "99")
    assert "GHSA-1, CVE-2026-1: It leaks. (fixed in 99)" in str(found)


def test_what_is_accepted_is_let_stand_until_it_lapses() -> None:
    told = advisory(entry(("introduced", "0")))
    let_stand = [Accepted("CVE-2026-1", "fastapi", "is not reached", date(2026, 3, 10))]
    assert audit({"fastapi": "1.0"}, [told], let_stand, date(2026, 3, 10)) == []
    (lapsed,) = audit({"fastapi": "1.0"}, [told], let_stand, date(2026, 3, 11))
    assert "was accepted until 2026-03-10" in str(lapsed)
    (other,) = audit(
        {"starlette": "1.0"}, [advisory(entry(("introduced", "0"), package="starlette"))], let_stand, NOW.date()
    )
    assert other.package == "starlette"


def test_what_is_accepted_has_a_reason_and_an_end(tmp_path: Path) -> None:
    assert accepted(SHIPPED) == [], "say in the changelog what is let stand"
    path = tmp_path / "accepted.toml"
    path.write_text(
        '[[accepted]]\nid = "GHSA-1"\npackage = "fastapi"\nreason = " "\nuntil = 2026-12-31\n', encoding="utf-8"
    )
    with pytest.raises(ValueError, match="GHSA-1 needs id, package, reason and until"):
        accepted(path)


def test_an_archive_and_a_folder_of_entries_are_read(tmp_path: Path) -> None:
    content = entry(("introduced", "0"))
    assert [one.id for one in read_database(database(tmp_path, content), NOW)] == ["GHSA-1"]
    (tmp_path / "pypi").mkdir()
    (tmp_path / "pypi" / "GHSA-1.json").write_text(json.dumps(content), encoding="utf-8")
    assert [one.id for one in read_database(str(tmp_path / "pypi"), NOW)] == ["GHSA-1"]


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        pytest.param(None, "no database", id="none"),
        pytest.param(b"no archive", "no database", id="damaged"),
        pytest.param([], "holds no advisory", id="empty"),
        pytest.param([{"id": "GHSA-1"}], "no database", id="of another form"),
        pytest.param([entry(("introduced", "0"), modified="2026-01-01T00:00:00Z")], "fetch a newer", id="old"),
    ],
)
def test_where_no_audit_can_be_made_that_is_said(content: Any, seen: str, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        database(tmp_path, *content)
    with pytest.raises(NotAuditedError, match=seen):
        read_database(str(path), NOW)


def test_the_command_tells_found_from_clean_from_not_audited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUMEAU_ADVISORIES", raising=False)
    assert main([], NOW) == 2
    assert "NOT AUDITED" in capsys.readouterr().err
    assert main([database(tmp_path, entry(("introduced", "0"), ("fixed", "0.0.1")))], NOW) == 0
    assert "held against 1 advisories: 0 found" in capsys.readouterr().out
    monkeypatch.setenv("JUMEAU_ADVISORIES", database(tmp_path, entry(("introduced", "0"))))
    assert main([], NOW) == 1
    assert "fastapi" in capsys.readouterr().out
