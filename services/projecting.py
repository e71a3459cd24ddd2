"""Bring the graph up to the ledger after a command wrote to it: here, or in the server that has the store open."""

from __future__ import annotations

from core.settings import Settings
from services.rendezvous import running_server
from services.twin import open_twin


def project(settings: Settings) -> None:
    """Apply what the backend has not seen; `networkx` lives in memory only, and is projected when it is opened."""
    server = running_server(settings.home)
    if server is not None:
        server.post("/api/graph/catch-up")
    elif settings.backend_url != "networkx":
        with open_twin(settings, catch_up=False) as twin:
            twin.catch_up()
