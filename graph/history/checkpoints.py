"""Checkpoints: what main held at some events, as Parquet, so that a past state is read from the nearest one and not from
the first event on. They can be made again from the ledger: losing one costs time only.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from core.clock import Clock, in_utc
from core.errors import UsageError
from core.failpoints import reach
from graph.history.columns import GraphColumns, parse_columns
from graph.history.former import FormerNames
from graph.history.ledger import Ledger
from graph.history.places import home_of, mark_of
from graph.schema.model import Schema

FOLDER: Final = "checkpoints"
_MANIFEST: Final = "manifest.json"
_NODES: Final = "nodes"
_EDGES: Final = "edges"
_SUFFIX: Final = ".parquet"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint. `recorded_at` is when its last event was recorded, None before the first one."""

    sequence: int
    recorded_at: datetime | None
    made_at: datetime
    elements: int
    size: int  # bytes
    path: Path

    def to_dict(self) -> dict[str, Any]:
        return {
            "sequence": self.sequence,
            "recorded_at": None if self.recorded_at is None else self.recorded_at.isoformat(),
            "made_at": self.made_at.isoformat(),
            "elements": self.elements,
            "bytes": self.size,
        }


@dataclass(frozen=True, slots=True)
class Retention:
    """Which checkpoints stay: the `newest`, and of each of the latest `months` that have any, the last one."""

    newest: int = 4
    months: int = 12

    def kept(self, checkpoints: Sequence[Checkpoint]) -> set[int]:
        """The sequence numbers of those that stay."""
        ordered = sorted(checkpoints, key=lambda c: c.sequence)
        stay = {c.sequence for c in ordered[max(0, len(ordered) - self.newest) :]}
        monthly: dict[str, int] = {}
        for c in ordered:
            monthly[(c.recorded_at or c.made_at).strftime("%Y-%m")] = c.sequence
        latest = sorted(monthly)[max(0, len(monthly) - self.months) :]
        return stay | {monthly[month] for month in latest}


class Checkpoints:
    """The checkpoints of one ledger under `folder`."""

    def __init__(self, ledger: Ledger, schema: Schema, folder: Path, clock: Clock) -> None:
        self._ledger = ledger
        self._schema = schema
        self._clock = clock
        self._folder = home_of(folder / FOLDER, ledger, schema)

    def all(self) -> list[Checkpoint]:
        """Those that the ledger vouches for, in order of sequence."""
        found = [self._read(path) for path in self._folder.glob(f"*/{_MANIFEST}")]
        return sorted((c for c in found if c is not None), key=lambda c: c.sequence)

    def make(self, sequence: int | None = None) -> Checkpoint:
        """Make the checkpoint at an event, by default the last; one that is there is not made again. Raises UsageError."""
        last = self._ledger.sequence()
        wanted = last if sequence is None else sequence
        if not 0 <= wanted <= last:
            raise UsageError(f"main has no event {wanted}", where="checkpoint", hint=f"its last one is {last}")
        known = next((c for c in self.all() if c.sequence == wanted), None)
        if known is not None:
            return known
        content = self.columns(wanted)
        target = self._folder / f"{wanted}-{mark_of(self._ledger, wanted)}"
        draft = self._folder / f".{uuid4().hex}"
        try:
            self._write(draft, content, wanted)
            reach("checkpoint.written")
            shutil.rmtree(target, ignore_errors=True)  # of an attempt that left no manifest
            draft.replace(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        made = self._read(target / _MANIFEST)
        assert made is not None
        return made

    def columns(self, sequence: int) -> GraphColumns:
        """What main held after an event: the nearest checkpoint, and what the events between the two changed.

        A checkpoint after it does as well as one before: what its events changed is taken back. Names are those of today.
        """
        former = self._ledger.former(sequence)
        found = self._columns(sequence, former)
        return found.without_loose_ends() if former.loses_nodes else found

    def _columns(self, sequence: int, former: FormerNames) -> GraphColumns:
        near = min(self.all(), key=lambda c: abs(c.sequence - sequence), default=None)
        if near is None or abs(near.sequence - sequence) > sequence:  # the first event is nearer
            return parse_columns(self._ledger.surviving(1, sequence), self._schema, former)
        start = _load(near.path)
        if near.sequence == sequence:
            return start
        if near.sequence < sequence:
            first, last, states = near.sequence + 1, sequence, self._ledger.surviving
        else:
            first, last, states = sequence + 1, near.sequence, self._ledger.preceding
        changed = parse_columns(states(first, last), self._schema, former)
        return start.replaced(self._ledger.touched(first, last), changed)

    def prune(self, policy: Retention) -> list[Checkpoint]:
        """Remove what the policy does not keep, and what belongs to no state of this ledger; those that were removed."""
        known = self.all()
        stay = policy.kept(known)
        gone = [c for c in known if c.sequence not in stay]
        kept = {c.path for c in known} - {c.path for c in gone}
        for path in self._folder.glob("*"):
            if path not in kept and not path.name.startswith("."):
                shutil.rmtree(path, ignore_errors=True)
        return gone

    def _write(self, draft: Path, content: GraphColumns, sequence: int) -> None:
        for name, tables in ((_NODES, content.nodes), (_EDGES, content.edges)):
            (draft / name).mkdir(parents=True)
            for kind, table in tables.items():
                pq.write_table(table, draft / name / (kind + _SUFFIX), compression="zstd")
        batch = self._ledger.batch_of(sequence)
        recorded = None if batch is None else in_utc(batch.recorded_at).isoformat()
        manifest = {
            "sequence": sequence,
            "recorded_at": recorded,
            "made_at": self._clock.now().isoformat(),
            "elements": content.elements,
            "bytes": sum(path.stat().st_size for path in draft.rglob("*" + _SUFFIX)),
        }
        (draft / _MANIFEST).write_bytes(orjson.dumps(manifest))

    def _read(self, manifest: Path) -> Checkpoint | None:
        """What a manifest says; None where it is broken, or not of this line of events."""
        try:
            content = orjson.loads(manifest.read_bytes())
            recorded = content["recorded_at"]
            found = Checkpoint(
                int(content["sequence"]),
                None if recorded is None else datetime.fromisoformat(recorded),
                datetime.fromisoformat(content["made_at"]),
                int(content["elements"]),
                int(content["bytes"]),
                manifest.parent,
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if found.sequence > self._ledger.sequence():
            return None
        return found if manifest.parent.name == f"{found.sequence}-{mark_of(self._ledger, found.sequence)}" else None


def _load(folder: Path) -> GraphColumns:
    nodes, edges = (
        {path.stem: _table(path) for path in sorted((folder / name).glob("*" + _SUFFIX))} for name in (_NODES, _EDGES)
    )
    return GraphColumns(nodes, edges)


def _table(path: Path) -> pa.Table:
    return pq.read_table(path)
