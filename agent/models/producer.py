"""A model as a producer: it fills the same intermediate query as the grammar, and code checks every part of what it fills.

A model that is wrong is told how, by class of error, twice at most; one that says the same again is not asked again. Names of elements
are linked here, with the rights of who asks: a model is told none, and what it makes up is found to be no name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from time import monotonic
from typing import Any, Final

import orjson

from agent.gateway.errors import ModelError
from agent.gateway.gateway import Completion, Gateway, Request
from agent.gateway.screening import Message
from agent.models.vocabulary import instructions
from agent.producer import Language, Outcome, Turn, Understanding
from agent.query import model as m
from agent.query.codec import read_question, to_json
from agent.query.errors import Finding, IntermediateQueryError
from core.principal import Principal
from graph.schema.model import Schema

USE: Final = "questions"
"""The registered use that questions are asked of models for."""
REPAIRS: Final = 2
MOST_TOKENS: Final = 1_500
_SHOWN: Final = 500  # characters of a text of a model that are kept in what people see
_FENCE: Final = re.compile(r"\A\s*```(?:json)?\s*(.*?)\s*```\s*\Z", re.DOTALL)

Check = Callable[[m.Question], None]
"""Raises IntermediateQueryError for a question that the schema does not know."""
Link = Callable[[str, tuple[str, ...], Principal], tuple[str, ...]]
"""The ids of elements with that name, of these kinds or of any, that somebody sees."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a model made of a question, in how many tries, and which calls it took."""

    understanding: Understanding
    tries: int
    calls: tuple[Completion, ...]


class NotFilledError(ModelError):
    """A model answered, and what it filled could not be used even after it was told what was wrong with it.

    `calls` were made all the same, and paid for.
    """

    code = "MODEL_NOT_UNDERSTOOD"
    calls: tuple[Completion, ...] = ()


class ModelProducer:
    """Fills intermediate queries by models. `within_s` is the longest time of one question, repairs included."""

    name = "model"

    def __init__(
        self, gateway: Gateway, schema: Schema, check: Check, link: Link, within_s: float | None = None
    ) -> None:
        self._gateway = gateway
        self._instructions = instructions(schema)
        self._check = check
        self._link = link
        self._within_s = within_s or gateway.policy.answer_s

    def available(self, principal: Principal) -> bool:
        """Whether there is a model to be asked."""
        return self._gateway.available(USE, principal)

    def understand(
        self, text: str, principal: Principal, earlier: tuple[Turn, ...] = (), language: Language | None = None
    ) -> Understanding:
        """See `agent.producer.Producer`. Raises GatewayError and ModelError."""
        return self.fill(text, principal, earlier, language).understanding

    def fill(
        self, text: str, principal: Principal, earlier: tuple[Turn, ...] = (), language: Language | None = None
    ) -> Filled:
        """What a model makes of a question, with its provenance. Raises GatewayError and ModelError."""
        end = monotonic() + self._within_s
        talk = [Message("system", self._instructions), *_before(earlier), Message("user", _asked(text, language))]
        said: set[str] = set()
        calls: list[Completion] = []
        wrong: tuple[Finding, ...] = ()
        for tries in range(1, REPAIRS + 2):
            left = end - monotonic()
            if calls and left <= 0:
                break
            request = Request(USE, tuple(talk), principal, MOST_TOKENS, _is_an_object, within_s=left)
            done = self._gateway.complete(request)
            calls.append(done)
            try:
                return Filled(self._read(done.text, principal, language), tries, tuple(calls))
            except IntermediateQueryError as error:
                wrong = error.findings
            if _same(done.text) in said:
                break
            said.add(_same(done.text))
            talk += [Message("assistant", done.text), Message("user", _repair(wrong))]
        first = wrong[0]
        failed = NotFilledError(
            f"what the model filled cannot be used after {len(calls)} tries: {first.sort}, {first.seen[:_SHOWN]}",
            where=f"{calls[-1].provider}/{calls[-1].model}",
            hint="the deterministic parser answers without it",
            details={"tries": len(calls), "sorts": sorted({finding.sort for finding in wrong})},
        )
        failed.calls = tuple(calls)
        raise failed

    def _read(self, text: str, principal: Principal, language: Language | None) -> Understanding:
        """What a text of a model means. Raises IntermediateQueryError."""
        told = _object(text)
        outcome, spoken = told.get("outcome"), language or "en"
        if outcome == "answer" and isinstance(told.get("question"), dict):
            question = self._linked(read_question(told["question"]), principal)
            self._check(question)
            return Understanding(Outcome.ANSWER, language or question.language, question)
        reason = str(told.get("reason") or "")[:_SHOWN]
        if outcome == "clarify":
            return Understanding(Outcome.CLARIFY, spoken, reason=reason)
        if outcome == "unanswerable":
            missing = told.get("missing")
            named = tuple(str(one)[:_SHOWN] for one in missing[:10]) if isinstance(missing, list) else ()
            return Understanding(Outcome.UNANSWERABLE, spoken, missing=named, reason=reason)
        raise _wrong("form", "outcome", "there is neither an answer with a question, nor clarify, nor unanswerable")

    def _linked(self, part: Any, principal: Principal) -> Any:
        """The part with every name linked to elements; ids that a model gave are not used."""
        if isinstance(part, m.Entity) and part.named is not None:
            found = [(text, self._link(text, part.kinds, principal)) for text in part.named.texts]
            for text, ids in found:
                if not ids:
                    raise _wrong("name", part.name, f"no element of these kinds is called {text[:100]!r}")
            if not found:
                raise _wrong("name", part.name, "`named` without `texts` names nothing")
            ids = tuple(dict.fromkeys(one for _, several in found for one in several))
            named = m.Named(ids, part.named.texts, part.named.parameter)
            return replace(part, named=named, where=self._linked(part.where, principal))
        if isinstance(part, m.Recipe) and part.elements:
            elements = {name: self._element(name, given, principal) for name, given in part.elements.items()}
            return replace(part, elements=elements)
        if isinstance(part, tuple):
            return tuple(self._linked(one, principal) for one in part)
        if is_dataclass(part) and not isinstance(part, type):
            return replace(
                part, **{known.name: self._linked(getattr(part, known.name), principal) for known in fields(part)}
            )
        return part

    def _element(self, name: str, given: m.Named, principal: Principal) -> m.Named:
        ids = tuple(dict.fromkeys(one for text in given.texts for one in self._link(text, (), principal)))
        if not ids:
            raise _wrong("name", name, f"no element is called {', '.join(given.texts)[:100]!r}")
        return m.Named(ids, given.texts, given.parameter)


