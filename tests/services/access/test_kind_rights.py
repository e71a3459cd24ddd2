"""Accounts and tokens are limited to kinds of element; what was made before there were such limits has none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.errors import UsageError
from services.access.accounts import Accounts
from services.access.federated import Identity
from services.access.kind_rights import kind_right
from tests.services.access.conftest import CHEAP, PASSWORD, Entrance

HOUR = timedelta(hours=1)


def lists(*names: set[str]) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(some) for some in names)


def test_an_account_is_limited_to_the_kinds_that_it_was_given(entrance: Entrance) -> None:
    entrance.accounts.create("all", PASSWORD, ["owner"], None, by="root")
    entrance.accounts.create("ana", PASSWORD, ["owner"], None, by="root", reads=["operations"], changes=["Incident"])
    ana, everybody = (entrance.accounts.get(name) for name in ("ana", "all"))
    assert (ana.principal.reads, ana.principal.changes) == (lists({"operations"}), lists({"Incident"}))
    assert (everybody.principal.restricted, everybody.principal.limited) == (False, False)
    assert (ana.to_dict()["reads"], everybody.to_dict()["reads"]) == (["operations"], None)
    assert {account.name for account in entrance.accounts.all() if account.changes} == {"ana"}


def test_limits_change_one_by_one_and_are_lifted_together(entrance: Entrance) -> None:
    entrance.accounts.create("ana", PASSWORD, ["owner"], None, by="root", reads=["operations"], changes=["Incident"])
    changed = entrance.accounts.change("ana", changes=["Change"])
    assert (changed.reads, changed.changes) == (lists({"operations"}), lists({"Change"}))
    assert entrance.accounts.change("ana", roles=["reader"]).reads == lists({"operations"})
    lifted = entrance.accounts.change("ana", every_kind=True, changes=["Team"])
    assert (lifted.reads, lifted.changes) == (frozenset(), lists({"Team"}))
    assert not entrance.accounts.change("ana", every_kind=True).principal.limited


def test_no_kind_is_a_limit_and_not_the_absence_of_one(entrance: Entrance) -> None:
    nothing = entrance.accounts.create("zoe", PASSWORD, ["reader"], None, by="root", reads=[])
    assert nothing.principal.reads == lists(set())
    assert nothing.to_dict()["reads"] == []
    assert nothing.principal.restricted


def test_a_token_narrows_what_its_account_has_and_keeps_narrowing_it(entrance: Entrance) -> None:
    account = entrance.accounts.create("ana", PASSWORD, ["owner"], None, by="root", reads=["operations"])
    secret, token = entrance.tokens.issue(account, HOUR, reads=lists({"Incident", "Server"}), changes=lists({"Team"}))
    principal = entrance.tokens.principal(secret)
    assert principal.reads == lists({"operations"}, {"Incident", "Server"})
    assert principal.changes == lists({"Team"})
    assert entrance.tokens.all("ana") == [token]
    entrance.accounts.change("ana", reads=["Change"])
    assert entrance.tokens.principal(secret).reads == lists({"Change"}, {"Incident", "Server"})
    entrance.accounts.change("ana", every_kind=True)
    assert entrance.tokens.principal(secret).reads == lists({"Incident", "Server"})
    assert entrance.tokens.revoke(token.id).reads == token.reads


def test_accounts_from_before_there_were_limits_have_none(entrance: Entrance) -> None:
    entrance.accounts.create("old", PASSWORD, ["owner"], None, by="root")
    with entrance.ledger.writing() as connection:
        connection.execute(text(f"DROP TABLE {kind_right.name}"))
    again = Accounts(entrance.ledger, entrance.clock, CHEAP)
    assert not again.get("old").principal.limited
    again.change("old", reads=["Team"])
    assert again.get("old").principal.restricted


def test_a_provider_says_the_kinds_of_whoever_signs_in_there_each_time(entrance: Entrance) -> None:
    def vouched(*reads: str) -> frozenset[frozenset[str]]:
        identity = Identity("https://login.example", "1", "", frozenset({"reader"}), None, reads=lists(set(reads)))
        return entrance.keeper.federated.vouch(identity, entrance.clock.now() + HOUR).reads

    assert vouched("Team") == lists({"Team"})
    assert vouched("Incident") == lists({"Incident"})
    name = next(account.name for account in entrance.accounts.all() if account.issuer)
    with pytest.raises(UsageError, match="signs in at a provider"):
        entrance.accounts.change(name, every_kind=True)
