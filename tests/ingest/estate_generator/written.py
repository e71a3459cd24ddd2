"""An export read back from its files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

Row = dict[str, str]
SERVERS = ("PhysicalServer", "VirtualMachine", "Hypervisor", "MainframePartition")


@dataclass(frozen=True, slots=True)
class Written:
    """Rows by kind and by relation type."""

    nodes: dict[str, list[Row]]
    relations: dict[str, list[Row]]

    @classmethod
    def read(cls, folder: Path) -> Written:
        return cls(
            {path.stem: _rows(path) for path in sorted(folder.glob("*.csv"))},
            {path.stem: _rows(path) for path in sorted((folder / "relations").glob("*.csv"))},
        )

    def servers(self) -> Iterator[Row]:
        for kind in SERVERS:
            yield from self.nodes[kind]

    def ends(self, relation: str, kinds: Iterable[str] | None = None) -> list[tuple[str, str]]:
        """Keys of both ends of the relations of a type, those that start at some kinds only."""
        wanted = None if kinds is None else set(kinds)
        return [(r["from"], r["to"]) for r in self.relations[relation] if wanted is None or r["from_kind"] in wanted]


def digest(folder: Path) -> str:
    """One digest of the names and bytes of every file of a folder."""
    whole = sha256()
    for path in sorted(folder.rglob("*.csv")):
        whole.update(path.relative_to(folder).as_posix().encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
