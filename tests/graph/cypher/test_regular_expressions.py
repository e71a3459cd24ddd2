"""Patterns that may take exponential time are told from those that people write."""

from __future__ import annotations

import re

import pytest

from graph.cypher.regular_expressions import is_explosive, is_too_much


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a*)*",
        "(.*)*x",
        "([a-z]+)*",
        "(a|aa)+",
        "(a|a)*$",
        "(?:x+y?)+z",
        "((ab)*c*)+",
        "(.+)+",
        "(a?b*)*",
        "(?=(a+)+)b",
    ],
)
def test_a_repetition_of_what_repeats_is_explosive(pattern: str) -> None:
    assert is_explosive(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        ".*",
        "srv-.*",
        "(?i)srv-[0-9]+",
        "srv-\\d{2,4}(-\\w+)?",
        "(a|b)+",
        "(prod|test)-.*",
        "a+b+c+",
        "^x*$",
        "(ab)+",
        "[a-z]+@[a-z.]+",
        "(a{3})+",
        "",
        "x|y|z",
        "(?:ab|cd)*e",
    ],
)
def test_ordinary_patterns_are_not(pattern: str) -> None:
    assert not is_explosive(pattern)


def test_what_is_no_pattern_is_not_judged() -> None:
    with pytest.raises(re.error):
        is_explosive("(")


def test_many_repetitions_are_too_much_for_a_long_text_only() -> None:
    assert not is_too_much(".*a.*b.*", 300)
    assert not is_too_much(".*.*.*.*", 50)
    assert is_too_much(".*.*.*.*.*", 1_000)
    assert is_too_much("a" * 1_001, 1)
    assert is_too_much("(a+)+$", 30)
