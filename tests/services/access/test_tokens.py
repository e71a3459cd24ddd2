"""Tokens stand for accounts: for a while, with no more rights, and without their secret being kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.errors import NotFoundError, UsageError
from core.principal import LOCAL_OPERATOR
from services.access.doorkeeper import UnauthenticatedError
from services.access.rights import RIGHTS, Action, ForbiddenError, Role, allowed, require
from services.access.tokens import TokenError
from tests.services.access.conftest import PASSWORD, Entrance


@pytest.fixture
def ana(entrance: Entrance) -> str:
    """The secret of a token of an account that may apply branches, within one perimeter."""
    made = entrance.accounts.create("ana", PASSWORD, ["change_manager"], ["Payments", "Cards"], by="root")
    return entrance.tokens.issue(made, timedelta(hours=1), note="test")[0]


def test_a_token_is_its_account(entrance: Entrance, ana: str) -> None:
    principal = entrance.keeper.admit(f"Bearer {ana}")
    assert (principal.id, principal.perimeters) == ("ana", frozenset({"Payments", "Cards"}))
    assert allowed(principal) == RIGHTS[Role.CHANGE_MANAGER]
    assert entrance.keeper.admit(f"bearer  {ana} ") == principal


def test_a_scope_takes_rights_away_and_gives_none(entrance: Entrance, ana: str) -> None:
    account = entrance.accounts.get("ana")
    wanted = ["read", "accounts"]
    secret, _ = entrance.tokens.issue(account, timedelta(hours=1), actions=wanted, perimeters=["Cards", "Trading"])
    principal = entrance.tokens.principal(secret)
    assert allowed(principal) == {Action.READ}
    assert principal.perimeters == frozenset({"Cards"})
    for action in (Action.APPLY, Action.ACCOUNTS):
        with pytest.raises(ForbiddenError):
            require(principal, action)


def test_what_the_account_loses_its_tokens_lose(entrance: Entrance, ana: str) -> None:
    entrance.accounts.change("ana", roles=["reader"], perimeters=["Cards"])
    principal = entrance.tokens.principal(ana)
    assert allowed(principal) == RIGHTS[Role.READER]
    assert principal.perimeters == frozenset({"Cards"})
    entrance.accounts.change("ana", enabled=False)
    with pytest.raises(TokenError, match="may not sign in"):
        entrance.tokens.principal(ana)


def test_an_expired_token_is_refused(entrance: Entrance, ana: str) -> None:
    entrance.clock.move(timedelta(minutes=59))
    assert entrance.tokens.principal(ana).id == "ana"
    entrance.clock.move(timedelta(minutes=1))
    with pytest.raises(TokenError, match="expired"):
        entrance.tokens.principal(ana)


def test_a_revoked_token_is_refused_at_once_and_by_its_owner_only(entrance: Entrance, ana: str) -> None:
    (listed,) = entrance.tokens.all("ana")
    with pytest.raises(NotFoundError):
        entrance.tokens.revoke(listed.id, account="root")
    revoked = entrance.tokens.revoke(listed.id)
    assert entrance.tokens.revoke(listed.id).revoked_at == revoked.revoked_at
    with pytest.raises(TokenError, match="revoked"):
        entrance.tokens.principal(ana)


def test_secrets_are_neither_kept_nor_listed(entrance: Entrance, ana: str) -> None:
    with entrance.ledger.reading() as connection:
        kept = str(connection.execute(text("SELECT * FROM access_token")).all())
    for shown in (kept, str(entrance.tokens.all()), repr(entrance.tokens.all()[0])):
        assert ana.removeprefix("jmo_") not in shown


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic cm9vdDpyb290",
        "Bearer jmo_",
        "Bearer null",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Bearer \x00é",
    ],
)
def test_what_is_no_token_is_refused(entrance: Entrance, header: str | None) -> None:
    with pytest.raises((UnauthenticatedError, TokenError)):
        entrance.keeper.admit(header)


def test_a_token_with_one_character_changed_is_none(entrance: Entrance, ana: str) -> None:
    for at in (0, 10, len(ana) - 1):
        forged = ana[:at] + ("A" if ana[at] != "A" else "B") + ana[at + 1 :]
        with pytest.raises(TokenError):
            entrance.tokens.principal(forged)


def test_commands_on_the_machine_show_their_own_key(entrance: Entrance) -> None:
    assert entrance.keeper.admit("Bearer local") == LOCAL_OPERATOR
    assert not LOCAL_OPERATOR.restricted  # from whom nothing is hidden, to go through
    assert allowed(LOCAL_OPERATOR) == set(Action) - {Action.IMPACT_THROUGH}


@pytest.mark.parametrize("lasting", [timedelta(0), timedelta(days=-1), timedelta(days=400)])
def test_a_token_lasts_some_time_and_not_for_ever(entrance: Entrance, lasting: timedelta) -> None:
    with pytest.raises(UsageError):
        entrance.tokens.issue(entrance.accounts.get("root"), lasting)


def test_an_unknown_action_is_refused_with_the_nearest_one(entrance: Entrance) -> None:
    with pytest.raises(UsageError) as refused:
        entrance.tokens.issue(entrance.accounts.get("root"), timedelta(hours=1), actions=["raed"])
    assert "read" in str(refused.value.hint)


def test_no_role_but_the_data_protection_officers_looks_behind_pseudonyms() -> None:
    assert [role for role, actions in RIGHTS.items() if Action.REVEAL in actions] == [Role.DATA_PROTECTION_OFFICER]
    assert set(RIGHTS) == set(Role)
