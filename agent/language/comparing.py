"""Two periods side by side: more incidents this quarter than the one before, Q3 and Q4 compared, better than last month.

The question is read with one period; what that period became is then said of each side alone (`agent.language.figures`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from agent.language.frame import Frame, Versus
from agent.language.items import Item
from agent.language.outcome import Unclear
from agent.language.periods import Period, Shape, add
from agent.language.turns import Language
from agent.language.windows import window
from agent.language.wordings import say
from agent.query.model import Condition, Some

_THAN: Final = frozenset({"que", "qu", "than", "as"})
_WORDS: Final = ("compare", "evolution", "rises", "better")
_MORE: Final = {"plus": ">", "plus de": ">", "plus d": ">", "more": ">", "moins": "<", "moins de": "<", "moins d": "<",
                "fewer": "<", "less": "<"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """The items without the second period and the words that compare, and what is compared.

    `first` is None where a figure of all times stands beside one of a period. `stated`: that it is a comparison is said, not
    only that there are two periods. `more`: the sign that the first side is said to bear to the second.
    """

    items: tuple[Item, ...]
    first: Period | None
    second: Period
    labels: tuple[str, str]
    stated: bool
    more: str


def compared(items: Sequence[Item], language: Language) -> Compared | None:
    """What a question compares over time; None where it does not."""
    periods = [at for at, item in enumerate(items) if item.period is not None and _bounded(item.period)]
    before = next((at for at, item in enumerate(items) if "previous" in item.turns), None)
    words = [at for at, item in enumerate(items) if compares(item)]
    if len(periods) == 2:
        between = range(periods[0] + 1, periods[1])
        if not words and not _linked(items, between):
            return None
        first, second = _period(items, periods[0]), _period(items, periods[1])
        if (first.start, first.end) == (second.start, second.end):
            second = _preceding(second)  # last month beside the month before
        joins = [at for at in between if _joining(items[at])]
        return _made(
            items,
            first,
            second,
            [periods[1], *joins, *words],
            periods,
            bool(words) or _than(items, periods[1]),
        )
    if len(periods) != 1:
        return None
    (at,) = periods
    period = _period(items, at)
    if words and before is None and (ends := _ends(period, items[at].folded)):
        made = _made(items, ends[0], ends[1], words, [at], True)
        return replace(made, labels=(_label(ends[0], ""), _label(ends[1], "")))
    if before is not None and (words or _than(items, before) or before > at):
        joins = [one for one in range(at + 1, before) if "and" in items[one].turns]
        return _made(items, period, _preceding(period), [before, *joins, *words], [at, before], True)
    if not _than(items, at) and not any("compare" in items[one].turns and one < at for one in words):
        return None
    if any("better" in items[one].turns for one in words):
        joins = [one for one in range(min(words)) if "and" in items[one].turns and one >= min(words) - 3]
        yes = [one for one in range(1, at) if "yesno" in items[one].turns]
        kept = _made(items, None, period, [*joins, *yes, *words], [at], True)
        return replace(kept, labels=(say("all_times", language), kept.labels[1]))
    return _made(items, _following(period), period, words, [at], True)


def side(frame: Frame, pair: Compared, language: Language) -> None:
    """Say of each side what the one period of the question became. Raises Unclear where it became nothing, or several things."""
    if len(frame.windows) != 1 or frame.target is None:
        raise Unclear(say("which_date", language))
    (found,) = frame.windows
    found.node.where.remove(found.condition)
    conditions: list[Condition | None] = [
        None if period is None else window(found.attribute, found.kind, period) for period in (pair.first, pair.second)
    ]
    some = tuple(one for one in conditions if one is not None)
    if len(some) == 2:
        found.node.where.append(Some(some))
    lists = frame.mode in ("list", "yes") and not frame.groups and not frame.measures
    if lists and not pair.stated:
        return  # the incidents of November and of December
    more = ""
    if lists and found.node is not frame.target and frame.mode == "list":
        found.node.measured, more = True, pair.more
    elif frame.mode in ("list", "yes") and not frame.measures:
        frame.mode = "count"
    starts = [
        date.min if period is None or period.start is None else period.start for period in (pair.first, pair.second)
    ]
    frame.versus = Versus((conditions[0], some[-1]), pair.labels, starts[0] >= starts[1], more)


def _ends(period: Period, text: str) -> tuple[Period, Period] | None:
    """The first and the last month, quarter or year of a stretch that is said by its two ends: between 2023 and 2024."""
    if text.split()[0] not in ("entre", "between", "from", "de") or period.start is None or period.end is None:
        return None
    parts = (
        "qt"
        if any((word[:1] in "qt" and word[1:].isdigit()) or word[:4] in ("trim", "quar") for word in text.split())
        else ""
    )
    years = (period.start.month, period.start.day, period.end.month, period.end.day) == (1, 1, 1, 1)
    unit = "quarter" if parts else "year" if years and text.split()[1].isdigit() else "month"
    if period.start.day != 1 or period.end.day != 1:
        return None
    first, last = add(period.start, 1, unit), add(period.end, -1, unit)
    if first > last:
        return None
    return replace(period, end=first), replace(period, start=last)


def _bounded(period: Period) -> bool:
    return period.start is not None and period.end is not None and period.shape in (Shape.WITHIN, Shape.SINCE)


def _period(items: Sequence[Item], at: int) -> Period:
    period = items[at].period
    assert period is not None
    return period


def compares(item: Item) -> bool:
    """Whether a word says that something is compared, or goes up or down."""
    return any(word in item.turns for word in _WORDS) and item.period is None


def _linked(items: Sequence[Item], between: range) -> bool:
    """Whether nothing but small words stands between two periods, one of which joins them."""
    joined = any(_joining(items[at]) or items[at].folded in _THAN for at in between)
    small = (
        items[at].empty or _joining(items[at]) or "between" in items[at].turns or items[at].folded in _THAN
        for at in between
    )
    return joined and all(small)


def _joining(item: Item) -> bool:
    return bool(set(item.turns) & {"and", "or"}) or item.folded in ("et", "and")


def _than(items: Sequence[Item], at: int) -> bool:
    """Whether `than` stands before an item, or in its text: qu'au trimestre dernier."""
    before = at - 1
    while before > 0 and items[before].empty and items[before].folded not in _THAN:
        before -= 1
    return before >= 0 and items[before].folded in _THAN


