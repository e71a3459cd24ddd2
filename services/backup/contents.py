"""What a backup holds: every table of the ledger's database. A test fails where the project has one that is not listed here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, Table, inspect

from analytics.health.trend import health_score
from core.errors import LedgerError
from graph.history import tables
from graph.history.row_digests import row_digest
from graph.history.sightings import sighting
from graph.history.subjects import personal_secret, subject, subject_access
from ingest.held import held_row
from ingest.merge_record import merge_record
from services.access.accounts import account, federated_account
from services.access.kind_rights import kind_right
from services.access.tokens import token
from services.audit.trail import audit_entry
from services.backup.errors import BackupError
from services.backup.file import Part
from services.model_tables import ALL as MODEL_TABLES
from services.proposals import proposal
from services.simulation.calibrations import calibration
from services.simulation.clocks import simulation_clock
from services.simulation.documents import simulation_document
from services.webhooks.tables import webhook, webhook_message, webhook_secret

_TABLES: Final = (
    tables.writer,
    tables.run,
    tables.batch,
    tables.event,
    tables.head,
    tables.head_late,
    tables.head_recent,
    tables.head_newest,
    tables.tombstone,
    tables.identity,
    tables.ownership,
    tables.ownership_late,
    tables.ownership_recent,
    tables.ownership_newest,
    tables.owned,
    tables.owned_late,
    tables.owned_recent,
    tables.owned_newest,
    tables.derived,
    tables.branch,
    tables.branch_event,
    tables.branch_identity,
    sighting,
    row_digest,
    held_row,
    merge_record,
    health_score,
    personal_secret,
    subject,
    subject_access,
    account,
    federated_account,
    token,
    kind_right,
    proposal,
    calibration,
    simulation_clock,
    simulation_document,
    webhook,
    webhook_secret,
    webhook_message,
    *MODEL_TABLES,
)
AUDIT_TRAIL: Final = audit_entry.name
"""On PostgreSQL it lies beside ours. It is no part of a backup: a twin that is put back must not bring an older trail with it."""
TABLES: Final[Mapping[str, Table]] = MappingProxyType({table.name: table for table in _TABLES})
"""By name, in the order in which they are written."""


def tables_in(connection: Connection) -> list[Table]:
    """Those of our tables that the database has; some are made when they are first used.

    Raises LedgerError where it has one that is not ours: it would be missing in the backup.
    """
    found = set(inspect(connection).get_table_names()) - {AUDIT_TRAIL}
    strange = sorted(found - TABLES.keys())
    if strange:
        raise LedgerError(
            f"the ledger's database has a table that this version does not know: {strange[0]}",
            where=connection.engine.url.render_as_string(hide_password=True),
            hint="use the version of jumeau that made it; give other programs a database, or a schema, of their own",
        )
    return [table for name, table in TABLES.items() if name in found]


def table_of(part: Part, path: Path) -> Table:
    """The table that a part of a backup goes to. Raises BackupError where this version has none of those columns."""
    table = TABLES.get(part.table)
    if table is None or part.columns != tuple(column.name for column in table.columns):
        raise BackupError(
            f"this version knows no table {part.table} with the columns {', '.join(part.columns)}",
            where=str(path),
            hint="restore it with the version of jumeau that wrote it, then change versions",
        )
    return table
