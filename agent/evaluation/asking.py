"""The road of `jumeau ask`, as the harness asks along it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from agent.ask import Asking, AskService
from agent.evaluation.run import Ask
from agent.language.names import Rows
from agent.language.producer import GrammarProducer
from agent.producer import Turn
from core.principal import LOCAL_OPERATOR, Principal
from services.catalogue import CatalogueService
from services.moments import MomentService
from services.query import Extent, QueryService
from services.twin import Twin

_NAMES: Final = Extent(rows=5_000_000, batch_rows=10_000, timeout_s=120.0)


class Road:
    """Asks the service that every door asks, for one principal. What was asked before is asked first, to be gone on from."""

    def __init__(self, service: AskService, principal: Principal = LOCAL_OPERATOR) -> None:
        self.service, self._principal = service, principal

    def after(self, questions: Sequence[str]) -> Ask:
        earlier: tuple[Turn, ...] = ()
        for text in questions:
            before = self.service.ask(text, Asking(self._principal, earlier))
            earlier = (*earlier, Turn(text, before.understood))

        def ask(question: str) -> Mapping[str, Any]:
            return self.service.ask(question, Asking(self._principal, earlier)).to_dict()

        return ask


@contextmanager
def road_of(twin: Twin, principal: Principal = LOCAL_OPERATOR) -> Iterator[Road]:
    """The road of a twin without any model, as `jumeau ask` opens it."""
    queries = QueryService(twin)
    moments = MomentService(twin, queries, CatalogueService(twin, queries))

    def rows_of(asker: Principal) -> Rows:
        def rows(text: str, parameters: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
            with queries.stream(text, parameters, asker, _NAMES) as streamed:
                return [row for batch in streamed.answer.batches for row in batch]

        return rows

    try:
        producer = GrammarProducer(twin.schema, rows_of, twin.ledger.sequence, twin.clock.now)
        yield Road(AskService(producer, moments), principal)
    finally:
        moments.close()
