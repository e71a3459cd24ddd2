"""A small bank whose tickets and names hold attacks, and somebody who sees one perimeter of it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from core.principal import LOCAL_OPERATOR, Principal
from core.settings import load_settings
from graph.history.checksum import checksum_of
from ingest.estate_generator import generate_estate
from services.ingestion import ingest
from services.query import QueryService
from services.twin import Twin
from tests.agent.safety.attacks import Attack
from tests.conftest import NOW

SERVERS = 120
PERIMETER = "Canaux digitaux"
NAMES = "MATCH (s:Server) RETURN s.name AS name ORDER BY name"


@dataclass(frozen=True, slots=True)
class Bank:
    """`asker` sees one perimeter; `hidden` are the names of servers that it must not learn; `seen` those it may know."""

    twin: Twin
    asker: Principal
    seen: frozenset[str]
    hidden: frozenset[str]

    @property
    def secret_name(self) -> str:
        """The name of one server that the asker must not learn, none of those that hold an attack."""
        return min(name for name in self.hidden if name.isalnum())

    @property
    def secret_start(self) -> str:
        """How that name begins, as none begins that the asker may know."""
        starts = (self.secret_name[:size] for size in range(4, len(self.secret_name) + 1))
        return next(start for start in starts if not any(name.startswith(start) for name in self.seen))

    def state(self) -> tuple[str, int, int]:
        """What no question may change: content, the sequence of the ledger, the sequence that the graph has applied."""
        return (
            checksum_of(self.twin.repository).checksum(),
            self.twin.ledger.sequence(),
            self.twin.repository.watermark(),
        )


def load_bank(home: Path, planted: list[Attack]) -> None:
    """Generate, plant the attacks in titles of incidents, names of machines and comments, and load."""
    export = home / "export"
    generate_estate(export, servers=SERVERS, seed=5, as_of=NOW.date())
    texts = [attack.text for attack in planted]
    _rewrite(export / "Incident.csv", "title", texts)
    _rewrite(export / "Feedback.csv", "comment", texts)
    _rewrite(export / "VirtualMachine.csv", "name", [f"{text} {n}" for n, text in enumerate(texts[:6])])
    ingest(load_settings(home=home, backend="networkx", now=NOW.isoformat()), "csv", export)


def bank_of(twin: Twin) -> Bank:
    """The bank that a twin holds, and who asks."""
    queries, asker = QueryService(twin), LOCAL_OPERATOR.narrowed([PERIMETER])
    every = {row[0] for row in queries.cypher(NAMES).answer.rows}
    seen = {row[0] for row in queries.cypher(NAMES, principal=asker).answer.rows}
    return Bank(twin, asker, frozenset(seen), frozenset(every - seen))


def _rewrite(path: Path, column: str, texts: list[str]) -> None:
    """Put the texts into the first rows of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, text in zip(rows, texts, strict=False):
        row[column] = text
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
