"""Accounts: names, roles, perimeters, kinds. Local ones have the argon2 hash of a password; those of a provider have none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    Select,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from core.clock import Clock, in_utc
from core.errors import JumeauError, NotFoundError, UsageError
from core.principal import LOCAL_OPERATOR, NOBODY, KindLists, Principal, kind_lists
from graph.history import tables
from graph.history.ledger import Ledger
from graph.schema.fields import did_you_mean
from services.access import kind_rights
from services.access.kind_rights import Holder
from services.access.names import listed, read, written
from services.access.rights import Role, checked

SHORTEST_PASSWORD: Final = 12
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}", re.ASCII)
_TAKEN: Final = frozenset({LOCAL_OPERATOR.id, NOBODY.id})
"""Names that stand for somebody without an account."""

account = Table(
    "account",
    tables.metadata,
    Column("name", Text, primary_key=True),
    Column("password", Text, nullable=False),  # argon2id, with its salt and costs; empty where a provider vouches
    Column("roles", Text, nullable=False),  # JSON list
    Column("perimeters", Text, nullable=False),  # JSON list; null for the whole estate
    Column("enabled", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
)


federated_account = Table(
    "federated_account",
    tables.metadata,
    Column("name", Text, primary_key=True),  # of the account
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("vouched_until", DateTime(timezone=True), nullable=False),
    UniqueConstraint("issuer", "subject", name="federated_account_identity"),
)
ACCOUNTS: Final[Select[Any]] = (
    select(
        account,
        federated_account.c.issuer,
        federated_account.c.subject,
        federated_account.c.vouched_until,
        *kind_rights.COLUMNS,
    )
    .join_from(account, federated_account, account.c.name == federated_account.c.name, isouter=True)
    .join(kind_rights.kind_right, kind_rights.of(Holder.ACCOUNT, account.c.name), isouter=True)
)
"""Every account, with what vouches for it."""


class SignInError(JumeauError):
    """A name or a password that does not fit; which of the two is not said."""

    code = "SIGN_IN_REFUSED"
    exit_code = 2
    status = 401


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in. `perimeters` None: the whole estate. `reads`, `changes`: as a principal has them, one list at most.

    `issuer` is the provider at which somebody signs in, None of a local account; it vouches for them until `vouched_until`.
    """

    name: str
    roles: frozenset[str]
    perimeters: frozenset[str] | None
    enabled: bool
    created_at: datetime
    created_by: str
    issuer: str | None = None
    vouched_until: datetime | None = None
    reads: KindLists = frozenset()
    changes: KindLists = frozenset()

    @property
    def principal(self) -> Principal:
        """Who asks, when this account does."""
        return Principal(self.name, self.roles, self.perimeters, reads=self.reads, changes=self.changes)

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "roles": sorted(self.roles),
            "perimeters": listed(self.perimeters),
            "reads": kind_rights.only(self.reads),
            "changes": kind_rights.only(self.changes),
            "enabled": self.enabled,
            "created_at": self.created_at.isoformat(),
            "created_by": self.created_by,
            "issuer": self.issuer,
        }


