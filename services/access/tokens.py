"""Tokens: a secret that stands for an account for a while, with no more rights than it has, and fewer where it is scoped.

A token is `jmo_` and 43 characters, 256 random bits; only its SHA-256 is kept. Signing in gives one for some hours.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Column, DateTime, LargeBinary, Select, String, Table, Text, insert, select, update

from core.clock import Clock, in_utc
from core.errors import JumeauError, NotFoundError, UsageError
from core.principal import KindLists, Principal
from graph.history import tables
from graph.history.ledger import Ledger
from services.access import kind_rights
from services.access.accounts import Account, Accounts
from services.access.kind_rights import Holder
from services.access.names import listed, read, written
from services.access.rights import Action, checked

PREFIX: Final = "jmo_"
SESSION: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=366)
_BYTES: Final = 32

token = Table(
    "access_token",
    tables.metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("id", String(12), nullable=False, unique=True),
    Column("account", Text, nullable=False, index=True),
    Column("note", Text, nullable=False),
    Column("actions", Text, nullable=False),  # JSON list; null for all that the account may do
    Column("perimeters", Text, nullable=False),  # JSON list; null for all that the account sees
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
)

_TOKENS: Final[Select[Any]] = select(token, *kind_rights.COLUMNS).join_from(
    token, kind_rights.kind_right, kind_rights.of(Holder.TOKEN, token.c.id), isouter=True
)


class TokenError(JumeauError):
    """A token that is none, or no longer: expired, revoked, or of an account that may not sign in."""

    code = "TOKEN_REFUSED"
    exit_code = 2
    status = 401

    def __init__(
        self, seen: str, *, hint: str, whose: Principal | None = None, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(seen, hint=hint, details=details)
        self.whose = whose  # for the audit trail; whoever asks is not told


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is listed: never its secret."""

    id: str
    account: str
    note: str
    actions: frozenset[str] | None
    perimeters: frozenset[str] | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    reads: KindLists = frozenset()
    changes: KindLists = frozenset()

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "account": self.account,
            "note": self.note,
            "actions": listed(self.actions),
            "perimeters": listed(self.perimeters),
            "reads": kind_rights.in_order(self.reads),
            "changes": kind_rights.in_order(self.changes),
            "created_at": self.created_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "revoked_at": None if self.revoked_at is None else self.revoked_at.isoformat(),
        }


class Tokens:
    """The tokens of one twin, in its ledger's database."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        accounts: Accounts,
        *,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._accounts = accounts
        self._random = random
        ledger.prepare(token)

    def issue(
        self,
        account: Account,
        lasting: timedelta = SESSION,
        *,
        note: str = "",
        actions: Iterable[str] | None = None,
        perimeters: Iterable[str] | None = None,
        reads: KindLists = frozenset(),
        changes: KindLists = frozenset(),
    ) -> tuple[str, Token]:
        """A new token of an account: its secret, which is shown once, and how it is listed. Raises UsageError.

        It reads and changes no kinds but those in each of these lists, and of them what the account may.
        """
        if not timedelta(0) < lasting <= LONGEST:
            raise UsageError(f"a token cannot last {lasting}", where="lasting", hint=f"at most {LONGEST.days} days")
        secret = PREFIX + _text(self._random(_BYTES))
        now = self._clock.now()
        made = Token(
            self._random(6).hex(),
            account.name,
            note,
            None if actions is None else checked(actions, Action, "action"),
            None if perimeters is None else frozenset(perimeters),
            now,
            now + lasting,
            None,
            reads,
            changes,
        )
        values = {
            "id": made.id,
            "account": made.account,
            "note": made.note,
            "digest": _digest(secret),
            "actions": written(made.actions),
            "perimeters": written(made.perimeters),
            "created_at": made.created_at,
            "expires_at": made.expires_at,
        }
        with self._ledger.writing() as connection:
            connection.execute(insert(token).values(**values))
            kind_rights.write(connection, Holder.TOKEN, made.id, reads, changes)
        return secret, made

    def principal(self, secret: str) -> Principal:
        """Who asks with this token. Raises TokenError."""
        with self._ledger.reading() as connection:
            row = connection.execute(_TOKENS.where(token.c.digest == _digest(secret))).one_or_none()
        hint = "sign in again, or ask for another token"
        if row is None:
            raise TokenError("this token is not known", hint=hint)
        found = _token(row)
        whose = Principal(found.account, token=found.id)
        if found.revoked_at is not None:
            raise TokenError("this token was revoked", hint=hint, whose=whose)
        if found.expires_at <= self._clock.now():
            raise TokenError(f"this token expired at {found.expires_at.isoformat()}", hint=hint, whose=whose)
        try:
            account = self._accounts.get(found.account)
        except NotFoundError:
            account = None
        if account is None or not account.enabled:
            hint = "ask an administrator of the twin"
            raise TokenError("the account of this token may not sign in", hint=hint, whose=whose)
        if account.vouched_until is not None and account.vouched_until <= self._clock.now():
            seen = "the provider of this token's account was last asked too long ago"
            raise TokenError(seen, hint="sign in again", whose=whose)
        asked = replace(
            account.principal.narrowed(found.perimeters),
            token=found.id,
            reads=account.reads | found.reads,
            changes=account.changes | found.changes,
        )
        return asked if found.actions is None else replace(asked, scope=found.actions)

    def all(self, account: str | None = None) -> list[Token]:
        """Tokens, oldest first: of one account, or of all."""
        query = _TOKENS.order_by(token.c.created_at, token.c.id)
        if account is not None:
            query = query.where(token.c.account == account)
        with self._ledger.reading() as connection:
            return [_token(row) for row in connection.execute(query)]

    def revoke(self, id: str, account: str | None = None) -> Token:
        """End a token now; of one account only, where it is given. Raises NotFoundError."""
        query = _TOKENS.where(token.c.id == id)
        if account is not None:
            query = query.where(token.c.account == account)
        with self._ledger.writing() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                raise NotFoundError(f"there is no token {id!r}", where="tokens", hint="list them to see their ids")
            now = in_utc(row.revoked_at) if row.revoked_at is not None else self._clock.now()
            connection.execute(update(token).where(token.c.id == id).values(revoked_at=now))
        return replace(_token(row), revoked_at=now)


def _text(content: bytes) -> str:
    """Bytes as text that needs no quoting in a header or an address."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _token(row: Any) -> Token:
    return Token(
        row.id,
        row.account,
        row.note,
        read(row.actions),
        read(row.perimeters),
        in_utc(row.created_at),
        in_utc(row.expires_at),
        None if row.revoked_at is None else in_utc(row.revoked_at),
        kind_rights.lists_in(row.reads),
        kind_rights.lists_in(row.changes),
    )
