"""Accounts and tokens from the machine that holds the twin: how the first administrator comes to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from core.clock import clock_for
from core.principal import kind_lists
from core.settings import Settings
from graph.schema.model import Schema
from graph.schema.named_kinds import checked_kinds
from services.access.accounts import Account, Accounts
from services.access.tokens import Token, Tokens
from services.twin import open_ledger


def create_account(
    settings: Settings,
    name: str,
    password: str,
    roles: Iterable[str],
    perimeters: Iterable[str] | None,
    *,
    reads: Iterable[str] | None = None,
    changes: Iterable[str] | None = None,
) -> Account:
    """A new account; `perimeters` None for the whole estate, `reads` and `changes` for every kind. Raises UsageError."""
    with _opened(settings) as (accounts, _, schema):
        return accounts.create(
            name,
            password,
            roles,
            perimeters,
            by=settings.actor,
            reads=checked_kinds(schema, reads),
            changes=checked_kinds(schema, changes),
        )


def change_account(
    settings: Settings,
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
    """Change an account. Raises NotFoundError, UsageError."""
    with _opened(settings) as (accounts, _, schema):
        return accounts.change(
            name,
            password=password,
            roles=roles,
            perimeters=perimeters,
            whole_estate=whole_estate,
            reads=checked_kinds(schema, reads),
            changes=checked_kinds(schema, changes),
            every_kind=every_kind,
            enabled=enabled,
        )


def accounts_of(settings: Settings) -> list[Account]:
    """Every account, by name."""
    with _opened(settings) as (accounts, _, _schema):
        return accounts.all()


def issue_token(
    settings: Settings,
    account: str,
    lasting: timedelta,
    *,
    note: str = "",
    actions: Iterable[str] | None = None,
    perimeters: Iterable[str] | None = None,
    reads: Iterable[str] | None = None,
    changes: Iterable[str] | None = None,
) -> tuple[str, Token]:
    """A token of an account: its secret and how it is listed. Raises NotFoundError, UsageError."""
    with _opened(settings) as (accounts, tokens, schema):
        return tokens.issue(
            accounts.get(account),
            lasting,
            note=note,
            actions=actions,
            perimeters=perimeters,
            reads=kind_lists(checked_kinds(schema, reads)),
            changes=kind_lists(checked_kinds(schema, changes)),
        )


def tokens_of(settings: Settings, account: str | None = None) -> list[Token]:
    """The tokens of one account, or of all."""
    with _opened(settings) as (_, tokens, _schema):
        return tokens.all(account)


def revoke_token(settings: Settings, id: str) -> Token:
    """End a token now. Raises NotFoundError."""
    with _opened(settings) as (_, tokens, _schema):
        return tokens.revoke(id)


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Accounts, Tokens, Schema]]:
    schema, ledger = open_ledger(settings)
    try:
        clock = clock_for(settings.now)
        accounts = Accounts(ledger, clock)
        yield accounts, Tokens(ledger, clock, accounts), schema
    finally:
        ledger.close()
