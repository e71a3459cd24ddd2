"""Who asks over a websocket: said once when it begins, looked up again for as long as it lasts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import Scope

from api.askers import address_of
from api.deps import Services
from api.origin import check_host
from api.rates import Rates
from api.strangers import Strangers
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


@dataclass(frozen=True, slots=True)
class Knock:
    """Where a websocket's askers are counted: by the address that it comes from where they are refused, else by account."""

    address: str
    strangers: Strangers
    rates: Rates


@dataclass(frozen=True, slots=True)
class Knocks:
    """What counts the askers of all websockets."""

    strangers: Strangers
    rates: Rates

    def of(self, scope: Scope) -> Knock:
        """Those of one."""
        return Knock(address_of(scope), self.strangers, self.rates)


class Session:
    """One websocket's asker: by the header of its handshake, or by the payload of `connection_init`, which wins."""

    def __init__(self, services: Services, headers: Headers, knock: Knock | None = None) -> None:
        self._services = services
        self._headers = headers
        self._knock = knock
        self._asker: str | None = None
        self._ended: JumeauError | None = None  # why its token was refused: nothing more is looked up for it
        self._authorization = headers.get("authorization")

    def open(self, payload: Mapping[str, Any]) -> str:
        """Look up who asks; their name. Raises OriginError, UnauthenticatedError, TokenError, ForbiddenError."""
        given = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
        if isinstance(given, str):
            self._authorization = given
        self._asker = self.services().principal.id
        return self._asker

    def take(self) -> None:
        """Count what is asked, for the account. In the thread of the event loop.

        Raises RateLimitedError; and again what the token was refused with, where it has ended.
        """
        if self._ended is not None:
            raise self._ended
        if self._knock is not None and self._asker is not None:
            self._knock.rates.take(self._asker)

    def refused(self, refusal: JumeauError) -> None:
        """Count a token that is none, as a request with one is counted. In the thread of the event loop."""
        if refusal.status == HTTPStatus.UNAUTHORIZED:
            self._ended = refusal
            if self._knock is not None:
                self._knock.strangers.refused(self._knock.address)

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
