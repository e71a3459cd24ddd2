"""Where an estate comes from, and that gold queries run on it as it is at one moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.evaluation.estate import NOW, GoldQueries, open_estate
from core.errors import JumeauError, UsageError
from core.settings import load_settings
from ingest.estate_generator import generate_estate
from services.ingestion import ingest

COUNT = "MATCH (s:Server) RETURN count(s) AS servers"
PAST = "MATCH (s:Server) WHERE s.last_restart > datetime() RETURN count(s) AS servers"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    generate_estate(folder, servers=60, seed=3, as_of=NOW.date())
    return folder


def test_an_export_is_loaded_and_leaves_nothing_behind(export: Path) -> None:
    with open_estate(export) as twin:
        home = twin.settings.home
        golds = GoldQueries(twin)
        assert golds(COUNT) == [(60,)]
        assert golds(PAST) == [(0,)]
        assert golds(COUNT) is golds(COUNT)
        with pytest.raises(JumeauError):
            golds("MATCH (s:Server) DELETE s")
    assert not home.exists()


def test_a_home_is_opened_as_it_is(export: Path, tmp_path: Path) -> None:
    ingest(load_settings(home=tmp_path, backend="networkx", now=NOW.isoformat()), "csv", export)
    before = (tmp_path / "ledger.db").read_bytes()
    with open_estate(tmp_path) as twin:
        assert twin.settings.home == tmp_path
        assert twin.ledger.sequence() > 0
    assert (tmp_path / "ledger.db").read_bytes() == before


def test_anything_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither"), open_estate(tmp_path):
        pass
