"""Who asks over a websocket: said once when it begins, looked up again for as long as it lasts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import Headers

from api.deps import Services
from api.origin import check_host
from core.errors import JumeauError
from services.access.rights import Action, require
from services.audit.call import Call

DOOR: Final = "graphql websocket"
"""What the audit trail calls this door."""
SESSION: Final = "session"
"""Under which a websocket's context has its session."""


class TooManyConnectionsError(JumeauError):
    """Somebody has as many websockets open as are allowed."""

    code = "TOO_MANY_CONNECTIONS"
    exit_code = 2
    status = 429


class Connections:
    """How many websockets each asker has open. For the thread of the event loop."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """All of them."""
        return self._open.total()

    def take(self, asker: str) -> None:
        """One more of somebody's. Raises TooManyConnectionsError."""
        if self._open[asker] >= self._limit:
            raise TooManyConnectionsError(
                f"{asker} has {self._limit} connections open",
                where="JUMEAU_CONNECTIONS_PER_ACCOUNT",
                hint="close one, or subscribe several times on one connection",
            )
        self._open[asker] += 1

    def give_back(self, asker: str) -> None:
        """One of somebody's has ended."""
        self._open[asker] -= 1
        if self._open[asker] <= 0:
            del self._open[asker]


class Session:
    """One websocket's asker: by the header of its handshake, or by the payload of `connection_init`, which wins."""

    def __init__(self, services: Services, headers: Headers) -> None:
        self._services = services
        self._headers = headers
        self._authorization = headers.get("authorization")

    def open(self, payload: Mapping[str, Any]) -> str:
        """Look up who asks; their name. Raises OriginError, UnauthenticatedError, TokenError, ForbiddenError."""
        given = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
        if isinstance(given, str):
            self._authorization = given
        return self.services().principal.id

    def services(self) -> Services:
        """The services for the asker as it is now: a token that has ended since is refused. Blocks.

        Raises OriginError, UnauthenticatedError, TokenError, ForbiddenError.
        """
        services = self._services
        settings = services.twin.settings
        call = Call(
            services.recorder.clock,
            services.recorder,
            door=DOOR,
            actor=settings.actor,
            keeps_text=settings.audit_text,
        )
        call.action = Action.READ.value
        try:
            if services.doorkeeper.everybody is not None:  # the router has looked at where the page is from
                check_host(self._headers, settings.allowed_origins)
            call.principal = services.doorkeeper.admit(self._authorization)
            require(call.principal, Action.READ)
        except JumeauError as refused:
            call.principal = getattr(refused, "whose", None) or call.principal
            call.ended_with(refused.code, refused.status)
            call.close()
            raise
        return services.asked_by(call.principal, call)
