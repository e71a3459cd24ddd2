"""What the parts of a load share: the batch at hand, and what the run knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.history.ledger import Event, State
from graph.schema.model import Schema
from graph.schema.records import RecordValidator
from ingest.assertion import Place, Rejection
from ingest.identity import KnownElements
from ingest.reconcile import Reconciler
from ingest.seen_rows import SeenRows
from ingest.target import LoadTarget

States = Mapping[str, State]


@dataclass(slots=True)
class Batch:
    """What becomes of one batch."""

    events: list[Event] = field(default_factory=list)
    identities: dict[str, tuple[str, str]] = field(default_factory=dict)
    rejections: dict[Place, Rejection] = field(default_factory=dict)
    notes: list[Event] = field(default_factory=list)  # of where sources disagree: not counted
    unchanged: int = 0
    rows: dict[Place, list[str]] = field(
        default_factory=dict
    )  # those that may be known the next time, and what they tell

    def told(self, place: Place, element: str) -> None:
        """Note what a row tells."""
        self.rows.setdefault(place, []).append(element)

    def reject(self, rejection: Rejection) -> None:
        """Note a rejected row; reasons of the same row are put together."""
        former = self.rejections.get(rejection.place)
        if former is not None and rejection.reason not in former.reason:
            rejection = former._replace(reason=f"{former.reason}; {rejection.reason}")
        self.rejections[rejection.place] = rejection


@dataclass(slots=True)
class LoadState:
    """One run of one source, on its way. `stages` are seconds."""

    schema: Schema
    ledger: LoadTarget
    source: str
    known: KnownElements
    seen: SeenRows
    validator: RecordValidator
    reconciler: Reconciler
    refused: set[Place] = field(default_factory=set)  # rows that were refused before relations are read
    stages: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("validate", "identify", "reconcile", "ledger"), 0.0)
    )
