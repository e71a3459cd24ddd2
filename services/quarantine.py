"""Rejected rows: listed, told again, dropped; and those that wait for a person to say which element they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from core.errors import UsageError
from core.settings import Settings
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from ingest.held import HeldRow, HeldRows
from ingest.quarantine import release
from ingest.report import IngestReport
from ingest.review import Choice, Review
from services.ingestion import ingest_job, project
from services.twin import open_ledger

DROPPED = "drop"


def rejected_rows(settings: Settings, *, source: str | None = None, code: str | None = None) -> list[HeldRow]:
    """The rows in quarantine, by source, file and position."""
    _, ledger = open_ledger(settings)
    try:
        return HeldRows(ledger).of(source, code)
    finally:
        ledger.close()


def rejected_row(settings: Settings, name: str) -> HeldRow:
    """One row by the beginning of its identifier. Raises NotFoundError."""
    _, ledger = open_ledger(settings)
    try:
        return HeldRows(ledger).find(name)
    finally:
        ledger.close()


def replay(
    settings: Settings,
    names: Sequence[str] = (),
    *,
    source: str | None = None,
    code: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[IngestReport]:
    """Tell rows again under the mapping of today: these, or all of a source or code; one report per source.

    Rows that were never read (broken in their file) stay. Raises NotFoundError, UsageError where none can be replayed,
    IngestError, LedgerError.
    """
    schema, ledger = open_ledger(settings)
    try:
        rows = [row for row in _chosen(ledger, names, source, code) if row.is_replayable]
        if not rows:
            hint = "rows that are broken in their file need a new extract; `jumeau quarantine list`"
            raise UsageError("there is no row to replay", where="quarantine", hint=hint)
        reports = _replayed(settings, schema, ledger, rows, progress)
    finally:
        ledger.close()
    project(settings)
    return reports


def drop(settings: Settings, names: Sequence[str] = (), *, source: str | None = None, code: str | None = None) -> int:
    """Take rows out of quarantine for good: these, or all of a source or code. Raises NotFoundError."""
    _, ledger = open_ledger(settings)
    try:
        rows = _chosen(ledger, names, source, code)
        if rows:
            run = ledger.begin_run(DROPPED, settings.actor, f"{len(rows)} rejected rows", rows[0].element)
            release(ledger, run, [row.element for row in rows])
            ledger.finish_run(run, "complete", {"created": 0, "updated": 0, "unchanged": 0, "rejected": 0})
    finally:
        ledger.close()
    if rows:
        project(settings)
    return len(rows)


def waiting(settings: Settings, source: str | None = None) -> list[HeldRow]:
    """The rows that wait for a person."""
    schema, ledger = open_ledger(settings)
    try:
        return Review(schema, ledger, actor=settings.actor).waiting(source)
    finally:
        ledger.close()


def choice(settings: Settings, name: str) -> tuple[HeldRow, list[Choice]]:
    """A row that waits, and the elements that it may mean. Raises NotFoundError, UsageError."""
    schema, ledger = open_ledger(settings)
    try:
        review = Review(schema, ledger, actor=settings.actor)
        row = review.find(name)
        return row, review.choices(row)
    finally:
        ledger.close()


def decide(settings: Settings, name: str, same: str | None, reason: str) -> tuple[str, IngestReport]:
    """Say which element a row means (None: a new one), then take the row; the element and what the load of the row did.

    Raises NotFoundError, UsageError, IngestError.
    """
    schema, ledger = open_ledger(settings)
    try:
        review = Review(schema, ledger, actor=settings.actor)
        row = review.find(name)
        element = review.decide(row, same, reason)
        (report,) = _replayed(settings, schema, ledger, [row], None)
    finally:
        ledger.close()
    project(settings)
    return element, report


def _chosen(ledger: Ledger, names: Sequence[str], source: str | None, code: str | None) -> list[HeldRow]:
    held = HeldRows(ledger)
    return [held.find(name) for name in names] if names else held.of(source, code)


def _replayed(
    settings: Settings, schema: Schema, ledger: Ledger, rows: Sequence[HeldRow], progress: Any
) -> list[IngestReport]:
    job = ingest_job(settings, schema, ledger)
    ordered = sorted(rows, key=lambda row: row.source)
    return [job.replay(source, list(group), progress) for source, group in groupby(ordered, key=lambda row: row.source)]
