"""Whether all of some elements have something: do all vital applications have a recovery plan? No, if one of them is without.

The question is read as one after those that are otherwise, and asks whether there are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agent.language.folding import composed, fold
from agent.language.outcome import Read
from agent.language.pointers import load_pointing_words
from agent.language.turns import Language
from agent.query import model as m
from agent.query.emit_select import subject_entity


def whether_all(question: str, language: Language, read: Read) -> m.Question | None:
    """The question whether there are none that are otherwise; None where it does not ask for all, or that cannot be read.

    `read`: reads a question by itself, None where it is none.
    """
    for text in _otherwise(composed(question), language):
        asked = read(text)
        body = None if asked is None else asked.body
        if asked is not None and isinstance(body, m.Select) and body.form == "yes or no" and _denies(body):
            return replace(asked, body=replace(body, form="none"))
    return None


def _denies(select: m.Select) -> bool:
    """Whether what is looked for lacks something: without it, all that is there would be otherwise."""
    return any(_negative(one) for one in (subject_entity(select).where, select.pattern.where) if one is not None)


def _negative(condition: m.Condition) -> bool:
    match condition:
        case m.All(conditions) | m.Some(conditions):
            return any(map(_negative, conditions))
        case m.Exists(negated=negated):
            return negated
        case m.Missing(negated=negated):
            return not negated
        case m.Compare(operator=operator, right=right):
            return operator in ("<>", "not in") or (isinstance(right, m.Constant) and right.value is False)
        case _:
            return isinstance(condition, m.Negation)


def _otherwise(question: str, language: Language) -> Iterator[str]:
    """The question after those that are otherwise; where nobody can tell yet which words say what they are, each way to part them."""
    folded = fold(question)
    for pattern, said in load_pointing_words().every[language]:
        if (found := pattern.match(folded)) is None:
            continue
        parts = [question[slice(*found.span(group))] for group in range(1, pattern.groups + 1)]
        if len(parts) > 1:
            yield said.format(*parts)
            continue
        words = parts[0].split()
        for end in range(len(words) - 1, 0, -1):
            yield said.format(" ".join(words[:end]), " ".join(words[end:]))
