"""Figures that a question asks for: which function goes with which measure, a mean of counts, two periods side by side."""

from __future__ import annotations

from agent.language.frame import Frame, Measure, Node, Versus
from agent.language.turns import Language
from agent.language.wordings import say
from agent.query import model as m
from agent.query.scope import aggregated


def functions_of(frame: Frame, language: Language) -> list[tuple[Measure, tuple[str, ...]]]:
    """Each measure with its functions: said inside its name, right behind it (French), before it, or somewhere behind.

    One that has none of its own takes those of the measure before: average CPU and RAM.
    """
    found: list[tuple[Measure, tuple[str, ...]]] = []
    left = sorted(frame.functions)
    last: tuple[str, ...] = ()
    for measure in sorted(frame.measures, key=lambda one: one.at):
        inside = [one for one in left if one[0] == measure.at]
        behind = [one for one in left if language == "fr" and one[0] == measure.at + 1]
        before = [one for one in left if one[0] < measure.at]
        chosen = inside or behind or before or (left if not last else [])
        left = [one for one in left if one not in chosen]
        last = tuple(dict.fromkeys(function for _, function in chosen)) or last or ("average",)
        found.append((measure, last))
    return found


def mean_of_counts(frame: Frame, target: Node, language: Language) -> m.Column | None:
    """How many there are of the target in a group on average: as many as there are, over as many groups."""
    if frame.function != "average" or frame.measures or frame.mode != "count" or len(frame.groups) != 1:
        return None
    group = frame.groups.pop()
    frame.group_names.pop()
    frame.assumptions.append(say("groups_with_some", language))
    ratio = m.Ratio(m.Aggregate("count", m.Itself(target.name)), m.Aggregate("count", group), scale=1.0, digits=2)
    return m.Column("average_count", ratio, say("average_number", language))


def side_by_side(columns: list[m.Column], versus: Versus, language: Language) -> list[m.Column]:
    """Each figure of one period, of the other, how much more the later is, and how much that is of the earlier in percent."""
    found: list[m.Column] = []
    several = sum(aggregated(column.value) for column in columns) > 1
    for column in columns:
        if not aggregated(column.value):
            found.append(column)
            continue
        names = (column.name, f"{column.name}_compared")
        sides = [
            m.Column(name, column.value if condition is None else _only(column.value, condition), label)
            for name, condition, label in zip(names, versus.conditions, versus.labels, strict=True)
        ]
        later, earlier = (sides[0], sides[1]) if versus.later_first else (sides[1], sides[0])
        less = m.Arithmetic(later.value, "-", earlier.value)
        found += sides
        if None in versus.conditions:
            continue  # a whole beside a part of it: the one less the other tells nothing
        suffix = f"_{column.name}" if several else ""
        found.append(m.Column(f"difference{suffix}", less, say("difference", language)))
        found.append(m.Column(f"change_percent{suffix}", m.Ratio(less, earlier.value), say("change", language)))
    return found


def _only(value: m.Value, condition: m.Condition) -> m.Value:
    """A figure over the rows for which a condition holds."""
    match value:
        case m.Aggregate(function, of, distinct, where, share):
            whole = condition if where is None else m.All((where, condition))
            return m.Aggregate(function, of, distinct, whole, share)
        case m.Arithmetic(left, operator, right):
            return m.Arithmetic(_only(left, condition), operator, _only(right, condition))
        case m.Ratio(numerator, denominator, scale, digits):
            return m.Ratio(_only(numerator, condition), _only(denominator, condition), scale, digits)
        case _:
            return value
