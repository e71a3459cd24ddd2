"""Nothing that a person wrote reaches a text but as a parameter or inside a string that is escaped."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UnsupportedConstructError
from graph.backends.tigergraph.checker import Catalog, check
from graph.backends.tigergraph.checker.tokens import Sort, tokens_of
from graph.backends.tigergraph.compiler import GsqlCompiler
from graph.cypher.diagnostics import CypherError
from graph.cypher.prepare import prepare
from graph.cypher.quoting import quote_name, quote_string, quote_variable
from graph.schema.load import load_schema
from graph.schema.model import Schema

NASTY = [
    '"; DROP GRAPH cmdb; //',
    "'); } CREATE QUERY q() { PRINT 1; }",
    '\\" OR 1 == 1',
    "\\",
    "a\\",
    '"',
    "*/ PRINT 1; /*",
    "@@vertices",
    "${x}",
    "SELECT",
    "é ' 日本",
    "x -> y",
    "#",
]
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=30))
NAMES = st.one_of(st.sampled_from(NASTY), st.text(min_size=1, max_size=20))

SLOW = settings(max_examples=60, deadline=None)


def strings(text: str) -> list[str]:
    """The string constants of a text, read back."""
    return [t.text[1:-1].replace('\\"', '"').replace("\\\\", "\\") for t in tokens_of(text) if t.sort is Sort.STRING]


def skeleton(text: str) -> list[str]:
    """The tokens of a text without what its strings hold."""
    return ['""' if token.sort is Sort.STRING else token.text for token in tokens_of(text)]


SCHEMA = load_schema("it_estate")
CATALOG = Catalog.of(SCHEMA)


@SLOW
@given(TEXTS)
def test_a_string_stands_escaped_in_one_token(value: str) -> None:
    def compiled(written: str) -> str:
        text = f"MATCH (n:Team) WHERE n.name = {quote_string(written)} OR n.name CONTAINS {quote_string(written)} RETURN n.id"
        return GsqlCompiler(prepare(text, SCHEMA), SCHEMA).text()

    try:
        found = compiled(value)
    except UnsupportedConstructError as refusal:
        assert not value.isprintable()
        assert refusal.details["construct"] == "string"  # noqa: PT017
        return
    assert check(found, CATALOG) is None
    wanted = [value if string == "plain" else string for string in strings(compiled("plain"))]
    assert strings(found) == wanted
    assert skeleton(found) == skeleton(compiled("plain"))


@SLOW
@given(NAMES, NAMES, NAMES)
def test_names_of_variables_columns_and_parameters_never_reach_a_text(
    variable: str, column: str, parameter: str
) -> None:
    def compiled(variable: str, column: str, parameter: str) -> str:
        text = (
            f"MATCH ({quote_variable(variable)}:Team) WHERE {quote_variable(variable)}.name = ${quote_name(parameter)} "
            f"WITH {quote_variable(variable)}.id AS {quote_variable(column)} RETURN {quote_variable(column)}"
        )
        return GsqlCompiler(prepare(text, SCHEMA), SCHEMA).compile({parameter: "x"}).text

    try:
        found = compiled(variable, column, parameter)
    except CypherError:
        return  # the front end has its own tests of what may be a name
    assert check(found, CATALOG) is None
    new = set(skeleton(found)) - set(skeleton(compiled("v", "c", "p")))
    assert [token for token in new if not re.fullmatch(r"@{0,2}[A-Za-z][A-Za-z0-9_]*", token)] == []


@pytest.mark.parametrize("value", NASTY)
def test_a_hostile_parameter_is_a_value_and_no_text(value: str, schema: Schema, gsql: Callable[[str], str]) -> None:
    text = "MATCH (n:Team) WHERE n.name = $name RETURN n.id"
    statement = GsqlCompiler(prepare(text, schema), schema, name="tested").compile({"name": value})
    assert statement.text == gsql(text)
    assert statement.parameters == {"p_name": value}


def test_a_string_with_a_line_end_is_refused(schema: Schema) -> None:
    bound = prepare("MATCH (n:Team) WHERE n.name = 'a\\nb' RETURN n.id", schema)
    with pytest.raises(UnsupportedConstructError, match="control characters"):
        GsqlCompiler(bound, schema).text()
