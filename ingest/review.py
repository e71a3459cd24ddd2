"""Rows of which nobody but a person can say which element they mean: the choice is recorded, then the row is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.errors import UsageError
from graph.history.ledger import Ledger, State
from graph.schema.model import Schema
from ingest.held import HeldRow, HeldRows
from ingest.identity import element_of

SOURCE = "review"


@dataclass(frozen=True, slots=True)
class Choice:
    """One element that a row may mean."""

    element: str
    kind: str
    source: str
    properties: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {"element": self.element, "kind": self.kind, "source": self.source, "properties": self.properties}


class Review:
    """Lists what waits for a person in a ledger, and records what was decided."""

    def __init__(self, schema: Schema, ledger: Ledger, *, actor: str) -> None:
        self._schema = schema
        self._ledger = ledger
        self._actor = actor
        self._rows = HeldRows(ledger)

    def waiting(self, source: str | None = None) -> list[HeldRow]:
        """The rows that wait, by source and place."""
        return self._rows.of(source, undecided=True)

    def find(self, name: str) -> HeldRow:
        """A row that waits, by the beginning of its identifier. Raises NotFoundError, UsageError."""
        row = self._rows.find(name)
        if row.key is None:
            hint = "correct the source or the mapping, then `jumeau quarantine replay`"
            raise UsageError(
                f"the row was rejected for {row.code}: there is nothing to decide", where="review", hint=hint
            )
        return row

    def choices(self, row: HeldRow) -> list[Choice]:
        """The elements that a row may mean, as they are now."""
        states = self._ledger.states(list(row.candidates))
        return [_choice(states[element]) for element in row.candidates if element in states]

    def decide(self, row: HeldRow, same: str | None, reason: str) -> str:
        """Record that a row means the element `same`, or for None a new one; returns the element. Raises UsageError.

        From then on the source's key is that element's.
        """
        assert row.key is not None
        assert row.kind is not None
        if not reason.strip():
            raise UsageError("a decision has a reason", where="--reason", hint="say what tells them apart or together")
        element = element_of(row.key) if same is None else same
        if same is not None:
            kind = self._ledger.kinds([same]).get(same)
            if kind is None or kind not in self._schema.kinds:
                hint = "give one of: " + ", ".join(row.candidates)
                raise UsageError(f"there is no element {same!r}", where="--same-as", hint=hint)
        known = self._ledger.identities([row.key]).get(row.key)
        if known is not None and known[0] != element:
            hint = "replay the row: `jumeau quarantine replay`"
            raise UsageError(f"its key was decided before, for {known[0]}", where="review", hint=hint)
        with self._ledger.loading(SOURCE):
            run = self._ledger.begin_run(SOURCE, self._actor, reason, f"{row.key} {element}")
            if known is None:
                self._ledger.append(run, [], identities={row.key: (element, row.kind)})
            self._ledger.finish_run(run, "complete", {"created": 0, "updated": 0, "unchanged": 0, "rejected": 0})
        return element


def _choice(state: State) -> Choice:
    return Choice(state.element, state.kind, state.source, dict(state.properties))
