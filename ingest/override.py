"""Values that a person decided against the sources, each with its reason: they are believed before any source.

A decision is told as a source tells: it has a run, an actor and an event. What the sources say meanwhile is kept beside it, and is
believed again when the decision is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.clock import Clock
from core.errors import NotFoundError, UsageError
from graph.history.events import State
from graph.history.ledger import Ledger
from graph.history.selection import overridden
from graph.model import Scalar
from graph.schema.fields import did_you_mean
from graph.schema.model import PersonalData, Schema, ValueType
from graph.schema.records import RecordValidator
from ingest.discrepancies import Discrepancies
from ingest.precedence import OVERRIDE, load_precedence
from ingest.reconcile import Claim, Reconciler
from ingest.testimony import said_of, state_of

LIST_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class DecidedValue:
    """One decision: the value that holds, what it replaced or gave way to, why, by whom and when (ISO 8601)."""

    element: str
    kind: str
    name: str
    attribute: str
    value: Scalar | None
    reason: str
    actor: str
    at: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "element": self.element,
            "kind": self.kind,
            "name": self.name,
            "attribute": self.attribute,
            "value": self.value,
            "reason": self.reason,
            "actor": self.actor,
            "at": self.at,
        }


class Overrides:
    """Sets, lists and drops decisions in a ledger."""

    def __init__(self, schema: Schema, ledger: Ledger, *, actor: str, clock: Clock) -> None:
        self._schema = schema
        self._ledger = ledger
        self._actor = actor
        self._clock = clock
        self._reconciler = Reconciler(schema, OVERRIDE, load_precedence(schema))
        self._discrepancies = Discrepancies(schema)

    def set(self, state: State, attribute: str, value: str, reason: str) -> DecidedValue:
        """Decide the value of an attribute (a list has `|` between its items). Raises UsageError."""
        if not reason.strip():
            raise UsageError("a decision has a reason", where="--reason", hint="say why the sources are wrong")
        known = self._schema.kinds[state.kind].attributes
        if attribute not in known:
            hint = did_you_mean(attribute, known)
            raise UsageError(f"a {state.kind} has no `{attribute}`", where="attribute", hint=hint)
        if known[attribute].personal is PersonalData.PSEUDONYM:
            hint = "correct it where persons are kept, and load that source again"
            raise UsageError(f"`{attribute}` is a pseudonym: it is made, not decided", where="attribute", hint=hint)
        is_list = known[attribute].type is ValueType.STRING_LIST
        given = [item.strip() for item in value.split(LIST_SEPARATOR)] if is_list else value
        typed, problems = RecordValidator(self._schema).node(state.kind, {attribute: given}, complete=False)
        if problems or attribute not in typed:
            seen, hint = (problems[0].seen, problems[0].hint) if problems else ("no value", "give one, or drop it")
            raise UsageError(f"`{attribute}`: {seen}", where="value", hint=hint)
        self._tell(state, Claim(state.element, False, state.kind, typed, frozenset(typed)), reason)
        return DecidedValue(
            state.element, state.kind, _name(state), attribute, typed[attribute], reason, self._actor, self._now()
        )

    def drop(self, state: State, attribute: str) -> DecidedValue:
        """Take a decision back: the sources are believed again. Raises NotFoundError where none was made."""
        said = said_of(state, self._reconciler.decoder).get(attribute, {})
        if OVERRIDE not in said:
            raise NotFoundError(
                f"nobody decided `{attribute}` of {_name(state)}", where="twin", hint="`jumeau override list`"
            )
        claim = Claim(state.element, False, state.kind, {}, frozenset((attribute,)))
        self._tell(state, claim, f"dropped: {attribute}")
        present = self._ledger.states([state.element])[state.element]
        value = present.properties.get(attribute)
        return DecidedValue(
            state.element, state.kind, _name(state), attribute, value, "dropped", self._actor, self._now()
        )

    def all(self) -> list[DecidedValue]:
        """Every decision that holds, by kind and name."""
        found = []
        for state in overridden(self._ledger, OVERRIDE):
            if state.edge or state.kind in self._schema.bookkeeping_kinds:
                continue
            for attribute, by_source in said_of(state, self._reconciler.decoder).items():
                if OVERRIDE in by_source and attribute in self._schema.kinds[state.kind].attributes:
                    found.append(self._decided(state, attribute, by_source[OVERRIDE]))
        return sorted(found, key=lambda d: (d.kind, d.name, d.element, d.attribute))

    def _decided(self, state: State, attribute: str, value: Scalar) -> DecidedValue:
        """Who decided it and why: the last event of its own source that made it so."""
        reason, actor, at = "", "", ""
        place: int | None = state.sequence
        while place is not None:
            recorded = self._ledger.recorded([place])[place]
            batch = self._ledger.batches_by_number([recorded.batch])[recorded.batch]
            before = (recorded.event.before or {}).get(attribute)
            if batch.source == OVERRIDE and (recorded.event.after or {}).get(attribute) == value:
                reason, actor, at = (
                    self._ledger.find_run(batch.run).location,
                    batch.actor,
                    batch.recorded_at.isoformat(),
                )
                if before != value:
                    break
            place = recorded.previous
        return DecidedValue(state.element, state.kind, _name(state), attribute, value, reason, actor, at)

    def _tell(self, state: State, claim: Claim, reason: str) -> None:
        event = self._reconciler.event(state, claim, partial=True)
        with self._ledger.loading(OVERRIDE):
            run = self._ledger.begin_run(OVERRIDE, self._actor, reason, f"{state.element} {self._now()}")
            if event is not None:
                after = state_of(event, OVERRIDE)
                notes = self._discrepancies.changes(state, after)
                self._ledger.append(run, [event, *notes])
            counters = {"created": 0, "updated": int(event is not None), "unchanged": int(event is None), "rejected": 0}
            self._ledger.finish_run(run, "complete", counters)

    def _now(self) -> str:
        return self._clock.now().isoformat()


def _name(state: State) -> str:
    return next((str(state.properties[n]) for n in ("name", "number", "cve") if n in state.properties), state.element)
