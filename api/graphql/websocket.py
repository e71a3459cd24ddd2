"""Strawberry's handler of `graphql-transport-ws`, with what it has no words for: codes, and limits per connection and asker."""

from __future__ import annotations

from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from api.graphql.documents import coded
from api.graphql.sessions import SESSION, Connections, Session
from core.errors import JumeauError

UNAUTHORIZED, FORBIDDEN, TOO_MANY = 4401, 4403, 4429
"""Codes that a websocket is closed with where its beginning is refused."""

_CLOSED: Final = {401: UNAUTHORIZED, 403: FORBIDDEN, 429: TOO_MANY}
_REASON: Final = 120
"""Bytes that the reason of a close may have: the protocol allows 123."""


class TooManySubscriptionsError(JumeauError):
    """A websocket has as many operations going as are allowed."""

    code = "TOO_MANY_SUBSCRIPTIONS"
    exit_code = 2
    status = 429


class TwinHandler(BaseGraphQLTransportWSHandler[Any, None]):
    """One websocket, from `connection_init` to its end."""

    async def handle_connection_init(self, message: Any) -> None:
        try:
            await super().handle_connection_init(message)
        except JumeauError as refusal:
            reason = f"{refusal.code}: {refusal.seen}".encode()[:_REASON].decode(errors="ignore")
            await self.websocket.close(code=_CLOSED.get(refusal.status, FORBIDDEN), reason=reason)

    async def handle_message(self, message: Any) -> None:
        try:
            await super().handle_message(message)
        except (TypeError, AttributeError):  # JSON, but not of the protocol's form
            await self.handle_invalid_message("Failed to parse message")

    async def handle_subscribe(self, message: Any) -> None:
        if self.connection_acknowledged:
            try:
                self.context[SESSION].take()
            except JumeauError as over:
                await self._refuse(message, over)
                return
        limit = self.max_subscriptions_per_connection
        if self.connection_acknowledged and limit is not None and len(self.operations) >= limit:
            refusal = TooManySubscriptionsError(
                f"{limit} operations are going on this connection",
                where="JUMEAU_SUBSCRIPTIONS_PER_CONNECTION",
                hint="complete one of them",
                details={"limit": limit},
            )
            await self._refuse(message, refusal)
            return
        await super().handle_subscribe(message)

    async def _refuse(self, message: Any, refusal: JumeauError) -> None:
        await self.send_message({"id": message["id"], "type": "error", "payload": [coded(refusal).formatted]})

    async def shutdown(self) -> None:
        try:
            await super().shutdown()
        finally:
            if isinstance(self.context, dict) and (leave := self.context.pop(LEAVE, None)) is not None:
                leave()


LEAVE: Final = "leave"
"""Under which a websocket's context has what ends its place among the asker's connections."""


async def begin(context: dict[str, Any], connections: Connections) -> None:
    """Take a place for a websocket's asker. Raises what `Session.open` does, and TooManyConnectionsError."""
    session: Session = context[SESSION]
    try:
        asker = await run_in_threadpool(session.open, context.get("connection_params") or {})
    except JumeauError as refusal:
        session.refused(refusal)
        raise
    session.take()
    connections.take(asker)
    context[LEAVE] = lambda: connections.give_back(asker)
