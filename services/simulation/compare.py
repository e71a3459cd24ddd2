"""What if: play scenarios with the same chance as a base scenario, and tell what differs. The twin is only read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from core.settings import Settings
from services.moments import PRESENT, Asked
from services.simulation.calibrated import calibrated
from services.simulation.order import AS_IT_SAYS, Order
from services.simulation.snapshot import Snapshot, snapshot
from simulate.builder.scenario import Scenario
from simulate.engines.summary import RunResult
from simulate.errors import ScenarioError
from simulate.what_if.difference import Difference, Differences, Group, differences

SERVED: Final = ("SERVES", "BELONGS_TO")
"""Relations from what is watched to entities."""
RESPONSIBLE: Final = ("OWNED_BY", "SUPPORTED_BY")
ABOUT: Final = frozenset({"Entity", "Team", *SERVED, *RESPONSIBLE})
"""What a snapshot needs besides the estate, to tell differences by entity and team."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One scenario against the base: differences of each watched item, of entities, teams and all together, per replication,
    and of the utilisation of crews and queues.

    `sequence` and `base_sequence` are the events of the ledger that the two estates reflect, `branch` the branch of the changed one.
    """

    base: str
    scenario: str
    branch: str | None
    seed: int
    replications: int
    wanted: int
    hours: float
    base_sequence: int
    sequence: int
    services: tuple[Difference, ...]
    entities: tuple[Difference, ...]
    teams: tuple[Difference, ...]
    overall: tuple[Difference, ...]
    utilisation: tuple[Difference, ...]
    only_base: tuple[str, ...]
    only_scenario: tuple[str, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        told = {
            name: [{**asdict(row), "told_apart": row.is_told_apart} for row in getattr(self, name)]
            for name in ("services", "entities", "teams", "overall", "utilisation")
        }
        return {**asdict(self), **told}


def compare(
    settings: Settings,
    base: Scenario,
    others: Sequence[Scenario],
    asked: Asked = PRESENT,
    order: Order = AS_IT_SAYS,
) -> list[Comparison]:
    """Play all with the replications and the seed of the base. `asked` is the moment of what names no branch.

    Each time that somebody wants it to end, the scenario that plays is ended; what follows plays the replications that are
    finished then, so that they pair up. Raises what `simulate` raises.
    """
    for other in others:
        _check_pair(base, other)
    base, *others = [calibrated(settings, scenario) for scenario in (base, *others)]
    wanted = order.wanted(base)
    estates: dict[Asked, Snapshot] = {}
    built = []
    for scenario in (base, *others):
        moment = replace(asked, branch=scenario.branch) if scenario.branch else asked
        if moment not in estates:
            estates[moment] = snapshot(settings, moment, ABOUT)
        found = estates[moment]
        built.append((scenario, found, order.model(found, scenario, wanted)))
    runs: list[RunResult] = []
    left = wanted
    for scenario, _, model in built:
        runs.append(_one_of(order, scenario.name, left).run(model, base))
        left = max(2, min(left, runs[-1].replications))
    first = built[0][1]
    found_groups = [groups_of(first, SERVED), groups_of(first, RESPONSIBLE), _all(runs[0])]
    return [
        _comparison(
            base,
            scenario,
            wanted,
            (first, found),
            runs[0],
            (*built[0][2].notes, *model.notes),
            differences(runs[0], played, found_groups),
        )
        for (scenario, found, model), played in zip(built[1:], runs[1:], strict=True)
    ]


def _one_of(order: Order, name: str, replications: int) -> Order:
    """The order for one of several scenarios: told by its name, ended by whoever presses from now on."""
    before = order.pressed()
    return replace(
        order,
        replications=replications,
        progress=lambda _, done, wanted: order.progress(name, done, wanted),
        pressed=lambda: order.pressed() - before,
    )


def groups_of(estate: Snapshot, relations: Iterable[str]) -> list[Group]:
    """What relations lead to, by name, with where they come from."""
    names = {node.id: node for node in estate.nodes if node.kind in ("Entity", "Team")}
    members: dict[str, set[str]] = defaultdict(set)
    for edge in estate.edges:
        if edge.type in relations and edge.end in names:
            members[edge.end].add(edge.start)
    found = []
    for id_, of in members.items():
        properties = names[id_].properties
        name = str(properties.get("name", id_))
        found.append(Group(id_, name, str(properties.get("kind", names[id_].kind)), tuple(sorted(of))))
    return sorted(found, key=lambda group: (group.name, group.id))


def _all(played: RunResult) -> list[Group]:
    return [Group("", "all", "", tuple(played.model.items[at].id for at in played.model.watched))]


def _check_pair(base: Scenario, other: Scenario) -> None:
    for name in ("duration", "begins_on", "watch"):
        if getattr(base, name) != getattr(other, name):
            raise ScenarioError(
                f"its {name} is not that of {base.name}: replications would not pair up",
                where=f"{other.name}: {name}",
                hint=f"{name}: {getattr(base, name)}",
            )


def _comparison(
    base: Scenario,
    scenario: Scenario,
    wanted: int,
    estates: tuple[Snapshot, Snapshot],
    played: RunResult,
    notes: tuple[str, ...],
    found: Differences,
) -> Comparison:
    entities, teams, overall = found.groups
    return Comparison(
        base.name,
        scenario.name,
        scenario.branch,
        played.seed,
        found.replications,
        wanted,
        played.model.horizon,
        estates[0].sequence,
        estates[1].sequence,
        found.single,
        entities,
        teams,
        overall,
        found.used,
        found.only_base,
        found.only_changed,
        tuple(dict.fromkeys(notes)),
    )
