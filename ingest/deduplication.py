"""Two elements that turn out to be one: all that is told of the second passes to the first, in one batch that can be undone.

Sources that loaded a server apart, before a serial number or a rule told that it is one, made two elements of it. Their keys, values,
relations and names come together as if they had met at once: each value is held by the source that is believed most, the others'
words are kept beside it, names that give way become aliases, and later loads of every source land on the element that stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from sqlalchemy import select

from core.errors import IngestError, UsageError
from core.failpoints import reach
from core.ids import relation_id
from graph.history import tables
from graph.history.events import deletion_of, order_of
from graph.history.ledger import Event, Ledger, State
from graph.model import Operation
from graph.schema.model import Schema
from ingest.containment import RelationRules
from ingest.discrepancies import Discrepancies
from ingest.identity import NATURAL, SEPARATOR
from ingest.merge_record import MERGE, mover, prepare
from ingest.precedence import load_precedence
from ingest.reconcile import ALIASES, NAME, Reconciler
from ingest.rehearsal import Difference, Rehearsal
from ingest.target import LoadTarget
from ingest.testimony import FORMER, Said, holders_of, said_of, state_of

_EVERYTHING: Final = frozenset({"Element", "ConfigurationItem"})


class MergeRefusedError(IngestError):
    """Two elements that cannot be one: their kinds do not fit, or one source knows both."""

    code = "MERGE_REFUSED"
    exit_code = 2


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A relation that the merged element cannot have, and why."""

    type: str
    start: str
    end: str
    reason: str

    def to_dict(self) -> dict[str, str]:
        return {"type": self.type, "start": self.start, "end": self.end, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merge did, or would do. `keys` counts the identity keys that pass over; `left_out` is what is lost by it."""

    run: str
    kept: str
    absorbed: str
    keys: int
    left_out: tuple[LeftOut, ...]
    difference: Difference
    sequence: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "run": self.run or None,
            "kept": self.kept,
            "absorbed": self.absorbed,
            "keys": self.keys,
            "left_out": [each.to_dict() for each in self.left_out],
            "difference": self.difference.to_dict(),
            "sequence": self.sequence,
        }


@dataclass(slots=True)
class _Plan:
    sequence: int
    events: list[Event] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)  # element that goes -> the one that takes its place
    left_out: list[LeftOut] = field(default_factory=list)


class Deduplication:
    """Makes one element of two in a ledger."""

    def __init__(self, schema: Schema, ledger: Ledger, *, actor: str) -> None:
        self._schema = schema
        self._ledger = ledger
        self._actor = actor
        self._reconciler = Reconciler(schema, MERGE, load_precedence(schema))
        self._discrepancies = Discrepancies(schema)
        prepare(ledger)

    def merge(self, kept: State, absorbed: State, reason: str, *, dry_run: bool = False) -> MergeReport:
        """Give `kept` all that is told of `absorbed`, which is deleted.

        Raises UsageError, MergeRefusedError, LoadInProgressError while a source that knows either is loaded, LedgerMovedError
        where somebody wrote meanwhile, LedgerError.
        """
        if not reason.strip():
            raise UsageError("a merge has a reason", where="--reason", hint="say how you know that the two are one")
        self._check_kinds(kept, absorbed)
        keys = self._keys(kept.element, absorbed.element)
        self._check_sources(kept, absorbed, keys)
        passing = sorted(key for key, element in keys.items() if element == absorbed.element)
        with ExitStack() as stack:
            for source in sorted({MERGE, *(_source(key) for key in keys)} - {NATURAL}):
                stack.enter_context(self._ledger.loading(source))
            plan = self._plan(kept.element, absorbed.element)
            rehearsal = Rehearsal(self._ledger, self._schema)
            rehearsal.note(plan.events)
            report = MergeReport(
                "",
                kept.element,
                absorbed.element,
                len(passing),
                tuple(plan.left_out),
                rehearsal.difference(),
                plan.sequence,
            )
            if dry_run:
                return report
            run = self._ledger.begin_run(MERGE, self._actor, reason, f"{kept.element} {absorbed.element}")
            counters = {"created": 0, "updated": len(plan.events), "unchanged": 0, "rejected": 0}
            _, last = self._ledger.append(
                run,
                plan.events,
                counters=counters,
                statuses={run.id: "complete"},
                expected=plan.sequence,
                also=mover(run.id, kept.element, absorbed.element, passing, plan.moved),
            )
            reach("ingest.merge.committed")
        return replace(report, run=run.id, sequence=last)

    # --- what speaks against it ------------------------------------------------------------------------------------

    def _check_kinds(self, kept: State, absorbed: State) -> None:
        one, other = self._schema.kinds.get(kept.kind), self._schema.kinds.get(absorbed.kind)
        if kept.element == absorbed.element:
            raise UsageError("both names are the same element", where=kept.element, hint="name two")
        if one is None or other is None or one.bookkeeping or other.bookkeeping:
            seen = f"a {kept.kind} and a {absorbed.kind} are not things of the estate"
            raise MergeRefusedError(
                seen, where="merge", hint="merge nodes, not relations or what the twin notes itself"
            )
        common = (set(one.labels) & set(other.labels)) - _EVERYTHING
        if not common:
            hint = "two elements that are one have the same kind, or kinds of one generic, such as Server"
            raise MergeRefusedError(
                f"a {kept.kind} and a {absorbed.kind} cannot be one element", where="merge", hint=hint
            )

    def _check_sources(self, kept: State, absorbed: State, keys: Mapping[str, str]) -> None:
        """One source with a key for each would tell both again with every load."""
        known = [{_source(key) for key, e in keys.items() if e == state.element} for state in (kept, absorbed)]
        both = sorted((known[0] & known[1]) - {NATURAL})
        if both:
            hint = f"take one of them out of {both[0]}, and load it with --complete: the other is retired"
            raise MergeRefusedError(f"{both[0]} knows both, each under a key of its own", where="merge", hint=hint)

    def _keys(self, *elements: str) -> dict[str, str]:
        """The identity keys of elements: key -> element."""
        query = select(tables.identity.c.key, tables.identity.c.element)
        with self._ledger.reading() as connection:
            rows = connection.execute(query.where(tables.identity.c.element.in_(elements))).all()
        return {row.key: row.element for row in rows}

    # --- what becomes of it ----------------------------------------------------------------------------------------

    def _plan(self, kept: str, absorbed: str) -> _Plan:
        plan = _Plan(self._ledger.sequence())
        states = self._ledger.states([kept, absorbed])
        if len(states) < 2:
            raise UsageError("an element is there no more", where="merge", hint="somebody deleted it meanwhile")
        one, other = states[kept], states[absorbed]
        said = _together(said_of(one, self._reconciler.decoder), said_of(other, self._reconciler.decoder))
        names = [str(state.properties[NAME]) for state in (one, other) if NAME in state.properties]
        former = said.get(ALIASES, {}).get(FORMER)
        said.setdefault(ALIASES, {})[FORMER] = (*(former if isinstance(former, tuple) else ()), *names)
        event = self._reconciler.settled(one, said)
        after = one if event is None else state_of(event, MERGE)
        notes = [*self._discrepancies.changes(other, None), *self._discrepancies.changes(one, after)]
        plan.moved[absorbed] = kept
        edges = list(self._relations(plan, one, other, after))
        events = {e.element: e for e in (*edges, *notes, deletion_of(other))}
        if event is not None:
            events[kept] = event
        plan.events = sorted(events.values(), key=order_of)
        return plan

    def _relations(self, plan: _Plan, one: State, other: State, after: State) -> Iterator[Event]:
        """What becomes of the relations of both."""
        kept, absorbed = one.element, other.element
        ignored = self._schema.bookkeeping_relations
        own = {e.element: e for e in self._ledger.edges_of([kept]) if e.kind not in ignored}
        theirs = [e for e in self._ledger.edges_of([absorbed]) if e.kind not in ignored]
        far = {end for e in (*own.values(), *theirs) for end in (e.start, e.end) if end is not None}
        kinds = {**self._ledger.kinds(sorted(far)), kept: after.kind}
        gone = {e.element for e in theirs}
        for edge in own.values():
            if edge.element not in gone and not self._fits(edge.kind, edge.start, edge.end, kinds):
                gone.add(edge.element)
                plan.left_out.append(LeftOut(edge.kind, edge.start or "", edge.end or "", f"a {after.kind} has none"))
                yield deletion_of(edge)
        rules = RelationRules(self._schema, cast(LoadTarget, _Without(self._ledger, plan.sequence, gone)), empty=False)
        for edge in theirs:
            yield deletion_of(edge)
            start, end = (kept if node == absorbed else node or "" for node in (edge.start, edge.end))
            element = relation_id(edge.kind, start, end)
            reason = self._against(edge.kind, start, end, kinds, rules, known=element in own)
            if reason:
                plan.left_out.append(LeftOut(edge.kind, edge.start or "", edge.end or "", reason))
                continue
            plan.moved[edge.element] = element
            if element in own:
                said = _together(
                    said_of(own[element], self._reconciler.decoder), said_of(edge, self._reconciler.decoder)
                )
                event = self._reconciler.settled(own[element], said)
                if event is not None:
                    yield event
                continue
            if rules.watches(edge.kind):
                rules.add(edge.kind, start, end)
            yield Event(Operation.CREATE, element, True, edge.kind, None, edge.properties, start, end, holders_of(edge))

    def _fits(self, relation: str, start: str | None, end: str | None, kinds: Mapping[str, str]) -> bool:
        return (kinds.get(start or ""), kinds.get(end or "")) in self._schema.pairs[relation]

    def _against(
        self, relation: str, start: str, end: str, kinds: Mapping[str, str], rules: RelationRules, *, known: bool
    ) -> str:
        """Why the merged element cannot have a relation; empty if it can."""
        if start == end:
            return "it joined the two"
        if not self._fits(relation, start, end, kinds):
            return f"no {relation} joins a {kinds.get(start)} to a {kinds.get(end)}"
        if known or not rules.watches(relation):
            return ""
        if rules.cycle(relation, start, end, kinds[start], kinds[end]):
            return "it would close a cycle"
        return rules.excess(relation, start, end)


class _Without:
    """A ledger's relations without some of them."""

    def __init__(self, ledger: Ledger, sequence: int, gone: set[str]) -> None:
        self._ledger = ledger
        self._sequence = sequence
        self._gone = gone

    def ends(self, relation: str) -> Iterator[tuple[str, str]]:
        for element, start, end in self._ledger.ends_at(relation, self._sequence):
            if element not in self._gone:
                yield start, end


def _together(first: Said, second: Said) -> Said:
    """What sources say of both; of one that says something of each, what it says of the first counts."""
    together = {name: dict(words) for name, words in first.items()}
    for name, words in second.items():
        mine = together.setdefault(name, {})
        for source, value in words.items():
            if source == FORMER and source in mine:
                mine[source] = (*_texts(mine[source]), *_texts(value))
            else:
                mine.setdefault(source, value)
    return together


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()


def _source(key: str) -> str:
    return key.partition(SEPARATOR)[0]
