"""Questions of impact and path, which follow relations of several kinds for as far as they go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent.language.closures import asks_whether, closure, depending, one_named, whether_depends
from agent.language.items import Item
from agent.language.lexicon import Lexicon
from agent.language.names import NamedElement
from agent.language.outcome import Unclear, Unheld
from agent.language.simulated import about_simulation, of_simulation
from agent.language.wordings import say
from agent.query.model import Named, Question, Recipe

_ALL_AROUND: Final = 360.0
"""Degrees of a view from all sides."""


def special(items: Sequence[Item], lexicon: Lexicon) -> Question | None:
    """The query of such a question, or None where it is none of these. Raises Unclear."""
    turns = [turn for item in items for turn in item.turns]
    impact = "impact" in turns and (
        "falls" in turns or any("impact" in item.turns and len(item.folded.split()) > 1 for item in items)
    )
    if any(item.number == _ALL_AROUND for item in items) and _named(items):
        return _domains(items, lexicon)
    if about_simulation(items, lexicon):
        return of_simulation(items, lexicon)
    if "path" in turns and len(_named(items)) >= 2:
        return _path(items, lexicon)
    if (whether := whether_depends(items, lexicon)) is not None:
        return whether
    if (side := depending(items, lexicon)) and _stops(items, lexicon):
        return closure(side, items, lexicon)
    if impact and not _about_attribute(items) and _stops(items, lexicon):
        return closure("in", items, lexicon)
    return None


def _domains(items: Sequence[Item], lexicon: Lexicon) -> Question:
    """An application in its seven domains: the 360° view. Raises Unheld for what is no application."""
    element = one_named(items)
    if element.kind != "BusinessApplication":
        raise Unheld(f"360° : {element.name}" if lexicon.language == "fr" else f"360°: {element.name}")
    named = Named((element.id,), (element.name,))
    return Question(Recipe("application_360", elements={"application": named}), lexicon.language)


def _stops(items: Sequence[Item], lexicon: Lexicon) -> bool:
    """Whether what is named may stop: a configuration item, or nothing is named."""
    named = _named(items)
    return not named or any(
        "ConfigurationItem" in lexicon.schema.kinds[e.kind].ancestors for e in named[0] if "." not in e.kind
    )


def _about_attribute(items: Sequence[Item]) -> bool:
    return not _named(items) and any(item.means("kind") and item.means("kind")[0].name == "Incident" for item in items)


def _named(items: Sequence[Item]) -> list[tuple[NamedElement, ...]]:
    return [item.name.elements for item in items if item.name is not None]


def _path(items: Sequence[Item], lexicon: Lexicon) -> Question:
    one, other = _named(items)[:2]
    if len(one) > 1 or len(other) > 1:
        raise Unclear(say("which_this", lexicon.language), tuple(e.name for e in (*one, *other))[:8])
    return Question(
        Recipe(
            "path_between",
            elements={"from": Named((one[0].id,), (one[0].name,)), "to": Named((other[0].id,), (other[0].name,))},
            form="yes or no" if asks_whether(items) else "rows",
        ),
        lexicon.language,
    )
