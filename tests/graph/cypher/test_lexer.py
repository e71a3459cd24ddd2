"""Tokens: what they are, where they stand, and which signs are refused."""

from __future__ import annotations

import pytest

from graph.cypher.diagnostics import CypherSyntaxError
from graph.cypher.lexer import tokenize


def kinds(text: str) -> list[str]:
    return [token.kind for token in tokenize(text)[:-1]]


def values(text: str) -> list[str]:
    return [token.value for token in tokenize(text)[:-1]]


def test_blanks_and_comments_leave_no_token() -> None:
    assert values("a // to the end of the line\n /* across\nlines */ b") == ["a", "b"]


def test_two_dots_after_an_integer_are_a_range_and_no_decimal_point() -> None:
    assert kinds("1..3") == ["integer", "..", "integer"]
    assert kinds("1.5 .5 1e3 1.5E-3") == ["float"] * 4


def test_integers_are_decimal_hexadecimal_or_octal() -> None:
    assert kinds("10 0x1F 0o17") == ["integer"] * 3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"'it\'s'", "it's"),
        (r'"say \"no\""', 'say "no"'),
        (r"'tab\tnew\nline'", "tab\tnew\nline"),
        (r"'\u00e9t\U000000e9'", "été"),
        (r"'\ud83d\ude00'", "\U0001f600"),
        (r"'back\\slash'", "back\\slash"),
        ("'two\nlines'", "two\nlines"),
    ],
)
def test_escapes_of_strings_are_undone(text: str, value: str) -> None:
    assert values(text) == [value]


def test_names_in_backticks_may_hold_anything_and_are_never_keywords() -> None:
    token = tokenize("`MATCH ``me```")[0]
    assert (token.value, token.word) == ("MATCH `me`", "")


def test_parameters_have_plain_or_quoted_names_or_numbers() -> None:
    assert values("$a $`b c` $1") == ["a", "b c", "1"]


def test_keywords_compare_without_regard_to_case() -> None:
    assert [token.word for token in tokenize("match Return")[:-1]] == ["MATCH", "RETURN"]


def test_every_token_knows_where_it_stands() -> None:
    text = "MATCH (n)  RETURN 'a'"
    assert [text[token.start : token.end] for token in tokenize(text)[:-1]] == ["MATCH", "(", "n", ")", "RETURN", "'a'"]


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        pytest.param("RETURN 'abc", 8, "a closing '", id="string left open"),
        pytest.param('RETURN "abc', 8, 'a closing "', id="double-quoted string left open"),
        pytest.param("RETURN `abc", 8, "a closing `", id="name left open"),
        pytest.param("RETURN 1 /* abc", 10, "a closing */", id="comment left open"),
        pytest.param("RETURN $", 8, "a name after $", id="parameter without name"),
        pytest.param("RETURN ``", 8, "a name", id="empty name"),
        pytest.param(r"RETURN 'a\q'", 10, r"\\", id="unknown escape"),
        pytest.param(r"RETURN '\ud800'", 9, r"\\", id="half a surrogate pair"),
    ],
)
def test_what_is_broken_is_refused_where_it_begins(text: str, column: int, expected: str) -> None:
    with pytest.raises(CypherSyntaxError) as caught:
        tokenize(text)
    assert caught.value.diagnostic.column == column
    assert expected in caught.value.diagnostic.expected


@pytest.mark.parametrize("text", ["RETURN 12abc", "RETURN 0xZZ", "RETURN 1e", "RETURN 1_000"])
def test_a_number_runs_into_no_name(text: str) -> None:
    with pytest.raises(CypherSyntaxError, match="is not a number"):
        tokenize(text)


def test_a_foreign_sign_is_named_with_its_code_point() -> None:
    with pytest.raises(CypherSyntaxError, match=r"U\+00A7"):
        tokenize("RETURN §")


def test_a_long_unclosed_string_is_refused_in_linear_time() -> None:
    with pytest.raises(CypherSyntaxError):
        tokenize("RETURN '" + "\\'" * 40_000)
