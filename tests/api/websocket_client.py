"""A client of `graphql-transport-ws` over a real websocket, for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from socket import create_connection
from typing import Any

import orjson
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.api.conftest import Server
from tests.patience import PATIENCE_S

PROTOCOL = Subprotocol("graphql-transport-ws")


@dataclass(slots=True)
class Talk:
    """One websocket. Answers are kept by operation until they are asked for."""

    socket: ClientConnection
    kept: list[dict[str, Any]] = field(default_factory=list)
    closed: tuple[int, str] | None = None

    def send(self, **message: Any) -> None:
        self.socket.send(orjson.dumps(message).decode())

    def init(self, payload: Any = None) -> bool:
        """Whether the connection is acknowledged."""
        self.send(type="connection_init", **({} if payload is None else {"payload": payload}))
        return self.receive().get("type") == "connection_ack"

    def subscribe(self, query: str, variables: Mapping[str, Any] | None = None, id: str = "1") -> None:
        self.send(id=id, type="subscribe", payload={"query": query, "variables": variables or {}})

    def receive(self, wait_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next message; {} where the connection was closed instead. Raises TimeoutError."""
        try:
            message: dict[str, Any] = orjson.loads(self.socket.recv(timeout=wait_s))
        except ConnectionClosed as end:
            self.closed = (end.rcvd.code, end.rcvd.reason) if end.rcvd else (0, "")
            return {}
        return message

    def next(self, wait_s: float = PATIENCE_S) -> Any:
        """The data of the next answer of any operation."""
        message = self.receive(wait_s)
        assert message.get("type") == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    def code(self) -> str:
        """The code of the error that comes next."""
        message = self.receive()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        return str(errors[0]["extensions"]["code"])

    def is_silent(self, wait_s: float = 1.2) -> bool:
        """Whether nothing comes for a while."""
        try:
            self.receive(wait_s)
        except TimeoutError:
            return True
        return False


@contextmanager
def talking(
    server: Server, *, origin: str | None = None, token: str | None = None, host: str | None = None
) -> Iterator[Talk]:
    """A websocket of a server. `token` goes into the header of the handshake; `host` is the name it says it is asked by."""
    url = server.http.base_url
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    with connect(
        f"ws://{host or url.netloc.decode()}/graphql",
        sock=create_connection((url.host, url.port)),
        subprotocols=[PROTOCOL],
        origin=None if origin is None else Origin(origin),
        additional_headers=headers,
        proxy=None,
        close_timeout=2,
    ) as socket:
        yield Talk(socket)
