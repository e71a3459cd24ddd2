"""Rows that a source told before: a row that is the same, of which nothing was changed by others, is not loaded again.

An extract asks for each row before it makes anything of it, and tells known ones as `PassedRows`. The digest of a row that was
taken is kept for the next load. A row that some other row contradicts must be looked at whole: then the load goes on as if
no row were known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

import orjson

from graph.history.row_digests import DigestList, KnownRows
from graph.history.sightings import WIDTH, one_by_one, packed
from ingest.assertion import PassedRows, Place

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

    def known(self, place: Place, digest: bytes | None) -> PassedRows | None:
        """The row as one that is passed over, where it was told before and nobody has changed since what it told."""
        if digest is None:
            return None
        elements = self._known.get(digest)
        if elements is not None and not (self._changed and self._is_changed(elements)):
            return PassedRows(place.file, (place.position,), (digest,), (elements,))
        self._asked[place] = b"" if place in self._asked else digest  # several records of one row are not told apart
        return None

    def lines(
        self, file: str, digester: RowDigester, first: int, lines: Sequence[str]
    ) -> Iterator[PassedRows | tuple[int, str]]:
        """Asks, as `known` does, about rows that are a line each: those passed over, and (line, text) of the others.

        Lines, without their ends, stand in the file one after the other. In one loop, since there are very many.
        """
        known, asked, is_changed = self._known.get, self._asked, self._is_changed
        begun, changed = digester.of_lines.copy, self._changed
        positions: list[int] = []
        digests: list[bytes] = []
        told: list[bytes] = []
        for number, text in enumerate(lines, first):
            digest = begun()
            try:
                digest.update(text.encode())
            except UnicodeEncodeError:  # half a surrogate pair
                yield number, text
                continue
            key = digest.digest()
            elements = known(key)
            if elements is not None and (
                not changed or (elements not in changed if len(elements) == WIDTH else not is_changed(elements))
            ):
                positions.append(number)
                digests.append(key)
                told.append(elements)
                continue
            if positions:
                yield PassedRows(file, positions, digests, told)
                positions, digests, told = [], [], []
            asked[Place(file, number)] = key
            yield number, text
        if positions:
            yield PassedRows(file, positions, digests, told)

    def _is_changed(self, elements: bytes) -> bool:
        if len(elements) == WIDTH:
            return elements in self._changed
        return not self._changed.isdisjoint(one_by_one(elements))

    def pass_over(self, rows: Sequence[PassedRows]) -> int:
        """Note rows that are known; how many elements they tell. Raises ContradictedRowError."""
        told = [elements for some in rows for elements in some.elements]
        elements = b"".join(told)
        each = set(told)
        if len(elements) != WIDTH * len(told) or b"" in each:
            each = set(one_by_one(elements))
        if not self._told.isdisjoint(each):
            raise ContradictedRowError
        for some in rows:
            self._passed += some.digests
        self.elements |= each
        return len(elements) // WIDTH

    def passed(self, element: str) -> bool:
        """Whether a row that was passed over tells this element."""
        return bool(self.elements) and packed(element) in self.elements

    def take(self, rows: Mapping[Place, Sequence[str]], changed: Iterable[str]) -> None:
        """Note rows that were loaded, with the elements that each told, and what changed."""
        asked, contradicts = self._asked, bool(self._known)
        digests: list[bytes] = []
        each: list[bytes] = []
        for place, elements in rows.items():
            told = packed(elements[0]) if len(elements) == 1 else b"".join(map(packed, elements))
            if contradicts:
                self._told.update(one_by_one(told))
            digest = asked.pop(place, None)
            if digest:
                digests.append(digest)
                each.append(told)
        self._taken.extend(digests, each)
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


class TableRows:
    """Asks about the rows of one table."""

    def __init__(self, seen: SeenRows, file: str, digester: RowDigester) -> None:
        self._seen = seen
        self._file = file
        self._digester = digester

    def lines(self, first: int, lines: Sequence[str]) -> Iterator[PassedRows | tuple[int, str]]:
        """Of lines without quotes, each a row, from line `first` on: those told before, and (line, text) of the others."""
        return self._seen.lines(self._file, self._digester, first, lines)

    def row(self, position: int, cells: Sequence[str]) -> PassedRows | None:
        """The row as one that was told before, if it was."""
        return self._seen.known(Place(self._file, position), self._digester(cells))
