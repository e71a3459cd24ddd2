"""Where a source's API is, and by which variables it is entered, comes from the command, the settings or the connector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import JumeauError
from core.settings import ConnectionSettings, Settings, load_settings
from ingest.connectors.registry import CONNECTORS, address_of, credentials_of
from services.connections import fetch_source, is_address
from tests.ingest.connectors.doubles.netbox import NetBoxDouble
from tests.ingest.connectors.doubles.server import HERE

NOTHING = ConnectionSettings.model_validate({})


@pytest.fixture
def double() -> Iterator[NetBoxDouble]:
    double = NetBoxDouble()
    double.secret = "t0ken"
    double.tables = {"dcim/sites": [{"id": 1, "name": "Paris", "slug": "paris", "custom_fields": {}}]}
    with double.serving():
        yield double


def settings(home: Path, **netbox: object) -> Settings:
    return load_settings(home=home, allowed_networks=HERE, connections={"netbox": netbox})


def test_the_address_and_the_names_of_secrets_may_stand_in_the_settings(
    double: NetBoxDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_TOKEN", "t0ken")
    fetched = fetch_source(settings(tmp_path, url=double.url, token_env="OUR_TOKEN", tables=["dcim.site"]), "netbox")
    assert {request.path for request in double.requests} == {"/api/dcim/sites/"}
    assert fetched.path.is_relative_to(tmp_path / "fetched" / "netbox")
    assert fetched.fetched.manifest.shortfalls == ("only some of the source's tables were asked for",)


def test_a_source_on_a_private_network_is_asked_where_a_setting_lists_it_and_the_refusal_names_the_setting(
    double: NetBoxDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETBOX_TOKEN", "t0ken")
    for allowed in ((), ("10.0.0.0/8",)):
        unlisted = load_settings(home=tmp_path, allowed_networks=allowed, connections={"netbox": {"url": double.url}})
        with pytest.raises(JumeauError) as refused:
            fetch_source(unlisted, "netbox")
        assert refused.value.code == "ADDRESS_REFUSED"
        assert "JUMEAU_ALLOWED_NETWORKS" in (refused.value.hint or "")
        assert double.requests == []
    fetch_source(settings(tmp_path, url=double.url, tables=["dcim.site"]), "netbox")
    assert double.requests


@pytest.mark.parametrize(
    ("source", "url", "code"),
    [
        pytest.param("netbox", "http://netbox.example", "INSECURE_URL", id="http beyond this machine"),
        pytest.param("netbox", "https://me:pa55@netbox.example", "INSECURE_URL", id="a secret in the address"),
        pytest.param("netbox", "ftp://netbox.example", "INSECURE_URL", id="no web address"),
        pytest.param("csv", "https://x.example", "UNKNOWN_CONNECTOR", id="a source without an API"),
        pytest.param("netbox", None, "UNKNOWN_CONNECTOR", id="no address"),
    ],
)
def test_a_wrong_address_is_refused_in_plain_words(
    source: str, url: str | None, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETBOX_TOKEN", "t0ken")
    with pytest.raises(JumeauError) as refused:
        fetch_source(settings(tmp_path), source, url)
    assert refused.value.code == code
    assert refused.value.hint
    assert "pa55" not in str(refused.value)


def test_an_api_that_needs_credentials_names_the_variables(tmp_path: Path) -> None:
    with pytest.raises(JumeauError) as refused:
        credentials_of("netbox", NOTHING, {})
    assert refused.value.code == "MISSING_SECRET"
    assert "NETBOX_TOKEN" in (refused.value.hint or "")


def test_a_token_comes_before_a_user_with_a_password() -> None:
    known = {"SERVICENOW_USER": "me", "SERVICENOW_PASSWORD": "pw"}
    assert credentials_of("servicenow_cmdb", NOTHING, known).header(known) == "Basic bWU6cHc="
    known["SERVICENOW_TOKEN"] = "t"
    assert credentials_of("servicenow_cmdb", NOTHING, known).header(known) == "Bearer t"


def test_public_feeds_are_found_without_an_address_or_a_secret() -> None:
    for source in ("endoflife", "epss", "kev"):
        assert address_of(source, NOTHING, None) == CONNECTORS[source].url
        assert credentials_of(source, NOTHING, {}).header({}) is None


def test_the_address_of_the_command_wins() -> None:
    given = ConnectionSettings.model_validate({"url": "https://set.example"})
    assert address_of("netbox", given, "https://told.example") == "https://told.example"
    assert address_of("netbox", given, None) == "https://set.example"


def test_a_secret_cannot_stand_in_the_settings() -> None:
    with pytest.raises(JumeauError) as refused:
        load_settings(connections={"netbox": {"token": "s3cret"}})
    assert refused.value.code == "CONFIGURATION"


def test_paths_are_no_addresses() -> None:
    assert [is_address(text) for text in ("https://x", "HTTP://x", "export/", "./https:/x")] == [
        True,
        True,
        False,
        False,
    ]
