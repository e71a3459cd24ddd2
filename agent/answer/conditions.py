"""Conditions of a question as people read them, and the question without one of them: to say which one left no row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from agent.answer.labels import Labels
from agent.query import model as m
from agent.query.emit_select import subject_of
from agent.query.scope import Scope

MOST = 6
"""Conditions that are left out one at a time."""

_WORDS = {
    "fr": {
        "<>": "différent de",
        "in": "parmi",
        "not in": "hors de",
        "contains": "contient",
        "starts with": "commence par",
        "ends with": "finit par",
        "today": "aujourd'hui",
        "now": "maintenant",
        "missing": "{} : aucune valeur",
        "known": "{} : une valeur",
        "with": "avec {}",
        "without": "sans {}",
        "not": "sauf si {}",
        "from": "{} à partir de {}",
        "before": "{} avant {}",
        "and": " et ",
        "or": " ou ",
        "named": "{} = {}",
        "counted": "dont {}",
    },
    "en": {
        "<>": "other than",
        "in": "among",
        "not in": "outside",
        "contains": "contains",
        "starts with": "begins with",
        "ends with": "ends with",
        "today": "today",
        "now": "now",
        "missing": "{}: no value",
        "known": "{}: any value",
        "with": "with {}",
        "without": "without {}",
        "not": "unless {}",
        "from": "{} from {}",
        "before": "{} before {}",
        "and": " and ",
        "or": " or ",
        "named": "{} = {}",
        "counted": "of which {}",
    },
}
_UNITS = {
    "fr": {
        "minutes": "minutes",
        "hours": "heures",
        "days": "jours",
        "weeks": "semaines",
        "months": "mois",
        "years": "ans",
    },
    "en": {
        "minutes": "minutes",
        "hours": "hours",
        "days": "days",
        "weeks": "weeks",
        "months": "months",
        "years": "years",
    },
}
_INSTANT = re.compile(r"^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|\+00:00)$")


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A select without one of its conditions. `condition`: what was left out, in words."""

    condition: str
    select: m.Select


def relaxations(select: m.Select, labels: Labels) -> Iterator[Relaxed]:
    """The select without each of its conditions in turn, as a count of its subjects; few of them."""
    scope = Scope(labels.schema).with_pattern(select.pattern)
    number = (m.Column("number", m.Aggregate("count", m.Itself(subject_of(select)))),)
    for said, pattern in _without_one(select.pattern, scope, labels, subject_of(select)):
        yield Relaxed(said, m.Select(pattern, number, select.subject))


def criteria(select: m.Select, labels: Labels) -> tuple[str, ...]:
    """Every condition of a select in words."""
    scope = Scope(labels.schema).with_pattern(select.pattern)
    told = [words for words, _ in _without_one(select.pattern, scope, labels, subject_of(select))]
    counted = [_counted(column.value) for column in select.columns]
    told += [_WORDS[labels.language]["counted"].format(said(one, scope, labels)) for one in counted if one is not None]
    return tuple(dict.fromkeys(told))


def _counted(value: m.Value) -> m.Condition | None:
    """What a figure counts of all that there is: what the part of a rate is of."""
    if isinstance(value, m.Ratio):
        return _counted(value.numerator)
    return value.where if isinstance(value, m.Aggregate) else None


def _without_one(pattern: m.Pattern, scope: Scope, labels: Labels, subject: str) -> Iterator[tuple[str, m.Pattern]]:
    """Each condition in words, behind the kind that it is of where that is not the subject, and the pattern without it."""
    for place, entity in enumerate(pattern.entities):
        parts = _parts(entity.where)
        for part in parts:
            rest = replace(entity, where=m.all_of([other for other in parts if other is not part]))
            entities = (*pattern.entities[:place], rest, *pattern.entities[place + 1 :])
            words = said(part, scope, labels)
            told = words if entity.name == subject else f"{labels.kinds(entity)} ({words})"
            yield told, replace(pattern, entities=entities)
    parts = _parts(pattern.where)
    for part in parts:
        yield (
            said(part, scope, labels),
            replace(pattern, where=m.all_of([other for other in parts if other is not part])),
        )
    for place, entity in enumerate(pattern.entities):
        if entity.named is not None and len(pattern.entities) > 1:
            texts = ", ".join(entity.named.texts or entity.named.ids)
            what = _WORDS[labels.language]["named"].format(labels.kinds(entity), texts)
            entities = (*pattern.entities[:place], replace(entity, named=None), *pattern.entities[place + 1 :])
            yield what, replace(pattern, entities=entities)


