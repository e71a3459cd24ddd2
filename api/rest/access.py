"""`/api/sign-in`, `/api/me`, `/api/tokens`, `/api/accounts`: who may come in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Anybody, ToAdminister, ToEndTokens, ToKeepTokens, ToRead
from core.errors import UsageError
from core.principal import Principal, kind_lists
from graph.schema.named_kinds import changeable, checked_kinds, kinds_in
from services.access.accounts import Account
from services.access.names import listed
from services.access.rights import Action, allowed, require_giving
from services.access.tokens import LONGEST

router = APIRouter(prefix="/api", tags=["access"])

SIGN_IN: Final = "sign_in"
READS: Final = "Elements of these kinds only may be read: names of kinds, of generics, or of categories of the pack (`operations`)."
CHANGES: Final = "Elements of these kinds only may be changed, of those that may be read; named in the same way."


class SignInRequest(BaseModel):
    """A local account's name and password."""

    model_config = ConfigDict(extra="forbid")

    name: str
    password: str = Field(repr=False)


class TokenRequest(BaseModel):
    """A token for programs. It never has more rights than its account."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(default="", description="What it is for.")
    hours: float = Field(gt=0, le=LONGEST / timedelta(hours=1), description="How long it lasts.")
    actions: list[str] | None = Field(default=None, description="Only these actions; by default all of the account.")
    perimeters: list[str] | None = Field(default=None, description="Only these perimeters.")
    reads: list[str] | None = Field(default=None, description=READS)
    changes: list[str] | None = Field(default=None, description=CHANGES)


class AccountRequest(BaseModel):
    """A local account. Without `perimeters` it sees what is public; `whole_estate` sees everything, of the kinds that it reads."""

    model_config = ConfigDict(extra="forbid")

    name: str
    password: str = Field(repr=False)
    roles: list[str] = Field(default_factory=lambda: ["reader"])
    perimeters: list[str] = Field(default_factory=list)
    whole_estate: bool = False
    reads: list[str] | None = Field(default=None, description=READS)
    changes: list[str] | None = Field(default=None, description=CHANGES)


class AccountChange(BaseModel):
    """What changes in an account; the rest stays."""

    model_config = ConfigDict(extra="forbid")

    password: str | None = Field(default=None, repr=False)
    roles: list[str] | None = None
    perimeters: list[str] | None = None
    whole_estate: bool = False
    reads: list[str] | None = Field(default=None, description=READS)
    changes: list[str] | None = Field(default=None, description=CHANGES)
    every_kind: bool = Field(default=False, description="Lift the limits on kinds, but for those that are given.")
    enabled: bool | None = None


class TokenAnswer(BaseModel):
    """A token as it is listed."""

    id: str
    account: str
    note: str
    actions: list[str] | None
    perimeters: list[str] | None
    reads: list[list[str]] = Field(
        description="Lists of kinds: it reads those that are in each of them; none for every kind."
    )
    changes: list[list[str]] = Field(description="The same of the kinds that it changes.")
    created_at: str
    expires_at: str
    revoked_at: str | None


class IssuedAnswer(BaseModel):
    """A new token with its secret, which is not shown again."""

    secret: str
    token: TokenAnswer


class AccountAnswer(BaseModel):
    """An account; `perimeters` null for the whole estate, `reads`, `changes` for every kind, `issuer` for a local one."""

    name: str
    roles: list[str]
    perimeters: list[str] | None
    reads: list[str] | None
    changes: list[str] | None
    enabled: bool
    created_at: str
    created_by: str
    issuer: str | None


class MeAnswer(BaseModel):
    """Who asks, and what that somebody may do."""

    id: str
    roles: list[str]
    perimeters: list[str] | None
    reads: list[str] | None = Field(description="The kinds of element that they read; null for every kind.")
    changes: list[str] | None = Field(
        description="Those that they change where an action lets them; null for every kind."
    )
    actions: list[Action]


@router.post("/sign-in")
def sign_in(body: SignInRequest, services: Anybody) -> IssuedAnswer:
    """Exchange a password for a token that lasts some hours. Five failures make a name wait."""
    call, keeper = services.call, services.doorkeeper
    call.action = SIGN_IN
    if keeper.accounts.has(body.name):  # else it may be anything that somebody typed, a password too
        call.principal = Principal(body.name)

    def recognised(account: Account) -> None:
        call.principal = account.principal
        call.begin()

    secret, token = keeper.sign_in(body.name, body.password, recognised)
    call.principal = replace(call.principal, token=token.id)
    return IssuedAnswer(secret=secret, token=TokenAnswer(**token.to_dict()))


@router.get("/me")
def me(services: ToRead) -> MeAnswer:
    """Who asks."""
    asker = services.principal
    return MeAnswer(
        id=asker.id,
        roles=sorted(asker.roles),
        perimeters=listed(asker.perimeters),
        reads=listed(kinds_in(services.twin.schema, asker.reads)),
        changes=listed(changeable(asker, services.twin.schema)),
        actions=sorted(allowed(asker)),
    )


@router.get("/tokens")
def tokens(services: ToRead) -> list[TokenAnswer]:
    """The asker's tokens, oldest first."""
    return [TokenAnswer(**token.to_dict()) for token in services.doorkeeper.tokens.all(services.principal.id)]


