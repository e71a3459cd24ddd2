"""Follow-ups that are an edit of what the question before was understood as: the first five, which ones, why.

What was understood says all that is needed, whoever understood it; the words of the question before are not read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

from agent.language.items import Item
from agent.language.turns import Language
from agent.query import model as m
from agent.query.emit_select import subject_of
from agent.query.scope import aggregated

_WHY: Final = frozenset(
    {"why", "why so", "why is that", "how come", "pourquoi", "et pourquoi", "and why", "pourquoi ca", "comment ca"}
)
_WHICH: Final = frozenset(
    {"lesquels", "lesquelles", "which ones", "which", "quels", "quelles", "who are they", "list them", "show them",
     "liste les", "montre les", "affiche les", "donne la liste", "show me the list", "the list", "la liste", "details", "detail"}
)  # fmt: skip
_SMALL: Final = frozenset(
    {"les", "the", "only", "seulement", "juste", "just", "et", "and", "que", "show", "montre", "donne", "me", "moi", "to"}
)  # fmt: skip


def asks_why(folded: str) -> bool:
    """Whether a question is nothing but why."""
    return folded.strip(" ?!.") in _WHY


def edited(understood: m.Question, items: Sequence[Item], folded: str, language: Language) -> m.Question | None:
    """The question before, edited as the follow-up says; None where it says something else."""
    body = understood.body
    if not isinstance(body, m.Select):
        return None
    plain = folded.strip(" ?!.")
    if asks_why(plain) or plain in _WHICH:
        return replace(understood, body=_elements(body, why=asks_why(plain)), language=language, assumptions=())
    if (few := _few(items)) is not None:
        return replace(understood, body=_first(body, *few), language=language)
    return None


def _few(items: Sequence[Item]) -> tuple[int, bool] | None:
    """How many of the first, or of the last, where nothing else is said: the first 5, top 3."""
    number: int | None = None
    last = top = False
    for item in items:
        if item.number is not None and not item.unit and number is None:
            number = int(item.number)
        elif "top" in item.turns or "newest" in item.turns or "least" in item.turns:
            top, last = True, last or "top" not in item.turns
        elif item.folded not in _SMALL and not (item.empty and not item.meanings):
            return None
    return (number, last) if number is not None and number > 0 and top else None


def _first(select: m.Select, number: int, last: bool) -> m.Select:
    """The first few rows: by its own order, else by its first figure, the greatest first, else by its first column."""
    if all(aggregated(column.value) for column in select.columns):
        select = _elements(select, why=False)  # the first of what was counted
    order = select.order
    if not order and select.columns:
        figure = next((column for column in select.columns if aggregated(column.value)), None)
        order = (m.Sort(m.ColumnOf((figure or select.columns[0]).name), figure is not None),)
    if last:
        order = tuple(replace(sort, descending=not sort.descending) for sort in order)
    return replace(select, order=order, limit=number, ties=False, form="rows")


def _elements(select: m.Select, why: bool) -> m.Select:
    """The elements behind a figure; `why`: with what its conditions look at."""
    subject = subject_of(select)
    names = {entity.name for entity in select.pattern.entities}
    columns = [m.Column("element", m.Itself(subject))]
    keys = [column for column in select.columns if not aggregated(column.value) and column.value != m.Itself(subject)]
    if why:
        looked = [m.Attribute(a.of, a.name) for a in _attributes(select.pattern.entities) if a.of in names]
        keys += [m.Column(f"{attribute.of}_{attribute.name}", attribute) for attribute in dict.fromkeys(looked)]
    known = {"element", *names}
    for column in keys:
        if column.name not in known:
            known.add(column.name)
            columns.append(column)
    return m.Select(select.pattern, tuple(columns), subject)


def _attributes(part: Any) -> list[m.Attribute]:
    """Attributes that conditions of a pattern look at, outside what must or must not be there."""
    if isinstance(part, m.Attribute):
        return [part]
    if isinstance(part, tuple):
        return [found for item in part for found in _attributes(item)]
    if is_dataclass(part) and not isinstance(part, type | m.Exists):
        return [found for known in fields(part) for found in _attributes(getattr(part, known.name))]
    return []
