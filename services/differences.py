"""What differs between two moments, by element and attribute, with the names that people know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from graph.history.branches import Branches
from graph.history.difference import Change, changes_between
from graph.history.ledger import Ledger
from graph.history.merge import name_of
from graph.history.moment import Moment
from graph.model import Operation
from graph.schema.model import Schema
from services.cells import to_json
from services.moments import Asked, moment_of

SHOWN: Final = 1_000
"""Elements that a difference lists one by one."""


class DifferenceService:
    """Compares moments of one ledger."""

    def __init__(self, ledger: Ledger, schema: Schema, branches: Branches) -> None:
        self._ledger = ledger
        self._schema = schema
        self._branches = branches

    def between(
        self, one: Asked, other: Asked, *, kind: str | None = None, bookkeeping: bool = False, shown: int = SHOWN
    ) -> dict[str, Any]:
        """What leads from one moment to another, as JSON-ready data: counts of all, and the first elements one by one.

        `kind` limits it to a kind (or generic) or a relation type. Raises UsageError, NotFoundError.
        """
        first, _ = moment_of(self._ledger, self._branches, one, begun_by=None)
        last, _ = moment_of(self._ledger, self._branches, other, begun_by=None)
        return self.of(first, last, kind=kind, bookkeeping=bookkeeping, shown=shown)

    def of_branch(self, name: str, *, kind: str | None = None, shown: int = SHOWN) -> dict[str, Any]:
        """What a branch has changed, against its base. Raises NotFoundError."""
        branch = self._branches.get(name)
        return self.of(Moment(branch.base), branch.moment, kind=kind, shown=shown)

    def of(
        self, one: Moment, other: Moment, *, kind: str | None = None, bookkeeping: bool = False, shown: int = SHOWN
    ) -> dict[str, Any]:
        """The same for two moments that are known."""
        found = changes_between(self._ledger, self._branches, one, other)
        wanted = sorted(
            (c for c in found.values() if self._is_wanted(c, kind, bookkeeping=bookkeeping)),
            key=lambda c: (c.form.edge, c.form.kind, name_of(c.form.properties, c.element), c.element),
        )
        counts = Counter((c.form.kind, c.operation) for c in wanted)
        attributes = Counter((c.form.kind, name) for c in wanted if c.before and c.after for name in c.attributes())
        names = self._names(wanted[:shown], found, other)
        return {
            "from": _told(one),
            "to": _told(other),
            "elements": len(wanted),
            "counts": [
                {"kind": name, "operation": operation.value, "count": count}
                for (name, operation), count in sorted(counts.items())
            ],
            "attributes": [
                {"kind": name, "attribute": attribute, "count": count}
                for (name, attribute), count in sorted(attributes.items())
            ],
            "changes": [_entry(change, names) for change in wanted[:shown]],
        }

    def _is_wanted(self, change: Change, kind: str | None, *, bookkeeping: bool) -> bool:
        name = change.form.kind
        schema = self._schema
        if not bookkeeping and (name in schema.bookkeeping_kinds or name in schema.bookkeeping_relations):
            return False
        if kind == name:
            return True
        if name in schema.simulated_kinds or name in schema.simulated_relations:
            return False  # what a run was kept with, or dropped, changes nothing of the estate
        if kind is None:
            return True
        return name in self._schema.descendants.get(kind, ())

    def _names(self, changes: Iterable[Change], found: Mapping[str, Change], at: Moment) -> dict[str, str]:
        """The names of the ends of relations."""
        ends = sorted({end for c in changes if c.form.edge for end in (c.form.start, c.form.end) if end is not None})
        names = {end: name_of(found[end].form.properties, end) for end in ends if end in found}
        states = self._ledger.states_at([end for end in ends if end not in names], at.sequence)
        names |= {element: name_of(state.properties, element) for element, state in states.items()}
        if at.branch:
            version = Moment(at.sequence), at
            names |= {
                c.element: name_of(c.form.properties, c.element)
                for c in changes_between(self._ledger, self._branches, *version).values()
                if c.element in ends
            }
        return names


def _told(moment: Moment) -> dict[str, Any]:
    return {"sequence": moment.sequence, "branch_events": moment.version}


def _entry(change: Change, names: Mapping[str, str]) -> dict[str, Any]:
    form = change.form
    before = {} if change.before is None else change.before.properties
    after = {} if change.after is None else change.after.properties
    values: list[dict[str, Any]] = [
        {"attribute": name, "before": to_json(before.get(name)), "after": to_json(after.get(name))}
        for name in change.attributes()
    ]
    if change.operation is Operation.RECLASSIFY and change.before and change.after:
        values.insert(0, {"attribute": "(kind)", "before": change.before.kind, "after": change.after.kind})
    if form.edge:
        name = f"{names.get(form.start or '', form.start)} -> {names.get(form.end or '', form.end)}"
    else:
        name = name_of(form.properties, change.element)
    return {
        "operation": change.operation.value,
        "element": change.element,
        "kind": form.kind,
        "name": name,
        "start": form.start,
        "end": form.end,
        "changes": values,
    }
