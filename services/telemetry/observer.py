"""The road of a question as it is watched: how it ended, how long it took, and through which door it came.

Nothing that is told here names an element, a person or a value: a question is known by a digest of its form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256
from time import perf_counter
from types import TracebackType
from typing import Final, Protocol

from core.errors import JumeauError
from graph.cypher.diagnostics import CypherError
from graph.cypher.lexer import FLOAT, INTEGER, STRING, tokenize
from graph.repository import Rows

DOOR: ContextVar[str] = ContextVar("door", default="console")
"""Through which door the question came that this thread or task works on."""

ANSWERED, REFUSED, FAILED, GIVEN_UP = "answered", "refused", "failed", "given up"
_LITERALS: Final = frozenset({STRING, INTEGER, FLOAT})


class Span(Protocol):
    """What a step of the road may be told."""

    def set(self, attributes: Mapping[str, str | int | float]) -> None: ...


class Silence:
    """A span that nobody listens to."""

    def set(self, attributes: Mapping[str, str | int | float]) -> None:
        """Nothing is kept."""


Spans = Callable[[str, bool], AbstractContextManager[Span]]
"""Opens a span by name; the second argument says whether what runs in this thread meanwhile belongs to it."""


_NOTHING: Final = nullcontext[Span](Silence())


def silent(_name: str, _current: bool) -> AbstractContextManager[Span]:
    """Spans where no traces are wanted."""
    return _NOTHING


@dataclass(slots=True)
class Question:
    """One question, from its beginning to its end."""

    language: str  # cypher, or tree for what a caller built
    door: str
    started: float
    engine: str = "none"
    outcome: str = ANSWERED
    code: str = ""
    rows: int = 0
    seconds: float = 0.0

    def failed(self, error: BaseException) -> None:
        """Note how it ended; only the code of an error is kept."""
        if isinstance(error, JumeauError):
            self.code = error.code
            self.outcome = REFUSED if error.status < 500 else FAILED
        elif isinstance(error, GeneratorExit):
            self.outcome = GIVEN_UP
        else:
            self.code, self.outcome = JumeauError.code, FAILED


def _unheard(question: Question) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class Observer:
    """Whoever watches the road: `tell` is given each question at its end, `span` opens the steps of a trace."""

    tell: Callable[[Question], None] = _unheard
    span: Spans = silent
    time: Callable[[], float] = field(default=perf_counter)

    def asking(self, language: str, text: str) -> Watch:
        """Watch a question that is answered within the context; `text` is empty where there is none."""
        return Watch(self, Question(language, DOOR.get(), self.time()), text, self.span("question", True))

    def reading(self, language: str, text: str) -> Watch:
        """Watch a question whose rows are read by other threads than the one that asked; given up unless it is said otherwise."""
        question = Question(language, DOOR.get(), self.time(), outcome=GIVEN_UP)
        return Watch(self, question, text, self.span("question", False))


@dataclass(slots=True)
class Watch:
    """A question while it is watched. A class of its own: it is entered for every look-up, and a generator takes longer."""

    observer: Observer
    question: Question
    text: str
    spanning: AbstractContextManager[Span]
    span: Span = field(init=False)

    def __enter__(self) -> Question:
        self.span = self.spanning.__enter__()
        return self.question

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        question, observer = self.question, self.observer
        if error is not None:
            question.failed(error)
        question.seconds = observer.time() - question.started
        observer.tell(question)
        if observer.span is not silent:
            self.span.set(_told(question, self.text))
        self.spanning.__exit__(kind, error, trace)


def _told(question: Question, text: str) -> dict[str, str | int | float]:
    """The attributes of a question's span."""
    told: dict[str, str | int | float] = {
        "jumeau.door": question.door,
        "jumeau.language": question.language,
        "jumeau.engine": question.engine,
        "jumeau.outcome": question.outcome,
        "jumeau.rows": question.rows,
    }
    if question.code:
        told["jumeau.code"] = question.code
    if text:
        told["jumeau.query.digest"] = form_digest(text)
    return told


SILENT: Final = Observer()


def counted(batches: Iterator[Rows], question: Question) -> Iterator[Rows]:
    """The same batches; the question knows how many rows were read, and how that ended."""
    try:
        for rows in batches:
            question.rows += len(rows)
            yield rows
    except GeneratorExit:
        raise
    except BaseException as error:
        question.failed(error)
        raise
    question.outcome = ANSWERED


def form_digest(text: str) -> str:
    """What tells texts of one form from others: a digest of their tokens, whatever their literals. Values cannot be told from it."""
    try:
        words = [
            "?" if token.kind in _LITERALS else (token.word or str(token.value) or token.kind)
            for token in tokenize(text)
        ]
    except CypherError:
        return "unreadable"
    return sha256(" ".join(words).encode()).hexdigest()[:16]
