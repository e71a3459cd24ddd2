"""Investments change places of a file: set, added to, multiplied, as often as they are bought."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from simulate.optimise.errors import InvestmentError
from simulate.optimise.parameters import Alteration, altered

BASE: dict[str, Any] = {
    "operators": 2,
    "stages": [{"name": "A", "machines": 1, "time": {"mean": 6.0}}, {"name": "B", "machines": 2}],
}


def _altered(place: str, change: object, many: int = 1) -> dict[str, Any]:
    return altered(BASE, [({place: Alteration.model_validate(change)}, many)])


def test_places_are_found_by_key_by_name_and_by_number() -> None:
    assert _altered("operators", {"add": 1})["operators"] == 3
    assert _altered("stages/A/machines", {"add": 1}, 2)["stages"][0]["machines"] == 3
    assert _altered("stages/1/machines", 7)["stages"][1]["machines"] == 7
    assert _altered("stages/A/time/mean", {"times": 0.5}, 2)["stages"][0]["time"]["mean"] == 1.5
    assert BASE["operators"] == 2
    assert BASE["stages"][0]["machines"] == 1


def test_whole_numbers_stay_whole_where_they_can() -> None:
    assert isinstance(_altered("operators", {"add": 1})["operators"], int)
    assert _altered("operators", {"times": 1.25})["operators"] == 2.5


def test_a_duration_keeps_its_unit() -> None:
    content = {"repair": {"mean": "90 min"}}
    half = Alteration(times=0.5)
    assert altered(content, [({"repair/mean": half}, 2)]) == {"repair": {"mean": "22.5 min"}}
    with pytest.raises(InvestmentError, match="no number"):
        altered(content, [({"repair/mean": Alteration(add=5.0)}, 1)])


def test_what_is_not_bought_changes_nothing_and_several_purchases_add_up() -> None:
    assert _altered("operators", {"add": 1}, 0) == BASE
    one, other = Alteration(add=1.0), Alteration(times=2.0)
    assert altered(BASE, [({"operators": one}, 2), ({"operators": other}, 1)])["operators"] == 8


def test_a_new_value_may_stand_where_nothing_was() -> None:
    assert _altered("items/one/never_fails", True)["items"] == {"one": {"never_fails": True}}


@pytest.mark.parametrize(
    ("place", "change", "seen"),
    [
        ("stages/C/machines", {"add": 1}, "there is no 'C'"),
        ("stages/7", 1, "there is no '7'"),
        ("people", {"add": 1}, "there is no number at people"),
        ("stages", {"add": 1}, "there is no number"),
        ("operators/deep/deeper", {"set": 1}, "'operators' has no parts"),
    ],
)
def test_places_that_are_not_there_are_refused(place: str, change: object, seen: str) -> None:
    with pytest.raises(InvestmentError, match=seen) as refused:
        _altered(place, change)
    assert refused.value.where == place


@pytest.mark.parametrize("change", [{}, {"add": 1, "times": 2}, {"minus": 1}, {"add": float("nan")}])
def test_a_change_is_exactly_one_word(change: object) -> None:
    with pytest.raises(ValidationError):
        Alteration.model_validate(change)
