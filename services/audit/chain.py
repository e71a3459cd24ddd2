"""The chain: each entry is sealed by a digest over all it says and the digest of the entry before it.

Who can write to the database can write a whole chain anew. Therefore an anchor, the number and the digest of the last entry, is to be
kept elsewhere: what was there when it was taken cannot be changed, or cut off, without the chain telling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import orjson

from core.errors import UsageError

GENESIS: Final = "0" * 64
"""The digest before the first entry."""
RETENTION: Final = "retention"
"""The door of entries that say what is no longer kept; their target is the anchor of the last entry that went."""
_ANCHOR: Final = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Anchor:
    """An entry by number and digest, to be kept where whoever writes to the trail cannot reach it."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """The anchor that a text holds. Raises UsageError."""
        found = _ANCHOR.fullmatch(text.strip().lower())
        if found is None:
            hint = "NUMBER:DIGEST, as `jumeau audit verify` prints it"
            raise UsageError(f"{text!r} is no anchor", where="anchor", hint=hint)
        return cls(int(found[1]), found[2])


class Damage(StrEnum):
    """What is wrong where a chain breaks."""

    CHANGED = "changed"  # the entry is not what was sealed
    MISSING = "missing"  # entries have gone that no retention took
    INSERTED = "inserted"  # the entry does not follow the one before it
    TRUNCATED = "truncated"  # the trail ends before the anchor
    REWRITTEN = "rewritten"  # the chain is whole, and another one than the anchor is of


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where a chain is not whole."""

    number: int
    damage: Damage
    seen: str

    def to_dict(self) -> dict[str, Any]:
        return {"number": self.number, "damage": self.damage.value, "seen": self.seen}


@dataclass(frozen=True, slots=True)
class Verification:
    """What walking a chain found: how many entries are good from the first one on, and where it breaks.

    `last` is the last good entry, the anchor to be kept. `compared` tells whether the given anchor could be: entries before
    the first one that is kept cannot.
    """

    entries: int
    first: int | None
    last: Anchor | None
    broken: Break | None
    compared: bool

    @property
    def whole(self) -> bool:
        return self.broken is None

    def to_dict(self) -> dict[str, Any]:
        return {
            "whole": self.whole,
            "entries": self.entries,
            "first": self.first,
            "anchor": None if self.last is None else str(self.last),
            "compared": self.compared,
            "broken": None if self.broken is None else self.broken.to_dict(),
        }


def seal(row: Mapping[str, Any]) -> str:
    """The digest of a row: SHA-256 of its columns but the digest itself, as JSON with sorted keys. Raises TypeError."""
    content = {name: value for name, value in row.items() if name != "digest"}
    for name, value in content.items():
        if value is not None and type(value) not in (str, int):
            raise TypeError(f"{name} is {type(value).__name__}")
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def verify_chain(rows: Iterable[Mapping[str, Any]], anchor: Anchor | None = None) -> Verification:
    """Walk a chain from its first entry to its last, or to where it breaks. `rows` are in the order of their numbers.

    A chain that does not begin with number 1 is whole where its last entry of retention says that it begins there.
    """
    walk, broken = _Walk(anchor), None
    for row in rows:
        if broken is None:
            broken = walk.step(row)
        walk.note_retention(row)
    if (headless := walk.begin()) is not None:
        broken = headless
    elif broken is None:
        broken = walk.end()
    return Verification(walk.entries, walk.first, walk.last, broken, walk.compared)


class _Walk:
    """How far a verification has come."""

    def __init__(self, anchor: Anchor | None) -> None:
        self.anchor = anchor
        self.compared = False
        self.entries = 0
        self.first: int | None = None
        self.last: Anchor | None = None
        self._before = Anchor(0, GENESIS)  # what the first entry follows
        self._gone: str | None = None  # the anchor of the last entry that retention took

    def step(self, row: Mapping[str, Any]) -> Break | None:
        """One entry further; what is wrong with it."""
        number = row["number"]
        if self.last is None:
            self.first = number
            if number > 1:
                self._before = Anchor(number - 1, row["previous"])
            if number < 1:
                return Break(number, Damage.INSERTED, f"the trail begins with number {number}")
        expected = (self.last or self._before).number + 1
        if number > expected:
            return Break(expected, Damage.MISSING, f"{_entries(expected, number - 1)} missing")
        if number < expected:
            return Break(number, Damage.INSERTED, f"there are two entries {number}")
        if not _is_sealed(row):
            return Break(number, Damage.CHANGED, "what it says is not what its digest is of")
        if row["previous"] != (self.last or self._before).digest:
            return Break(number, Damage.INSERTED, "it is not sealed with the digest of the entry before it")
        self.last = Anchor(number, row["digest"])
        self.entries += 1
        return self._compare(self.last)

    def note_retention(self, row: Mapping[str, Any]) -> None:
        """Remember what the last entry of retention says has gone; it lies behind what it speaks of."""
        if row["door"] == RETENTION:
            self._gone = row["target"]

    def begin(self) -> Break | None:
        """What is wrong with where the chain begins, once all of it was seen."""
        before = self._before
        if before.number < 1 or self.last is None:
            return None
        if str(before) == self._gone:
            return self._compare(before)
        return Break(1, Damage.MISSING, f"{_entries(1, before.number)} missing, and no entry of retention says so")

    def end(self) -> Break | None:
        """What is wrong with where the chain ends."""
        last = 0 if self.last is None else self.last.number
        if self.anchor is not None and self.anchor.number > last:
            seen = f"the trail ends at {last}, and the anchor is of {self.anchor.number}"
            return Break(last + 1, Damage.TRUNCATED, seen)
        return None

    def _compare(self, place: Anchor) -> Break | None:
        if self.anchor is None or self.anchor.number != place.number:
            return None
        self.compared = True
        if self.anchor.digest == place.digest:
            return None
        return Break(place.number, Damage.REWRITTEN, "its digest is not that of the anchor")


def _is_sealed(row: Mapping[str, Any]) -> bool:
    """Whether a row is what its digest is of; what no entry can hold is not."""
    try:
        return bool(seal(row) == row["digest"])
    except TypeError:
        return False


def _entries(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"