def _before(earlier: tuple[Turn, ...]) -> list[Message]:
    """The conversation so far, as it was understood."""
    talk: list[Message] = []
    for turn in earlier[-3:]:
        talk.append(Message("user", turn.text))
        if turn.understood is not None:
            told = {"outcome": "answer", "question": _without_ids(to_json(turn.understood))}
            talk.append(Message("assistant", orjson.dumps(told).decode()))
    return talk


def _without_ids(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: [] if name == "ids" else _without_ids(value) for name, value in part.items()}
    return [_without_ids(one) for one in part] if isinstance(part, list) else part


def _asked(text: str, language: Language | None) -> str:
    return orjson.dumps({"question": text, "language": language}).decode()


def _object(text: str) -> Mapping[str, Any]:
    """The JSON object of an answer, with or without a fence around it. Raises IntermediateQueryError."""
    fenced = _FENCE.match(text)
    try:
        told = orjson.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError):
        raise _wrong("form", "answer", "it is no JSON") from None
    if not isinstance(told, dict):
        raise _wrong("form", "answer", "it is no JSON object")
    return told


def _is_an_object(text: str) -> bool:
    """Whether an answer is worth reading; where it is not, the next dearer model is asked rather than the same again."""
    try:
        _object(text)
    except IntermediateQueryError:
        return False
    return True


def _same(text: str) -> str:
    """An answer as it is compared with those before: its JSON in order where it is JSON."""
    try:
        return orjson.dumps(_object(text), option=orjson.OPT_SORT_KEYS).decode()
    except (IntermediateQueryError, TypeError):
        return text.strip()


def _repair(wrong: tuple[Finding, ...]) -> str:
    """What a model is told of its errors, by class."""
    told = [
        {"class": one.sort, "where": one.where, "what": one.seen, "use": list(one.choices[:5])} for one in wrong[:10]
    ]
    return "Wrong. Give the whole object again, repaired: " + orjson.dumps(told).decode()


def _wrong(sort: str, where: str, seen: str) -> IntermediateQueryError:
    return IntermediateQueryError.of((Finding(sort, where, seen),))
