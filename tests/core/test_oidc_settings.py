"""Settings of a provider: what would not be safe is no setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import ConfigurationError
from core.oidc_settings import OidcSettings
from core.settings import load_settings

GIVEN: dict[str, Any] = {
    "issuer": "https://login.example/realms/bank",
    "client_id": "twin",
    "redirect_uri": "https://twin.example/api/oidc/callback",
}


def test_three_settings_are_enough() -> None:
    settings = OidcSettings(**GIVEN)
    assert settings.algorithms == ("RS256", "PS256", "ES256")
    assert settings.api_audience is None


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:1"])
def test_http_is_for_this_machine(host: str) -> None:
    assert OidcSettings(**GIVEN | {"issuer": f"http://{host}"}).issuer == f"http://{host}"


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"issuer": "http://login.example"}, "in the clear"),
        ({"issuer": "http://127.0.0.1.login.example"}, "in the clear"),
        ({"issuer": "http://127.0.0.1@login.example"}, "no user"),
        ({"issuer": "ftp://login.example"}, "no address"),
        ({"issuer": "https://login.example?x=1"}, "no address"),
        ({"issuer": "login.example"}, "no address"),
        ({"redirect_uri": "http://twin.example/api/oidc/callback"}, "in the clear"),
        ({"redirect_uri": "https://twin.example/elsewhere"}, "/api/oidc/callback"),
        ({"algorithms": ["none"]}, "Input should be"),
        ({"algorithms": ["HS256"]}, "Input should be"),
        ({"algorithms": ["RS256", "HS512"]}, "Input should be"),
        ({"algorithms": []}, "at least 1"),
        ({"scopes": ["profile"]}, "openid"),
        ({"api_audience": "twin"}, "id tokens could pass"),
        ({"perimeters": {"a": ["B"]}}, "perimeters_claim"),
        ({"perimeters_by_name": True}, "perimeters_claim"),
        ({"whole_estate": ["a"]}, "perimeters_claim"),
        ({"clock_skew_s": 301}, "less than or equal to 300"),
        ({"client_secret": "x"}, "Extra inputs"),
        ({"client_id": ""}, "at least 1"),
    ],
    ids=str,
)
def test_what_is_not_safe_is_refused(changes: dict[str, Any], seen: str) -> None:
    with pytest.raises(ValidationError, match=seen):
        OidcSettings(**GIVEN | changes)


def test_it_is_read_from_the_file_and_a_mistake_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["[oidc]", *(f'{name} = "{value}"' for name, value in GIVEN.items())]
    lines += ['roles_claim = "groups"', "[oidc.roles]", '"it-operators" = ["operator"]']
    Path("jumeau.toml").write_text("\n".join(lines), encoding="utf-8")
    read = load_settings().oidc
    assert read is not None
    assert read.roles == {"it-operators": ("operator",)}
    Path("jumeau.toml").write_text("\n".join(lines).replace("https://login", "http://login"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="oidc_issuer"):
        load_settings()
