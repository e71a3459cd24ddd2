"""A ledger to load into, and what it holds, as plain sets that a test can compare."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.clock import Clock
from graph.history.ledger import Ledger, State
from graph.history.subjects import Subjects
from graph.history.verify import ledger_checksum
from graph.schema.model import Schema
from ingest.held import HeldRows
from ingest.job import IngestJob
from ingest.precedence import Precedence
from ingest.report import IngestReport

SECRET = "the secret of twins that tests make"


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder; a name that ends in .gz is compressed."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
    return folder


@dataclass(slots=True)
class TestTwin:
    """Loads exports and tells what came of it. Bookkeeping is left out of `nodes` and `edges`."""

    __test__ = False

    schema: Schema
    ledger: Ledger
    clock: Clock
    folder: Path
    exports: int = 0

    def load(
        self,
        source: str,
        files: Mapping[str, str | bytes],
        *,
        batch_rows: int = 5_000,
        precedence: Precedence | None = None,
        whole: bool = False,
        reread: bool = True,
    ) -> IngestReport:
        """Write the files into a folder of their own and load it."""
        self.exports += 1
        path = write_files(self.folder / f"export{self.exports}", files)
        return self.load_path(source, path, batch_rows=batch_rows, reread=reread, precedence=precedence, whole=whole)

    def load_path(
        self,
        source: str,
        path: Path,
        *,
        batch_rows: int = 5_000,
        reread: bool = True,
        precedence: Precedence | None = None,
        whole: bool = False,
    ) -> IngestReport:
        job = IngestJob(
            self.schema,
            self.ledger,
            actor="tester",
            batch_rows=batch_rows,
            clock=self.clock,
            precedence=precedence,
            personal_secret=SECRET,
        )
        return job.run(source, path, reread=reread, whole=whole)

    def replay(self, source: str) -> IngestReport:
        """Tell the rows of a source that wait in quarantine again."""
        job = IngestJob(self.schema, self.ledger, actor="tester", clock=self.clock, personal_secret=SECRET)
        return job.replay(source, [row for row in HeldRows(self.ledger).of(source) if row.is_replayable])

    def pseudonym(self, value: str) -> str:
        """What a person of that name is called."""
        return Subjects(self.ledger, self.clock, SECRET).pseudonym(value)

    def states(self, kind: str | None = None) -> list[State]:
        return [state for state in self.ledger.present() if kind is None or state.kind == kind]

    def nodes(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(kind, name or number) -> properties."""
        return {
            (s.kind, self.label(s)): dict(s.properties)
            for s in self.states()
            if not s.edge and s.kind not in self.schema.bookkeeping_kinds
        }

    def edges(self) -> set[tuple[str, str, str]]:
        """(start, type, end), ends by name or number."""
        names = {s.element: self.label(s) for s in self.states() if not s.edge}
        return {
            (names[s.start or ""], s.kind, names[s.end or ""])
            for s in self.states()
            if s.edge and s.kind not in self.schema.bookkeeping_relations
        }

    def quarantined(self) -> set[tuple[str, int, str]]:
        """(file, position, code) of every quarantined row."""
        return {
            (str(s.properties["source_file"]), int(str(s.properties["position"])), str(s.properties["code"]))
            for s in self.states("QuarantinedRow")
        }

    def checksum(self) -> str:
        return ledger_checksum(self.ledger, self.schema).checksum()

    @staticmethod
    def label(state: State) -> str:
        properties = state.properties
        return str(next((properties[n] for n in ("name", "cve", "number", "pseudonym") if n in properties), "?"))
