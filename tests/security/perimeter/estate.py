"""A small estate of the complete pack whose perimeters come from its relations, as loads write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.clock import FrozenClock
from graph.history.ledger import Event, Ledger
from graph.history.projection import Projector
from graph.model import Operation
from graph.repository import GraphRepository
from graph.schema.model import Schema


@dataclass(slots=True)
class Estate:
    """A ledger that tests change by hand, and what it has said so far."""

    schema: Schema
    ledger: Ledger
    kinds: dict[str, str] = field(default_factory=dict)
    relations: dict[str, tuple[str, str, str]] = field(default_factory=dict)

    @classmethod
    def empty(cls, schema: Schema, clock: FrozenClock, folder: Path) -> Estate:
        return cls(schema, Ledger(f"sqlite:///{folder / 'ledger.db'}", schema, clock))

    def add(self, kind: str, *names: str, **properties: Any) -> None:
        """New nodes of a kind; the name is the id."""
        for name in names:
            self.kinds[name] = kind
        self._append(Event(Operation.CREATE, name, False, kind, None, {"name": name, **properties}) for name in names)

    def relate(self, *relations: tuple[str, str, str]) -> None:
        """New relations: start, type, end."""
        self._append([self._edge(Operation.CREATE, relation) for relation in relations])

    def unrelate(self, *relations: tuple[str, str, str]) -> None:
        self._append([self._edge(Operation.DELETE, relation) for relation in relations])

    def rename(self, node: str, name: str) -> None:
        kind, before = self.kinds[node], self.ledger.states([node])[node].properties
        self._append([Event(Operation.UPDATE, node, False, kind, before, {**before, "name": name})])

    def reclassify(self, node: str, kind: str) -> None:
        previous, before = self.kinds[node], self.ledger.states([node])[node].properties
        self.kinds[node] = kind
        self._append([Event(Operation.RECLASSIFY, node, False, kind, before, before, previous_kind=previous)])

    def delete(self, node: str) -> None:
        """A node with its relations."""
        touching = [relation for relation in self.relations.values() if node in (relation[0], relation[2])]
        before = self.ledger.states([node])[node].properties
        gone = [self._edge(Operation.DELETE, relation) for relation in touching]
        self._append([*gone, Event(Operation.DELETE, node, False, self.kinds.pop(node), before, None)])

    def _edge(self, operation: Operation, relation: tuple[str, str, str]) -> Event:
        start, type_, end = relation
        identity = f"{start}-{type_}-{end}"
        if operation is Operation.CREATE:
            self.relations[identity] = relation
            return Event(operation, identity, True, type_, None, {}, start, end)
        del self.relations[identity]
        return Event(operation, identity, True, type_, {}, None, start, end)

    def _append(self, events: Sequence[Event] | Any) -> None:
        run = self.ledger.begin_run("test", "test", "here", str(self.ledger.sequence()))
        self.ledger.append(run, list(events))
        self.ledger.finish_run(run, "complete", {})


def project(estate: Estate, repository: GraphRepository) -> Mapping[str, tuple[str, ...]]:
    """Catch up; the perimeters that the backend then has, by node."""
    Projector(estate.ledger, repository).catch_up()
    return held(repository)


def held(repository: GraphRepository) -> Mapping[str, tuple[str, ...]]:
    return {node.id: node.perimeters for node in repository.nodes()}
