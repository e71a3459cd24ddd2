"""What is known of each item in scope, gathered by queries that take the ordinary road, so that perimeters hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from analytics.health.policy import HealthPolicy, KindPolicy

Ask = Callable[[str], Iterable[tuple[Any, ...]]]
"""Every row of a query text, seen as the asker sees it."""

LastSeen = Callable[[list[str]], Mapping[str, tuple[datetime, tuple[str, ...]]]]
"""For elements: when a source last told them (as of its data), and the sources that tell them."""

TEAM_RELATION: Final = "OWNED_BY"


@dataclass(slots=True)
class ItemFacts:
    """One item. `missing` are required and recommended names that it lacks; `checks` are the latest, one per policy."""

    id: str
    kind: str
    missing_required: tuple[str, ...] = ()
    missing_recommended: tuple[str, ...] = ()
    orphan: bool = False
    stale: bool = False
    duplicate: bool = False
    checks: list[bool] = field(default_factory=list)
    teams: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def gather(policy: HealthPolicy, ask: Ask, last_seen: LastSeen, now: datetime) -> list[ItemFacts]:
    """The facts of every item in scope that the asker sees, in order of kind and id."""
    connected = {
        name: _ids(ask, f"MATCH (n:{_scope(policy)})-[:{name}]->() RETURN DISTINCT elementId(n) AS id")
        for name in policy.expected_relations
    }
    facts: list[ItemFacts] = []
    for kind in policy.kinds.values():
        facts.extend(_of_kind(kind, policy, ask, connected))
    by_id = {item.id: item for item in facts}
    for element in _orphans(policy, ask):
        if element in by_id:
            by_id[element].orphan = True
    teams: dict[str, list[str]] = defaultdict(list)
    owned = f"MATCH (n:{_scope(policy)})-[:{TEAM_RELATION}]->(t:Team) RETURN elementId(n) AS id, t.name AS team"
    for element, team in ask(owned):
        teams[element].append(str(team))
    for element, names in teams.items():
        if element in by_id:
            by_id[element].teams = tuple(sorted(set(names)))
    _compliance(policy, ask, by_id)
    seen = last_seen([item.id for item in facts])
    for item in facts:
        at, item.sources = seen[item.id]
        item.stale = at < now - timedelta(days=policy.kinds[item.kind].stale_after_days)
    return facts


def _scope(policy: HealthPolicy) -> str:
    return "|".join(policy.scope)


def _ids(ask: Ask, text: str) -> set[str]:
    return {row[0] for row in ask(text)}


def _of_kind(
    kind: KindPolicy, policy: HealthPolicy, ask: Ask, connected: Mapping[str, set[str]]
) -> Iterable[ItemFacts]:
    names = kind.attributes
    columns = "".join(f", n.{name} AS {name}_value" for name in names)
    where = ""
    if policy.ignored_status:
        listed = ", ".join(f"'{status}'" for status in policy.ignored_status)
        where = f"WHERE n.status IS NULL OR NOT n.status IN [{listed}] "
    text = f"MATCH (n:{kind.kind}) {where}RETURN elementId(n) AS id{columns} ORDER BY id"
    keys: dict[tuple[tuple[str, ...], tuple[Any, ...]], list[ItemFacts]] = defaultdict(list)
    found: list[ItemFacts] = []
    for element, *cells in ask(text):
        values = dict(zip(names, cells, strict=True))

        def lacks(name: str, element: str = element, values: Mapping[str, Any] = values) -> bool:
            return element not in connected[name] if name.isupper() else _is_blank(values[name])

        item = ItemFacts(
            element,
            kind.kind,
            tuple(name for name in kind.required if lacks(name)),
            tuple(name for name in kind.recommended if lacks(name)),
        )
        found.append(item)
        for key in kind.duplicates:
            if not any(_is_blank(values[name]) for name in key):
                keys[(key, tuple(str(values[name]).strip().casefold() for name in key))].append(item)
    for alike in keys.values():
        if len(alike) > 1:
            for item in alike:
                item.duplicate = True
    return found


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _orphans(policy: HealthPolicy, ask: Ask) -> set[str]:
    if not policy.orphan_relations:
        return set()
    types = "|".join(policy.orphan_relations)
    return _ids(ask, f"MATCH (n:{_scope(policy)}) WHERE NOT (n)-[:{types}]-() RETURN elementId(n) AS id")


def _compliance(policy: HealthPolicy, ask: Ask, by_id: Mapping[str, ItemFacts]) -> None:
    """Of each item and policy, what the latest check found; of two on the same day, the one that failed counts."""
    text = (
        f"MATCH (c:ComplianceCheck)-[:CONCERNS]->(n:{_scope(policy)}) OPTIONAL MATCH (c)-[:CHECKS]->(p:Policy) "
        "RETURN elementId(n) AS id, elementId(p) AS policy, c.checked_on AS checked_on, c.passed AS passed"
    )
    latest: dict[tuple[str, str], tuple[str, bool]] = {}
    for element, checked, on, passed in ask(text):
        if passed is None:
            continue
        key, told = (element, checked or ""), ("" if on is None else on.isoformat(), bool(passed))
        former = latest.get(key)
        if former is None or told[0] > former[0] or (told[0] == former[0] and not told[1]):
            latest[key] = told
    for (element, _), (_, passed) in latest.items():
        if element in by_id:
            by_id[element].checks.append(passed)
