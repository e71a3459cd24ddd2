"""`/api/audit`: what people and programs did with the twin, and whether the trail of it is whole."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import ToAudit
from services.audit import reading
from services.audit.entry import Outcome
from services.audit.trail import MOST

router = APIRouter(prefix="/api/audit", tags=["audit"])

INSTANT = "ISO 8601: a date (its beginning, UTC) or an instant."


class EntryModel(BaseModel):
    """One entry. `digest` seals it together with the digest of the entry before it."""

    number: int
    at: str = Field(description="ISO 8601, UTC.")
    who: str = Field(description="The principal's id; `nobody` for whoever has not said who asks.")
    roles: list[str]
    token: str | None = Field(description="The id of the token, never its secret.")
    door: str = Field(description="Such as `POST /api/query`, `graphql`, `console person reveal`.")
    action: str | None
    outcome: Outcome = Field(description="`begun` before what has to be on record first; else how it ended.")
    code: str | None = Field(description="The code of the error that it was refused or failed with.")
    began: int | None = Field(description="The number of the entry that says that it has begun.")
    target: str | None = Field(description="What was named in the address or the command.")
    reason: str | None
    asked_sha256: str | None = Field(description="SHA-256 of the text asked, in hexadecimal.")
    asked: str | None = Field(description="The text asked, where JUMEAU_AUDIT_TEXT keeps it.")
    rows: int | None
    duration_us: int | None = Field(description="Microseconds until the answer began.")
    sequence: int | None = Field(description="The ledger's sequence number then.")
    digest: str


class AuditAnswer(BaseModel):
    """Entries, newest first."""

    entries: list[EntryModel]
    next: int | None = Field(description="What to give as `before` for the next page; null on the last one.")


class AuditVerificationRequest(BaseModel):
    """What the trail is held against."""

    model_config = ConfigDict(extra="forbid")

    anchor: str | None = Field(default=None, description="NUMBER:DIGEST that an earlier verification gave.")


class BreakModel(BaseModel):
    """The first place where the trail is not whole."""

    number: int
    damage: str = Field(description="changed, missing, inserted, truncated or rewritten.")
    seen: str


class AuditVerificationAnswer(BaseModel):
    """Whether the trail is whole."""

    whole: bool
    entries: int = Field(description="Good entries, from the first one on.")
    first: int | None = Field(description="The number of the first entry that is kept.")
    anchor: str | None = Field(description="NUMBER:DIGEST of the last good entry, to be kept elsewhere.")
    compared: bool = Field(description="Whether the given anchor could be compared: what is no longer kept cannot.")
    broken: BreakModel | None
    unfinished: list[int] = Field(description="Entries of calls that are under way, or were killed.")


@router.get("")
def audit(
    services: ToAudit,
    who: str | None = None,
    door: Annotated[str | None, Query(description="The door, or how it begins.")] = None,
    action: str | None = None,
    outcome: Outcome | None = None,
    since: Annotated[str | None, Query(description=INSTANT)] = None,
    until: Annotated[str | None, Query(description=f"Not itself. {INSTANT}")] = None,
    before: Annotated[int | None, Query(ge=1, description="Only entries before this number.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = reading.PAGE,
) -> AuditAnswer:
    """Entries of the audit trail, newest first."""
    which = reading.wanted(who=who, door=door, action=action, outcome=outcome, since=since, until=until)
    found = reading.page(services.recorder.settled(), which, before=before, limit=limit)
    services.call.told(len(found["entries"]))
    return AuditAnswer(**found)


@router.post("/verify")
def verify(services: ToAudit, body: AuditVerificationRequest | None = None) -> AuditVerificationAnswer:
    """Walk the whole trail: whether any entry was changed, taken away, put in, or cut off since an anchor was taken."""
    found: dict[str, Any] = reading.verification(services.recorder.settled(), None if body is None else body.anchor)
    services.call.told(found["entries"])
    return AuditVerificationAnswer(**found)
