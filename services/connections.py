"""Fetch a source from its API into the twin's home, so that a load finds it there as an export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.clock import SystemClock
from core.outbound import AddressGuard, networks
from core.settings import ConnectionSettings, Settings
from ingest.connectors.fetch import Fetched, fetch
from ingest.connectors.registry import address_of, connector_for, credentials_of
from ingest.connectors.spool import Spool
from ingest.connectors.transport import Limits, Transport

FETCHED = "fetched"


@dataclass(frozen=True, slots=True)
class FetchedSource:
    """A fetch that is ready to be loaded from `path`. `note_loaded` lets the next delta start from it."""

    fetched: Fetched
    spool: Spool

    @property
    def path(self) -> Path:
        return self.fetched.folder

    def note_loaded(self) -> None:
        """Say that the fetch was loaded."""
        self.spool.mark_loaded(self.fetched.manifest)


def is_address(location: str) -> bool:
    """Whether a location is a web address rather than a path."""
    return location.lower().startswith(("https://", "http://"))


def fetch_source(
    settings: Settings,
    source: str,
    url: str | None = None,
    *,
    delta: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> FetchedSource:
    """Fetch everything, or with `delta` what changed since the last fetch that was loaded. Raises IngestError, AddressRefusedError.

    A fetch that was stopped is taken up where it stopped.
    """
    given = settings.connections.get(source, ConnectionSettings())  # type: ignore[call-arg]
    address = address_of(source, given, url)
    connector = connector_for(source).make(given, address.rstrip("/"))
    spool = Spool(settings.home / FETCHED / source)
    limits = Limits(silence_s=given.silence_s, answer_s=given.answer_s)
    guard = AddressGuard(networks(settings.allowed_networks))
    with Transport(
        address, credentials_of(source, given), limits=limits, ca_file=given.ca_file, guard=guard
    ) as transport:
        return FetchedSource(fetch(connector, transport, spool, SystemClock(), delta=delta, progress=progress), spool)
