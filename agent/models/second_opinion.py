"""Two producers on one question: the grammar first, then a model; where they differ, both are shown.

The grammar's answer stands by itself: a model that fails, is slow or hostile takes nothing away from it but its time, which is
bounded. What the grammar refuses is never handed to a model. What it does not understand a model may fill, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from agent.gateway.errors import GatewayError, ModelError
from agent.models.producer import Filled, ModelProducer, NotFilledError
from agent.producer import Language, Outcome, Producer, Turn, Understanding
from agent.query.codec import to_json
from agent.query.model import Question
from core.errors import JumeauError
from core.principal import Principal

_SHOWN: Final = 5
_TOLD: Final[Mapping[str, Mapping[Language, str]]] = {
    "failed": {
        "fr": "le modèle n'a pas donné de second avis ({code})",
        "en": "the model gave no second opinion ({code})",
    },
    "differs": {
        "fr": "le modèle {model} a compris autrement : {differences}",
        "en": "the model {model} understood it otherwise: {differences}",
    },
    "outcome": {
        "fr": "le modèle {model} ne donnerait pas de réponse ({outcome})",
        "en": "the model {model} would give no answer ({outcome})",
    },
    "filled": {
        "fr": "compris par le modèle {model}, non par la grammaire ; à vérifier sur la requête",
        "en": "understood by the model {model}, not by the grammar; check it against the query",
    },
}


@dataclass(frozen=True, slots=True)
class Opinions:
    """What each producer made of a question. `differences` tells where the two queries part; none where they are the same."""

    first: Understanding
    second: Filled | None
    failure: JumeauError | None
    differences: tuple[str, ...]

    @property
    def calls(self) -> tuple[Mapping[str, Any], ...]:
        """The calls of models that were made for it, whatever came of them."""
        made = self.failure.calls if isinstance(self.failure, NotFilledError) else ()
        return tuple(call.to_dict() for call in (made if self.second is None else self.second.calls))

    @property
    def agree(self) -> bool:
        """Whether both understood it, and alike."""
        return (
            self.second is not None and self.first.outcome is self.second.understanding.outcome and not self.differences
        )


class SecondOpinion:
    """A producer made of two."""

    name = "grammar and model"

    def __init__(self, first: Producer, second: ModelProducer) -> None:
        self._first = first
        self._second = second

    def understand(
        self, text: str, principal: Principal, earlier: tuple[Turn, ...] = (), language: Language | None = None
    ) -> Understanding:
        """See `agent.producer.Producer`: the grammar's, with what the model says of it among the assumptions."""
        opinions = self.opinions(text, principal, earlier, language)
        return replace(settled(opinions), calls=opinions.calls)

    def opinions(
        self, text: str, principal: Principal, earlier: tuple[Turn, ...] = (), language: Language | None = None
    ) -> Opinions:
        """Both, side by side."""
        first = self._first.understand(text, principal, earlier, language)
        if first.outcome is Outcome.REFUSE or not self._second.available(principal):
            return Opinions(first, None, None, ())
        try:
            second = self._second.fill(text, principal, earlier, first.language)
        except (GatewayError, ModelError) as error:
            return Opinions(first, None, error, ())
        return Opinions(first, second, None, differences(first.question, second.understanding.question))


def settled(opinions: Opinions) -> Understanding:
    """One understanding of two."""
    first, second = opinions.first, opinions.second
    if second is None:
        if opinions.failure is None:
            return first
        return _with(first, _say("failed", first.language, code=opinions.failure.code))
    model = f"{second.calls[-1].provider}/{second.calls[-1].model}"
    other = second.understanding
    if first.question is None:
        if other.question is None:
            return first
        return _with(replace(other, language=first.language), _say("filled", first.language, model=model))
    if other.question is None:
        return _with(first, _say("outcome", first.language, model=model, outcome=other.outcome.value))
    if not opinions.differences:
        return first
    shown = "; ".join(opinions.differences[:_SHOWN])
    return _with(first, _say("differs", first.language, model=model, differences=shown))


def differences(first: Question | None, second: Question | None) -> tuple[str, ...]:
    """Where two queries part, by path; names that producers choose, labels and assumptions aside."""
    if first is None or second is None:
        return ()
    one, other = (dict(_leaves(_plain(question))) for question in (first, second))
    return tuple(
        f"{path}: {one.get(path, '-')} / {other.get(path, '-')}"
        for path in sorted(one.keys() | other.keys())
        if one.get(path) != other.get(path)
    )


def _plain(question: Question) -> Any:
    """A question as JSON in which entities, hops and columns are called by the order they appear in."""
    names: dict[str, str] = {}
    told = to_json(question)
    for part in ("assumptions", "language"):
        told.pop(part, None)
    return _renamed(told, names, "")


def _renamed(part: Any, names: dict[str, str], key: str) -> Any:
    if isinstance(part, dict):
        kept = {name: value for name, value in part.items() if name not in ("label", "parameter", "texts")}
        if part.get("type") == "attribute":  # its name is the schema's
            return {"type": "attribute", "of": _renamed(part["of"], names, "of"), "name": f"={part['name']}"}
        if part.get("type") == "recipe":  # so is a recipe's
            kept["name"] = f"={part['name']}"
        return {name: _renamed(value, names, name) for name, value in kept.items()}
    if isinstance(part, list):
        return [_renamed(one, names, key) for one in part]
    if (
        isinstance(part, str)
        and not part.startswith("=")
        and key in ("name", "of", "start", "end", "subject", "counted")
    ):
        return names.setdefault(part, f"#{len(names)}")
    return part


def _leaves(part: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(part, dict):
        return [leaf for name, value in part.items() for leaf in _leaves(value, f"{path}.{name}".lstrip("."))]
    if isinstance(part, list):
        return [leaf for number, value in enumerate(part) for leaf in _leaves(value, f"{path}.{number}")]
    return [(path, part)]


def _say(which: str, language: Language, **values: str) -> str:
    return _TOLD[which][language].format(**values)


def _with(understanding: Understanding, sentence: str) -> Understanding:
    """The understanding with one more thing to know of it: an assumption of its query, else behind its reason."""
    if understanding.question is None:
        return replace(understanding, reason=f"{understanding.reason} ({sentence})".strip())
    question = understanding.question
    return replace(understanding, question=replace(question, assumptions=(*question.assumptions, sentence)))
