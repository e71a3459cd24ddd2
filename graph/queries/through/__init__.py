"""Queries of the catalogue for whoever may go through what is hidden, each in two: what is reached, and what is told of it.

    // reach          on the whole graph; it gives ids alone: one list `reached`, or rows of `reached` and `place`
    // tell           on what the asker sees; `$reached` are the ids among those that it does

A file goes by the name of the query that it stands for, has its parameters and gives its columns (docs/adr/0049). What is reached in
places is told by id first, and has a row for each place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from graph.queries.catalogue import CatalogueError

REACHED: Final = "reached"
PLACE: Final = "place"

_PARTS: Final = re.compile(r"// reach\n(?P<reach>.+?)\n// tell\n(?P<tell>.+)", re.DOTALL)
_PARAMETER: Final = re.compile(r"\$(\w+)")


@dataclass(frozen=True, slots=True)
class Crossing:
    """A query in two. `reach` is never run for anybody to see its rows."""

    name: str
    reach: str
    tell: str

    @property
    def has_places(self) -> bool:
        """Whether what is reached is told place by place, hidden or not."""
        return f"AS {PLACE}" in self.reach


def load_crossings() -> Mapping[str, Crossing]:
    """All of them by name; unchanging. Raises CatalogueError."""
    return _load()


def used_by(text: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the parameters that a text has."""
    used = set(_PARAMETER.findall(text))
    return {name: value for name, value in values.items() if name in used}


@lru_cache
def _load() -> Mapping[str, Crossing]:
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.cypher")):
        parts = _PARTS.fullmatch(path.read_text(encoding="utf-8"))
        if parts is None:
            raise CatalogueError("the file has no two parts", where=path.name, hint="write `// reach`, then `// tell`")
        found[path.stem] = Crossing(path.stem, parts["reach"], parts["tell"])
    return MappingProxyType(found)
