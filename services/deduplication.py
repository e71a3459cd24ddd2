"""Elements that were loaded apart and are one: found, made one, and the graph brought up to it."""

from __future__ import annotations

from core.errors import UsageError
from core.settings import Settings
from graph.history.selection import named
from graph.schema.fields import did_you_mean
from ingest.deduplication import Deduplication, MergeReport
from ingest.duplicates import Duplicate, find_duplicates
from services.ingestion import project
from services.twin import open_ledger


def duplicates(settings: Settings, kind: str | None = None) -> list[Duplicate]:
    """Pairs of elements that look like one, of a kind or generic. Raises UsageError for a kind that there is not."""
    schema, ledger = open_ledger(settings)
    try:
        if kind is not None and kind not in schema.kinds:
            raise UsageError(f"there is no kind {kind!r}", where="--kind", hint=did_you_mean(kind, schema.kinds))
        return find_duplicates(schema, ledger, kind)
    finally:
        ledger.close()


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
