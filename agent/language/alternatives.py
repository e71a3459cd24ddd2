"""One of two that are named: which team has more servers, A or B; Paie ou Messagerie, laquelle a le plus d'incidents ?

The question is read without the two, and then asked of them only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from agent.language.folding import composed, fold
from agent.language.names import NamedElement, NameIndex
from agent.language.outcome import Read
from agent.language.tokens import tokenise
from agent.language.turns import Language
from agent.query import model as m
from agent.query.emit_select import subject_entity, with_subject
from graph.schema.model import Schema

_WHICH: Final = "<which>"
"""The place of the kind of both, which only their names tell."""
_TWO: Final = r"(?P<one>[^,:?]+?)\s+{}\s+(?:(?:l|d)\W|the\s+|la\s+|le\s+)?(?P<other>[^,:?]+?)"
_LAST: Final = re.compile(r"[,:]\s*(?:entre\s+|between\s+)?" + _TWO.format(r"(?:ou|or)") + r"\s*\?*\s*$")
_VERB_ALONE: Final = re.compile(
    r"^\W*(?:which(?: one)?|what|who|lequel|laquelle|qui|qu est ce qui|qu\Westce qui)"
    r"(?=\s+(?:nous\s+|us\s+)?(?:a|ont|est|has|have|is|coute|costs?|depend|depends|tourne|runs|consomme|uses?|utilise)\b)"
)
"""A question for one of two whose kind only their names tell."""
_FIRST: Final = re.compile(
    r"^\s*(?:entre\s+|between\s+)?"
    + _TWO.format(r"(?:ou|or|et|and)")
    + r"\s*[,:]\s*(?:lequel|laquelle|which(?:\s+one)?|who|qui)\b"
)
_OF: Final = re.compile(
    r"^\s*(?:lequel|laquelle|which(?:\s+one)?)\s+(?:de|d|entre|of|between|parmi)\b\W*"
    + _TWO.format(r"(?:ou|or|et|and)")
    + r"(?=\s+(?:a|ont|est|sont|has|have|is|are|coute|costs|depend|depends|tourne|runs)\b)"
)
_MORE: Final = (
    (re.compile(r"\b(a|ont|avait)\s+plus\s+(de|d)\b"), r"\1 le plus \2"),
    (re.compile(r"\b(a|ont|avait)\s+moins\s+(de|d)\b"), r"\1 le moins \2"),
    (re.compile(r"\b(coute|consomme)\s+plus(\s+cher)?\b"), r"\1 le plus\2"),
    (re.compile(r"\b(est|sont)\s+plus\s+(?=\w)"), r"\1 le plus "),
    (re.compile(r"\b(is|are)\s+more\s+(?=\w)"), r"\1 the most "),
    (re.compile(r"\b(old|new|bigg|small|larg|long|short|cheap)er\b"), r"\1est"),
    (re.compile(r"\b(has|have|had|owns|own|runs|run|costs?|uses?)\s+(?:the\s+)?more\b"), r"\1 the most"),
    (re.compile(r"\b(has|have|had|owns|own|runs|run)\s+(?:the\s+)?(?:fewer|less)\b"), r"\1 the fewest"),
)


@dataclass(frozen=True, slots=True)
class _Alternatives:
    """A question without the two that it names, and how they are called. Where a word stood for their kind, its place is held."""

    rest: str
    one: str
    other: str


def _alternatives(question: str) -> _Alternatives | None:
    """The two that a question names at its end or at its head to have one of them; None where it does not."""
    question = composed(question)
    folded = fold(question)
    if found := _LAST.search(folded):
        rest = _most(question[: found.start()])
        which = _VERB_ALONE.match(fold(rest))
        return _Alternatives(rest if which is None else _WHICH + rest[which.end() :], *_named(question, found))
    if found := _FIRST.search(folded) or _OF.search(folded):
        return _Alternatives(_WHICH + _most(question[found.end() :]), *_named(question, found))
    return None


def one_of(question: str, names: NameIndex, schema: Schema, language: Language, read: Read) -> m.Question | None:
    """The question about two that it names alone; None where it names no two elements of the kind that is asked for.

    `read`: reads a question by itself, None where it is none.
    """
    if (said := _alternatives(question)) is None:
        return None
    if said.rest.startswith(_WHICH):
        kinds = [kind for one in (said.one, said.other) for kind in _kinds(one, names)]
        if not kinds or len(set(kinds)) != 1:
            return None
        wording = schema.kinds[kinds[0]].wording
        which = f"quelle {wording.fr}" if language == "fr" else f"which {wording.en}"
        asked = read(which + said.rest.removeprefix(_WHICH))
    else:
        asked = read(said.rest)
    if asked is None or not isinstance(asked.body, m.Select):
        return None
    select = asked.body
    subject = subject_entity(select)
    if subject.named is not None:
        return None
    kinds = [concrete for kind in subject.kinds for concrete in schema.descendants[kind]]
    one, other = (_element(text, names, frozenset(kinds)) for text in (said.one, said.other))
    if one is None or other is None:
        return None
    both = (one, other)
    named = m.Named(tuple(e.id for e in both), tuple(e.name for e in both))
    return replace(asked, body=with_subject(select, replace(subject, named=named)))


def _named(question: str, found: re.Match[str]) -> tuple[str, str]:
    return question[slice(*found.span("one"))].strip(), question[slice(*found.span("other"))].strip()


def _most(question: str) -> str:
    """More of two is the most of them."""
    folded = fold(question)
    for pattern, words in _MORE:
        if found := pattern.search(folded):
            return f"{question[: found.start()]}{found.expand(words)}{question[found.end() :]}"
    return question


def _kinds(text: str, names: NameIndex) -> set[str]:
    found = names.at(tokenise(text), 0)
    return set() if found is None else {element.kind for element in found.elements if "." not in element.kind}


def _element(text: str, names: NameIndex, kinds: frozenset[str]) -> NamedElement | None:
    tokens = tokenise(text)
    for first in range(min(2, len(tokens))):  # l'équipe Linux
        found = names.of_kind(tokens, first, kinds)
        if found is not None and found.after == len(tokens) and len(found.elements) == 1:
            return found.elements[0]
    return None
