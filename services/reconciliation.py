"""Where sources disagree about an element, and what a person decides against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.clock import clock_for
from core.errors import UsageError
from core.settings import Settings
from graph.history.events import State
from graph.history.ledger import Ledger
from graph.history.selection import contested, named
from graph.schema.model import Schema
from ingest.discrepancies import Discrepancies, shown
from ingest.override import DecidedValue, Overrides
from services.ingestion import project
from services.twin import open_ledger


@dataclass(frozen=True, slots=True)
class FoundDiscrepancy:
    """An attribute of an element of which sources say different things; `said` is (source, value as text)."""

    element: str
    kind: str
    name: str
    attribute: str
    chosen: str
    chosen_source: str
    said: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "element": self.element,
            "kind": self.kind,
            "name": self.name,
            "attribute": self.attribute,
            "chosen": self.chosen,
            "chosen_source": self.chosen_source,
            "said": dict(self.said),
        }


def discrepancies(
    settings: Settings, name: str | None = None, *, between: Sequence[str] = (), attribute: str | None = None
) -> list[FoundDiscrepancy]:
    """Where sources disagree: about one element or about all, between two sources or any.

    Raises NotFoundError for a name that nothing has, UsageError for a name of several or a number of sources other than two.
    """
    schema, ledger = open_ledger(settings)
    try:
        return disagreements(schema, ledger, name, between=between, attribute=attribute)
    finally:
        ledger.close()


def disagreements(
    schema: Schema,
    ledger: Ledger,
    name: str | None = None,
    *,
    between: Sequence[str] = (),
    attribute: str | None = None,
) -> list[FoundDiscrepancy]:
    """The same, of a ledger that is open."""
    if len(between) not in (0, 2):
        hint = "name two, as in --source netbox --source servicenow_cmdb, or none"
        raise UsageError(f"{len(between)} source is given", where="--source", hint=hint)
    states = [named(ledger, name, schema.concrete)] if name is not None else contested(ledger)
    finder = Discrepancies(schema)
    found = [
        _found(state, d.attribute, shown(d.chosen), d.chosen_source, {s: shown(v) for s, v in d.said.items()})
        for state in states
        for d in finder.of(state).values()
        if (attribute is None or d.attribute == attribute) and (not between or d.between(*between))
    ]
    return sorted(found, key=lambda f: (f.kind, f.name, f.element, f.attribute))


def override(settings: Settings, name: str, attribute: str, value: str, reason: str) -> DecidedValue:
    """Decide a value against the sources until it is dropped. Raises NotFoundError, UsageError."""
    schema, ledger = open_ledger(settings)
    try:
        overrides = Overrides(schema, ledger, actor=settings.actor, clock=clock_for(settings.now))
        decided = overrides.set(named(ledger, name, schema.concrete), attribute, value, reason)
    finally:
        ledger.close()
    project(settings)
    return decided


def drop_override(settings: Settings, name: str, attribute: str) -> DecidedValue:
    """Let the sources decide again. Raises NotFoundError."""
    schema, ledger = open_ledger(settings)
    try:
        overrides = Overrides(schema, ledger, actor=settings.actor, clock=clock_for(settings.now))
        dropped = overrides.drop(named(ledger, name, schema.concrete), attribute)
    finally:
        ledger.close()
    project(settings)
    return dropped


def overrides(settings: Settings) -> list[DecidedValue]:
    """Every value that a person decided."""
    schema, ledger = open_ledger(settings)
    try:
        return Overrides(schema, ledger, actor=settings.actor, clock=clock_for(settings.now)).all()
    finally:
        ledger.close()


def _found(state: State, attribute: str, chosen: str, source: str, said: dict[str, str]) -> FoundDiscrepancy:
    name = next((str(state.properties[n]) for n in ("name", "number", "cve") if n in state.properties), state.element)
    return FoundDiscrepancy(state.element, state.kind, name, attribute, chosen, source, tuple(sorted(said.items())))
