"""Those of which a figure taken over others is the greatest: which team has the longest mean time to resolve, which month most incidents.

The figure is read by group, as it stands in `words/ranked.yml`, and its rows are put in order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from agent.language.folding import composed, fold
from agent.language.outcome import Read
from agent.language.reading.elements import plural_of
from agent.language.turns import LANGUAGES, Language, read_words
from agent.query import model as m
from agent.query.scope import aggregated

_SAME_IN_PLURAL: Final = frozenset({"mois"})


@dataclass(frozen=True, slots=True)
class _Form:
    at: re.Pattern[str]
    read: str


@dataclass(frozen=True)
class _Forms:
    """The forms by language; the sure ones are tried before the question itself is read."""

    sure: Mapping[Language, tuple[_Form, ...]]
    otherwise: Mapping[Language, tuple[_Form, ...]]


def ranked(question: str, language: Language, read: Read, *, sure: bool) -> m.Question | None:
    """The groups in the order of their figure; None where the question asks for no such thing, or the figure cannot be read.

    `read`: reads a question by itself, None where it is none. `sure`: by the forms alone that nothing else is said by.
    """
    forms = _load()
    bare = composed(question).strip(" ?.!")
    folded = fold(bare)
    for form in (forms.sure if sure else forms.otherwise)[language]:
        if (found := form.at.match(folded)) is None:
            continue
        said = {
            name: bare[slice(*found.span(name))].strip() for name, text in found.groupdict().items() if text is not None
        }
        several = "n" not in said and said["g"] not in _SAME_IN_PLURAL and plural_of(fold(said["g"]).split()[0])
        asked = read(form.read.format(**{"f": "", "k": "", **said}))
        if asked is not None and (body := _in_order(asked.body, said, several)) is not None:
            return replace(asked, body=body)
    return None


def _in_order(body: m.Body, said: Mapping[str, str], several: bool) -> m.Select | None:
    """A figure by group, from one end; None where it is something else."""
    if not isinstance(body, m.Select) or body.limit is not None:
        return None
    figures = [column.name for column in body.columns if aggregated(column.value)]
    if len(figures) != 1 or len(body.columns) < 2:
        return None
    order = (m.Sort(m.ColumnOf(figures[0]), "least" not in said),)
    if "n" in said:
        return replace(body, order=order, limit=int(said["n"]))
    return replace(body, order=order) if several else replace(body, order=order, limit=1, ties=True)


@lru_cache(maxsize=1)
def _load() -> _Forms:
    data: dict[str, Any] = read_words("ranked")

    def forms(section: str) -> dict[Language, tuple[_Form, ...]]:
        return {
            one: tuple(_Form(re.compile(said["at"]), said["read"]) for said in data[section][one]) for one in LANGUAGES
        }

    return _Forms(forms("sure"), forms("otherwise"))
