"""Questions about the elements of the answer before: their applications, which of those are in production, lesquels sont obsolètes ?

The words that point at them are replaced with their kind, the question is read by itself, and what was understood before is
asked of them beside it: no word of the question before is read again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agent.language.folding import composed
from agent.language.meanings import is_a
from agent.language.outcome import Read, Unclear
from agent.language.plurals import plural
from agent.language.pointers import load_pointing_words, put_in_place
from agent.language.turns import Language
from agent.language.wordings import say
from agent.query import model as m
from agent.query.emit_select import subject_entity
from agent.query.rename import joined_at, renamed
from agent.query.scope import aggregated
from graph.schema.model import Schema

_BEFORE: Final = "_before"
"""Behind the names of what was understood before."""


def about_those(
    question: str,
    understood: m.Question,
    schema: Schema,
    language: Language,
    read: Read,
    *,
    figure: bool = False,
) -> m.Question | None:
    """The question about the elements that the one before was about; None where it does not point at them.

    `read`: reads a question by itself, None where it is none. `figure`: whether a figure is asked for without a word of what it
    is of, so that it is of those: how much memory in total? Raises Unclear where only some of them were meant before, so that
    nobody can tell which: the applications of the first five.
    """
    pointed = put_in_place(composed(question), load_pointing_words().those[language])
    if pointed is None and figure:
        pointed = f"{composed(question).rstrip(' ?.!')} {'des' if language == 'fr' else 'of the'} <kinds>"
    if pointed is None:
        return None
    before = _elements(understood.body) if isinstance(understood.body, m.Select) else None
    if before is None:
        raise Unclear(say("of_what", language))
    subject, pattern = before
    label = schema.kinds[subject.kinds[0]].wording
    kind = label.fr if language == "fr" else label.en
    kinds = plural(kind, language)
    asked = read(pointed.replace("<kinds>", kinds).replace("<kind>", kind))
    if asked is None or not isinstance(asked.body, m.Select):
        return None
    same = [e for e in asked.body.pattern.entities if not e.named and _alike(schema, e.kinds, subject.kinds)]
    if len(same) != 1:
        return None
    select = _asked_of(asked.body, same[0], subject, pattern)
    told = (*asked.assumptions, say("about_those", language, kinds=kinds))
    return replace(
        asked, body=select, as_of=asked.as_of or understood.as_of, branch=understood.branch, assumptions=told
    )


def _elements(select: m.Select) -> tuple[m.Entity, m.Pattern] | None:
    """What a select is about, and its pattern; None where only some of it are meant: the first, the best, of each group one."""
    if select.having is not None or select.limit is not None or select.per or select.skip:
        return None
    subject = subject_entity(select)
    name = subject.name
    if any(column.value != m.Itself(name) and not aggregated(column.value) for column in select.columns):
        keys = [column for column in select.columns if isinstance(column.value, m.Itself) and column.value.of != name]
        if keys:
            return None  # of each of others
    return (subject, select.pattern) if len(subject.kinds) == 1 else None


def _alike(schema: Schema, one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return any(is_a(schema, a, b) or is_a(schema, b, a) for a in one for b in other)


def _asked_of(select: m.Select, entity: m.Entity, subject: m.Entity, pattern: m.Pattern) -> m.Select:
    """A select whose entity is also what the pattern says of its own subject."""
    earlier = joined_at(renamed(pattern, _BEFORE), subject.name + _BEFORE, entity.name)
    own = next(e for e in earlier.entities if e.name == entity.name)
    others = tuple(e for e in earlier.entities if e.name != entity.name)
    conditions = [one for one in (entity.where, own.where) if one is not None]
    narrowed = replace(entity, kinds=subject.kinds, named=own.named, where=m.all_of(conditions))
    entities = tuple(narrowed if e.name == entity.name else e for e in select.pattern.entities)
    beside = m.Exists(m.Pattern(others, earlier.hops, earlier.where)) if earlier.hops else earlier.where
    where = [one for one in (select.pattern.where, beside) if one is not None]
    return replace(select, pattern=replace(select.pattern, entities=entities, where=m.all_of(where)))
