"""Questions that go on from the one before: "et par équipe ?", "and for Paris?", "only the critical ones"."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agent.language.items import Item

_OF_THEM: Final = frozenset(
    ["of those", "of these", "of them", "among them", "among those", "parmi eux", "parmi elles", "parmi ceux ci",
     "parmi celles ci", "how many of them", "how many of those"]
)  # fmt: skip
"""Words that point at what was answered before."""


_LEADING: Final = frozenset({"without", "sort_desc", "sort_asc", "top"})
"""Turns that begin no question of their own."""
_ENDS: Final = frozenset({"most", "least"})
_FEW: Final = 5
"""Words that may go on from a question without a word that leads them."""


def _is_kind(item: Item) -> bool:
    """Whether a word is a kind first of all, or as usual as whatever else it means."""
    kinds = item.means("kind")
    return bool(kinds) and item.name is None and kinds[0].rank <= min(meaning.rank for meaning in item.meanings)


def _counts(item: Item) -> bool:
    return "count" in item.turns or item.folded in ("and how many", "et combien")


def is_follow_up(items: tuple[Item, ...]) -> bool:
    """Whether a question cannot stand alone: it begins with a word that goes on, and names no new subject to ask for."""
    if not items:
        return False
    first = items[0]
    words = " ".join(item.folded for item in items)
    of_them = any(f" {text} " in f" {words} " for text in _OF_THEM)
    if of_them and not any(item.means("kind") and not item.name for item in items):
        return len([item for item in items if not item.empty]) <= 7
    if "follow" not in first.turns and "group" not in first.turns:
        return False
    asks = any("list" in item.turns or "yesno" in item.turns for item in items[1:3]) and first.folded not in (
        "et",
        "and",
    )
    if "group" in first.turns and first.folded.split()[0] not in ("et", "and", "puis", "then"):
        asks = asks or any("count" in item.turns or "list" in item.turns for item in items[1:])
    return not asks and len([item for item in items if not item.empty]) <= 7


def goes_on(items: tuple[Item, ...]) -> bool:
    """Whether a few words can only be said of the question before: sorted by memory, without a recovery plan, how many?"""
    said = [item for item in items if not item.empty]
    asks = any({"list", "yesno", "who", "where", "when"} & set(item.turns) for item in said)
    if not said or asks or len(said) > _FEW:
        return False
    if "top" in said[0].turns and any(_is_kind(item) for item in said):
        return False  # the top 5 applications: a question of its own
    return bool(_LEADING & set(said[0].turns)) or all(_counts(item) for item in said)


def is_fragment(items: tuple[Item, ...]) -> bool:
    """Whether a few words ask for nothing by themselves: and in 2023, mean duration. They may be said of the question before."""
    said = [item for item in items if not item.empty]
    asks = any({"list", "yesno", "who", "where", "when", "count"} & set(item.turns) for item in said)
    kinds = any(item.means("kind") and not item.name for item in said)
    return 0 < len(said) <= _FEW and not asks and not kinds and not any(item.unknown for item in said)


def asks_a_figure(items: tuple[Item, ...]) -> bool:
    """Whether a figure is asked for, and nothing says what it is of: how much memory in total, how many cores."""
    said = [item for item in items if not item.empty]
    if len(said) == 1 and _is_kind(said[0]) and not items[0].turns:
        return True  # causes?
    alone = not any(item.means("kind") or item.name or item.unknown for item in said)
    figures = [item for item in said if item.means("attribute") or item.means("measure")]
    return 1 < len(said) <= _FEW and alone and len(figures) == 1 and any("count" in item.turns for item in said[:2])


def added_to(previous: tuple[Item, ...], items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items of the earlier question with those of a few words that no word leads."""
    lead = replace(items[0], turns=(), meanings=(), folded="et", empty=True)
    return continued(previous, (lead, *items))


def continued(previous: tuple[Item, ...], following: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items of the earlier question with those of the follow-up put in their place, or added."""
    kept = list(previous)
    if counts := next((item for item in following[:3] if _counts(item)), None):
        kept = [item for item in kept if not ({"list", "count", "yesno"} & set(item.turns) and not item.meanings)]
        kept.insert(0, replace(counts, turns=("count",), meanings=()))
        following = tuple(item for item in following if item is not counts or item is following[0])
    added = (
        [
            item
            for item in following[1:]
            if not (
                item.empty
                and not item.turns
                and item.folded in ("les", "the", "ceux", "celles", "ones", "those", "pour", "for", "about")
            )
        ]
        if "group" not in following[0].turns
        else list(following)
    )
    if kept and kept[-1].folded in ("?", ".", "!"):
        kept.pop()
    said = [item for item in added if not item.empty]
    if (
        len(said) == 1
        and said[0].means("attribute")
        and not said[0].turns
        and not _is_kind(said[0])
        and any(i.name for i in kept)
    ):
        kept = [old for old in kept if not old.means("attribute") or _is_kind(old)]  # the RTO of X; and its RPO?
    asked = [at for at, old in enumerate(kept) if old.means("kind") and not old.name]
    grouped = any("group" in item.turns for item in added)
    if len(said) == 1 and _ENDS & set(said[0].turns) and any(_ENDS & set(item.turns) for item in kept):
        return tuple(
            replace(said[0], empty=False) if _ENDS & set(item.turns) else item for item in kept
        )  # and the fewest?
    if len(said) == 1 and not (said[0].turns or grouped) and _is_kind(said[0]) and len(asked) == 1:
        return (*kept[: asked[0]], said[0], *kept[asked[0] + 1 :])  # what about changes?
    for item in added:
        if item.period is not None:
            kept = [old for old in kept if old.period is None]
        elif item.name is not None:
            kinds = {element.kind for element in item.name.elements}
            kept = [old for old in kept if not (old.name and kinds & {e.kind for e in old.name.elements})]
        else:
            values = {(m.name, m.on) for m in item.means("value")[:2]}
            kept = [
                old
                for old in kept
                if not (
                    values
                    and old.means("value")
                    and not old.means("kind")
                    and values & {(m.name, m.on) for m in old.means("value")[:2]}
                )
            ]
    if grouped:
        at = next((n for n, old in enumerate(kept) if "group" in old.turns), len(kept))
        kept = kept[:at]
    return (*kept, *added)
