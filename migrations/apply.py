"""Carries migrations out in a ledger, one batch each, and takes the last one back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select, update

from graph.history import tables
from graph.history.ledger import Ledger, Run
from graph.history.reader import MIGRATION
from graph.history.sightings import WIDTH, packed, sighting
from graph.schema.model import Schema
from migrations.chain import Migration
from migrations.effects import Effects, IrreversibleMigrationError, Migrator
from migrations.operations import MigrationError, Operation, check

REVERTED: Final = "reverted"
_BACK: Final = "revert "
_EVERY: Final = 1_000_000


class MigrationChainError(MigrationError):
    """The migrations that were applied are not the first ones of the chain: one was changed, taken away or slipped in."""

    code = "MIGRATION_CHAIN"


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration that was carried out: its run, and how many events it made."""

    migration: Migration
    run: str
    events: int
    left_out: int = 0


class Migrations:
    """The chain of a pack over a ledger."""

    def __init__(self, schema: Schema, ledger: Ledger, chain: Sequence[Migration], *, actor: str) -> None:
        self._schema = schema
        self._ledger = ledger
        self._actor = actor
        self.chain = tuple(chain)

    def applied(self) -> list[Run]:
        """The runs of applied migrations, first one first. Raises MigrationChainError where they are not those of the chain."""
        runs = [
            run
            for run in reversed(self._ledger.runs(_EVERY))
            if run.source == MIGRATION and run.status == "complete" and not run.location.startswith(_BACK)
        ]
        for number, run in enumerate(runs):
            there = self.chain[number] if number < len(self.chain) else None
            if there is None or there.checksum != run.fingerprint:
                found = (
                    "it is not in the chain" if there is None else f"the chain has {there.name} {there.checksum[:12]}"
                )
                raise MigrationChainError(
                    f"{run.location} was applied with checksum {run.fingerprint[:12]}, {found}",
                    where=there.file if there is not None else run.location,
                    hint="a migration that was applied never changes: put it back, and write another one",
                )
        return runs

    def pending(self) -> tuple[Migration, ...]:
        """What is to be applied, in order; checked against the pack. Raises MigrationError."""
        waiting = self.chain[len(self.applied()) :]
        operations = [(operation, each.file) for each in waiting for operation in each.operations]
        for number, (operation, file) in enumerate(operations):
            later = (other for other, _ in operations[number + 1 :])
            if not any(_takes_up(other, operation) for other in later):
                check(operation, self._schema, file)
        return waiting

    def preview(self) -> Effects:
        """What all pending migrations would do together; nothing is written."""
        pending = self.pending()
        operations = [operation for each in pending for operation in each.operations]
        where = pending[-1].file if pending else ""
        return Migrator(self._schema).effects(self._ledger, operations, where)

    def apply(self) -> list[Applied]:
        """Carry out every pending migration, each whole or not at all. Raises what `preview` raises, LedgerError."""
        done = []
        with self._ledger.loading(MIGRATION):
            for each in self.pending():
                effects = Migrator(self._schema).effects(self._ledger, each.operations, each.file)
                run = self._ledger.begin_run(MIGRATION, self._actor, each.name, each.checksum)
                self._commit(run, effects, {run.id: "complete"})
                done.append(Applied(each, run.id, len(effects.events), effects.left_out))
        return done

    def revert(self) -> Applied:
        """Take the last applied migration back. The pack must be as it was before it.

        Raises IrreversibleMigrationError where values would be lost, MigrationError where there is nothing to take back.
        """
        with self._ledger.loading(MIGRATION):
            runs = self.applied()
            if not runs:
                raise MigrationError("no migration was applied", where=self._ledger.url, hint="`jumeau migrate list`")
            each, target = self.chain[len(runs) - 1], runs[-1]
            lost = [operation.describe() for operation in each.operations if not operation.reversible]
            if lost:
                raise IrreversibleMigrationError(
                    f"{each.name} cannot be taken back: {lost[0]}",
                    where=each.file,
                    hint=f"`jumeau ingest undo {target.id[:8]}` returns what nobody has changed since to what it was",
                )
            inverse = [operation.inverse() for operation in reversed(each.operations)]
            for operation in inverse:
                check(operation, self._schema, each.file)
            effects = Migrator(self._schema, taking_back=True).effects(self._ledger, inverse, each.file)
            run = self._ledger.begin_run(MIGRATION, self._actor, f"{_BACK}{each.name}", f"{_BACK}{target.id}")
            self._commit(run, effects, {run.id: "complete", target.id: REVERTED})
            return Applied(each, run.id, len(effects.events))

    def _commit(self, run: Run, effects: Effects, statuses: dict[str, str]) -> None:
        counters = {"created": 0, "updated": len(effects.events), "unchanged": 0, "rejected": 0}
        self._ledger.append(
            run,
            effects.events,
            identities=self._identities(effects),
            counters=counters,
            statuses=statuses,
            also=lambda connection, _last: _keep_sightings(connection, effects.renamed),
        )

    def _identities(self, effects: Effects) -> dict[str, tuple[str, str]]:
        """What sources will call nodes whose kind has another name: their keys with the new name in place of the old."""
        if not effects.moved:
            return {}
        found: dict[str, tuple[str, str]] = {}
        with self._ledger.reading() as connection:
            for key, element, _ in connection.execute(select(tables.identity)):
                if element not in effects.moved:
                    continue
                old, new = effects.moved[element]
                parts = key.split("\x1f")
                if len(parts) > 1 and parts[1] == old:
                    found["\x1f".join([parts[0], new, *parts[2:]])] = (element, new)
        known = self._ledger.identities(list(found))
        return {key: value for key, value in found.items() if key not in known}


def _takes_up(later: Operation, operation: Operation) -> bool:
    """Whether a later operation begins with what an earlier one ended with."""
    return later.name == (operation.to or operation.name) and later.verb.split("_")[-1] == operation.verb.split("_")[-1]


def _keep_sightings(connection: Connection, renamed: dict[str, str]) -> None:
    """Relations that got another identity are still told by the sources that told them."""
    if not renamed:
        return
    keys = {packed(old): packed(new) for old, new in renamed.items()}
    inspector: Any = connection.dialect
    if not inspector.has_table(connection, sighting.name):
        return
    for source, content in connection.execute(select(sighting.c.source, sighting.c.elements)).all():
        parts = (content[at : at + WIDTH] for at in range(0, len(content), WIDTH))
        after = b"".join(sorted(keys.get(part, part) for part in parts))
        if after != content:
            connection.execute(update(sighting).where(sighting.c.source == source).values(elements=after))
