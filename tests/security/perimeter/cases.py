"""A graph with perimeters, what one asker sees of it (perimeters, kinds or both), and the graph that would be left for that asker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.principal import EVERYONE, Principal, Sight
from graph.model import GraphDelta
from graph.schema.model import Schema
from graph.schema.named_kinds import sight_of
from tests.differential.choices import Choices, seeded
from tests.differential.graphs import Graph, make_graph
from tests.differential.queries import WANTED, Sample, make_sample
from tests.differential.schema import SCHEMA as PLAIN

PUBLIC = frozenset({"Vulnerability", "SoftwareVersion"})
NAMES = ("Paiements", "Crédits", 'it\'s \\ "mine"', "infra `x`")

SCHEMA = Schema(
    PLAIN.name,
    PLAIN.version,
    PLAIN.enums,
    {name: replace(kind, public=name in PUBLIC) for name, kind in PLAIN.kinds.items()},
    PLAIN.relations,
)


@dataclass(frozen=True, slots=True)
class Case:
    """`perimeters` by node; `asker` sees some of them, or may read some kinds only."""

    graph: Graph
    perimeters: Mapping[str, tuple[str, ...]]
    asker: Principal
    samples: tuple[Sample, ...]

    @property
    def delta(self) -> GraphDelta:
        """The whole graph with its perimeters."""
        whole = self.graph.delta()
        nodes = [change._replace(perimeters=self.perimeters[change.id]) for change in whole.nodes]
        return replace(whole, nodes=nodes)

    @property
    def sees(self) -> Sight:
        """What the asker sees."""
        sees = sight_of(self.asker, SCHEMA)
        assert sees is not None
        return sees

    @property
    def reduced(self) -> Graph:
        """The graph from which everything invisible was taken out."""
        sees, kinds = self.sees, {node.id: node.kind for node in self.graph.nodes}
        seen = {n for n, names in self.perimeters.items() if sees.shows(kinds[n], names)}
        nodes = tuple(node for node in self.graph.nodes if node.id in seen)
        return Graph(nodes, tuple(e for e in self.graph.edges if e.start in seen and e.end in seen))


def make_case(number: int, count: int) -> Case:
    """The case of a number: the same for everybody who asks for it."""
    choices = seeded(f"perimeters {number}")
    graph = make_graph(seeded(f"graph {number}"), SCHEMA)
    asker = Principal("asker", perimeters=frozenset(_some(choices, least=0)))
    if number % 3:  # of three askers one has perimeters, one may read some kinds, one both
        held = None if number % 3 == 1 else asker.perimeters
        asker = replace(asker, perimeters=held).of_kinds(_kinds(choices))
    perimeters = {
        node.id: (EVERYONE,) if node.kind in PUBLIC else tuple(sorted(_some(choices, least=0))) for node in graph.nodes
    }
    wanted = [WANTED[(number * count + at) % len(WANTED)] for at in range(count)]
    samples = tuple(make_sample(seeded(f"query {number} {at}"), graph, name, SCHEMA) for at, name in enumerate(wanted))
    return Case(graph, perimeters, asker, samples)


def _kinds(choices: Choices) -> list[str]:
    """Most of the kinds, by their names or by those of generics; now and then none."""
    if choices.chance(5):
        return []
    return [name for name in SCHEMA.concrete if choices.chance(70)] or [choices.pick(tuple(SCHEMA.kinds))]


def _some(choices: Choices, least: int) -> list[str]:
    """One or two names mostly, now and then none."""
    if choices.chance(20):
        return []
    return [name for name in NAMES if choices.chance(40)] or [choices.pick(NAMES)]
