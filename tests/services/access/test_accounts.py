"""Local accounts: no default one, no password in clear, and always an administrator."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.errors import NotFoundError, UsageError
from core.principal import Principal
from services.access.accounts import SignInError
from services.access.attempts import TooManyAttemptsError
from tests.services.access.conftest import PASSWORD, Entrance


def test_an_account_signs_in_with_its_password_and_is_somebody(entrance: Entrance) -> None:
    entrance.accounts.create("ana", PASSWORD, ["reader", "auditor"], ["Payments"], by="root")
    principal = entrance.accounts.sign_in("ana", PASSWORD).principal
    assert principal == Principal("ana", frozenset({"reader", "auditor"}), frozenset({"Payments"}))


@pytest.mark.parametrize(("name", "password"), [("root", "wrong password here"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_name_and_a_wrong_password_are_refused_alike(entrance: Entrance, name: str, password: str) -> None:
    with pytest.raises(SignInError) as refused:
        entrance.accounts.sign_in(name, password)
    assert refused.value.seen == "no account has this name and this password"


def test_a_disabled_account_is_refused_like_a_wrong_password(entrance: Entrance) -> None:
    entrance.accounts.create("ana", PASSWORD, ["reader"], [], by="root")
    entrance.accounts.change("ana", enabled=False)
    with pytest.raises(SignInError):
        entrance.accounts.sign_in("ana", PASSWORD)


def test_passwords_are_kept_as_argon2_only(entrance: Entrance) -> None:
    with entrance.ledger.reading() as connection:
        (kept,) = connection.execute(text("SELECT password FROM account")).scalars()
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


def test_a_changed_password_replaces_the_old_one(entrance: Entrance) -> None:
    entrance.accounts.change("root", password="another long password")
    with pytest.raises(SignInError):
        entrance.accounts.sign_in("root", PASSWORD)
    assert entrance.accounts.sign_in("root", "another long password").name == "root"


@pytest.mark.parametrize(
    ("name", "password", "roles", "seen"),
    [
        ("root", PASSWORD, ["reader"], "there is an account"),
        ("A B", PASSWORD, ["reader"], "is no name"),
        pytest.param("local", PASSWORD, ["reader"], "is no name", id="the operator of the machine"),
        pytest.param("nobody", PASSWORD, ["reader"], "is no name", id="who has not said who asks"),
        ("ana", "short", ["reader"], "12 characters"),
        ("ana", PASSWORD, ["raeder"], "no role"),
    ],
)
def test_what_makes_no_account_is_refused(
    entrance: Entrance, name: str, password: str, roles: list[str], seen: str
) -> None:
    with pytest.raises(UsageError, match=seen):
        entrance.accounts.create(name, password, roles, [], by="root")
    assert [account.name for account in entrance.accounts.all()] == ["root"]


def test_the_last_administrator_cannot_be_taken_away(entrance: Entrance) -> None:
    for change in ({"enabled": False}, {"roles": ["reader"]}):
        with pytest.raises(UsageError, match="last administrator"):
            entrance.accounts.change("root", **change)
        assert entrance.accounts.get("root").enabled
    entrance.accounts.create("ana", PASSWORD, ["administrator"], None, by="root")
    assert not entrance.accounts.change("root", enabled=False).enabled


def test_an_unknown_account_is_named_with_the_nearest_one(entrance: Entrance) -> None:
    with pytest.raises(NotFoundError) as refused:
        entrance.accounts.get("rot")
    assert "root" in str(refused.value.hint)


def test_after_five_failures_a_name_waits_and_others_do_not(entrance: Entrance) -> None:
    keeper = entrance.keeper
    entrance.accounts.create("ana", PASSWORD, ["reader"], [], by="root")
    for _ in range(5):
        with pytest.raises(SignInError):
            keeper.sign_in("ana", "wrong password here")
    with pytest.raises(TooManyAttemptsError) as refused:
        keeper.sign_in("ana", PASSWORD)
    assert 0 < refused.value.details["retry_after_s"] <= 301
    assert keeper.sign_in("root", PASSWORD)[1].account == "root"
    entrance.clock.move(timedelta(minutes=5))
    assert keeper.sign_in("ana", PASSWORD)[1].account == "ana"
