"""Questions of impact, dependency and path, which follow relations of several kinds for as far as they go."""

from __future__ import annotations

from collections.abc import Sequence

from agent.language.items import Item
from agent.language.lexicon import Lexicon
from agent.language.meanings import is_a
from agent.language.names import NamedElement
from agent.language.outcome import Unclear, Unheld
from agent.language.wordings import say
from agent.query.model import ColumnOf, Compare, Constant, Named, Question, Recipe


def special(items: Sequence[Item], lexicon: Lexicon) -> Question | None:
    """The query of such a question, or None where it is none of these. Raises Unclear."""
    turns = [turn for item in items for turn in item.turns]
    impact = "impact" in turns and (
        "falls" in turns or any("impact" in item.turns and len(item.folded.split()) > 1 for item in items)
    )
    if "path" in turns and len(_named(items)) >= 2:
        return _path(items, lexicon)
    if impact and not _about_attribute(items) and _stops(items, lexicon):
        return _closure("downstream_impact", items, lexicon)
    return None


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


def _closure(recipe: str, items: Sequence[Item], lexicon: Lexicon) -> Question:
    language = lexicon.language
    named = _named(items)
    if not named:
        raise Unclear(say("which_this", language))
    elements = _one(items)
    kinds = []
    for at, item in enumerate(items):
        found = item.means("kind")
        if not found or item.name is not None:
            continue
        near = items[at + 1].name if at + 1 < len(items) else None
        if near is not None and any(
            e.kind == found[0].name or found[0].name in lexicon.schema.kinds[e.kind].ancestors for e in near.elements
        ):
            continue
        if "falls" in item.turns or "impact" in item.turns:
            continue
        if not any(is_a(lexicon.schema, found[0].name, "ConfigurationItem") for _ in found[:1]):
            raise Unheld(item.text)
        kinds.append(found[0].name)
    covered = sorted({concrete for kind in kinds for concrete in lexicon.schema.descendants[kind]})
    where = Compare(ColumnOf("kind"), "in", Constant(list(covered))) if covered else None
    body = Recipe(recipe, elements={"ci": Named((elements.id,), (elements.name,))}, where=where)
    if any("count" in item.turns for item in items):
        from agent.query.model import Aggregate, Column

        body = Recipe(recipe, elements=body.elements, where=where, columns=(Column("count", Aggregate("count")),))
    return Question(body, language)


def _one(items: Sequence[Item]) -> NamedElement:
    for at, item in enumerate(items):
        if item.name is None:
            continue
        elements = tuple(e for e in item.name.elements if "." not in e.kind)
        around = {m.name for near in items[max(0, at - 2) : at] for m in near.means("kind")}
        fitting = [e for e in elements if e.kind in around] or list(elements)
        if len(fitting) > 1:
            raise Unclear("", tuple(sorted({e.name for e in fitting}))[:8])
        return fitting[0]
    raise Unclear("")


def _path(items: Sequence[Item], lexicon: Lexicon) -> Question:
    one, other = _named(items)[:2]
    if len(one) > 1 or len(other) > 1:
        raise Unclear(say("which_this", lexicon.language), tuple(e.name for e in (*one, *other))[:8])
    return Question(
        Recipe(
            "path_between",
            elements={"from": Named((one[0].id,), (one[0].name,)), "to": Named((other[0].id,), (other[0].name,))},
        ),
        lexicon.language,
    )
