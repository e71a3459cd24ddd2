"""A backend that could not be opened, as a twin holds it until it can: reads say that it is away, and each one tries again.

What answers meanwhile is the ledger (`services.query`), so that a database that is down or a store that a load has open keeps
nobody from asking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from threading import Lock
from time import monotonic

from core.errors import BackendUnavailableError, StoreLockedError
from graph.cypher.bound import BoundQuery
from graph.history.projection import DELTA_EVENTS
from graph.model import Edge, GraphDelta, Node
from graph.repository import Answer, AnswerStream, Capabilities, GraphRepository, Plan, Plans, ReadContext, Value
from graph.schema.model import Schema

LOST = (BackendUnavailableError, StoreLockedError)
"""What says that a backend cannot be reached, and may be again."""

PAUSE_S = 2.0
"""Time from one attempt to open it to the next: an address that does not answer may take long to say so."""


class LostBackend:
    """A repository that opens when it can. Safe for several threads."""

    def __init__(
        self,
        url: str,
        schema: Schema,
        opener: Callable[[], GraphRepository],
        error: BackendUnavailableError | StoreLockedError,
    ) -> None:
        self._url = url
        self._schema = schema
        self._opener = opener
        self._error = error
        self._tried = monotonic()
        self._found: GraphRepository | None = None
        self._lock = Lock()

    @property
    def url(self) -> str:
        return self._url if self._found is None else self._found.url

    @property
    def capabilities(self) -> Capabilities:
        if self._found is not None:
            return self._found.capabilities
        scheme = self._url.partition(":")[0]
        embedded = scheme == "embedded"
        return Capabilities("embedded" if embedded else "neo4j", True, embedded, None)

    @property
    def schema(self) -> Schema:
        return self._schema

    @property
    def preferred_delta_size(self) -> int:
        """Events per delta that suit it."""
        return int(getattr(self._found, "preferred_delta_size", DELTA_EVENTS))

    def _backend(self) -> GraphRepository:
        """The backend, now that somebody asks. Raises what says that it is away."""
        with self._lock:
            if self._found is None and monotonic() - self._tried >= PAUSE_S:
                try:
                    self._found = self._opener()
                except LOST as error:
                    self._error = error
                self._tried = monotonic()
            if self._found is None:
                away = self._error
                raise type(away)(away.seen, where=away.where, hint=away.hint)
            return self._found

    def watermark(self) -> int:
        return self._backend().watermark()

    def apply(self, delta: GraphDelta) -> bool:
        return self._backend().apply(delta)

    def run(self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext) -> Answer:
        return self._backend().run(query, parameters, context)

    def stream(
        self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext, batch_rows: int
    ) -> AbstractContextManager[AnswerStream]:
        return self._backend().stream(query, parameters, context, batch_rows)

    def plan(self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext) -> Plan:
        backend = self._backend()
        assert isinstance(backend, Plans)
        return backend.plan(query, parameters, context)

    def nodes(self) -> Iterator[Node]:
        return self._backend().nodes()

    def edges(self) -> Iterator[Edge]:
        return self._backend().edges()

    def counts(self) -> Mapping[str, int]:
        return self._backend().counts()

    def reset(self) -> None:
        self._backend().reset()

    def close(self) -> None:
        with self._lock:
            found, self._found = self._found, None
            self._tried = float("inf")  # nobody opens it again
        if found is not None:
            found.close()
