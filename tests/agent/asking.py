"""A producer that answers from a script, for tests of the road behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from agent.ask import AskService
from agent.producer import Language, Outcome, Turn, Understanding
from agent.query.model import Question
from core.principal import Principal
from services.catalogue import CatalogueService
from services.moments import MomentService
from services.query import QueryService
from services.twin import Twin


@dataclass
class Script:
    """Understands what it was given; everything else is unanswerable."""

    known: Mapping[str, Question | Understanding]
    name: str = "script"
    asked: list[tuple[str, tuple[Turn, ...]]] = field(default_factory=list)

    def understand(
        self, text: str, principal: Principal, earlier: tuple[Turn, ...] = (), language: Language | None = None
    ) -> Understanding:
        self.asked.append((text, earlier))
        found = self.known.get(text)
        if isinstance(found, Question):
            return Understanding(Outcome.ANSWER, language or found.language, found)
        return found or Understanding(
            Outcome.UNANSWERABLE, "fr", missing=("sens",), reason="Le jumeau ne contient pas cela."
        )


@contextmanager
def service(twin: Twin, script: Script) -> Iterator[AskService]:
    """The road over one twin."""
    queries = QueryService(twin)
    moments = MomentService(twin, queries, CatalogueService(twin, queries))
    try:
        yield AskService(script, moments)
    finally:
        moments.close()
