"""What auditors ask of the trail: which entries, page by page, and whether it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from core.clock import clock_for, parse_instant
from core.errors import UsageError
from core.settings import Settings
from services.access.rights import checked
from services.audit.chain import Anchor
from services.audit.entry import Outcome
from services.audit.recorder import Recorder
from services.audit.trail import Trail, Wanted, audit_url, ledger_sequence

PAGE = 100


def wanted(
    *,
    who: str | None = None,
    door: str | None = None,
    action: str | None = None,
    outcome: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Wanted:
    """Which entries are asked for, from texts. Raises UsageError for an outcome or an instant that is none."""
    if outcome is not None:
        checked([outcome], Outcome, "outcome")
    return Wanted(who, door, action, outcome, _instant(since, "since"), _instant(until, "until"))


def page(trail: Trail, which: Wanted, *, before: int | None = None, limit: int = PAGE) -> dict[str, Any]:
    """Entries, newest first; `next` is what to give as `before` for the next page, None on the last one.

    Raises AuditUnavailableError, AuditDamagedError.
    """
    found = trail.page(which, before=before, limit=limit + 1)
    shown = found[:limit]
    return {
        "entries": [recorded.to_dict() for recorded in shown],
        "next": shown[-1].number if len(found) > limit else None,
    }


def verification(trail: Trail, anchor: str | None = None) -> dict[str, Any]:
    """Whether the trail is whole, the anchor of its last entry, and the numbers of calls without an end.

    Raises UsageError for an anchor that is none, AuditUnavailableError.
    """
    found = trail.verify(None if anchor is None else Anchor.parse(anchor))
    return {**found.to_dict(), "unfinished": trail.unfinished()}


@contextmanager
def opened(settings: Settings) -> Iterator[Recorder]:
    """The trail of this installation, for a command: what it writes is written at once."""
    url = settings.ledger_url
    recorder = Recorder(
        Trail(audit_url(url)),
        clock_for(settings.now),
        sequence=lambda: ledger_sequence(url),
        days=settings.audit_days,
    )
    try:
        yield recorder
    finally:
        recorder.close()


def _instant(text: str | None, where: str) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        hint = "a date or an instant in ISO 8601, such as 2026-03-31 or 2026-03-31T18:00:00+02:00"
        raise UsageError(f"{text!r} is no instant", where=where, hint=hint) from error
