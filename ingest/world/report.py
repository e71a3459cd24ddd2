"""What spellings of the estate were matched to, and which were not, by how often they occur."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ingest.world.matcher import Match


@dataclass(frozen=True, slots=True)
class Spelling:
    """What people wrote: on a version, a product, or the engine of a database; `uses` is how many elements have it."""

    of: str  # version, product or engine
    text: str
    version: str | None
    uses: int
    element: str | None = None


@dataclass(frozen=True, slots=True)
class MatchedSpelling:
    """A spelling and what it means; None where nothing fits."""

    spelling: Spelling
    match: Match | None

    def to_dict(self) -> dict[str, Any]:
        found = {} if self.match is None else self.match.to_dict()
        blank = dict.fromkeys(("product", "cycle", "cpe", "confidence", "rule"))
        return {"of": self.spelling.of, "spelling": self.spelling.text, "uses": self.spelling.uses, **blank, **found}


@dataclass(frozen=True, slots=True)
class MatchReport:
    """Everything that was matched and not, most used first; `changed` counts elements that `apply` changed."""

    spellings: tuple[MatchedSpelling, ...]
    minimum: float
    applied: bool = False
    changed: int = 0

    @property
    def matched(self) -> list[MatchedSpelling]:
        """Those sure enough to be applied."""
        return [each for each in self.spellings if each.match is not None and each.match.confidence >= self.minimum]

    @property
    def unsure(self) -> list[MatchedSpelling]:
        """Those that a person should look at."""
        return [each for each in self.spellings if each.match is not None and each.match.confidence < self.minimum]

    @property
    def unmatched(self) -> list[MatchedSpelling]:
        return [each for each in self.spellings if each.match is None]

    def to_dict(self) -> dict[str, Any]:
        parts = {"matched": self.matched, "unsure": self.unsure, "unmatched": self.unmatched}
        return {
            "minimum": self.minimum,
            "applied": self.applied,
            "changed": self.changed,
            "counts": {
                name: {"spellings": len(part), "uses": sum(each.spelling.uses for each in part)}
                for name, part in parts.items()
            },
            **{name: [each.to_dict() for each in part] for name, part in parts.items()},
        }
