"""Settings come from options, then the environment, then jumeau.toml, then defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.settings import load_settings


def test_an_option_wins_over_the_environment_and_the_environment_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jumeau.toml").write_text('port = 1111\nactor = "file"\nrow_cap = 7\n')
    monkeypatch.setenv("JUMEAU_PORT", "2222")
    monkeypatch.setenv("JUMEAU_ACTOR", "environment")
    settings = load_settings(port=3333)
    assert (settings.port, settings.actor, settings.row_cap) == (3333, "environment", 7)


def test_the_ledger_and_the_embedded_store_lie_in_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUMEAU_HOME", str(tmp_path / "twin"))
    settings = load_settings()
    assert settings.ledger_url == f"sqlite:///{tmp_path / 'twin' / 'ledger.db'}"
    assert settings.backend_url.startswith(f"embedded:{tmp_path / 'twin'}")


def test_a_wrong_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUMEAU_PORT", "ninety")
    with pytest.raises(ConfigurationError, match="port"):
        load_settings()


def test_an_unknown_setting_in_the_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jumeau.toml").write_text("prot = 1\n")
    with pytest.raises(ConfigurationError, match="prot"):
        load_settings()
