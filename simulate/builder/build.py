"""From elements of a graph and a scenario to a model.

What is watched (business services by default) and all that it depends on are items; nothing else is. An item needs every
target of its relations of the group `dependency`; a target that is a member of a cluster stands for its cluster, which needs
as many members as its quorum says. An application needs its instances in production. What fails over or replicates to another
item is split: its own part, and what is seen of it, which the own part of the other one takes over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graph.model import Edge, Node
from graph.schema.model import Schema
from simulate.builder.additions import extend
from simulate.builder.alterations import Alterations, resolve
from simulate.builder.load import carried, loaded
from simulate.builder.names import Names, check_kinds
from simulate.builder.own_changes import change_records, own_changes
from simulate.builder.plans import change_plans
from simulate.builder.removal import closure, without
from simulate.builder.scenario import Behaviour, CrewSize, ItemBehaviour, Scenario
from simulate.distributions import Distribution, deterministic
from simulate.errors import RedundancyError, ScenarioError
from simulate.model.check import check
from simulate.model.items import (
    OWN_PART,
    Backup,
    Crew,
    Failover,
    Item,
    MaintenanceWindow,
    Model,
    Requirement,
)
from simulate.model.order import groups_in_order

MEMBERSHIP = "MEMBER_OF"
STANDBY = ("FAILS_OVER_TO", "REPLICATES_TO")
REALISATION = "REALISES"
STANDING = ("LOCATED_IN", "HOSTED_ON")
GONE = ("decommissioned", "planned")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(slots=True)
class _Estate:
    """What of a graph matters."""

    nodes: dict[str, Node]
    needs: Mapping[str, list[str]]
    clusters: Mapping[str, list[str]]  # of members
    members: Mapping[str, list[str]]  # of clusters
    standby: Mapping[str, Edge]
    standing: Mapping[str, list[str]]  # in or on a place
    models: Mapping[str, str]  # of what a scenario added: what it is like
    criticality: Sequence[str] = field(default_factory=tuple)

    def targets(self, id_: str) -> list[str]:
        """What an item needs, one way or another."""
        direct = [self.stands_for(other, id_) for other in self.needs[id_]]
        standby = [self.standby[id_].end] if id_ in self.standby else []
        return list(dict.fromkeys([*direct, *self.members[id_], *standby]))

    def stands_for(self, id_: str, dependent: str) -> str:
        """The cluster of a member, seen by what is not a member of it too; otherwise the item itself."""
        for cluster in self.clusters[id_]:
            if len(self.members[cluster]) > 1 and cluster != dependent and cluster not in self.clusters[dependent]:
                return cluster
        return id_


def build(nodes: Iterable[Node], edges: Iterable[Edge], schema: Schema, scenario: Scenario) -> Model:
    """The model of a scenario. Raises ScenarioError for what the scenario names and the graph has not, and what `check` raises."""
    nodes, edges = tuple(nodes), tuple(edges)
    estate = _estate(nodes, edges, schema, scenario)
    _check_names(scenario, schema)
    names = Names(estate.nodes.values())
    records = change_records(nodes)
    altered = resolve(scenario, names, schema, estate.models, estate.standing, Names(records))
    by_name = {names.one(word, f"items.{word}"): behaviour for word, behaviour in scenario.items.items()}
    watched = sorted(
        (id_ for id_, node in estate.nodes.items() if any(label in scenario.watch for label in node.labels)),
        key=lambda id_: (str(estate.nodes[id_].properties.get("name", "")), id_),
    )
    if not watched:
        raise ScenarioError(f"nothing of the kinds {', '.join(scenario.watch)} is in the twin", where="watch")
    ids = _reached(watched, estate)
    position = {id_: at for at, id_ in enumerate(ids)}
    own = {id_: len(ids) + at for at, id_ in enumerate(one for one in ids if one in estate.standby)}
    planned = own_changes(records, edges, scenario, altered, estate.nodes, position)
    of_changes = len(ids) + len(own)
    touching = {
        id_: tuple(Requirement(1, (of_changes + at,)) for at in places) for id_, places in planned.touching.items()
    }
    crews = _crews(altered.crews)
    crew_at = {crew.name: at for at, crew in enumerate(crews)}
    items: list[Item] = []
    parts: list[Item] = []
    failing: list[Node] = []
    changing = list(planned.about)
    for id_ in ids:
        special = by_name.get(id_, by_name.get(estate.models.get(id_, id_)))
        item = _item(estate, id_, position, scenario, special, crew_at, altered)
        if item.failure is not None:
            failing.append(estate.nodes[id_])
        if item.changes:
            changing.append(estate.nodes[id_])
        if id_ in touching:
            item = replace(item, requires=(*item.requires, *touching[id_]))
        if id_ not in own:
            items.append(item)
            continue
        edge = estate.standby[id_]
        parts.append(_own_part(item))
        minutes = edge.properties.get("failover_minutes")
        law = (
            deterministic(minutes / 60.0)
            if isinstance(minutes, int | float) and minutes > 0
            else scenario.failover.distribution()
        )
        standby = own.get(edge.end, position[edge.end])
        items.append(_seen(item, own[id_], Failover(standby, law, _lag(edge, scenario))))
    offset = float(scenario.begins_on.weekday() * 24)
    seen = tuple(position[id_] for id_ in watched)
    notes = (*_without_effect([estate.nodes[id_] for id_ in sorted(altered.removed - position.keys())]), *planned.notes)
    removed = {own.get(id_, position[id_]) for id_ in altered.removed if id_ in position}
    whole = Model((*items, *parts, *planned.items), scenario.duration, crews, seen, offset, notes)
    gone = closure(whole, removed)
    model = without(whole, removed)
    busy = {word: names.one(word, f"load.items.{word}") for word in scenario.load.items}
    times = {id_: altered.arrivals(estate.nodes[id_]) for id_ in busy.values()}
    loads = loaded(model, scenario.load, busy, times, gone)
    if scenario.load.overloaded == "down":
        model = carried(model, loads)
    idle = altered.idle(failing, [estate.nodes[one.id] for one in loads], changing)
    model = replace(model, loads=loads, notes=(*model.notes, *idle))
    model = _without_failovers_on_cycles(model)
    check(model)
    return model


def _without_effect(removed: Sequence[Node]) -> tuple[str, ...]:
    """What is said of items that are removed and that nothing watched depends on."""
    if not removed:
        return ()
    name = removed[0].properties.get("name", removed[0].id)
    of = f"{name}: to remove it changes" if len(removed) == 1 else f"{len(removed)} removed items: that changes"
    return (f"nothing that is watched depends on {of} nothing",)


def _without_failovers_on_cycles(model: Model) -> Model:
    """Items whose dependencies lead back to themselves fail over to nothing: which comes first is not defined."""
    items = list(model.items)
    removed: list[str] = []
    for group in groups_in_order([item.needs for item in items]):
        for at in group:
            if len(group) > 1 and items[at].failover is not None:
                items[at] = replace(items[at], failover=None)
                removed.append(items[at].name)
    if not removed:
        return model
    shown = ", ".join(sorted(removed)[:5]) + (" ..." if len(removed) > 5 else "")
    note = f"{len(removed)} items on circles of dependencies are played without their failover: {shown}"
    return replace(model, items=tuple(items), notes=(*model.notes, note))


def _estate(nodes: Iterable[Node], edges: Iterable[Edge], schema: Schema, scenario: Scenario) -> _Estate:
    models: Mapping[str, str] = {}
    additions = [change.add for change in scenario.changes if change.add is not None]
    if additions:
        extended = extend(_in_service(nodes), tuple(edges), additions)
        nodes, edges, models = extended.nodes, extended.edges, extended.models
    held = {node.id: node for node in _in_service(nodes)}
    dependencies = set(schema.groups["dependency"])
    needs: dict[str, list[str]] = defaultdict(list)
    clusters: dict[str, list[str]] = defaultdict(list)
    members: dict[str, list[str]] = defaultdict(list)
    standby: dict[str, Edge] = {}
    standing: dict[str, list[str]] = defaultdict(list)
    for edge in sorted(edges, key=lambda one: (one.type, one.start, one.end)):
        if edge.start not in held or edge.end not in held or edge.start == edge.end:
            continue
        if edge.type in STANDING:
            standing[edge.end].append(edge.start)
        if edge.type in dependencies:
            needs[edge.start].append(edge.end)
        elif edge.type == MEMBERSHIP:
            clusters[edge.start].append(edge.end)
            members[edge.end].append(edge.start)
        elif edge.type in STANDBY:
            standby.setdefault(edge.start, edge)
        elif edge.type == REALISATION and _in_production(held[edge.start], held[edge.end]):
            needs[edge.end].append(edge.start)
    return _Estate(held, needs, clusters, members, standby, standing, models, tuple(schema.enums["criticality"].values))


def _in_service(nodes: Iterable[Node]) -> list[Node]:
    return [node for node in nodes if "ConfigurationItem" in node.labels and node.properties.get("status") not in GONE]


def _in_production(instance: Node, of: Node) -> bool:
    environment = instance.properties.get("environment", "production")
    return of.kind == "BusinessApplication" and environment == "production"


def _check_names(scenario: Scenario, schema: Schema) -> None:
    check_kinds(scenario.kinds, schema.kinds, "kinds")
    check_kinds(scenario.watch, schema.kinds, "watch")
    behaviours: Mapping[str, Behaviour] = {**scenario.kinds, **scenario.items}
    for name, behaviour in behaviours.items():
        if behaviour.crew is not None and behaviour.crew not in scenario.crews:
            raise ScenarioError(f"there is no crew {behaviour.crew}", where=name, hint="describe it under `crews`")


def _reached(watched: list[str], estate: _Estate) -> list[str]:
    """What is watched, and all that it needs, in an order that the graph alone gives."""
    seen = set(watched)
    waiting = list(watched)
    while waiting:
        for other in estate.targets(waiting.pop()):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return sorted(seen)


def _crews(crews: Mapping[str, CrewSize]) -> tuple[Crew, ...]:
    return tuple(
        Crew(
            name,
            crew.size,
            tuple(
                sorted(
                    (DAYS.index(day) * 24.0 + shift.begin, DAYS.index(day) * 24.0 + shift.end)
                    for shift in crew.shifts
                    for day in shift.days
                )
            ),
        )
        for name, crew in crews.items()
    )


def _item(
    estate: _Estate,
    id_: str,
    position: Mapping[str, int],
    scenario: Scenario,
    special: ItemBehaviour | None,
    crew_at: Mapping[str, int],
    altered: Alterations,
) -> Item:
    node = estate.nodes[id_]
    name = str(node.properties.get("name", id_))
    general = next((scenario.kinds[label] for label in node.labels if label in scenario.kinds), Behaviour())
    behaviour = general if special is None else general.model_copy(update=_given(special))
    fails = behaviour.failure is not None and not (special is not None and special.never_fails)
    groups = [
        Requirement(1, (position[other],))
        for other in dict.fromkeys(estate.stands_for(one, id_) for one in estate.needs[id_])
    ]
    if estate.members[id_]:
        wanted = altered.needed.get(id_, None if special is None else special.needed)
        groups.append(_quorum(estate, id_, name, position, wanted))
    return Item(
        id=id_,
        name=name,
        kind=node.kind,
        failure=altered.failure(node, behaviour.failure.distribution()) if fails and behaviour.failure else None,
        repair=altered.repair(node, behaviour.repair.distribution()) if fails and behaviour.repair else None,
        crew=None if behaviour.crew is None or not fails else crew_at[behaviour.crew],
        priority=_priority(node, estate) if behaviour.priority is None else behaviour.priority,
        requires=tuple(groups),
        maintenance=tuple(MaintenanceWindow(one.first, one.duration, one.every) for one in behaviour.maintenance),
        changes=change_plans(behaviour.changes, scenario.duration, altered.delay(node), altered.frozen(node))
        if behaviour.changes
        else (),
        backup=None
        if behaviour.backups is None or not fails
        else Backup(
            behaviour.backups.every, behaviour.backups.restore_probability, behaviour.backups.restore.distribution()
        ),
        recovery_time_objective=_hours_of(node, "rto_minutes"),
        recovery_point_objective=_hours_of(node, "rpo_minutes"),
    )


def _given(special: ItemBehaviour) -> dict[str, object]:
    names = special.model_fields_set & set(Behaviour.model_fields)
    return {name: getattr(special, name) for name in names}


def _quorum(estate: _Estate, id_: str, name: str, position: Mapping[str, int], wanted: int | None) -> Requirement:
    members = tuple(position[member] for member in estate.members[id_])
    quorum = estate.nodes[id_].properties.get("quorum")
    needed = quorum if isinstance(quorum, int) and quorum > 0 else 1
    if wanted is not None:
        needed = wanted
    if not 1 <= needed <= len(members):
        raise RedundancyError(
            f"{needed} members are needed, {len(members)} are in service",
            where=name,
            hint="correct the quorum of the cluster, or give `needed` for it under `items`",
        )
    return Requirement(needed, members)


def _priority(node: Node, estate: _Estate) -> int:
    criticality = node.properties.get("criticality")
    levels = list(estate.criticality)
    return levels.index(str(criticality)) if criticality in levels else len(levels)


def _hours_of(node: Node, attribute: str) -> float | None:
    minutes = node.properties.get(attribute)
    return minutes / 60.0 if isinstance(minutes, int | float) else None


def _lag(edge: Edge, scenario: Scenario) -> Distribution | None:
    if edge.properties.get("replication_mode") == "synchronous" or scenario.replication_lag is None:
        return None
    return scenario.replication_lag.distribution()


def _own_part(item: Item) -> Item:
    return Item(
        item.id + OWN_PART,
        item.name,
        item.kind,
        item.failure,
        item.repair,
        item.crew,
        item.priority,
        item.requires,
        item.maintenance,
        item.changes,
        backup=item.backup,
        recovery_point_objective=item.recovery_point_objective,
    )


def _seen(item: Item, own: int, failover: Failover) -> Item:
    return Item(
        item.id,
        item.name,
        item.kind,
        requires=(Requirement(1, (own,)),),
        failover=failover,
        recovery_time_objective=item.recovery_time_objective,
        recovery_point_objective=item.recovery_point_objective,
    )
