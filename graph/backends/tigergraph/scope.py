"""Where an expression is computed: in a row of a frame, inside a SELECT, or both at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from graph.backends.tigergraph.frames import UNIT, Frame
from graph.backends.tigergraph.values import Value


class NotInlineError(Exception):
    """An expression needs statements before it, and stands inside a SELECT. Caught by who asked."""


@dataclass(frozen=True, slots=True)
class Scope:
    """`row` is the number of the row as text; `values` hide columns; `aliases` are those of a SELECT, by variable.

    `inline`: inside a SELECT, where no statement may come before an expression.
    """

    frame: Frame = UNIT
    row: str = "0"
    values: Mapping[str, Value] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    inline: bool = False

    def with_values(self, values: Mapping[str, Value]) -> Scope:
        """The same place, knowing more values."""
        return replace(self, values={**self.values, **values})

    def find(self, name: str) -> Value | None:
        """What a variable stands for here, outside of aliases."""
        found = self.values.get(name)
        if found is not None:
            return found
        column = self.frame.columns.get(name)
        return None if column is None else column.at(self.row)
