"""Who asks over a websocket: said once when it begins, looked up again for as long as it lasts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from api.deps import Services
from core.errors import JumeauError
from services.access.rights import Action, require

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

    def __init__(self, services: Services, authorization: str | None) -> None:
        self._services = services
        self._authorization = authorization

    def open(self, payload: Mapping[str, Any]) -> str:
        """Look up who asks; their name. Raises UnauthenticatedError, TokenError, ForbiddenError."""
        given = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
        if isinstance(given, str):
            self._authorization = given
        return self.services().principal.id

    def services(self) -> Services:
        """The services for the asker as it is now: a token that has ended since is refused. Blocks.

        Raises UnauthenticatedError, TokenError, ForbiddenError.
        """
        services = self._services
        found = services.asked_by(services.doorkeeper.admit(self._authorization))
        require(found.principal, Action.READ)
        return found
