"""`/api/webhooks`: addresses that are told what happens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.deps import ToKeepWebhooks, ToSeeWebhooks
from services.webhooks.hook import EventType, HookState
from services.webhooks.outbox import MessageState
from services.webhooks.service import LONGEST_OVERLAP, OVERLAP

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"])

_HOUR = timedelta(hours=1)


class WebhookRequest(BaseModel):
    """A webhook. `kinds`, `ids` and `filter` are of changes, as subscriptions in GraphQL have them."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="What it is called here.")
    url: str = Field(repr=False, description="https, or http on a network that the installation lists.")
    events: list[str] = Field(
        default_factory=lambda: [EventType.CHANGES.value],
        description="Of changes, alerts, run.finished, quarantine.grown, health.recorded.",
    )
    kinds: list[str] | None = Field(default=None, description="Kinds and types of relations; by default all.")
    ids: list[str] | None = Field(default=None, description="Only these elements.")
    filter: dict[str, Any] | None = Field(
        default=None,
        description='The filter of one kind\'s list: `{"servers": {"environment": {"eq": "production"}}}`.',
    )
    perimeters: list[str] | None = Field(default=None, description="Only what is in these perimeters.")
    secret_env: str | None = Field(
        default=None, description="Variable of the server's environment with the secret; by default one is made."
    )


class RotateRequest(BaseModel):
    """Another secret."""

    model_config = ConfigDict(extra="forbid")

    secret_env: str | None = Field(default=None, description="Variable with it; by default one is made.")
    overlap_hours: float = Field(
        default=OVERLAP / _HOUR, ge=0, le=LONGEST_OVERLAP / _HOUR, description="How long the former one signs as well."
    )


class ResumeRequest(BaseModel):
    """How to go on."""

    model_config = ConfigDict(extra="forbid")

    skip: bool = Field(default=False, description="Leave out the message that it stands at; it can be replayed.")


class ReplayRequest(BaseModel):
    """What to send again."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = Field(default=None, description="One dead message; by default all.")


class WebhookAnswer(BaseModel):
    """A webhook, with no more of its address than the host. `owner` null for the operator of the machine."""

    name: str
    receiver: str
    owner: str | None
    perimeters: list[str] | None
    reads: list[list[str]] = Field(
        description="Lists of kinds of which its owner read no others when it was made; none for all."
    )
    events: list[str]
    kinds: list[str] | None
    ids: list[str] | None
    filter: dict[str, Any] | None
    state: HookState
    reason: str
    position: int
    failures: int
    next_at: str | None
    created_at: str


class KeptAnswer(BaseModel):
    """A webhook with its new secret, which is not shown again; null where a variable has it."""

    secret: str | None
    webhook: WebhookAnswer


class DeliveryAnswer(BaseModel):
    """A message and what became of it; never what it tells."""

    id: str
    number: int
    type: str
    state: MessageState
    bytes: int
    attempts: int
    status: int | None
    error: str
    created_at: str
    tried_at: str | None


class TriedAnswer(BaseModel):
    """What came of a message that was tried."""

    delivered: bool
    status: int | None
    error: str


@router.get("")
def webhooks(services: ToSeeWebhooks) -> list[WebhookAnswer]:
    """The asker's webhooks; everybody's for who may maintain the whole twin."""
    return [WebhookAnswer(**hook.to_dict()) for hook in services.webhooks.all(services.principal)]


@router.post("", status_code=201)
def add(body: WebhookRequest, services: ToKeepWebhooks) -> KeptAnswer:
    """Register a webhook: it is told what happens from now on that its owner sees."""
    services.call.target = body.name
    given = body.model_dump(exclude={"name", "url", "perimeters"})
    owner = services.principal.narrowed(body.perimeters)
    hook, secret = services.webhooks.add(owner, body.name, body.url, **given)
    return KeptAnswer(secret=secret, webhook=WebhookAnswer(**hook.to_dict()))


@router.get("/{name}")
def webhook(name: str, services: ToSeeWebhooks) -> WebhookAnswer:
    """One webhook."""
    return WebhookAnswer(**services.webhooks.get(services.principal, name).to_dict())


@router.delete("/{name}")
def remove(name: str, services: ToKeepWebhooks) -> WebhookAnswer:
    """Forget a webhook and all that waits for it."""
    return WebhookAnswer(**services.webhooks.remove(services.principal, name).to_dict())


@router.post("/{name}/pause")
def pause(name: str, services: ToKeepWebhooks) -> WebhookAnswer:
    """Tell it nothing until it is resumed."""
    return WebhookAnswer(**services.webhooks.pause(services.principal, name).to_dict())


@router.post("/{name}/resume")
def resume(name: str, services: ToKeepWebhooks, body: ResumeRequest | None = None) -> WebhookAnswer:
    """Go on where it stood: nothing that happened meanwhile is left out."""
    skip = body is not None and body.skip
    return WebhookAnswer(**services.webhooks.resume(services.principal, name, skip=skip).to_dict())


@router.post("/{name}/rotate")
def rotate(name: str, services: ToKeepWebhooks, body: RotateRequest | None = None) -> KeptAnswer:
    """Sign with another secret from now on, and with the former one too for a while."""
    asked = body or RotateRequest()
    hook, secret = services.webhooks.rotate(
        services.principal, name, secret_env=asked.secret_env, overlap=asked.overlap_hours * _HOUR
    )
    return KeptAnswer(secret=secret, webhook=WebhookAnswer(**hook.to_dict()))


@router.post("/{name}/test")
def try_out(name: str, services: ToKeepWebhooks) -> TriedAnswer:
    """Send a message that tells nothing, now and once."""
    outcome = services.webhooks.test(services.principal, name)
    return TriedAnswer(delivered=outcome.is_delivered, status=outcome.status, error=outcome.error)


@router.get("/{name}/deliveries")
def deliveries(
    name: str, services: ToSeeWebhooks, state: MessageState | None = None, limit: int = 50
) -> list[DeliveryAnswer]:
    """What was sent, is waiting or is dead, newest first; at most 500."""
    found = services.webhooks.deliveries(services.principal, name, state=state, limit=limit)
    return [DeliveryAnswer(**message.to_dict()) for message in found]


@router.post("/{name}/replay")
def replay(name: str, services: ToKeepWebhooks, body: ReplayRequest | None = None) -> list[DeliveryAnswer]:
    """Send dead messages again, before what is newer."""
    found = services.webhooks.replay(services.principal, name, None if body is None else body.id)
    return [DeliveryAnswer(**message.to_dict()) for message in found]
