"""Rules about relations as a whole: containment has no cycle, and a relation has no more ends than the schema allows."""

from __future__ import annotations

from collections import Counter

import networkx as nx

from graph.schema.model import Schema
from ingest.target import LoadTarget


class RelationRules:
    """Knows the relations of the types that need watching, those in the twin included. Loaded when first asked."""

    def __init__(self, schema: Schema, ledger: LoadTarget, *, empty: bool) -> None:
        self._schema = schema
        self._ledger = ledger
        self._empty = empty
        self._cyclic = {name: pairs for name in schema.relations if (pairs := _pairs_on_cycles(schema, name))}
        self._bounded = {r.name for r in schema.relations.values() if r.max_out is not None or r.max_in is not None}
        self._inside: dict[str, dict[str, set[str]]] = {}
        self._outgoing: dict[str, Counter[str]] = {}
        self._incoming: dict[str, Counter[str]] = {}

    def watches(self, relation: str) -> bool:
        """Whether a new relation of this type has to be asked about and told."""
        return relation in self._cyclic or relation in self._bounded

    def cycle(self, relation: str, start: str, end: str, start_kind: str, end_kind: str) -> list[str]:
        """The nodes of the cycle that a new relation would close, from `start` back to it; empty if none."""
        if (start_kind, end_kind) not in self._cyclic.get(relation, ()):
            return []
        if start == end:
            return [start, start]
        self._load(relation)
        inside = self._inside[relation]
        came_from = {end: ""}
        waiting = [end]
        while waiting:
            node = waiting.pop()
            for container in inside.get(node, ()):
                if container in came_from:
                    continue
                came_from[container] = node
                if container == start:
                    path = [start]
                    while path[-1] != end:
                        path.append(came_from[path[-1]])
                    return [start, *reversed(path)]
                waiting.append(container)
        return []

    def excess(self, relation: str, start: str, end: str) -> str:
        """Why a new relation is one too many; empty if it is not."""
        if relation not in self._bounded:
            return ""
        self._load(relation)
        rule = self._schema.relations[relation]
        if rule.max_out is not None and self._outgoing[relation][start] >= rule.max_out:
            return f"a node has at most {rule.max_out} outgoing {relation}"
        if rule.max_in is not None and self._incoming[relation][end] >= rule.max_in:
            return f"a node has at most {rule.max_in} incoming {relation}"
        return ""

    def add(self, relation: str, start: str, end: str) -> None:
        """Note a relation that is taken."""
        self._load(relation)
        if relation in self._cyclic:
            self._inside[relation].setdefault(start, set()).add(end)
        if relation in self._bounded:
            self._outgoing[relation][start] += 1
            self._incoming[relation][end] += 1

    def _load(self, relation: str) -> None:
        if relation in self._inside:
            return
        self._inside[relation] = {}
        self._outgoing[relation], self._incoming[relation] = Counter(), Counter()
        for start, end in () if self._empty else self._ledger.ends(relation):
            self.add(relation, start, end)


def _pairs_on_cycles(schema: Schema, relation: str) -> frozenset[tuple[str, str]]:
    """Pairs of kinds that could lie on a cycle of an acyclic relation: most containment cannot, by its kinds alone."""
    if not schema.relations[relation].acyclic:
        return frozenset()
    kinds: nx.DiGraph[str] = nx.DiGraph(schema.pairs[relation])
    return frozenset(
        pair
        for component in nx.strongly_connected_components(kinds)
        for pair in schema.pairs[relation]
        if pair[0] in component and pair[1] in component
    )
