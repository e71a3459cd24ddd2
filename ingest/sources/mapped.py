"""Exports whose records go through a YAML mapping: every system but the twin's own CSV format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from ingest.assertion import PassedRows, Rejection, Told
from ingest.files import Content
from ingest.mapping.apply import is_mapped, nodes_of, relations_of
from ingest.mapping.model import MappingRules
from ingest.seen_rows import RowDigester, SeenRows
from ingest.sources.contract import Record
from ingest.tabular import TABLES

Records = Callable[[], Iterable[Record | Rejection]]


class MappedExtract:
    """Applies a mapping to records. `records` gives them anew each time it is called."""

    def __init__(
        self, contents: Iterable[Content], mapping: MappingRules, records: Records, *, complete: bool = True
    ) -> None:
        self._contents = tuple(contents)
        self._complete = complete
        self._mapping = mapping
        self._records = records
        self._unmapped: Counter[str] = Counter()
        self._mapped = 0
        rules = mapping.records.values()
        self._shares = any(node.shared for rule in rules for node in rule.nodes)
        self._relates = any(rule.relations for rule in rules)
        self._looks_up = mapping.looks_up

    @property
    def contents(self) -> tuple[Content, ...]:
        return self._contents

    @property
    def rules(self) -> bytes:
        return self._mapping.digest

    @property
    def looks_up(self) -> bool:
        """Whether what a row means depends on what the twin has under some name."""
        return self._looks_up

    @property
    def complete(self) -> bool:
        return self._complete

    def told(self, phase: str, seen: SeenRows | None = None) -> Iterator[Told]:
        if self._looks_up:  # the same row may mean something else by now
            seen = None
        if phase == "nodes":
            return self._nodes(seen)
        if phase == "references":
            return self._shared() if self._shares else iter(())
        return self._relations(seen) if self._relates else iter(())

    def spaces(self, kinds: frozenset[str]) -> frozenset[str]:
        rules = self._mapping.records.values()
        return frozenset(node.space for rule in rules for node in rule.nodes if not kinds.isdisjoint(node.kinds))

    def rows(self, phase: str) -> int:
        needed = {"references": self._shares, "relations": self._relates}.get(phase, True)
        return sum(content.lines for content in self._contents if content.file.suffix in TABLES) if needed else 0

    def unmapped(self) -> Mapping[str, int]:
        return dict(self._unmapped.most_common())

    def records(self) -> int:
        return self._mapped

    def _nodes(self, seen: SeenRows | None) -> Iterator[Told]:
        self._unmapped.clear()
        self._mapped = 0
        known = _Known("nodes", seen)
        for record in self._records():
            if isinstance(record, Rejection):
                yield record
                continue
            if not is_mapped(self._mapping, record.type, record.fields):
                self._unmapped[record.type] += 1
                continue
            self._mapped += 1
            rule = self._mapping.records.get(record.type)
            if rule is None:
                continue
            if (row := known.row(record)) is not None:
                yield row
            else:
                yield from nodes_of(rule, record.place, record.fields, shared=False, row=record)

    def _shared(self) -> Iterator[Told]:
        for record in self._known_records():
            rule = self._mapping.records[record.type]
            yield from nodes_of(rule, record.place, record.fields, shared=True, row=record)

    def _relations(self, seen: SeenRows | None) -> Iterator[Told]:
        known = _Known("relations", seen)
        for record in self._known_records():
            if (row := known.row(record)) is not None:
                yield row
            else:
                yield from relations_of(self._mapping.records[record.type], record.place, record.fields, row=record)

    def _known_records(self) -> Iterator[Record]:
        """Records with rules; rejections were told with the nodes."""
        for record in self._records():
            if not isinstance(record, Rejection) and record.type in self._mapping.records:
                yield record


class _Known:
    """Tells records that were told before, in one phase."""

    def __init__(self, phase: str, seen: SeenRows | None) -> None:
        self._phase = phase
        self._seen = seen
        self._digesters: dict[str, RowDigester] = {}

    def row(self, record: Record) -> PassedRows | None:
        if self._seen is None:
            return None
        digester = self._digesters.get(record.type)
        if digester is None:
            digester = self._digesters[record.type] = RowDigester(self._phase, record.type)
        return self._seen.known(record.place, digester(record.fields))
