"""`jumeau mcp`: tools for a program that speaks the Model Context Protocol, on standard input and output."""

from __future__ import annotations

from agent.extra import needs_the_steps
from cli.options import BackendOption, PerimeterOption
from core.principal import LOCAL_OPERATOR
from core.settings import load_settings
from services.audit.reading import opened
from services.rendezvous import running_server
from services.twin import open_twin


def mcp(as_perimeter: PerimeterOption = None, backend: BackendOption = None) -> None:
    """Serve read-only tools (ask, query, schema, impact, history, simulate) on standard input and output.

    A server that has the twin open answers for it, else the twin is opened here. Over HTTP the same tools are at /mcp of `jumeau serve`.
    Example: {"mcpServers": {"jumeau": {"command": "jumeau", "args": ["mcp"]}}} in the settings of a client.
    """
    with needs_the_steps():
        from api.mcp import stdio
    from api.deps import Services  # here: other commands start sooner

    settings = load_settings(backend=backend)
    server = running_server(settings.home) if settings.backend_url.startswith("embedded:") else None
    if server is not None:
        stdio.serve(stdio.through(server, as_perimeter))
        return
    with open_twin(settings, to_ask=True) as twin, opened(settings) as recorder:
        services = Services.of(twin, recorder=recorder)
        try:
            stdio.serve(stdio.here(services, LOCAL_OPERATOR.narrowed(as_perimeter)))
        finally:
            services.moments.close()
