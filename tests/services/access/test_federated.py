"""Accounts that a provider vouches for: one per identity, with the rights of the last sign-in, for as long as it vouches."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import UsageError
from core.principal import Principal
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from services.access.accounts import SignInError
from services.access.doorkeeper import Doorkeeper
from services.access.federated import Identity, WithoutRoleError
from services.access.tokens import TokenError
from tests.services.access.conftest import CHEAP, PASSWORD, Entrance, MovedClock

DAY = timedelta(days=1)


def identity(subject: str = "1", *roles: str, perimeters: frozenset[str] | None = frozenset()) -> Identity:
    return Identity("https://login.example", subject, "Ana", frozenset(roles), perimeters)


def vouched(entrance: Entrance, who: Identity, for_: timedelta = DAY) -> str:
    return entrance.keeper.federated.vouch(who, entrance.clock.now() + for_).name


def test_an_identity_has_one_account_with_the_rights_of_its_last_sign_in(entrance: Entrance) -> None:
    name = vouched(entrance, identity("1", "reader"))
    assert vouched(entrance, identity("1", "auditor", perimeters=None)) == name
    found = entrance.keeper.federated.find("https://login.example", "1")
    assert found is not None
    assert found.principal == Principal(name, frozenset({"auditor"}), None)
    assert (found.issuer, found.created_by) == ("https://login.example", "https://login.example")
    assert entrance.keeper.federated.find("https://other.example", "1") is None


def test_the_account_keeps_its_name_when_the_person_is_called_otherwise(entrance: Entrance) -> None:
    name = vouched(entrance, identity("1", "reader"))
    renamed = Identity("https://login.example", "1", "Bea", frozenset({"reader"}), frozenset())
    assert vouched(entrance, renamed) == name


def test_no_local_account_can_take_the_name_of_one(entrance: Entrance) -> None:
    with pytest.raises(UsageError, match="is no name"):
        entrance.accounts.create(identity("1").name, PASSWORD, ["reader"], [], by="root")


def test_a_stranger_without_a_role_gets_no_account(entrance: Entrance) -> None:
    with pytest.raises(WithoutRoleError):
        vouched(entrance, identity("1"))
    assert [account.name for account in entrance.accounts.all()] == ["root"]


def test_who_has_lost_every_role_has_lost_every_token(entrance: Entrance) -> None:
    name = vouched(entrance, identity("1", "reader"))
    secret, _ = entrance.tokens.issue(entrance.accounts.get(name), DAY)
    with pytest.raises(WithoutRoleError):
        vouched(entrance, identity("1"))
    with pytest.raises(TokenError, match="last asked too long ago"):
        entrance.tokens.principal(secret)
    assert entrance.accounts.get(name).roles == frozenset()


def test_a_token_lasts_no_longer_than_the_providers_word(entrance: Entrance) -> None:
    name = vouched(entrance, identity("1", "reader"))
    secret, _ = entrance.tokens.issue(entrance.accounts.get(name), timedelta(days=300))
    entrance.clock.move(DAY - timedelta(seconds=1))
    assert entrance.tokens.principal(secret).id == name
    entrance.clock.move(timedelta(seconds=1))
    with pytest.raises(TokenError, match="last asked too long ago"):
        entrance.tokens.principal(secret)
    vouched(entrance, identity("1", "reader"))
    assert entrance.tokens.principal(secret).id == name


def test_a_disabled_account_is_kept_up_to_date_and_out(entrance: Entrance) -> None:
    name = vouched(entrance, identity("1", "reader", "administrator"))
    entrance.accounts.change(name, enabled=False)
    with pytest.raises(SignInError):
        vouched(entrance, identity("1", "reader"))
    assert entrance.accounts.get(name).roles == {"reader"}
    assert entrance.accounts.change(name, enabled=True).enabled


@pytest.mark.parametrize(
    "change", [{"roles": ["reader"]}, {"perimeters": ["x"]}, {"whole_estate": True}, {"password": PASSWORD}], ids=str
)
def test_what_the_provider_says_is_not_changed_here(entrance: Entrance, change: dict[str, object]) -> None:
    name = vouched(entrance, identity("1", "administrator"))
    with pytest.raises(UsageError, match="signs in at a provider"):
        entrance.accounts.change(name, **change)  # type: ignore[arg-type]


def test_without_any_administrator_here_accounts_can_be_disabled_still(entrance: Entrance) -> None:
    first, second = vouched(entrance, identity("1", "administrator")), vouched(entrance, identity("2", "reader"))
    entrance.accounts.change("root", enabled=False)
    with pytest.raises(UsageError, match="last administrator"):
        entrance.accounts.change(first, enabled=False)
    vouched(entrance, identity("1", "reader"))
    assert not entrance.accounts.change(second, enabled=False).enabled


def test_nobody_signs_in_with_a_password_as_somebody_of_the_provider(entrance: Entrance) -> None:
    name = vouched(entrance, identity("1", "administrator"))
    for password in ("", PASSWORD, "nobody has this password"):
        with pytest.raises(SignInError):
            entrance.accounts.sign_in(name, password)


def test_two_issuers_may_name_their_people_alike(entrance: Entrance) -> None:
    other = Identity("https://other.example", "1", "Ana", frozenset({"reader"}), frozenset())
    assert vouched(entrance, identity("1", "reader")) != vouched(entrance, other)
    assert len(entrance.accounts.all()) == 3


def test_it_is_the_same_on_postgresql(postgresql_url: str, schema: Schema) -> None:
    clock = MovedClock()
    ledger = Ledger(postgresql_url, schema, clock)
    entrance = Entrance(ledger, clock, Doorkeeper(ledger, clock, hasher=CHEAP))
    name = vouched(entrance, identity("1", "reader"))
    secret, _ = entrance.tokens.issue(entrance.accounts.get(name), timedelta(days=300))
    assert vouched(entrance, identity("1", "auditor")) == name
    assert entrance.tokens.principal(secret).roles == {"auditor"}
    clock.move(DAY)
    with pytest.raises(TokenError):
        entrance.tokens.principal(secret)
    ledger.close()
