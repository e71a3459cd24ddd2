"""Changes that the twin itself plans within the time that is played: its records of the kind Change, with what they touch.

Each becomes an item of its own, which all that it touches needs: where it fails, all of that is down together until it is
recovered from. It has the chance of its identity, so that one that is delayed or frozen goes as it would have gone.
How often they fail is what the scenario says, or else what the twin's own records say of those that are over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from core.clock import in_utc
from graph.model import Edge, Node
from simulate.builder.alterations import Alterations
from simulate.builder.plans import APART, change_plans
from simulate.builder.scenario import ChangeOutcome, Changes, PlannedChanges, Scenario
from simulate.model.items import CHANGE, Item

TOUCHES: Final = "TOUCHES"
NOT_DONE: Final = ("refused", "cancelled")
WRONG: Final = ("incident", "interruption", "rolled_back")
RIGHT: Final = "success"
ENOUGH: Final = 30
"""Outcomes of one type of changes below which those of all types tell how often they fail."""


@dataclass(frozen=True, slots=True)
class OwnChange:
    """A change that is planned `begin` hours after the beginning, and what it touches."""

    node: Node
    begin: float
    touched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnChanges:
    """The changes that are played, by what they touch, and what is said of them."""

    items: tuple[Item, ...]
    touching: Mapping[str, tuple[int, ...]]  # places among the items, by what is touched
    notes: tuple[str, ...]
    about: tuple[Node, ...]  # their records, and what they touch


NO_CHANGES: Final = OwnChanges((), {}, (), ())


def change_records(nodes: Iterable[Node]) -> list[Node]:
    """The records of changes."""
    return [node for node in nodes if node.kind == CHANGE]


def own_changes(
    records: Sequence[Node],
    edges: Iterable[Edge],
    scenario: Scenario,
    altered: Alterations,
    held: Mapping[str, Node],
    reached: Collection[str],
) -> OwnChanges:
    """What is played of them. `held` is what is in service, `reached` what of it is played."""
    planned = scenario.planned_changes
    if not planned.played or not records:
        return NO_CHANGES
    coming = _coming(records, edges, scenario, reached)
    shares = _Shares(records)
    items: list[Item] = []
    touching: dict[str, list[int]] = defaultdict(list)
    learned = 0
    for change, begin in _moved(coming, altered, held):
        outcome = _outcome(planned, change.node)
        share = outcome.failure_probability
        if share is None:
            share = shares.of(change.node)
            learned += 1
        cancelled = begin is None
        recovery = outcome.recovery or planned.usual_recovery
        wanted = Changes(
            first=scenario.duration if begin is None else begin,
            failure_probability=0.0 if cancelled else share,
            recovery=recovery,
            until_then=outcome.until_then,
        )
        if wanted.until_then is None and (wanted.failure_probability == 0.0 or wanted.first >= scenario.duration):
            continue
        plans = change_plans((wanted,), scenario.duration, planned_at=change.begin)
        for id_ in change.touched:
            touching[id_].append(len(items))
        name = str(change.node.properties.get("name", change.node.id))
        items.append(Item(change.node.id, name, CHANGE, changes=plans))
    notes = _notes(len(coming), learned, shares)
    about = [node for change in coming for node in (change.node, *(held[id_] for id_ in change.touched))]
    return OwnChanges(tuple(items), {id_: tuple(at) for id_, at in touching.items()}, notes, tuple(about))


def _coming(
    records: Sequence[Node], edges: Iterable[Edge], scenario: Scenario, reached: Collection[str]
) -> list[OwnChange]:
    """Those that are planned within the duration, and touch what is played."""
    begins = datetime.combine(scenario.begins_on, time(), UTC)
    at: dict[str, float] = {}
    for node in records:
        start = node.properties.get("planned_start")
        done = node.properties.get("status") not in NOT_DONE and node.properties.get("outcome") not in NOT_DONE
        if done and isinstance(start, datetime):
            hours = (in_utc(start) - begins) / timedelta(hours=1)
            if 0.0 <= hours < scenario.duration:
                at[node.id] = hours
    touched: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.type == TOUCHES and edge.start in at and edge.end in reached:
            touched[edge.start].add(edge.end)
    found = [OwnChange(node, at[node.id], tuple(sorted(touched[node.id]))) for node in records if node.id in touched]
    return sorted(found, key=lambda change: (change.begin, change.node.id))


def _moved(
    changes: Sequence[OwnChange], altered: Alterations, held: Mapping[str, Node]
) -> Iterable[tuple[OwnChange, float | None]]:
    """When they come after delays and freezes, None: never. Of those that wait for the end of a freeze one a day and item."""
    waiting: Counter[tuple[int, str]] = Counter()
    met = [(change, *altered.of_change(change.node, [held[id_] for id_ in change.touched])) for change in changes]
    for change, delay, freezes in sorted(met, key=lambda one: (one[0].begin + one[1], one[0].node.id)):
        begin: float | None = change.begin + delay
        for number, freeze in freezes:
            if begin is None or not freeze.first <= begin < freeze.first + freeze.duration:
                continue
            if freeze.then == "cancelled":
                begin = None
                continue
            day = max(waiting[number, id_] for id_ in change.touched)
            begin = freeze.first + freeze.duration + day * APART
            for id_ in change.touched:
                waiting[number, id_] = day + 1
        yield change, begin


def _outcome(planned: PlannedChanges, node: Node) -> ChangeOutcome:
    """What a scenario says of one change: of it alone, of its type, of all."""
    words = (node.id, node.properties.get("number"), node.properties.get("name"))
    own = next((planned.changes[word] for word in words if isinstance(word, str) and word in planned.changes), None)
    of_type = planned.types.get(str(node.properties.get("change_type")))
    said: dict[str, Any] = {}
    for level in (planned, of_type, own):
        if level is not None:
            said |= {name: value for name in ChangeOutcome.model_fields if (value := getattr(level, name)) is not None}
    return ChangeOutcome.model_construct(**said)


class _Shares:
    """How many of the changes that are over went wrong, by type."""

    def __init__(self, records: Iterable[Node]) -> None:
        self.wrong: Counter[str] = Counter()
        self.over: Counter[str] = Counter()
        for node in records:
            outcome, of_type = node.properties.get("outcome"), str(node.properties.get("change_type"))
            if outcome in WRONG or outcome == RIGHT:
                self.over[of_type] += 1
                self.wrong[of_type] += outcome in WRONG

    def of(self, node: Node) -> float:
        """The share of its type, of all where few of its type are known, 0 where none are."""
        of_type = str(node.properties.get("change_type"))
        if self.over[of_type] >= ENOUGH:
            return self.wrong[of_type] / self.over[of_type]
        return self.wrong.total() / self.over.total() if self.over.total() else 0.0


def _notes(count: int, learned: int, shares: _Shares) -> tuple[str, ...]:
    if not count:
        return ()
    said = f"{count:,} changes that the twin plans are played"
    if not learned:
        return (said,)
    total = shares.over.total()
    if not total:
        return (f"{said}: none fails, for no outcome of a change is known; say how often under `planned_changes`",)
    return (
        f"{said}: {learned:,} of them fail as often as the {total:,} that are over did ({shares.wrong.total():,} times)",
    )
