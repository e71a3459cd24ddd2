"""Names that stand for kinds: kinds, generics and categories; lists of them narrow one another."""

from __future__ import annotations

import pytest

from core.errors import UsageError
from core.principal import NOBODY, Principal, Sight
from graph.schema.load import load_schema
from graph.schema.model import Schema
from graph.schema.named_kinds import changeable, checked_kinds, kinds_in, kinds_named, sight_of


@pytest.fixture(scope="module")
def schema() -> Schema:
    return load_schema("it_estate")


def test_a_name_stands_for_a_kind_for_all_below_a_generic_or_for_a_category(schema: Schema) -> None:
    assert kinds_named(schema, ["Incident"]) == {"Incident"}
    assert kinds_named(schema, ["Server"]) == set(schema.descendants["Server"]) > {"VirtualMachine"}
    operations = kinds_named(schema, ["operations"])
    assert {"Incident", "Change"} <= operations
    assert {schema.kinds[kind].category for kind in operations} == {"operations"}
    assert kinds_named(schema, ["Incident", "Team"]) == {"Incident", "Team"}


def test_a_name_that_the_schema_has_not_is_refused_where_it_is_given_and_stands_for_nothing(schema: Schema) -> None:
    with pytest.raises(UsageError, match="Incidnet") as caught:
        checked_kinds(schema, ["Incidnet"])
    assert "Incident" in (caught.value.hint or "")
    assert kinds_named(schema, ["Incidnet", "Team"]) == {"Team"}
    assert checked_kinds(schema, None) is None


def test_lists_narrow_one_another_and_none_is_no_limit(schema: Schema) -> None:
    assert kinds_in(schema, frozenset()) is None
    both = frozenset({frozenset({"Server", "Team"}), frozenset({"configuration_items"})})
    assert kinds_in(schema, both) == frozenset(schema.descendants["Server"])
    assert kinds_in(schema, frozenset({frozenset()})) == frozenset()


def test_what_is_changed_is_read(schema: Schema) -> None:
    whole = Principal("ana", perimeters=None)
    assert changeable(whole, schema) is None
    assert changeable(whole.of_kinds(changes=["Team"]), schema) == frozenset({"Team"})
    assert changeable(whole.of_kinds(["Team", "Incident"]), schema) == frozenset({"Team", "Incident"})
    assert changeable(whole.of_kinds(["Team"], ["Team", "Incident"]), schema) == frozenset({"Team"})


def test_what_somebody_sees_is_their_perimeters_and_the_kinds_that_they_read(schema: Schema) -> None:
    whole = Principal("ana", perimeters=None)
    assert sight_of(whole, schema) is None
    assert sight_of(whole.of_kinds(changes=["Team"]), schema) is None
    assert sight_of(NOBODY, schema) == Sight(("*",))
    assert sight_of(whole.of_kinds(["Team"]), schema) == Sight(None, frozenset({"Team"}))
    assert sight_of(whole.narrowed(["P"]).of_kinds(["Team"]), schema) == Sight(("*", "P"), frozenset({"Team"}))


@pytest.mark.parametrize(
    ("sight", "kind", "perimeters", "shown"),
    [
        (Sight(("*", "P")), "Team", ("P",), True),
        (Sight(("*", "P")), "Team", ("Q",), False),
        (Sight(None, frozenset({"Team"})), "Team", (), True),
        (Sight(None, frozenset({"Team"})), "Incident", ("*",), False),
        (Sight(("*", "P"), frozenset({"Team"})), "Team", ("Q",), False),
        (Sight(None, frozenset()), "Team", ("*",), False),
    ],
)
def test_an_element_is_shown_in_a_perimeter_and_of_a_kind_that_is_seen(
    sight: Sight, kind: str, perimeters: tuple[str, ...], shown: bool
) -> None:
    assert sight.shows(kind, perimeters) is shown


def test_whoever_sees_less_in_both_respects_sees_no_more() -> None:
    wide, narrow = Sight(("*", "P"), frozenset({"A", "B"})), Sight(("*",), frozenset({"A"}))
    assert narrow.within(wide)
    assert not wide.within(narrow)
    assert wide.within(None)
    assert not Sight(None, frozenset({"A"})).within(wide)
    assert not Sight(("*", "P")).within(wide)
