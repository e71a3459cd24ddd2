"""What kinds, relations and attributes were called at a past moment, before migrations that came after it.

The ledger keeps what was written under the names of then. A state of that time is read with them and given today's names; what
today's pack has no more is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from graph.schema.model import Schema, ValueType


@dataclass(frozen=True, slots=True)
class FormerKind:
    """A kind or relation type of then. `name` is what it is called today, None where it is no more.

    `attributes` have their type of then and their name of today, None where there is none.
    """

    name: str | None
    attributes: Mapping[str, tuple[ValueType, str | None]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class FormerNames:
    """Kinds and relation types of then that differ from today's, by their names of then. Empty: nothing differs."""

    nodes: Mapping[str, FormerKind] = field(default_factory=lambda: MappingProxyType({}))
    edges: Mapping[str, FormerKind] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, name: str, schema: Schema, *, edge: bool) -> FormerKind | None:
        """A kind or type by its name of then; None where neither then nor today has it."""
        known = (self.edges if edge else self.nodes).get(name)
        if known is not None:
            return known
        today = schema.relations.get(name) if edge else schema.kinds.get(name)
        if today is None:
            return None
        return FormerKind(name, {a.name: (a.type, a.name) for a in today.attributes.values()})

    @property
    def loses_nodes(self) -> bool:
        """Whether nodes of then are not there today, so that relations may lead to nothing."""
        return any(kind.name is None for kind in self.nodes.values())


TODAY = FormerNames()
"""The names of then are those of today."""
