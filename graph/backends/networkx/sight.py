"""Whether the asker of a query may see a node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graph.cypher.ast import Visible
from graph.cypher.parameters import PERIMETERS
from graph.model import Node


def sight(visible: Visible, parameters: Mapping[str, Any]) -> Callable[[Node], bool]:
    """A test of nodes for one read; it remembers its verdict on each set of perimeters, of which there are few."""
    kinds = visible.kinds
    if not visible.bounded:
        return lambda node: kinds is None or node.labels[0] in kinds
    sees = frozenset(parameters[PERIMETERS])
    verdicts: dict[tuple[str, ...], bool] = {}

    def test(node: Node) -> bool:
        verdict = verdicts.get(node.perimeters)
        if verdict is None:
            verdict = verdicts[node.perimeters] = not sees.isdisjoint(node.perimeters)
        return verdict

    return test if kinds is None else lambda node: node.labels[0] in kinds and test(node)
