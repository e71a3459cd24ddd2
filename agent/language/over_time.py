"""How a number goes over time: its evolution is the number in each month, or in each of the stretches that are said."""

from __future__ import annotations

from collections.abc import Sequence

from agent.language.items import Item
from agent.language.lexicon import Lexicon
from agent.language.meanings import is_a, nearest
from agent.language.reading.words import BUCKETS, CATEGORY


def over_time(items: Sequence[Item], lexicon: Lexicon) -> Sequence[Item]:
    """The items without the words that ask for an evolution, where it is said by which stretches of something that happens.

    What only is (servers, applications) has no past number here: its evolution stays to be asked back.
    """
    words = [at for at, item in enumerate(items) if "evolution" in item.turns]
    if not words or not any(_by_stretch(items, at) for at in range(1, len(items))):
        return items
    kinds = [item.means("kind")[0].name for item in items if item.means("kind") and not item.name]
    kinds += [kind for item in items for m in item.means("measure") for kind in lexicon.idioms.measures.get(m.name, {})]
    if not any(_happens(kind, lexicon) for kind in kinds):
        return items
    return tuple(item for at, item in enumerate(items) if at not in words)


def _by_stretch(items: Sequence[Item], at: int) -> bool:
    return items[at].folded in BUCKETS and "group" in items[at - 1].turns


def _happens(kind: str, lexicon: Lexicon) -> bool:
    timed = nearest(lexicon.schema, kind, lexicon.idioms.times) is not None
    return timed and not is_a(lexicon.schema, kind, CATEGORY)
