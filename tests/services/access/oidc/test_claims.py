"""What claims are worth: by the table of the settings, and nothing by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import ConfigurationError
from services.access.kind_rights import in_order
from services.access.oidc.claims import ClaimMapping
from tests.services.access.oidc.tokens import ISSUER, settings

MAPPED: dict[str, Any] = {
    "roles_claim": "groups",
    "roles": {"it-operators": ["operator"], "it-all": ["reader", "owner"]},
    "perimeters_claim": "teams",
    "perimeters": {"pay": ["Payments", "Cards"]},
    "whole_estate": ["cio"],
}


def mapping(**changes: Any) -> ClaimMapping:
    return ClaimMapping(settings(**MAPPED | changes))


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        (["it-operators"], {"operator"}),
        (["it-operators", "it-all", "unknown"], {"operator", "reader", "owner"}),
        ("it-operators", {"operator"}),
        (["administrator", "IT-OPERATORS", " it-operators"], set()),
        ("it-operators it-all", set()),
        ({"it-operators": True}, set()),
        ([["it-operators"], 7, None], set()),
        (None, set()),
    ],
)
def test_roles_come_from_values_that_are_mapped(groups: object, roles: set[str]) -> None:
    identity = mapping().identity({"sub": "1", "groups": groups})
    assert (identity.issuer, identity.subject) == (ISSUER, "1")
    assert identity.roles == roles


@pytest.mark.parametrize(
    ("teams", "by_name", "perimeters"),
    [
        (["pay"], False, {"Payments", "Cards"}),
        (["pay", "Trading"], False, {"Payments", "Cards"}),
        (["pay", "Trading", "*"], True, {"Payments", "Cards", "Trading"}),
        (["pay", "cio"], False, None),
        ([], True, set()),
        (None, True, set()),
    ],
)
def test_perimeters_come_from_values_that_are_mapped_or_where_it_is_said_by_name(
    teams: object, by_name: bool, perimeters: set[str] | None
) -> None:
    assert mapping(perimeters_by_name=by_name).identity({"sub": "1", "teams": teams}).perimeters == perimeters


def test_without_a_claim_for_perimeters_somebody_sees_what_is_public() -> None:
    bare = ClaimMapping(settings(roles_claim="groups", roles={"a": ["reader"]}))
    assert bare.identity({"sub": "1", "groups": "a", "teams": ["cio"]}).perimeters == frozenset()


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["it-all"]}}),
        ("https://bank.example/roles", {"https://bank.example/roles": ["it-all"]}),
        ("a.b", {"a.b": ["it-all"], "a": {"b": ["it-operators"]}}),
    ],
)
def test_a_claim_is_found_by_its_name_and_then_by_its_path(name: str, claims: dict[str, Any]) -> None:
    assert mapping(roles_claim=name).identity({"sub": "1", **claims}).roles == {"reader", "owner"}
    assert mapping(roles_claim=name).identity({"sub": "1", "realm_access": "text", "a": []}).roles == set()


def test_a_role_that_there_is_not_is_no_setting() -> None:
    with pytest.raises(ConfigurationError, match="no role 'raeder'") as refused:
        mapping(roles={"x": ["raeder"]})
    assert "reader" in str(refused.value.hint)


def test_names_are_readable_and_nobody_comes_to_anothers() -> None:
    def name(subject: str, called: object, **changes: Any) -> str:
        return mapping(**changes).identity({"sub": subject, "preferred_username": called}).name

    assert name("1", "Ana.B@bank.example").startswith("oidc:ana.b@bank.example-")
    assert len({name("1", "ana"), name("2", "ana"), name("1", "ana", issuer=ISSUER + "/other")}) == 3
    assert name("1", "ana\n'; DROP").startswith("oidc:anadrop-")
    assert len(name("1", "x" * 500)) == 5 + 40 + 1 + 16
    assert name("1", "ana", name_claim="") == name("1", None) == name("1", ["ana"])


@pytest.mark.parametrize(
    ("value", "reads", "changes"),
    [
        ("security", [["Vulnerability", "reference"]], [[]]),
        ("apps", [["configuration_items"]], [["BusinessApplication"]]),
        (["apps", "security"], [["Vulnerability", "configuration_items", "reference"]], [["BusinessApplication"]]),
        ("unknown", [[]], [[]]),
        (None, [[]], [[]]),
        (["unknown", "boss"], [], []),
    ],
)
def test_kinds_come_from_values_that_are_mapped_and_an_unknown_one_gives_none(
    value: object, reads: list[list[str]], changes: list[list[str]]
) -> None:
    tables = {
        "reads": {"security": ["Vulnerability", "reference"], "apps": ["configuration_items"]},
        "changes": {"apps": ["BusinessApplication"]},
    }
    found = mapping(kinds_claim="duty", every_kind=["boss"], **tables).identity({"sub": "1", "duty": value})
    assert (in_order(found.reads), in_order(found.changes)) == (reads, changes)


def test_what_has_no_table_is_not_limited_and_tables_need_a_claim() -> None:
    only_changes = mapping(kinds_claim="duty", changes={"apps": ["Team"]}).identity({"sub": "1", "duty": "apps"})
    assert (in_order(only_changes.reads), in_order(only_changes.changes)) == ([], [["Team"]])
    assert mapping().identity({"sub": "1"}).principal().reads == frozenset()
    with pytest.raises(ValueError, match="kinds_claim"):
        settings(**MAPPED, reads={"apps": ["Team"]})
