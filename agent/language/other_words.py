"""Questions that are read by way of another: what they point at, whether all have something, the first by a figure, one of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent.language.alternatives import one_of
from agent.language.name_parts import by_part_of_name
from agent.language.names import NameIndex
from agent.language.outcome import Read
from agent.language.ranked import ranked
from agent.language.references import with_its_name, without_topic
from agent.language.turns import Language
from agent.language.universals import whether_all
from agent.language.wordings import say
from agent.query.model import Question
from graph.schema.model import Schema


def in_other_words(
    question: str, names: NameIndex, after: Sequence[str], language: Language, schema: Schema, read: Read
) -> Question | None:
    """What a question asks, read by way of another; None where it is none of these, or the other could not be read.

    `after`: the questions before it in the same conversation.
    """
    if (found := with_its_name(question, names, after, language)) is not None:
        said, element = found
        if (pointed := read(said)) is not None:
            told = (*pointed.assumptions, say("about", language, name=element.name))
            return replace(pointed, assumptions=told)
    if (rest := without_topic(question, names)) is not None and (asked := read(rest)) is not None:
        return asked
    if (every := whether_all(question, language, read)) is not None:
        return every
    if (first := ranked(question, language, read, sure=True)) is not None:
        return first
    if (some := by_part_of_name(question, schema, read)) is not None:
        return some
    return one_of(question, names, schema, language, read)
