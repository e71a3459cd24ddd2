"""A moment: one state of the twin, past or present, on main or on a branch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """What main held after the event `sequence`; with a branch (its id), what the branch made of it by `version` events."""

    sequence: int
    branch: str = ""
    version: int = 0
