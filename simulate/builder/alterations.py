"""What the changes of a scenario mean for each item, with all names found in the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from graph.model import Node
from graph.schema.model import Schema
from simulate.builder.changes import Change, Chosen, Delay, Freeze, Times
from simulate.builder.names import Names, check_kinds
from simulate.builder.scenario import CrewSize, Scenario
from simulate.distributions import Distribution
from simulate.errors import ScenarioError

C = TypeVar("C", bound=Chosen)


@dataclass(frozen=True, slots=True)
class _About(Generic[C]):
    """A change and the identities that it names; none means all of its kinds."""

    change: C
    ids: frozenset[str]

    def meets(self, id_: str, node: Node, like: str | None) -> bool:
        """Whether the item is meant: named, or of a kind that is; all are where nothing is said."""
        if not self.change.items and not self.change.kinds:
            return True
        named = id_ in self.ids or like in self.ids
        return named or any(label in self.change.kinds for label in node.labels)


@dataclass(frozen=True, slots=True)
class Alterations:
    """Asked about items by identity. `removed` are not there any more; `needed` is by cluster; crews are all those there are."""

    removed: frozenset[str]
    needed: Mapping[str, int]
    crews: Mapping[str, CrewSize]
    models: Mapping[str, str]
    delays: tuple[_About[Delay], ...]
    freezes: tuple[_About[Freeze], ...]
    failures: tuple[_About[Times], ...]
    repairs: tuple[_About[Times], ...]
    loads: tuple[_About[Times], ...]

    def delay(self, node: Node) -> float:
        """Hours that planned changes of an item come later."""
        return sum(about.change.by for about in self.delays if self._meets(about, node))

    def frozen(self, node: Node) -> tuple[Freeze, ...]:
        """Freezes that an item's planned changes meet."""
        return tuple(about.change for about in self.freezes if self._meets(about, node))

    def of_change(self, change: Node, touched: Sequence[Node]) -> tuple[float, list[tuple[int, Freeze]]]:
        """Hours that a change of the twin comes later, and the freezes that it meets, numbered: where it or what it touches is meant."""

        def meets(about: _About[C]) -> bool:
            return about.meets(change.id, change, None) or any(self._meets(about, node) for node in touched)

        delay = sum(about.change.by for about in self.delays if meets(about))
        return delay, [(number, about.change) for number, about in enumerate(self.freezes) if meets(about)]

    def failure(self, node: Node, law: Distribution) -> Distribution:
        """The time between failures; half of it where failures come twice as often."""
        return law if (times := self._times(self.failures, node)) == 1.0 else law.scaled(1.0 / times)

    def repair(self, node: Node, law: Distribution) -> Distribution:
        """The time that repairs take."""
        return law if (times := self._times(self.repairs, node)) == 1.0 else law.scaled(times)

    def arrivals(self, node: Node) -> float:
        """How many times the load of an item is."""
        return self._times(self.loads, node)

    def idle(self, failing: Sequence[Node], busy: Sequence[Node], planned: Sequence[Node]) -> Iterator[str]:
        """What is said of changes that meet nothing of what fails, of queues, or of planned changes and what they touch."""
        changes: tuple[tuple[str, Sequence[_About[Any]], Sequence[Node], str], ...] = (
            ("failures", self.failures, failing, "nothing that fails"),
            ("repairs", self.repairs, failing, "nothing that is repaired"),
            ("load", self.loads, busy, "no queue under `load`"),
            ("delay", self.delays, planned, "no planned change"),
            ("freeze", self.freezes, planned, "no planned change"),
        )
        for word, abouts, nodes, what in changes:
            for about in abouts:
                if not any(self._meets(about, node) for node in nodes):
                    meant = ", ".join((*about.change.items, *about.change.kinds))
                    yield f"{word}{f' of {meant}' if meant else ''}: {what} is met by it, it changes nothing"

    def _times(self, changes: tuple[_About[Times], ...], node: Node) -> float:
        product = 1.0
        for about in changes:
            if self._meets(about, node):
                product *= about.change.times
        return product

    def _meets(self, about: _About[C], node: Node) -> bool:
        return about.meets(node.id, node, self.models.get(node.id))


def resolve(
    scenario: Scenario,
    names: Names,
    schema: Schema,
    models: Mapping[str, str],
    standing: Mapping[str, Sequence[str]],
    records: Names,
) -> Alterations:
    """Find what the changes name. Raises ScenarioError for what is not there.

    `standing` is what stands in or on a place, `records` are the changes that the twin knows, which can be delayed and frozen.
    """
    crews = dict(scenario.crews)
    removed: set[str] = set()
    needed: dict[str, int] = {}
    for place, change in enumerate(scenario.changes):
        removed.update(names.one(word, f"changes.{place}.remove") for word in change.removed)
        removed |= _with_all((names.one(word, f"changes.{place}.close") for word in change.closed), standing)
        if change.needed is not None:
            needed[names.one(change.needed.cluster, f"changes.{place}.needed")] = change.needed.members
        if change.crew is not None:
            if change.crew.name not in crews:
                raise ScenarioError(
                    f"there is no crew {change.crew.name}",
                    where=f"changes.{place}.crew",
                    hint="describe it under `crews`",
                )
            crews[change.crew.name] = crews[change.crew.name].model_copy(update={"size": change.crew.size})
    finder = _Finder(scenario.changes, names, schema)
    of_changes = _Finder(scenario.changes, names, schema, records)
    return Alterations(
        frozenset(removed),
        needed,
        crews,
        models,
        of_changes.about("delay", Delay),
        of_changes.about("freeze", Freeze),
        finder.about("failures", Times),
        finder.about("repairs", Times),
        finder.about("load", Times),
    )


def _with_all(places: Iterable[str], standing: Mapping[str, Sequence[str]]) -> set[str]:
    """Places, and all that stands in them, and on that, and so on."""
    waiting = list(places)
    found = set(waiting)
    while waiting:
        for other in standing.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


@dataclass(frozen=True, slots=True)
class _Finder:
    changes: tuple[Change, ...]
    names: Names
    schema: Schema
    records: Names | None = None

    def about(self, word: str, kind: type[C]) -> tuple[_About[C], ...]:
        found = []
        for place, entry in enumerate(self.changes):
            change = getattr(entry, word)
            if isinstance(change, kind):
                where = f"changes.{place}.{word}"
                check_kinds(change.kinds, self.schema.kinds, where)
                found.append(_About(change, frozenset(self._one(item, where) for item in change.items)))
        return tuple(found)

    def _one(self, word: str, where: str) -> str:
        if self.records is not None and self.records.knows(word) and not self.names.knows(word):
            return self.records.one(word, where)
        return self.names.one(word, where)
