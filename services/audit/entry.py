"""One entry of the audit trail: who did what, at which door, how it ended. Never what was answered, never a secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from core.clock import in_utc
from services.access.names import read, written

LONGEST_NAME: Final = 200
LONGEST_REASON: Final = 2_000
LONGEST_TEXT: Final = 100_000


class Outcome(StrEnum):
    """How a call ended; `begun` says that one is about to do what has to be on record first."""

    BEGUN = "begun"
    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"


def outcome_of(status: int) -> Outcome:
    """How a call ended, by the HTTP status of its answer."""
    return Outcome.ANSWERED if status < 400 else Outcome.REFUSED if status < 500 else Outcome.FAILED


@dataclass(frozen=True, slots=True)
class Entry:
    """What is told of one call. `duration_us` in microseconds, up to the beginning of the answer.

    `roles` are those of `who`, `token` the id of what it asked with. `began` is the number of the entry that said so before.
    `target` is what was named in the address or the command. `asked_sha256` is of the text asked, in UTF-8; `asked` is the
    text itself, where a setting keeps it. `sequence` is the ledger's.
    """

    at: datetime
    who: str
    door: str
    outcome: Outcome
    roles: frozenset[str] = frozenset()
    token: str | None = None
    action: str | None = None
    code: str | None = None
    began: int | None = None
    target: str | None = None
    reason: str | None = None
    asked_sha256: str | None = None
    asked: str | None = None
    rows: int | None = None
    duration_us: int | None = None
    sequence: int | None = None

    def columns(self) -> dict[str, str | int | None]:
        """The entry as its row holds it, without number and digests: texts that every database takes, instants of one length."""
        return {
            "at": instant_text(self.at),
            "who": plain(self.who, LONGEST_NAME),
            "roles": written(self.roles),
            "token": self.token,
            "door": plain(self.door, LONGEST_NAME),
            "action": self.action,
            "outcome": self.outcome.value,
            "code": self.code,
            "began": self.began,
            "target": plain(self.target, LONGEST_NAME),
            "reason": plain(self.reason, LONGEST_REASON),
            "asked_sha256": self.asked_sha256,
            "asked": plain(self.asked, LONGEST_TEXT),
            "rows": self.rows,
            "duration_us": self.duration_us,
            "sequence": self.sequence,
        }


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry in its place: its number, the digest of the entry before it, and its own. Digests in hexadecimal."""

    number: int
    entry: Entry
    previous: str
    digest: str

    def to_dict(self) -> dict[str, Any]:
        """The entry as JSON, in the order that people read it in."""
        said = self.entry.columns() | {"roles": sorted(self.entry.roles)}
        return {"number": self.number, **said, "digest": self.digest}


def entry_of(row: Any) -> Entry:
    """The entry that a row of the trail holds."""
    return Entry(
        at=in_utc(datetime.fromisoformat(row.at)),
        who=row.who,
        door=row.door,
        outcome=Outcome(row.outcome),
        roles=read(row.roles) or frozenset(),
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
    )


def instant_text(at: datetime) -> str:
    """An instant in UTC with microseconds: the order of the texts is that of the instants."""
    return in_utc(at).isoformat(timespec="microseconds")


def digest_of_text(text: str) -> str:
    """The SHA-256 of a text that was asked, in hexadecimal."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def plain(text: str | None, longest: int) -> str | None:
    """A text that came from outside as both databases and UTF-8 take it, cut where it is too long."""
    if text is None:
        return None
    safe = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    return safe if len(safe) <= longest else safe[: longest - 1] + "…"


_AS_THEY_ARE: Final = (
    "token",
    "action",
    "code",
    "began",
    "target",
    "reason",
    "asked_sha256",
    "asked",
    "rows",
    "duration_us",
    "sequence",
)
