"""A component of an estate with its load."""

from __future__ import annotations

from dataclasses import dataclass

from simulate.load.queue import Load, carries


@dataclass(frozen=True, slots=True)
class LoadedItem:
    """A component with its load when everything is up. `needed` servers carry it, more than there are where it is overloaded.

    `served_by` are positions in the model: its members, or itself.
    """

    id: str
    name: str
    kind: str
    load: Load
    members: int
    needed: int
    limit: float
    longest_wait: float | None
    growth: float | None
    served_by: tuple[int, ...]

    @property
    def is_overloaded(self) -> bool:
        return not carries(self.load, self.limit, self.longest_wait)
