"""Make one element of two that were loaded apart, and bring the graph up to it."""

from __future__ import annotations

from core.settings import Settings
from graph.history.selection import named
from ingest.deduplication import Deduplication, MergeReport
from services.ingestion import project
from services.twin import open_ledger


def merge(settings: Settings, kept: str, absorbed: str, reason: str, *, dry_run: bool = False) -> MergeReport:
    """Give the element called `kept` all that is told of `absorbed`, which is deleted; undone as any run.

    Raises NotFoundError, UsageError for a name of several elements, and what `Deduplication.merge` does.
    """
    schema, ledger = open_ledger(settings)
    try:
        one, other = (named(ledger, name, schema.concrete) for name in (kept, absorbed))
        report = Deduplication(schema, ledger, actor=settings.actor).merge(one, other, reason, dry_run=dry_run)
    finally:
        ledger.close()
    if not dry_run:
        project(settings)
    return report
