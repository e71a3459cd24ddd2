"""Calibrations that are kept: each time a log teaches the same thing again, it is another version; none is overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Column, DateTime, Integer, String, Table, Text, func, insert, select

from core.clock import Clock, in_utc
from core.errors import NotFoundError, UsageError
from graph.history import tables
from graph.history.ledger import Ledger
from graph.schema.fields import did_you_mean

_LONGEST: Final = 64
_LISTED: Final = 1_000

calibration = Table(
    "calibration",
    tables.metadata,
    Column("name", String(_LONGEST), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("log", Text, nullable=False),  # what it was learned from
    Column("author", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("document", Text, nullable=False),  # JSON, see simulate.calibration.report
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One version of a calibration. `document` is that of simulate.calibration.report."""

    name: str
    version: int
    log: str
    author: str
    created_at: datetime
    document: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Without its groups: what a list shows."""
        return {
            "name": self.name,
            "version": self.version,
            "log": self.log,
            "author": self.author,
            "created_at": self.created_at.isoformat(),
            "cases": self.document["cases"],
            "groups": len(self.document["groups"]),
            **self.document["back_test"],
        }


class Calibrations:
    """Those of one ledger."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        ledger.prepare(calibration)

    def keep(self, name: str, log: str, document: dict[str, Any], *, by: str) -> Kept:
        """Keep it as the next version of that name, and say which. Raises UsageError for a name that is none."""
        if not name or len(name) > _LONGEST or name != name.strip() or "@" in name:
            raise UsageError(
                f"{name!r} names no calibration", where="name", hint=f"1 to {_LONGEST} characters, without @"
            )
        with self._ledger.writing() as connection:
            last = connection.execute(
                select(func.max(calibration.c.version)).where(calibration.c.name == name)
            ).scalar_one()
            kept = Kept(name, (last or 0) + 1, log, by, self._clock.now(), document)
            connection.execute(
                insert(calibration).values(
                    name=name,
                    version=kept.version,
                    log=log,
                    author=by,
                    created_at=kept.created_at,
                    document=orjson.dumps(document).decode(),
                )
            )
        return kept

    def get(self, reference: str) -> Kept:
        """`name`, its latest version, or `name@2`. Raises NotFoundError."""
        name, _, version = reference.partition("@")
        query = select(calibration).where(calibration.c.name == name)
        if version:
            if not version.isdecimal():
                raise UsageError(f"{version!r} is no version", where=reference, hint="name@1")
            query = query.where(calibration.c.version == int(version))
        with self._ledger.reading() as connection:
            row = connection.execute(query.order_by(calibration.c.version.desc()).limit(1)).one_or_none()
            if row is None:
                names = [str(known) for known in connection.execute(select(calibration.c.name).distinct()).scalars()]
                hint = did_you_mean(name, names) or "list them: jumeau simulate calibrations"
                raise NotFoundError(f"there is no calibration {reference!r}", where="calibrations", hint=hint)
        return _kept(row)

    def all(self) -> Sequence[Kept]:
        """Every version, newest first."""
        query = select(calibration).order_by(calibration.c.created_at.desc(), calibration.c.name, calibration.c.version)
        with self._ledger.reading() as connection:
            return [_kept(row) for row in connection.execute(query.limit(_LISTED))]


def _kept(row: Any) -> Kept:
    return Kept(row.name, row.version, row.log, row.author, in_utc(row.created_at), orjson.loads(row.document))