@router.post("/tokens", status_code=201)
def issue(body: TokenRequest, services: ToKeepTokens) -> IssuedAnswer:
    """A new token of the asker's account. A token with a scope makes none: it could make one without."""
    if services.principal.scope is not None:
        raise UsageError("a token with a scope makes no tokens", where="tokens", hint="sign in with the account")
    keeper = services.doorkeeper
    account = keeper.accounts.get(services.principal.id)
    asker, schema = services.principal, services.twin.schema
    secret, token = keeper.tokens.issue(
        account,
        timedelta(hours=body.hours),
        note=body.note,
        actions=body.actions,
        perimeters=_within(asker.perimeters, body.perimeters),
        reads=(asker.reads - account.reads) | kind_lists(checked_kinds(schema, body.reads)),
        changes=(asker.changes - account.changes) | kind_lists(checked_kinds(schema, body.changes)),
    )
    services.call.target = token.id
    return IssuedAnswer(secret=secret, token=TokenAnswer(**token.to_dict()))


@router.delete("/tokens/{id}")
def revoke(id: str, services: ToEndTokens) -> TokenAnswer:
    """End one of the asker's tokens now."""
    return TokenAnswer(**services.doorkeeper.tokens.revoke(id, services.principal.id).to_dict())


@router.get("/accounts")
def accounts(services: ToAdminister) -> list[AccountAnswer]:
    """Every account, those of people who sign in at a provider among them."""
    return [AccountAnswer(**account.to_dict()) for account in services.doorkeeper.accounts.all()]


@router.post("/accounts", status_code=201)
def create(body: AccountRequest, services: ToAdminister) -> AccountAnswer:
    """A new local account. A token with a scope makes none that may more than it does."""
    services.call.target = body.name
    require_giving(services.principal, body.roles)
    perimeters = None if body.whole_estate else body.perimeters
    schema = services.twin.schema
    made = services.doorkeeper.accounts.create(
        body.name,
        body.password,
        body.roles,
        perimeters,
        by=services.principal.id,
        reads=checked_kinds(schema, body.reads),
        changes=checked_kinds(schema, body.changes),
    )
    return AccountAnswer(**made.to_dict())


@router.patch("/accounts/{name}")
def change(name: str, body: AccountChange, services: ToAdminister) -> AccountAnswer:
    """Change an account. The last administrator stays one; a token with a scope may only disable who may more than it does."""
    changes: dict[str, Any] = body.model_dump()
    for names in (body.reads, body.changes):
        checked_kinds(services.twin.schema, names)
    accounts = services.doorkeeper.accounts
    if changes != AccountChange(enabled=False).model_dump():
        require_giving(services.principal, {*accounts.get(name).roles, *(body.roles or ())})
    return AccountAnswer(**accounts.change(name, **changes).to_dict())


def _within(seen: frozenset[str] | None, wanted: list[str] | None) -> list[str] | None:
    """The perimeters of a new token: never more than the token sees that asks for it."""
    if seen is None:
        return wanted
    return sorted(seen if wanted is None else seen.intersection(wanted))
