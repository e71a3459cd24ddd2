"""Rows that a source told before: a row that is the same, of which nothing was changed by others, is not loaded again.

An extract asks for each row before it makes anything of it, and tells a known one as a `SeenRow`. The digest of a row that was
taken is kept for the next load. A row that some other row contradicts must be looked at whole: then the load goes on as if
no row were known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

import orjson

from graph.history.row_digests import DigestList, KnownRows
from graph.history.sightings import WIDTH, one_by_one, packed
from ingest.assertion import Place, SeenRow

_OPTIONS: Final = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


class ContradictedRowError(Exception):
    """A row of this load tells what a row that was passed over tells, too."""


class RowDigester:
    """Digests of the rows of one table or type, in one phase."""

    def __init__(self, *what: object) -> None:
        self._base = blake2b(repr(what).encode(), digest_size=WIDTH)
        self.of_lines = self._base.copy()
        """For rows of which each cell is what stands between two commas of a line: that line follows."""
        self.of_lines.update(b"\0")

    def __call__(self, row: Sequence[str] | Mapping[str, Any]) -> bytes | None:
        """The digest of a row's cells or fields; None for one that holds what has no plain form."""
        if not isinstance(row, Mapping):
            text = ",".join(row)
            if '"' not in text and "\n" not in text and "\r" not in text and text.count(",") == len(row) - 1:
                digest = self.of_lines.copy()
                try:
                    digest.update(text.encode())
                except UnicodeEncodeError:  # half a surrogate pair
                    return None
                return digest.digest()
        digest = self._base.copy()
        try:
            digest.update(orjson.dumps(row, option=_OPTIONS))
        except TypeError:  # half a surrogate pair, say
            return None
        return digest.digest()


class SeenRows:
    """What one load knows of its rows, and what the next one will. Not thread-safe."""

    def __init__(self, known: KnownRows | None = None) -> None:
        self._known: Mapping[bytes, bytes] = {} if known is None else known.rows
        self._changed: set[bytes] = set() if known is None else set(known.changed)
        self._asked: dict[Place, bytes] = {}  # digests of rows that are not known, until they were loaded
        self._told: set[bytes] = (
            set()
        )  # what was told by rows that were loaded, as far as that may contradict a known row
        self._passed: list[bytes] = []
        self._taken = DigestList()
        self._gone: set[bytes] = set()
        self.elements: set[bytes] = set()
        """What rows told that were passed over, packed."""

    @property
    def knows_any(self) -> bool:
        """Whether any row is known."""
        return bool(self._known)

    def known(self, place: Place, digest: bytes | None) -> SeenRow | None:
        """The row as one that is passed over, where it was told before and nobody has changed since what it told."""
        if digest is None:
            return None
        elements = self._known.get(digest)
        if elements is not None and not (self._changed and self._is_changed(elements)):
            return SeenRow(place, digest, elements)
        self._asked[place] = b"" if place in self._asked else digest  # several records of one row are not told apart
        return None

    def was_asked(self, place: Place) -> bool:
        """Whether a row was asked about in this phase, and is not known."""
        return place in self._asked

    def lines(self, file: str, digester: RowDigester) -> Callable[[int, str], SeenRow | None]:
        """Asks, as `known` does, about rows that are a line each; in one call, since there are very many."""
        known, asked, is_changed = self._known.get, self._asked, self._is_changed
        begun, changed = digester.of_lines.copy, self._changed

        def ask(line: int, text: str) -> SeenRow | None:
            digest = begun()
            try:
                digest.update(text.encode())
            except UnicodeEncodeError:  # half a surrogate pair
                return None
            key = digest.digest()
            elements = known(key)
            if elements is not None and (
                not changed or (elements not in changed if len(elements) == WIDTH else not is_changed(elements))
            ):
                return SeenRow(Place(file, line), key, elements)
            asked[Place(file, line)] = key
            return None

        return ask

    def _is_changed(self, elements: bytes) -> bool:
        if len(elements) == WIDTH:
            return elements in self._changed
        return not self._changed.isdisjoint(one_by_one(elements))

    def pass_over(self, rows: Sequence[SeenRow]) -> int:
        """Note rows that are known; how many elements they tell. Raises ContradictedRowError."""
        digests = [row.digest for row in rows]
        elements = b"".join([row.elements for row in rows])
        each = {row.elements for row in rows}
        told = each if len(elements) == WIDTH * len(rows) and b"" not in each else set(one_by_one(elements))
        if not self._told.isdisjoint(told):
            raise ContradictedRowError
        self._passed += digests
        self.elements |= told
        return len(elements) // WIDTH

    def spared(self, rows: Sequence[SeenRow]) -> set[bytes]:
        """What rows speak of that must not be taken."""
        return {element for row in rows for element in one_by_one(row.elements)}

    def passed(self, element: str) -> bool:
        """Whether a row that was passed over tells this element."""
        return bool(self.elements) and packed(element) in self.elements

    def take(self, rows: Mapping[Place, Sequence[str]], changed: Iterable[str]) -> None:
        """Note rows that were loaded, with the elements that each told, and what changed."""
        taken, asked = self._taken, self._asked
        for place, elements in rows.items():
            told = [packed(element) for element in elements]
            if self._known:
                self._told.update(told)
            digest = asked.pop(place, None)
            if digest:
                taken.add(digest, b"".join(told))
        if self._known:
            self._changed.update(map(packed, changed))

    def forget(self, places: Iterable[Place]) -> None:
        """Rows that were not taken are not known the next time."""
        for place in places:
            self._asked.pop(place, None)

    def end_phase(self) -> None:
        """What was asked in this phase is not asked again."""
        self._asked.clear()

    def retire(self, elements: Iterable[str]) -> None:
        """What this load has told, and has ended itself: relations of nodes that it retires."""
        self._gone.update(map(packed, elements))

    def kept(self, *, whole: bool) -> DigestList | None:
        """What the next load is to know; None where that is what this one knew.

        A load that was no `whole` leaves known what it did not tell.
        """
        if len(self._passed) >= len(self._known) and not self._taken.counts and self._known and not self._gone:
            return None
        known = self._known
        self._taken.extend(self._passed, [known[digest] for digest in self._passed])
        if not whole:
            untold = known.keys() - self._passed
            if self._changed:
                untold = {digest for digest in untold if not self._is_changed(known[digest])}
            left = list(untold)
            self._taken.extend(left, [known[digest] for digest in left])
        return self._taken.without(self._gone) if self._gone else self._taken
