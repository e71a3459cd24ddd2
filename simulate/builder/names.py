"""What a scenario calls an item, found in the graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graph.model import Node
from simulate.errors import ScenarioError


class Names:
    """Elements, such as configuration items in service, by name and identity."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._ids: dict[str, list[str]] = {}
        for node in nodes:
            for word in dict.fromkeys((node.id, node.properties.get("name"))):
                if isinstance(word, str):
                    self._ids.setdefault(word, []).append(node.id)

    def knows(self, word: str) -> bool:
        """Whether anything is called so."""
        return word in self._ids

    def one(self, word: str, where: str) -> str:
        """The identity of the item that is meant. Raises ScenarioError unless there is exactly one."""
        ids = self._ids.get(word, [])
        if len(ids) != 1:
            seen = f"there is no configuration item {word}" if not ids else f"{len(ids)} items are called {word}"
            raise ScenarioError(seen, where=where, hint="the name or the identity of one item that is in service")
        return ids[0]


def check_kinds(kinds: Iterable[str], known: Mapping[str, object], where: str) -> None:
    """Raises ScenarioError for a kind that the schema has not."""
    for name in kinds:
        if name not in known:
            raise ScenarioError(f"there is no kind {name}", where=where, hint="jumeau schema show lists them")
