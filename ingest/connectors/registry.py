"""The connectors by source: how each is made, where it is found by default, and which variables hold its secrets by default."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from core.settings import ConnectionSettings
from graph.schema.fields import did_you_mean
from ingest.connectors import backstage, netbox, servicenow
from ingest.connectors.contract import Connector, Download
from ingest.connectors.credentials import Credentials
from ingest.connectors.endoflife import EndOfLife
from ingest.connectors.errors import MissingSecretError, UnknownConnectorError
from ingest.connectors.kev import KnownExploited
from ingest.connectors.prometheus import Prometheus

_EPSS_FILE = "epss_scores-current.csv.gz"


@dataclass(frozen=True, slots=True)
class ConnectorEntry:
    """One source with an API. `url` is where a public feed is; `variables` is the prefix of its default variables.

    `required`: the API answers nobody without credentials.
    """

    make: Callable[[ConnectionSettings, str], Connector | Download]
    url: str | None = None
    variables: str | None = None
    scheme: str = "Bearer"
    required: bool = False


def _servicenow(given: ConnectionSettings, _url: str) -> Connector:
    tables = _selected(given, servicenow.TABLES)
    return servicenow.ServiceNow(given.page_records or servicenow.ServiceNow().page_records, tables)


def _netbox(given: ConnectionSettings, _url: str) -> Connector:
    tables = _selected(given, netbox.ENDPOINTS)
    return netbox.NetBox(given.page_records or netbox.NetBox().page_records, tables)


def _backstage(given: ConnectionSettings, _url: str) -> Connector:
    return backstage.Backstage(given.page_records or backstage.Backstage().page_records)


def _epss(_given: ConnectionSettings, url: str) -> Download:
    return Download("epss", {_EPSS_FILE: url if url.endswith((".csv", ".gz")) else f"{url}/{_EPSS_FILE}"})


def _cve(_given: ConnectionSettings, url: str) -> Download:
    return Download("cve", {urlsplit(url).path.rpartition("/")[2] or "records.json": url})


def _prometheus(given: ConnectionSettings, _url: str) -> Connector:
    if not given.queries:
        hint = "name them under [connections.prometheus.queries.NAME] with `query`"
        raise UnknownConnectorError(
            "no query is set up for prometheus", where="connections.prometheus.queries", hint=hint
        )
    return Prometheus(given.queries)


CONNECTORS: Mapping[str, ConnectorEntry] = MappingProxyType(
    {
        "backstage": ConnectorEntry(_backstage, variables="BACKSTAGE"),
        "cve": ConnectorEntry(_cve),
        "endoflife": ConnectorEntry(lambda _given, _url: EndOfLife(), url="https://endoflife.date"),
        "epss": ConnectorEntry(_epss, url="https://epss.empiricalsecurity.com"),
        "kev": ConnectorEntry(lambda _given, _url: KnownExploited(), url="https://www.cisa.gov"),
        "netbox": ConnectorEntry(_netbox, variables="NETBOX", scheme="Token", required=True),
        "prometheus": ConnectorEntry(_prometheus, variables="PROMETHEUS"),
        "servicenow_cmdb": ConnectorEntry(_servicenow, variables="SERVICENOW", required=True),
    }
)


def connector_for(source: str) -> ConnectorEntry:
    """The entry of a source. Raises UnknownConnectorError."""
    entry = CONNECTORS.get(source)
    if entry is None:
        seen = f"the source {source!r} is not fetched from an API"
        raise UnknownConnectorError(seen, hint=did_you_mean(source, CONNECTORS))
    return entry


def address_of(source: str, given: ConnectionSettings, url: str | None) -> str:
    """Where the source is fetched from: what the command says, the setting, or the public feed. Raises UnknownConnectorError."""
    address = url or given.url or connector_for(source).url
    if address is None:
        hint = f"give its address: jumeau ingest https://... --source {source}, or `url` under [connections.{source}]"
        raise UnknownConnectorError(f"nothing says where {source!r} is", hint=hint)
    return address


def credentials_of(source: str, given: ConnectionSettings, environment: Mapping[str, str] | None = None) -> Credentials:
    """The variables that hold the secrets: those that are set up, else PREFIX_TOKEN, else PREFIX_USER with PREFIX_PASSWORD.

    Raises MissingSecretError where the API needs one and no variable is set.
    """
    known = os.environ if environment is None else environment
    entry = connector_for(source)
    scheme = given.token_scheme or entry.scheme
    if given.token_env or given.user_env or given.password_env:
        return Credentials(given.token_env, given.user_env, given.password_env, scheme)
    prefix = entry.variables
    if prefix is None:
        return Credentials()
    token, user, password = (f"{prefix}_{name}" for name in ("TOKEN", "USER", "PASSWORD"))
    if known.get(token):
        return Credentials(token_env=token, scheme=scheme)
    if known.get(user):
        return Credentials(user_env=user, password_env=password)
    if entry.required:
        hint = f"export {token}=..., or {user} and {password}, or name others under [connections.{source}]"
        raise MissingSecretError(f"neither {token} nor {user} is set", where=token, hint=hint)
    return Credentials()


def _selected(given: ConnectionSettings, known: Mapping[str, str]) -> tuple[str, ...]:
    """The tables that are set up, in the connector's order; all where none is named."""
    unknown = [name for name in given.tables if name not in known]
    if unknown:
        hint = did_you_mean(unknown[0], known)
        raise UnknownConnectorError(f"there is no table {unknown[0]!r}", where="connections.*.tables", hint=hint)
    return tuple(name for name in known if not given.tables or name in given.tables)