class Accounts:
    """The accounts of one twin, in its ledger's database."""

    def __init__(self, ledger: Ledger, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        self._ledger = ledger
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        for table in (account, federated_account, kind_rights.kind_right):
            ledger.prepare(table)

    def create(
        self,
        name: str,
        password: str,
        roles: Iterable[str],
        perimeters: Iterable[str] | None,
        *,
        by: str,
        reads: Iterable[str] | None = None,
        changes: Iterable[str] | None = None,
    ) -> Account:
        """A new account; `reads` and `changes` are names of kinds that it is limited to.

        Raises UsageError for a name that is taken or no name, a short password or an unknown role.
        """
        if not _NAME.fullmatch(name) or name in _TAKEN:
            hint = "2 to 64 of a-z, 0-9 and . _ @ -, a letter or a digit first"
            raise UsageError(f"{name!r} is no name of an account", where="name", hint=hint)
        values = {
            "name": name,
            "password": self._hashed(password),
            "roles": written(checked(roles, Role, "role")),
            "perimeters": written(perimeters),
            "enabled": True,
            "created_at": self._clock.now(),
            "created_by": by,
        }
        try:
            with self._ledger.writing() as connection:
                if connection.execute(select(account.c.name).where(account.c.name == name)).first() is not None:
                    raise UsageError(f"there is an account {name!r}", where="name", hint="choose another name")
                connection.execute(insert(account).values(**values))
                kind_rights.write(connection, Holder.ACCOUNT, name, kind_lists(reads), kind_lists(changes))
        except IntegrityError as error:
            raise UsageError(f"there is an account {name!r}", where="name", hint="choose another name") from error
        return self.get(name)

    def get(self, name: str) -> Account:
        """The account of that name. Raises NotFoundError."""
        found = self._read(name)
        if found is None:
            hint = did_you_mean(name, [known.name for known in self.all()])
            raise NotFoundError(f"there is no account {name!r}", where="accounts", hint=hint)
        return found[0]

    def has(self, name: str) -> bool:
        """Whether there is an account of that name."""
        return self._read(name) is not None

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self._ledger.reading() as connection:
            rows = connection.execute(ACCOUNTS.order_by(account.c.name)).all()
        return [account_of(row) for row in rows]

    def change(
        self,
        name: str,
        *,
        password: str | None = None,
        roles: Iterable[str] | None = None,
        perimeters: Iterable[str] | None = None,
        whole_estate: bool = False,
        reads: Iterable[str] | None = None,
        changes: Iterable[str] | None = None,
        every_kind: bool = False,
        enabled: bool | None = None,
    ) -> Account:
        """Change what is given; `every_kind` lifts both limits on kinds, where no other is given.

        Raises NotFoundError, UsageError; the last administrator cannot be taken away.

        What a provider says of somebody is not changed here, but it is here that they are kept out.
        """
        found = self.get(name)
        rights = (password, roles, perimeters, reads, changes)
        if found.issuer is not None and (whole_estate or every_kind or any(right is not None for right in rights)):
            seen = f"{name!r} signs in at a provider, which says its roles and limits and keeps its password"
            raise UsageError(seen, where="accounts", hint=f"change them at {found.issuer}; here it can be disabled")
        values: dict[str, Any] = {}
        if password is not None:
            values["password"] = self._hashed(password)
        if roles is not None:
            values["roles"] = written(checked(roles, Role, "role"))
        if perimeters is not None or whole_estate:
            values["perimeters"] = written(None if whole_estate else perimeters)
        if enabled is not None:
            values["enabled"] = enabled
        with self._ledger.writing() as connection:
            before = _administrators(connection)
            if values:
                connection.execute(update(account).where(account.c.name == name).values(**values))
            if every_kind or reads is not None or changes is not None:
                read, changed = (frozenset[frozenset[str]](),) * 2 if every_kind else (found.reads, found.changes)
                read = read if reads is None else kind_lists(reads)
                changed = changed if changes is None else kind_lists(changes)
                kind_rights.write(connection, Holder.ACCOUNT, name, read, changed)
            if before and not _administrators(connection):
                raise UsageError(f"{name!r} is the last administrator", where="accounts", hint="make another one first")
        return self.get(name)

    def sign_in(self, name: str, password: str) -> Account:
        """The account of somebody who knows its password; it takes as long for a name that there is not. Raises SignInError."""
        found = self._read(name)
        try:
            self._hasher.verify(self._nobody if found is None else found[1] or self._nobody, password)
        except (VerificationError, InvalidHashError):
            found = None
        if found is None or not found[0].enabled or found[0].issuer is not None:
            raise SignInError("no account has this name and this password", hint="ask an administrator of the twin")
        if self._hasher.check_needs_rehash(found[1]):
            self.change(name, password=password)
        return found[0]

    @cached_property
    def _nobody(self) -> str:
        """What a password is held against where there is no account of that name."""
        return self._hasher.hash("nobody has this password")

    def _hashed(self, password: str) -> str:
        if len(password) < SHORTEST_PASSWORD:
            raise UsageError(
                f"a password has {SHORTEST_PASSWORD} characters or more", where="password", hint="take a few words"
            )
        return self._hasher.hash(password)

    def _read(self, name: str) -> tuple[Account, str] | None:
        with self._ledger.reading() as connection:
            row = connection.execute(ACCOUNTS.where(account.c.name == name)).one_or_none()
        return None if row is None else (account_of(row), row.password)


def _administrators(connection: Connection) -> set[str]:
    """The names of those who may sign in and administer."""
    found = (account_of(row) for row in connection.execute(ACCOUNTS))
    return {one.name for one in found if one.enabled and Role.ADMINISTRATOR in one.roles}


def account_of(row: Any) -> Account:
    """The account that a row of `ACCOUNTS` holds."""
    return Account(
        row.name,
        read(row.roles) or frozenset(),
        read(row.perimeters),
        row.enabled,
        in_utc(row.created_at),
        row.created_by,
        row.issuer,
        None if row.vouched_until is None else in_utc(row.vouched_until),
        kind_rights.lists_in(row.reads),
        kind_rights.lists_in(row.changes),
    )