def _parts(condition: m.Condition | None) -> list[m.Condition]:
    if condition is None:
        return []
    if isinstance(condition, m.All):
        return [part for inner in condition.conditions for part in _parts(inner)]
    return [condition]


def said(condition: m.Condition, scope: Scope, labels: Labels) -> str:
    """A condition in words."""
    words = _WORDS[labels.language]
    match condition:
        case m.Compare(left, operator, right):
            attribute = labels.attribute_of(left, scope) if isinstance(left, m.Attribute) else None
            if isinstance(left, m.KindOf) and isinstance(right, m.Constant):
                kinds = right.value if isinstance(right.value, list) else [right.value]
                value = ", ".join(labels.kind(str(kind)) for kind in kinds)
            elif isinstance(right, m.Constant):
                value = labels.cell(right.value, attribute)
            else:
                value = moment(right, labels) if isinstance(right, m.Moment) else labels.value(right, scope)
            unit = labels.unit(left, scope) if isinstance(right, m.Constant) else ""
            return f"{labels.value(left, scope)} {words.get(operator, operator)} {value} {unit}".rstrip()
        case m.Within(value, start, end):
            name = labels.value(value, scope)
            parts = []
            if start is not None:
                first = words["from"].format(name, _bound(start, scope, labels))
                parts.append(first.replace(" de aujourd", " d'aujourd"))
            if end is not None:
                parts.append(words["before"].format(name, _bound(end, scope, labels)))
            return words["and"].join(parts)
        case m.Missing(value, negated):
            return words["known" if negated else "missing"].format(labels.value(value, scope))
        case m.Exists(pattern, negated):
            return words["without" if negated else "with"].format(_inside(pattern, scope, labels))
        case m.All(conditions):
            return words["and"].join(said(part, scope, labels) for part in conditions)
        case m.Some(conditions):
            return words["or"].join(said(part, scope, labels) for part in conditions)
        case m.Negation(inner):
            return words["not"].format(said(inner, scope, labels))


def _inside(pattern: m.Pattern, scope: Scope, labels: Labels) -> str:
    """What is there, or is not: its kinds, and in brackets what is asked of them. Kinds that only lead on are not named."""
    words, inner = _WORDS[labels.language], scope.with_pattern(pattern)
    told = []
    for entity in pattern.entities:
        kinds = labels.kinds(entity)
        if entity.named is not None:
            kinds = words["named"].format(kinds, ", ".join(entity.named.texts or entity.named.ids))
        asked = words["and"].join(said(part, inner, labels) for part in _parts(entity.where))
        told.append(f"{kinds} ({asked})" if asked else kinds)
    more = words["and"].join(said(part, inner, labels) for part in _parts(pattern.where))
    what = words["and"].join(told) or "…"
    return f"{what} ({more})" if more else what


def _bound(value: m.Value, scope: Scope, labels: Labels) -> str:
    return moment(value, labels) if isinstance(value, m.Moment) else labels.value(value, scope)


def _time(clock: str) -> str:
    """The time of an instant; the first minute of a day goes without saying."""
    return "" if clock == "00:00" else f" {clock}"


def moment(value: m.Moment, labels: Labels) -> str:
    """A day or an instant in words: `today - 3 months`."""
    words, units = _WORDS[labels.language], _UNITS[labels.language]
    text = words.get(value.at) or _INSTANT.sub(lambda found: found[1] + _time(found[2]), value.at)
    if value.start_of is not None:
        period = {"day": "jour", "week": "semaine", "month": "mois", "quarter": "trimestre", "year": "année"}
        begin = f"début {period[value.start_of]}" if labels.language == "fr" else f"start of {value.start_of}"
        text = begin if value.at in ("today", "now") else f"{begin} ({text})"
    if value.shift:
        text += f" {'+' if value.shift > 0 else '-'} {abs(value.shift)} {units[value.unit]}"
    return text
