"""Accounts of people who sign in at an identity provider: made when they first come, brought up to date at each sign-in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Select, insert, update

from core.clock import Clock
from core.errors import JumeauError
from core.principal import KindLists, Principal
from graph.history.ledger import Ledger
from services.access import kind_rights
from services.access.accounts import ACCOUNTS, Account, Accounts, SignInError, account, account_of, federated_account
from services.access.kind_rights import Holder
from services.access.names import written

PREFIX: Final = "oidc:"
"""What names of these accounts begin with; the name of a local account cannot."""
_LABEL: Final = 40
_DIGITS: Final = 16


class WithoutRoleError(JumeauError):
    """Somebody whom the provider knows, and whom no claim gives a role here."""

    code = "IDENTITY_WITHOUT_ROLE"
    exit_code = 2
    status = 403


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is by a provider's word. `perimeters` None: the whole estate. `label` makes the name readable."""

    issuer: str
    subject: str
    label: str
    roles: frozenset[str]
    perimeters: frozenset[str] | None
    reads: KindLists = frozenset()
    changes: KindLists = frozenset()

    @property
    def name(self) -> str:
        """The name here: a digest of issuer and subject, so that nobody comes to another's by calling themselves alike."""
        digest = sha256(f"{self.issuer}\0{self.subject}".encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
        label = re.sub(r"[^a-z0-9._@-]", "", self.label.lower())[:_LABEL]
        return PREFIX + (f"{label}-{digest}" if label else digest)

    def principal(self, name: str | None = None) -> Principal:
        """Who asks, under the name of the account where there is one."""
        return Principal(name or self.name, self.roles, self.perimeters, reads=self.reads, changes=self.changes)


class FederatedAccounts:
    """The accounts of one twin that a provider vouches for."""

    def __init__(self, ledger: Ledger, clock: Clock, accounts: Accounts) -> None:
        self._ledger = ledger
        self._clock = clock
        self._accounts = accounts  # its tables are there

    def find(self, issuer: str, subject: str) -> Account | None:
        """The account of an identity, if it has signed in before."""
        with self._ledger.reading() as connection:
            row = connection.execute(_of(issuer, subject)).one_or_none()
        return None if row is None else account_of(row)

    def vouch(self, identity: Identity, until: datetime) -> Account:
        """The account of somebody who has just signed in, with the roles and limits of now; good until then.

        Who has lost every role loses the tokens of former sign-ins too. Raises WithoutRoleError, SignInError for an
        account that is disabled.
        """
        rights = {"roles": written(identity.roles), "perimeters": written(identity.perimeters)}
        now = self._clock.now()
        with self._ledger.writing() as connection:
            found = connection.execute(_of(identity.issuer, identity.subject)).one_or_none()
            name = identity.name if found is None else found.name
            vouched = {"vouched_until": until if identity.roles else now}
            if found is not None:
                connection.execute(update(account).where(account.c.name == name).values(**rights))
                connection.execute(update(federated_account).where(federated_account.c.name == name).values(**vouched))
            elif identity.roles:
                made = {"name": name, "password": "", "enabled": True, "created_at": now, "created_by": identity.issuer}
                connection.execute(insert(account).values(**made, **rights))
                who = {"name": name, "issuer": identity.issuer, "subject": identity.subject}
                connection.execute(insert(federated_account).values(**who, **vouched))
            if found is not None or identity.roles:
                kind_rights.write(connection, Holder.ACCOUNT, name, identity.reads, identity.changes)
        if not identity.roles:
            hint = "ask for a group or role at the provider that is mapped to one of the twin's"
            raise WithoutRoleError("the provider knows you, and nothing that it says gives you a role here", hint=hint)
        if found is not None and not found.enabled:
            raise SignInError("the account of this identity may not sign in", hint="ask an administrator of the twin")
        return self._accounts.get(name)


def _of(issuer: str, subject: str) -> Select[Any]:
    return ACCOUNTS.where(federated_account.c.issuer == issuer, federated_account.c.subject == subject)
