"""What a merge would break although neither side does alone: cycles of containment, relations that have too many ends."""

from __future__ import annotations

from collections.abc import Iterator

from graph.history.ledger import Ledger
from graph.history.merge import END, Conflict, Merge
from graph.model import Operation
from graph.schema.model import Schema
from services.edits import rules_of


def broken_rules(schema: Schema, ledger: Ledger, merge: Merge) -> Iterator[Conflict]:
    """What relations of main and of a branch together would break, as conflicts that nobody can win."""
    rules = rules_of(schema, _MainAfter(ledger, merge))
    made = [e for e in merge.ordered() if e.edge and e.operation is Operation.CREATE and rules.watches(e.kind)]
    present = ledger.kinds(sorted({end for e in made for end in (e.start, e.end) if end}))
    for event in made:
        start, end = event.start or "", event.end or ""
        kinds = [m.kind if (m := merge.events.get(n)) else present.get(n, "") for n in (start, end)]
        reason = rules.excess(event.kind, start, end)
        if not reason and rules.cycle(event.kind, start, end, kinds[0], kinds[1]):
            reason = "it would close a cycle with relations of main"
        if reason:
            yield Conflict(event.element, event.kind, f"{start} -> {end}", END, reason, either=False)
        else:
            rules.add(event.kind, start, end)


class _MainAfter:
    """Main's relations without those that a merge takes away."""

    def __init__(self, ledger: Ledger, merge: Merge) -> None:
        self._main = ledger
        self._sequence = merge.sequence
        self._gone = {e for e, event in merge.events.items() if event.operation is Operation.DELETE}

    def ends(self, relation: str) -> Iterator[tuple[str, str]]:
        for element, start, end in self._main.ends_at(relation, self._sequence):
            if element not in self._gone:
                yield start, end
