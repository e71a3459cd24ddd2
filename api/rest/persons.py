"""`/api/persons`: who is behind a pseudonym, for those with the right and with a reason; erasure; who looked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Services, ToAuditPersons, ToErase, ToReveal
from services.audit.entry import LONGEST_REASON

router = APIRouter(prefix="/api/persons", tags=["persons"])

Pseudonym = Annotated[str, Path(description="The pseudonym, as the twin shows it.")]


class LookRequest(BaseModel):
    """Why. It is kept in the audit trail, before anything is told, and beside the person, with who asked and when."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "on call tonight, INC0042"}]})

    reason: str = Field(max_length=LONGEST_REASON, description="What it is for; a blank one is refused.")


class PersonAnswer(BaseModel):
    """What a source called a person."""

    pseudonym: str
    value: str


class ErasedAnswer(BaseModel):
    """A person behind whose pseudonym there is nothing any more."""

    pseudonym: str


class LookAnswer(BaseModel):
    """That somebody looked behind a pseudonym, or erased what is behind it."""

    at: str = Field(description="ISO 8601, UTC.")
    actor: str
    action: str = Field(description="revealed, erased")
    pseudonym: str
    reason: str


@router.post("/{name}/reveal")
def reveal(name: Pseudonym, body: LookRequest, services: ToReveal) -> PersonAnswer:
    """What the source called this person."""
    _begin(services, body)
    return PersonAnswer(pseudonym=name, value=services.persons.reveal(name, services.actor, body.reason))


@router.post("/{name}/erase")
def erase(name: Pseudonym, body: LookRequest, services: ToErase) -> ErasedAnswer:
    """Destroy what is behind a pseudonym, for good. The twin keeps the pseudonym."""
    _begin(services, body)
    services.persons.erase(name, services.actor, body.reason)
    return ErasedAnswer(pseudonym=name)


@router.get("/looks")
def looks(services: ToAuditPersons) -> list[LookAnswer]:
    """Who looked behind pseudonyms or erased them, and why, oldest first."""
    return [LookAnswer(**access.to_dict()) for access in services.persons.accesses()]


def _begin(services: Services, body: LookRequest) -> None:
    """Put the look on record with its reason, before it is done."""
    services.call.reason = body.reason
    services.call.begin()
