"""What the pack called things before the migrations that a ledger has seen: told from the chain beside the pack."""

from __future__ import annotations

from collections.abc import Callable

from core.settings import Settings
from graph.history.former import TODAY, FormerNames
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from migrations.apply import MigrationChainError, Migrations
from migrations.chain import Migration, folder_of, load_chain
from migrations.former import former_names


def later_than(settings: Settings, schema: Schema, ledger: Ledger, sequence: int) -> list[Migration]:
    """The migrations that changed the data after an event of main, in order."""
    if sequence >= ledger.migrated_to():
        return []
    chain = load_chain(folder_of(settings.pack))
    try:
        runs = Migrations(schema, ledger, chain, actor=settings.actor).applied()
    except MigrationChainError:
        return []  # its migrations lie elsewhere: what does not fit the pack is refused when it is met
    batches = [[batch for batch in ledger.batches_of(run.id) if batch.last >= batch.first] for run in runs]
    done = zip(chain, batches, strict=False)  # what is not applied yet comes last in the chain
    return [migration for migration, own in done if own and own[-1].last > sequence]


def names_before(settings: Settings, schema: Schema, ledger: Ledger) -> Callable[[int], FormerNames]:
    """Tells the names at an event of main; the names of today where that cannot be told."""

    def names(sequence: int) -> FormerNames:
        later = later_than(settings, schema, ledger, sequence)
        operations = [operation for migration in later for operation in migration.operations]
        return former_names(schema, operations) if operations else TODAY

    return names
