"""The road of questions over one twin, made at the first question: reading the words of a schema takes a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, Final

from agent.ask import AskService
from agent.gateway.opening import open_gateway
from agent.models.opening import with_second_opinion
from agent.producer import Producer
from core.principal import Principal
from services.audit.recorder import Recorder
from services.moments import MomentService
from services.query import Extent

NAMES: Final = Extent(rows=2_000_000, batch_rows=50_000, timeout_s=120.0)
"""How much may be read to know the names of an estate."""


class Asks:
    """Opens the road once. Safe for several threads. `producer`: in place of the grammar.

    `recorder`: of the audit trail; with it, and where the settings name a policy for models, a model gives a second opinion.
    """

    def __init__(
        self, moments: MomentService, producer: Producer | None = None, recorder: Recorder | None = None
    ) -> None:
        self._moments, self._producer, self._recorder = moments, producer, recorder
        self._service: AskService | None = None
        self._lock = Lock()

    def service(self) -> AskService:
        """The road."""
        with self._lock:
            if self._service is None:
                self._service = AskService(self._producer or self._beside_models(self._grammar()), self._moments)
            return self._service

    def _grammar(self) -> Producer:
        twin = self._moments.twin
        from agent.language.producer import GrammarProducer  # here: reading its libraries takes a while

        return GrammarProducer(twin.schema, self._rows_of, twin.repository.watermark, twin.clock.now)

    def _beside_models(self, grammar: Producer) -> Producer:
        twin = self._moments.twin
        if self._recorder is None or twin.settings.model_policy is None:
            return grammar
        gateway = open_gateway(twin.settings, twin.ledger, twin.clock, self._recorder)
        return with_second_opinion(grammar, gateway, self._moments.present, twin.schema)

    def _rows_of(self, principal: Principal) -> Callable[[str, Mapping[str, Any]], Sequence[Sequence[Any]]]:
        """Reads names with the rights of one asker, so that nobody learns of a name that they may not see."""

        def rows(text: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
            with self._moments.present.stream(text, parameters, principal, NAMES) as streamed:
                return [row for batch in streamed.answer.batches for row in batch]

        return rows
