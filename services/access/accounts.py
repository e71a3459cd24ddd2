"""Local accounts, for installations without an identity provider: names, argon2 hashes of passwords, roles, perimeters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Boolean, Column, DateTime, Table, Text, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.clock import Clock, in_utc
from core.errors import JumeauError, NotFoundError, UsageError
from core.principal import Principal
from graph.history import tables
from graph.history.ledger import Ledger
from graph.schema.fields import did_you_mean
from services.access.names import listed, read, written
from services.access.rights import Role, checked

SHORTEST_PASSWORD: Final = 12
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}", re.ASCII)

account = Table(
    "account",
    tables.metadata,
    Column("name", Text, primary_key=True),
    Column("password", Text, nullable=False),  # argon2id, with its salt and costs
    Column("roles", Text, nullable=False),  # JSON list
    Column("perimeters", Text, nullable=False),  # JSON list; null for the whole estate
    Column("enabled", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
)


class SignInError(JumeauError):
    """A name or a password that does not fit; which of the two is not said."""

    code = "SIGN_IN_REFUSED"
    exit_code = 2
    status = 401


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in. `perimeters` None: the whole estate."""

    name: str
    roles: frozenset[str]
    perimeters: frozenset[str] | None
    enabled: bool
    created_at: datetime
    created_by: str

    @property
    def principal(self) -> Principal:
        """Who asks, when this account does."""
        return Principal(self.name, self.roles, self.perimeters)

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "roles": sorted(self.roles),
            "perimeters": listed(self.perimeters),
            "enabled": self.enabled,
            "created_at": self.created_at.isoformat(),
            "created_by": self.created_by,
        }


class Accounts:
    """The accounts of one twin, in its ledger's database."""

    def __init__(self, ledger: Ledger, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        self._ledger = ledger
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        ledger.prepare(account)

    def create(
        self, name: str, password: str, roles: Iterable[str], perimeters: Iterable[str] | None, *, by: str
    ) -> Account:
        """A new account. Raises UsageError for a name that is taken or no name, a short password or an unknown role."""
        if not _NAME.fullmatch(name):
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

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self._ledger.reading() as connection:
            rows = connection.execute(select(account).order_by(account.c.name)).all()
        return [_account(row) for row in rows]

    def change(
        self,
        name: str,
        *,
        password: str | None = None,
        roles: Iterable[str] | None = None,
        perimeters: Iterable[str] | None = None,
        whole_estate: bool = False,
        enabled: bool | None = None,
    ) -> Account:
        """Change what is given. Raises NotFoundError, UsageError; the last administrator cannot be taken away."""
        self.get(name)
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
            if values:
                connection.execute(update(account).where(account.c.name == name).values(**values))
            rows = [_account(row) for row in connection.execute(select(account))]
            if not any(one.enabled and Role.ADMINISTRATOR in one.roles for one in rows):
                raise UsageError(f"{name!r} is the last administrator", where="accounts", hint="make another one first")
        return self.get(name)

    def sign_in(self, name: str, password: str) -> Account:
        """The account of somebody who knows its password; it takes as long for a name that there is not. Raises SignInError."""
        found = self._read(name)
        try:
            self._hasher.verify(self._nobody if found is None else found[1], password)
        except (VerificationError, InvalidHashError):
            found = None
        if found is None or not found[0].enabled:
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
            row = connection.execute(select(account).where(account.c.name == name)).one_or_none()
        return None if row is None else (_account(row), row.password)


def _account(row: Any) -> Account:
    return Account(
        row.name,
        read(row.roles) or frozenset(),
        read(row.perimeters),
        row.enabled,
        in_utc(row.created_at),
        row.created_by,
    )
