"""The protocol on standard input and output: for a program on this machine that starts `jumeau mcp`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import anyio
from mcp.server.stdio import stdio_server

from api.deps import Services
from api.mcp.protocol import Caller, protocol_server
from api.mcp.tools import tool_called
from core.errors import BackendError, JumeauError
from core.principal import Principal
from services.audit.call import Call
from services.audit.entry import outcome_of
from services.rendezvous import RunningServer, ServerError

DOOR: Final = "mcp stdio"
"""What the audit trail calls this door."""
_ANSWERED: Final = 200


def serve(call: Caller) -> None:
    """Answer until the input ends."""
    anyio.run(_serve, call)


async def _serve(call: Caller) -> None:
    server = protocol_server(call)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def here(services: Services, principal: Principal) -> Caller:
    """Calls answered by this process, each with its entry in the audit trail."""

    def called(_request: Any, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        settings, recorder = services.twin.settings, services.recorder
        call = Call(recorder.clock, recorder, door=DOOR, actor=settings.actor, keeps_text=settings.audit_text)
        call.principal = principal
        status = JumeauError.status
        call.code = JumeauError.code
        try:
            answer = tool_called(name).call(services.asked_by(principal, call), given)
            call.code, status = None, _ANSWERED
        except JumeauError as refusal:
            call.code, status = refusal.code, refusal.status
            raise
        finally:
            recorder.note(call.entry(outcome_of(status)))
        return answer

    return called


def through(server: RunningServer, perimeters: Sequence[str] | None) -> Caller:
    """Calls answered by the server that has the twin open, at its own door of the protocol; it keeps the entries."""

    def called(_request: Any, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        limits = {} if perimeters is None else {"perimeters": _both(perimeters, given.get("perimeters"))}
        params = {"name": name, "arguments": {**given, **limits}}
        told = server.post("/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        if "error" in told:
            raise BackendError(
                f"the server does not answer tools: {told['error'].get('message')}",
                where=server.url,
                hint="see its log",
            )
        answer: dict[str, Any] = told["result"]["structuredContent"]
        if told["result"].get("isError"):
            raise ServerError(answer["error"], JumeauError.status)
        return answer

    return called


def _both(perimeters: Sequence[str], given: Any) -> list[str]:
    """What a call asks for, within what the command was given."""
    wanted = perimeters if not isinstance(given, list) else [name for name in given if name in perimeters]
    return list(wanted)
