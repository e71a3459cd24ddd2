"""`jumeau serve`: GraphQL, REST and health on one address."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import nullcontext, suppress
from secrets import token_urlsafe
from types import FrameType
from typing import Annotated

import typer

from cli.options import BackendOption
from cli.output import progress_bars, say
from core.addresses import is_loopback
from core.allocator import columns_from_the_system, few_arenas
from core.errors import ConfigurationError
from core.settings import Settings, load_settings
from services.access.doorkeeper import OPEN, Doorkeeper
from services.access.oidc.provider import IdentityProvider
from services.lost_backend import LOST
from services.rendezvous import announce, only_server, running_server, withdraw
from services.telemetry.traces import traces_for
from services.twin import Twin, open_twin


def serve(
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port to listen on; 0 takes a free one.")] = None,
    backend: BackendOption = None,
) -> None:
    """Serve the twin: GraphiQL at /graphql, OpenAPI at /docs, /health. Stop it with Ctrl-C or SIGTERM: requests under way end.

    One process serves an embedded store; several may serve one Neo4j, each with a home of its own.
    """
    few_arenas()
    columns_from_the_system()
    from api.app import create_app  # here and not above: every other command starts half a second sooner
    from api.server import TwinServer

    settings = load_settings(backend=backend, host=host, port=port)
    _check_door(settings)
    signal.signal(signal.SIGTERM, _stop)  # until the server listens: a projection ends where it is, the store is closed
    alone_here = only_server(settings.home) if settings.backend_url.startswith("embedded:") else nullcontext()
    with _listen(settings.host, settings.port) as listener, alone_here:
        address = f"http://{settings.host}:{listener.getsockname()[1]}"
        alone = running_server(settings.home) is None  # two servers on one store are not for asking, but a mistake
        with open_twin(settings, catch_up=False, to_ask=alone) as twin:
            doorkeeper, key = _doorkeeper(settings, twin)
            with progress_bars() as advance, suppress(*LOST) if alone else nullcontext():
                twin.catch_up(lambda done, wanted: advance("project", done, wanted))
            traces = traces_for(settings.traces, os.environ)
            app = create_app(twin, doorkeeper=doorkeeper, traces=traces)
            server = TwinServer(
                app,
                log_level=settings.log_level,
                stop_s=settings.stop_s,
                drain_s=settings.drain_s,
                message_bytes=settings.graphql_body_bytes,
                told=app.state.services.readiness.leave,
                leaving=app.state.services.leave_jobs,
            )
            settings.home.mkdir(parents=True, exist_ok=True)
            announce(settings.home, address, key)
            say(f"serving {address}/graphql (GraphiQL), {address}/docs (OpenAPI), {address}/health; stop with Ctrl-C")
            try:
                server.run(sockets=[listener])
            finally:
                withdraw(settings.home)
                if traces is not None:
                    traces.close()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _doorkeeper(settings: Settings, twin: Twin) -> tuple[Doorkeeper | None, str]:
    """Who keeps the door, none where it is open, and the key for commands on this machine. Raises ConfigurationError."""
    if settings.access == OPEN:
        return None, ""
    key = token_urlsafe(32)
    provider = None if settings.oidc is None else IdentityProvider(settings.oidc, twin.clock)
    doorkeeper = Doorkeeper(twin.ledger, twin.clock, local_key=key, provider=provider)
    if provider is None and not doorkeeper.accounts.all():
        raise ConfigurationError(
            "people are to sign in, and there is no account",
            where="JUMEAU_ACCESS",
            hint="make the first one: jumeau account create NAME --role administrator --whole-estate",
        )
    return doorkeeper, key


def _check_door(settings: Settings) -> None:
    """An open door is for this machine only, and nobody signs in at it. Raises ConfigurationError."""
    if settings.access == OPEN and settings.oidc is not None:
        raise ConfigurationError(
            "people are to sign in at a provider, and the door is open",
            where="JUMEAU_ACCESS, JUMEAU_OIDC",
            hint="let people sign in with JUMEAU_ACCESS=accounts, or leave [oidc] out",
        )
    if settings.access == OPEN and not is_loopback(settings.host):
        raise ConfigurationError(
            f"whoever reaches {settings.host} could do everything",
            where="JUMEAU_ACCESS, JUMEAU_HOST",
            hint="let people sign in with JUMEAU_ACCESS=accounts, or listen on 127.0.0.1",
        )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is told, for connections have their listener's: asyncio switches Nagle's algorithm off only where it reads TCP, and
    # with it on, the second part of an answer waits for the acknowledgement of the first, some 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"cannot listen on {host}:{port}: {error.strerror}",
            where="JUMEAU_HOST, JUMEAU_PORT",
            hint="choose another port with --port, or 0 for a free one",
        ) from error
    return listener
