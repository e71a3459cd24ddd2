"""What depends on an element and what it depends on, directly or through others, as far as it goes or so many relations deep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from agent.language.items import Item
from agent.language.lexicon import Lexicon
from agent.language.meanings import holders, is_a
from agent.language.names import NamedElement
from agent.language.outcome import Unclear, Unheld
from agent.language.wordings import say
from agent.query import model as m
from agent.query.check_hops import hop_findings
from agent.query.scope import Scope

Side = Literal["in", "out"]
"""Against the dependencies, to what stops with an element; or along them, to what it needs."""

_RECIPES: Final = {"in": "downstream_impact", "out": "upstream_dependencies"}
_ANY: Final = ("ConfigurationItem",)
_DEEPEST: Final = 6
"""Relations that a depth may be asked for: each is a part of the query of its own."""


def depending(items: Sequence[Item], lexicon: Lexicon) -> Side | None:
    """Which way a question of dependency goes where it names one element and asks for all there is; None where it does not."""
    named = [at for at, item in enumerate(items) if item.name is not None]
    if len(named) != 1 or any({"most", "least", "ratio", "group", "without", "never"} & set(i.turns) for i in items):
        return None
    turns = {turn for item in items for turn in item.turns}
    verb = next((at for at, item in enumerate(items) if _says_dependency(item) and "who" not in items[0].turns), None)
    kinds = [
        item
        for at, item in enumerate(items)
        if item.means("kind") and not item.name and at != verb and not _of_name(items, at, lexicon)
    ]
    if "dependents" in turns:
        return "in"
    if "depends" in turns and not kinds:
        return "out"
    if verb is None:
        return None
    inverse = all(r.inverse for r in items[verb].means("relation") if r.name == "DEPENDS_ON")
    asked = items[0].folded.split()[0] in ("de", "d", "on", "what") and lexicon.language == "fr"
    side: Side = "out" if (named[0] < verb) != inverse or asked or "dont" in items[verb].folded else "in"
    asked_kinds = {m.name for item in kinds for m in item.means("kind")[:1]}
    through = _says_nothing_else(items[verb]) and _only_through(asked_kinds, _elements(items), lexicon, side)
    return side if "indirect" in turns or _depth(items) or not kinds or through else None


def whether_depends(items: Sequence[Item], lexicon: Lexicon) -> m.Question | None:
    """Whether one named thing depends on another, through others where it can only do so through them; None where not asked."""
    named = [item for item in items if item.name is not None]
    asks = len(named) == 2 and asks_whether(items)
    verbs = [item for item in items if _says_dependency(item) and _says_nothing_else(item)]
    if not asks or len(verbs) != 1 or any({"not", "never", "without", "direct"} & set(item.turns) for item in items):
        return None
    first, other = (_elements([item]) for item in named)
    if len(first) != 1 or len(other) != 1 or not _only_through({first[0].kind}, other, lexicon, "in"):
        return None
    if all(r.inverse for r in verbs[0].means("relation") if r.name == "DEPENDS_ON"):
        first, other = other, first
    reached = m.Compare(m.ColumnOf("id"), "=", m.Constant(other[0].id, parameter="reached"))
    named_ci = m.Named((first[0].id,), (first[0].name,))
    recipe = m.Recipe(_RECIPES["out"], elements={"ci": named_ci}, where=reached, form="yes or no")
    return m.Question(recipe, lexicon.language)


def asks_whether(items: Sequence[Item]) -> bool:
    """Whether a question begins by asking for yes or no."""
    first = next((at for at, item in enumerate(items) if "yesno" in item.turns), None)
    return first is not None and all(item.empty for item in items[:first])


def _only_through(asked: set[str], elements: Sequence[NamedElement], lexicon: Lexicon, side: Side) -> bool:
    """Whether elements of one kind depend on those named (`in`), or those on them, through others only: applications on a server."""
    schema = lexicon.schema
    triples = schema.relations["DEPENDS_ON"].triples if "DEPENDS_ON" in schema.relations else ()
    joined = any(
        is_a(schema, one if side == "in" else element.kind, triple.start)
        and is_a(schema, element.kind if side == "in" else one, triple.end)
        for one in asked
        for element in elements
        for triple in triples
    )
    stops = all(is_a(schema, one, "ConfigurationItem") for one in asked)
    return len(asked) == 1 and bool(elements) and stops and not joined


def _elements(items: Sequence[Item]) -> list[NamedElement]:
    return [e for item in items if item.name is not None for e in item.name.elements if "." not in e.kind]


def _says_nothing_else(item: Item) -> bool:
    """Whether a verb says that something depends and no more: services that use something are joined to it by that."""
    relations = item.means("relation")
    return all(r.name == "DEPENDS_ON" for r in relations if r.rank == relations[0].rank)


def _says_dependency(item: Item) -> bool:
    """Whether a verb says first of all that something depends: supports says another thing first."""
    relations = item.means("relation")
    return any(r.name == "DEPENDS_ON" and r.rank <= relations[0].rank for r in relations)


def closure(side: Side, items: Sequence[Item], lexicon: Lexicon) -> m.Question:
    """The query of such a question. Raises Unclear, Unheld."""
    language = lexicon.language
    if not any(item.name is not None for item in items):
        raise Unclear(say("which_this", language))
    element = one_named(items)
    named = m.Named((element.id,), (element.name,))
    kinds = _kinds(items, lexicon)
    direct = any(
        "direct" in item.folded and "indirect" not in item.turns and "indirect" not in item.folded for item in items
    )
    depth = 1 if direct else _depth(items)
    counts = any("count" in item.turns for item in items)
    values = _values(items, kinds, lexicon)
    for item in items:
        if item.number is not None and depth is None:
            raise Unheld(item.text)
    if depth is None:
        return m.Question(_whole(side, named, kinds, values, counts, lexicon), language)
    if depth > _DEEPEST:
        raise Unclear(say("how_deep", language, most=str(_DEEPEST)))
    return m.Question(_deep(side, element.kind, named, kinds, values, counts, depth, lexicon), language)


def one_named(items: Sequence[Item]) -> NamedElement:
    """The element that a question names. Raises Unclear where several go by the name."""
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


def _whole(
    side: Side, named: m.Named, kinds: list[str], values: dict[str, str], counts: bool, lexicon: Lexicon
) -> m.Recipe:
    covered = sorted({concrete for kind in kinds for concrete in lexicon.schema.descendants[kind]})
    tests: list[m.Condition] = [m.Compare(m.ColumnOf("kind"), "in", m.Constant(list(covered)))] if covered else []
    tests += [m.Compare(m.ColumnOf(name), "=", m.Constant(value)) for name, value in values.items()]
    where = m.all_of(tests)
    columns = (m.Column("count", m.Aggregate("count")),) if counts else ()
    return m.Recipe(_RECIPES[side], elements={"ci": named}, where=where, columns=columns)


def _deep(
    side: Side,
    kind: str,
    named: m.Named,
    kinds: list[str],
    values: dict[str, str],
    counts: bool,
    depth: int,
    lexicon: Lexicon,
) -> m.Body:
    """What lies at most so many relations away. An instance and the application that it realises are one relation apart.

    Either way there are dependencies alone; or some, the instance and its application, and what is left of the depth.
    """
    dependency = tuple(lexicon.idioms.impact)
    realised: m.Direction = "out" if side == "in" else "in"
    before, behind = (
        ("ServiceInstance", "BusinessApplication") if side == "in" else ("BusinessApplication", "ServiceInstance")
    )
    chains: list[list[tuple[tuple[str, ...], m.Direction, int, int, tuple[str, ...]]]] = [
        [(dependency, side, 1, depth, tuple(kinds) or ("ConfigurationItem",))]
    ]
    for first in range(depth):
        if first == 0 and not is_a(lexicon.schema, kind, before):
            continue
        chain: list[tuple[tuple[str, ...], m.Direction, int, int, tuple[str, ...]]] = []
        if first:
            chain.append((dependency, side, first, first, (before,)))
        chain.append((("REALISES",), realised, 1, 1, (behind,)))
        if (left := depth - first - 1) > 0:
            chain.append((dependency, side, 0, left, tuple(kinds) or ("ConfigurationItem",)))
        elif kinds and not any(is_a(lexicon.schema, behind, one) for one in kinds):
            continue
        chains.append(chain)
    parts = tuple(part for part in (_chain(chain, kind, named, values) for chain in chains) if _possible(part, lexicon))
    if not parts:
        raise Unheld(say("no_link", lexicon.language, names=" / ".join([kind, *kinds])))
    if counts and len(parts) > 1:
        raise Unheld(say("depth_counted", lexicon.language))
    if counts:
        return m.Select(parts[0].pattern, (m.Column("count", m.Aggregate("count", m.Itself("item"))),), "item")
    return parts[0] if len(parts) == 1 else m.Combination("union", parts)


def _possible(select: m.Select, lexicon: Lexicon) -> bool:
    """Whether the schema has relations that join what a chain joins."""
    scope = Scope(lexicon.schema).with_pattern(select.pattern)
    return not any(finding for hop in select.pattern.hops for finding in hop_findings(hop, scope, ""))


def _chain(
    chain: list[tuple[tuple[str, ...], m.Direction, int, int, tuple[str, ...]]],
    kind: str,
    named: m.Named,
    values: dict[str, str],
) -> m.Select:
    entities = [m.Entity("ci", (kind,), named)]
    hops: list[m.Hop] = []
    tests: list[m.Condition] = [m.Compare(m.Attribute("item", a), "=", m.Constant(v)) for a, v in values.items()]
    for at, (relations, direction, least, most, kinds) in enumerate(chain):
        name = "item" if at == len(chain) - 1 else f"through{at + 1}"
        where = m.all_of(tests) if name == "item" else None
        hops.append(m.Hop(entities[-1].name, relations, name, direction, least, most))
        entities.append(m.Entity(name, kinds, where=where))
    columns = (
        m.Column("kind", m.KindOf("item")),
        m.Column("name", m.Itself("item")),
        m.Column("environment", m.Attribute("item", "environment")),
        m.Column("criticality", m.Attribute("item", "criticality")),
    )
    return m.Select(m.Pattern(tuple(entities), tuple(hops)), columns, "item")


def _kinds(items: Sequence[Item], lexicon: Lexicon) -> list[str]:
    """The kinds that are asked for, beside that of the element itself. Raises Unheld for one that cannot stop."""
    kinds = []
    for at, item in enumerate(items):
        found = item.means("kind")
        if not found or item.name is not None or _of_name(items, at, lexicon):
            continue
        if {"falls", "impact", "depends", "dependents"} & set(item.turns):
            continue
        if any(relation.rank <= found[0].rank for relation in item.means("relation")):
            continue
        if not is_a(lexicon.schema, found[0].name, "ConfigurationItem"):
            raise Unheld(item.text)
        kinds.append(found[0].name)
    return kinds


def _of_name(items: Sequence[Item], at: int, lexicon: Lexicon) -> bool:
    """Whether a kind is said of the element that is named right behind it."""
    found = items[at].means("kind")
    near = items[at + 1].name if at + 1 < len(items) else None
    return (
        bool(found)
        and near is not None
        and any("." not in e.kind and is_a(lexicon.schema, e.kind, found[0].name) for e in near.elements)
    )


def _values(items: Sequence[Item], kinds: list[str], lexicon: Lexicon) -> dict[str, str]:
    """What is said of the elements that are asked for: in production, critical. Raises Unheld for what the answer does not have."""
    found: dict[str, str] = {}
    for item in items:
        if item.name is not None or not item.meanings or item.meanings[0].sort not in ("value", "predicate"):
            continue
        if {"falls", "impact"} & set(item.turns) or item.means("relation"):
            continue
        held = [v for v in item.means("value") if any(any(holders(lexicon.schema, kind, v)) for kind in kinds or _ANY)]
        if not held:
            continue
        said = next((v for v in item.means("value") if v.name in ("environment", "criticality")), None)
        if said is None:
            raise Unheld(item.text)
        found[said.name] = said.value
    return found


def _depth(items: Sequence[Item]) -> int | None:
    """How many relations deep: at 2 levels, within 3 hops, depth 2."""
    for at, item in enumerate(items):
        around = [near.folded for near in items[max(0, at - 2) : at + 2]]
        if item.number is not None and any(word in _LEVELS for text in around for word in text.split()):
            return int(item.number)
    return None


_LEVELS: Final = frozenset(
    {
        "niveau",
        "niveaux",
        "saut",
        "sauts",
        "profondeur",
        "rang",
        "rangs",
        "hop",
        "hops",
        "level",
        "levels",
        "depth",
        "steps",
        "etapes",
    }
)