def _made(
    items: Sequence[Item],
    first: Period | None,
    second: Period,
    dropped: Sequence[int],
    said: Sequence[int],
    stated: bool,
) -> Compared:
    texts = [items[at].text for at in said]
    labels = (_label(first, texts[0]), _label(second, texts[-1])) if first else ("", _label(second, texts[-1]))
    more = next((_MORE[item.folded] for item in items if item.folded in _MORE), "")
    if len(said) == 1 and first is not None:
        labels = (_label(first, ""), labels[1])
    kept = tuple(
        item for at, item in enumerate(items) if at not in dropped and not (item.unknown and item.folded in _THAN)
    )
    return Compared(kept, first, second, labels, stated, more)


def _label(period: Period, text: str) -> str:
    """A period as it was written, with its days."""
    assert period.start is not None
    assert period.end is not None
    days = f"{period.start.isoformat()} – {(period.end - timedelta(days=1)).isoformat()}"
    return f"{text} ({days})" if text else days


def _preceding(period: Period) -> Period:
    return _moved(period, -1)


def _following(period: Period) -> Period:
    return _moved(period, 1)


def _moved(period: Period, by: int) -> Period:
    """The stretch as long as a period that lies right before it, or right behind."""
    start, end = period.start, period.end
    assert start is not None
    assert end is not None
    if start.day == end.day == 1:
        months = (end.year - start.year) * 12 + end.month - start.month
        moved = add(start, by * months, "month"), add(end, by * months, "month")
    else:
        moved = start + by * (end - start), end + by * (end - start)
    return replace(period, shape=Shape.WITHIN, start=moved[0], end=moved[1], rolling=False, future=None)
