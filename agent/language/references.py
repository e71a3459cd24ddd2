"""Words that point at one thing named before, with its name in their place: which applications depend on it?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from agent.language.folding import composed, fold
from agent.language.names import NamedElement, NameIndex
from agent.language.order_words import load_order_words
from agent.language.pointers import Pointer, load_pointing_words, put_in_place
from agent.language.tokens import tokenise
from agent.language.turns import Language

_BREAK: Final = re.compile(r"\s*[:;,?!](?=\s|$)\s*|\.\s+")
"""Where a clause ends."""
_TOPIC: Final = re.compile(
    r"^\s*([^:?!.,]{3,30}?)\s*:\s+(?=(?:combien|quel|quelle|quels|quelles|qui|liste|how many|how much|which|what|who|list)\b)",
    re.IGNORECASE,
)


def with_its_name(
    question: str, names: NameIndex, after: Sequence[str], language: Language
) -> tuple[str, NamedElement] | None:
    """The question with the name of what it points at, and that element; None where it points at nothing that is known.

    What it points at is named in a clause before the question that only tells why it is asked, or in the last of the
    questions before that names something.
    """
    words = load_pointing_words()
    question = composed(question)
    if (told := _told(question, names)) is not None:
        rest, element, name = told
        said = _put(rest, (*words.one[language], *words.lone[language]), name)
        return None if said is None else (said, element)
    if _names_something(question, names):
        return None
    for earlier in reversed(after):
        found = list(_elements(composed(earlier), names))
        if found:
            element, name = found[0]
            said = _put(question, words.one[language], name) if len(found) == 1 else None
            return None if said is None else (words.leads[language].sub("", said), element)
    return None


def without_topic(question: str, names: NameIndex) -> str | None:
    """A question without the words before a colon that only say what it is about; None where there are none, or they name something."""
    question = composed(question)
    found = _TOPIC.match(question)
    if found is None or _names_something(found[1], names) or any(sign.isdigit() for sign in found[1]):
        return None
    if set(fold(found[1]).split()[:1]) & load_order_words().deeds:
        return None
    return question[found.end() :]


def _put(question: str, pointers: Iterable[Pointer], name: str) -> str | None:
    said = put_in_place(question, pointers)
    return None if said is None else said.replace("<name>", name)


def _told(question: str, names: NameIndex) -> tuple[str, NamedElement, str] | None:
    """The question behind a clause that only tells why it is asked, and the one thing that the clause names."""
    telling, deeds = load_pointing_words().telling, load_order_words().deeds
    for end in _BREAK.finditer(question):
        clause, rest = question[: end.start()], question[end.end() :]
        found = list(_elements(clause, names))
        if len(found) != 1 or not rest.strip() or _names_something(rest, names):
            continue
        element, name = found[0]
        said = [token.folded for token in tokenise(clause.replace(name, " "))]
        if said and all(word in telling or word in deeds for word in said):
            return rest, element, name
    return None


def _names_something(text: str, names: NameIndex) -> bool:
    return next(_elements(text, names), None) is not None


def _elements(text: str, names: NameIndex) -> Iterator[tuple[NamedElement, str]]:
    """The things that a text names without doubt, and how."""
    tokens, at = tokenise(text), 0
    while at < len(tokens):
        found = names.at(tokens, at)
        if found is None or not found.exact or len(found.elements) != 1:
            at += 1
            continue
        yield found.elements[0], text[tokens[at].start : tokens[found.after - 1].end]
        at = found.after
