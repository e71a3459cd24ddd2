"""Two numbers in one question: more incidents than changes, how many are open and how many closed, servers and applications by team.

Each number is asked as a question of its own: what stands before both, one of them, and what stands behind both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent.language.items import Item
from agent.language.outcome import Unclear
from agent.language.turns import Language
from agent.language.wordings import say

_MORE: Final = {"plus de": ">", "plus d": ">", "davantage de": ">", "davantage d": ">", "plus": ">", "more": ">",
                "moins de": "<", "moins d": "<", "moins": "<", "fewer": "<", "less": "<"}  # fmt: skip
_THAN: Final = frozenset({"que", "qu", "than"})
_PLACING: Final = frozenset(
    [
        "en", "dans", "sur", "sous", "pour", "par", "chez", "depuis", "au", "aux", "a", "in", "on", "for", "at", "by", "per",
        "within", "during", "since", "among", "parmi", "across", "did", "does", "do",
    ]
)  # fmt: skip
_BEING: Final = frozenset(
    {"est", "sont", "is", "are", "was", "were", "etaient", "restent", "reste", "tournent", "run", "runs"}
)
_AND_HOW_MANY: Final = frozenset({"et combien", "and how many"})
_COUNT: Final[dict[Language, str]] = {"fr": "nombre de", "en": "number of"}
_MOST: Final[dict[Language, str]] = {"fr": "le plus de", "en": "the most"}


@dataclass(frozen=True, slots=True)
class Tally:
    """Two questions of a number each, and what people call the numbers.

    `sign`: what the first must be to the second; empty where both are asked for. `elements`: those are asked for that have
    such numbers, and each question says so with a word of "most".
    """

    sides: tuple[tuple[Item, ...], tuple[Item, ...]]
    labels: tuple[str, str]
    sign: str = ""
    elements: bool = False


def tallied(items: Sequence[Item], question: str, language: Language) -> Tally | None:
    """The two numbers that a question speaks of; None where it does not. Raises Unclear where there are more."""
    return _more(items, language) or _both(list(_parted(items)), question, language)


def _parted(items: Sequence[Item]) -> Iterator[Item]:
    """With "and how many" as the two that it is."""
    for item in items:
        if item.folded in _AND_HOW_MANY and not item.meanings:
            yield replace(item, folded="et", turns=("and",))
            yield replace(item, turns=("count",))
        else:
            yield item


def _more(items: Sequence[Item], language: Language) -> Tally | None:
    """More of one than of another."""
    at = next((n for n, item in enumerate(items) if item.folded in _MORE and n + 1 < len(items)), None)
    if at is None or items[at + 1].number is not None:
        return None
    than = next((n for n in range(at + 2, len(items)) if items[n].folded.split()[:1] and _than(items[n])), None)
    if than is None:
        return None
    first, rest = list(items[at + 1 : than]), list(items[than + 1 :])
    if not rest or not _counted(first) or not any(item.meanings or item.name for item in rest):
        return None
    leading = next((item for item in rest if not item.empty), None)
    if leading is None or leading.period is not None or leading.number is not None or _figure(leading):
        return None
    ends = _end(rest)
    second, behind = rest[:ends], rest[ends:]
    if not _counted(second):
        return None
    before = list(items[:at])
    one = any(item.name for item in before) or "yesno" in items[0].turns
    elements = _kind(before) is not None and not one
    if not elements:
        before = [item for item in before if item.name or item.meanings]
    first, second = _alike(first, second)
    word = _word(items[at], _MOST[language], "most") if elements else _word(items[at], _COUNT[language], "count")
    lead = [*before, word] if elements else [word]
    around = behind if elements else [*before, *behind]
    sides = ((*lead, *first, *around), (*lead, *second, *around))
    return Tally(sides, (_text(first), _text(second)), _MORE[items[at].folded], elements)


def _both(items: Sequence[Item], question: str, language: Language) -> Tally | None:
    """How many of one and how many of another: the second number is said, or another kind stands behind "and"."""
    counts = [n for n, item in enumerate(items) if "count" in item.turns and not _figure(item)]
    if not counts or any({"ratio", "most", "least", "top"} & set(item.turns) for item in items):
        return None
    joins = [n for n in range(counts[0] + 1, len(items)) if _joining(items[n])]
    if len(counts) == 2:
        start = counts[1] + 1
        join = next((n for n in joins if n < counts[1] and all(one.empty for one in items[n + 1 : counts[1]])), None)
    elif len(counts) == 1:
        join = next((n for n in joins if _kind_behind(items, n) and _kind(items[counts[0] + 1 : n]) is not None), None)
        start = (join or 0) + 1
    else:
        return None
    if join is None:
        return None
    rest = list(items[start:])
    ends = _end(rest)
    first, second, behind = list(items[counts[0] + 1 : join]), rest[:ends], rest[ends:]
    if not _counted(first) or any(_joining(item) for item in second):
        return None
    if rest and all(item.empty or item.period is not None for item in rest) and len(counts) == 2:
        own = [item for item in first if item.period is None]
        first, second, behind = first, [*own, *rest], []
    elif not _counted(second):
        return None
    elif any(item.period for item in first) or any("group" in item.turns for item in first):
        return None  # two questions, each with its own
    if sum(map(is_kind, first)) > 1 and any(f"{item.text}," in question for item in first if is_kind(item)):
        raise Unclear(say("of_what", language))  # three of them
    values = [item for item in second if not item.empty]
    if not behind and len(values) == 1 and values[0].means("value") and _kind(second) is None:
        return None  # how many of each of two values: rows of them
    first, second = _alike(first, second)
    before, word = items[: counts[0]], _word(items[counts[0]], _COUNT[language], "count")
    sides = ((*before, word, *first, *behind), (*before, word, *second, *behind))
    return Tally(sides, (_text(first), _text(second)))


def _than(item: Item) -> bool:
    return item.folded.split()[0] in _THAN and not item.means("kind")


def _joining(item: Item) -> bool:
    return "and" in item.turns or item.folded in ("et", "and")


def _figure(item: Item) -> bool:
    """Whether a word asks for another figure than a number: the average, a rate, the same as before."""
    return bool({"mean", "sum", "median", "ratio", "previous", "maximum", "minimum", "same"} & set(item.turns))


def _counted(items: Sequence[Item]) -> bool:
    """Whether there is something that may be counted: a kind, or what is said of one."""
    return any(item.means("kind") or item.means("value") or item.means("predicate") or item.name for item in items)


def _kind(items: Sequence[Item]) -> int | None:
    return next((n for n, item in enumerate(items) if is_kind(item)), None)


def is_kind(item: Item) -> bool:
    """Whether a word is that of a kind first of all."""
    kinds = item.means("kind")
    return bool(kinds) and kinds[0].rank <= item.meanings[0].rank and not item.name


def _kind_behind(items: Sequence[Item], at: int) -> bool:
    """Whether a kind stands behind "and", with nothing but adjectives between."""
    for item in items[at + 1 :]:
        if is_kind(item):
            return True
        if not (item.empty or item.means("value") or item.means("predicate")) or "count" in item.turns:
            return False
    return False


def _end(items: Sequence[Item]) -> int:
    """Where what is said of the second ends, and what is said of both begins."""
    said = False
    for at, item in enumerate(items):
        if "group" in item.turns or (said and item.period is not None):
            return at - 1 if at and items[at - 1].folded == "," else at
        placing = item.folded.split()[:1] and item.folded.split()[0] in _PLACING and not item.name
        after_verb = at > 0 and bool(set(items[at - 1].folded.split()) & _BEING)
        if said and placing and not after_verb:
            return at
        said = said or bool(item.meanings or item.name)
    return len(items)


def _alike(first: list[Item], second: list[Item]) -> tuple[list[Item], list[Item]]:
    """Both with a kind: P1 incidents than P2, Linux than Windows servers."""
    one, other = _kind(first), _kind(second)
    leading = next((item for item in second if not item.empty or item.turns), None)
    if leading is not None and {"without", "no", "never", "not"} & set(leading.turns):
        other = None  # and how many without a load test
    if one is not None and other is None and not any(item.name for item in second):
        return first, [first[one], *second]
    if other is not None and one is None:
        return [*first, second[other]], second
    return first, second


def _word(item: Item, text: str, turn: str) -> Item:
    return replace(item, text=text, folded=text, turns=(turn,), meanings=(), empty=False, number=None)


def _text(items: Sequence[Item]) -> str:
    """What people call a side: its words without small ones at either end."""
    told = [item for item in items if item.folded not in (",", "?", ".")]
    while told and told[0].empty:
        told.pop(0)
    while told and told[-1].empty:
        told.pop()
    return " ".join(item.text for item in told)
