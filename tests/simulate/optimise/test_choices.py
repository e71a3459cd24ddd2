"""What a budget pays: every configuration once, none that is excluded or too dear."""

from __future__ import annotations

from itertools import islice, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate.optimise.choices import Choices, Investment
from simulate.optimise.errors import InvestmentError

costs = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 3)), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(costs, st.integers(0, 20), st.booleans())
def test_what_is_feasible_is_what_the_budget_pays_and_nothing_forbids(
    costs: list[tuple[int, int]], budget: int, excluding: bool
) -> None:
    groups = (frozenset({0, len(costs) - 1}),) if excluding and len(costs) > 1 else ()
    choices = Choices(tuple(Investment(f"i{at}", float(cost), most) for at, (cost, most) in enumerate(costs)), groups)
    expected = {
        many
        for many in product(*(range(most + 1) for _, most in costs))
        if sum(number * cost for number, (cost, _) in zip(many, costs, strict=True)) <= budget
        and not any(sum(many[at] > 0 for at in group) > 1 for group in groups)
    }
    found = list(choices.feasible(float(budget)))
    assert found[0] == choices.base
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert all(choices.excess(one) == 0 for one in found)


def test_very_many_are_found_one_by_one() -> None:
    choices = Choices(tuple(Investment(f"i{at}", 1.0, 50) for at in range(40)))
    assert len(list(islice(choices.feasible(1e9), 5_001))) == 5_001


def test_a_cost_that_is_no_round_number_still_fits_its_own_sum() -> None:
    assert (3,) in Choices((Investment("i", 0.1, 3),)).feasible(0.1 + 0.1 + 0.1)
    assert (3,) in Choices((Investment("i", 0.1, 3),)).feasible(0.3)


def test_purchases_are_named() -> None:
    choices = Choices((Investment("machine", 5.0, 2), Investment("operator", 3.0)))
    assert [choices.name_of(one) for one in ((0, 0), (1, 0), (2, 1))] == ["base", "machine", "2 x machine + operator"]
    assert choices.cost((2, 1)) == 13.0


@pytest.mark.parametrize(
    ("investments", "exclusions", "where"),
    [
        ((), (), "investments"),
        ((Investment("a", -1.0),), (), "investments.a"),
        ((Investment("a", float("nan")),), (), "investments.a"),
        ((Investment("a", 1.0, 0),), (), "investments.a"),
        ((Investment("a", 1.0), Investment("a", 2.0)), (), "investments.a"),
        ((Investment("a", 1.0),), (frozenset({0}),), "exclusions"),
        ((Investment("a", 1.0),), (frozenset({0, 3}),), "exclusions"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_stands(
    investments: tuple[Investment, ...], exclusions: tuple[frozenset[int], ...], where: str
) -> None:
    with pytest.raises(InvestmentError) as refused:
        Choices(investments, exclusions)
    assert refused.value.where == where
