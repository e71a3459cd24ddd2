"""Elements by a part of their names: servers whose name starts with lyo1p, les serveurs dont le nom contient bdd.

The question is read without these words, and the names of what it is about are held against them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, Literal

from agent.language.folding import composed, fold
from agent.language.outcome import Read
from agent.query import model as m
from agent.query.emit_select import subject_entity, with_subject
from graph.schema.model import Schema

_TEXT: Final = r"\s+[\"'«»“”]?\s?(?P<text>[\w./-]{2,})\s?[\"'«»“”]?"
_STARTS: Final = r"(?:starts?|starting|begins?|beginning|commencent|commence|commencant|debutent|debute|debutant)"
_ENDS: Final = r"(?:ends?|ending|finissent|finit|finissant|termine|terminent|terminant)"
_HOLDS: Final = (
    r"(?:contains?|containing|includes?|including|contient|contiennent|contenant|comporte|comportent|comportant)"
)
_FORMS: Final = tuple(
    re.compile(form)
    for form in (
        rf",?\s+(?:dont\s+(?:le|les)|ayant\s+un|avec\s+un|whose|with\s+an?|having\s+an?|with)\s+(?:noms?|names?)\s+(?:qui\s+|that\s+|which\s+)?(?:se\s+)?"
        rf"(?P<how>(?:{_STARTS}|{_ENDS})\s+(?:with|by|in|par|avec)|{_HOLDS}){_TEXT}",
        rf",?\s+(?:(?:that|which|qui)\s+)?(?P<how>{_STARTS}\s+(?:with|par)){_TEXT}",
    )
)
"""Over the folded question. Without the word name a part is at the beginning."""


def by_part_of_name(question: str, schema: Schema, read: Read) -> m.Question | None:
    """The question about those whose name holds a part that it tells; None where it tells none, or the rest cannot be read.

    `read`: reads a question by itself, None where it is none.
    """
    question = composed(question)
    found = next((one for form in _FORMS if (one := form.search(fold(question)))), None)
    if found is None:
        return None
    asked = read(f"{question[: found.start()]}{question[found.end() :]}")
    if asked is None or not isinstance(asked.body, m.Select):
        return None
    select = asked.body
    subject = subject_entity(select)
    if subject.named is not None or any("name" not in schema.kinds[kind].attributes for kind in subject.kinds):
        return None
    text = question[slice(*found.span("text"))]
    part = m.Compare(m.Attribute(subject.name, "name"), _operator(found["how"]), m.Constant(text), ignore_case=True)
    conditions = [part] if subject.where is None else [subject.where, part]
    return replace(asked, body=with_subject(select, replace(subject, where=m.all_of(conditions))))


def _operator(how: str) -> Literal["starts with", "ends with", "contains"]:
    if re.match(_HOLDS, how):
        return "contains"
    return "ends with" if re.match(_ENDS, how) else "starts with"
