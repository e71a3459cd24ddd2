"""`jumeau graph rebuild` repairs a store that cannot even be opened."""

from __future__ import annotations

from pathlib import Path

from core.settings import load_settings
from services.ingestion import ingest
from services.maintenance import rebuild, verify_backends


def test_a_store_cut_short_is_rebuilt_from_the_ledger_and_equal_to_it(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", now="2025-01-01")
    export = tmp_path / "export"
    export.mkdir()
    (export / "Site.csv").write_text("key,name,city\nS1,Site one,Paris\nS2,Site two,Lyon\n", encoding="utf-8")
    loaded = ingest(settings, "csv", export)
    store = settings.home / "twin.lbug"
    store.write_bytes(store.read_bytes()[:5000])
    assert rebuild(settings, settings.backend_url) == loaded.sequence
    report = verify_backends(settings, [settings.backend_url])
    assert report.equal
    assert report.backends[0].counts["Site"] == 2
