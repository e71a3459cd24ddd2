"""Nothing that the corpus tries writes, reads outside, or crashes; each case has the outcome that is written down."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from cli.asking import Asking as Commands
from cli.console import Console
from cli.output import Output
from tests.api.apps import create_app
from tests.conftest import NIGHTLY
from tests.security.injection.conftest import SECRET, Listener, Target
from tests.security.injection.corpus import Case, Places, cases

CASES = cases()
LEAST_CASES = 150
REFUSALS = {"NOT_READ_ONLY", "SYNTAX", "TOO_LARGE", "UNKNOWN_KIND", "UNKNOWN_PROPERTY", "UNKNOWN_FUNCTION"}
CYPHER = "query($query: String!, $parameters: JSON) { cypher(query: $query, parameters: $parameters) }"
FILTER = "query($filter: ServerFilter) { servers(filter: $filter) { count nodes { name } } }"
VALUES = (
    "' OR 1=1 //",
    '" OR ""="',
    "') DETACH DELETE n //",
    "x'}) DETACH DELETE n //",
    "x`}) SET n.name = 'x' //",
    "\\' OR true //",
    "\\u0027 OR true //",
    "\u0000",
    "\u001b[2J",
    "'; DROP TABLE Node_configuration_items; --",
    "${jndi:ldap://127.0.0.1/x}",
    "{{7*7}}",
    "%s%s%n",
    "$name",
    "*",
    ".*",
    "_",
    "%",
    "\u202e",
    "x" * 100_000,
)


def at_doors(target: Target) -> list[Case]:
    """The cases that every door is tried with: all of them in memory, elsewhere those that reach the backend.

    What the front end refuses never does; `make nightly` tries everything everywhere.
    """
    if target.name == "networkx" or NIGHTLY:
        return CASES
    return [case for case in CASES if case.outcomes.get(target.name, case.outcomes[""]).get("code") not in REFUSALS]


def test_the_corpus_is_large_and_has_no_case_twice() -> None:
    assert len(CASES) >= LEAST_CASES
    assert len({(case.query, str(case.parameters)) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_has_its_outcome(case: Case, target: Target, places: Places) -> None:
    assert target.cypher(case.text(places), case.values()) == case.outcome(target.name, places)


def test_the_door_of_graphql_gives_the_same_outcomes(target: Target, places: Places) -> None:
    for case in at_doors(target):
        variables = {"query": case.text(places), "parameters": case.values()}
        result = target.asking.schema.execute_sync(CYPHER, variables)
        code, rows = case.outcome(target.name, places)
        if code is not None:
            assert [(error.extensions or {})["code"] for error in result.errors or ()] == [code], case.query
        else:
            assert result.errors is None, (case.query, result.errors)
            assert (result.data or {})["cypher"]["rows"] == rows, case.query


@pytest.mark.parametrize("operator", ["eq", "contains", "startsWith", "in"])
def test_values_of_graphql_filters_are_values(operator: str, target: Target) -> None:
    for value in VALUES:
        condition = {"name": {operator: [value] if operator == "in" else value}}
        result = target.asking.schema.execute_sync(FILTER, {"filter": condition})
        assert result.errors is None, (value, result.errors)
        assert (result.data or {})["servers"] == {"count": 0, "nodes": []}, value


def test_names_in_graphql_are_those_of_the_schema(target: Target) -> None:
    for field in ("name`", "name) DETACH DELETE n //", "_kind", "__proto__", "labels"):
        text = f"{{ servers {{ nodes {{ {field} }} }} }}"
        assert target.asking.schema.execute_sync(text).errors
    result = target.asking.schema.execute_sync(FILTER, {"filter": {"name` = 1 OR `": {"eq": "x"}}})
    assert result.errors
    assert target.asking.schema.execute_sync("mutation { delete }").errors


def test_the_door_of_rest_gives_the_same_outcomes_as_json(target: Target, places: Places) -> None:
    tried = at_doors(target)
    bodies = [{"query": case.text(places), "parameters": case.values()} for case in tried]

    async def everything() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=create_app(target.asking.twin, follow=False), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return [await client.post("/api/query", json=body) for body in bodies]

    for case, answer in zip(tried, asyncio.run(everything()), strict=True):
        code, rows = case.outcome(target.name, places)
        content: dict[str, Any] = answer.json()
        if code is not None:
            assert answer.status_code >= 400, case.query
            assert content["error"]["code"] == code, case.query
        else:
            assert content["rows"] == rows, case.query
        assert SECRET not in answer.text


def test_the_console_tells_every_refusal_and_goes_on(
    target: Target, places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    services = target.asking.services
    commands = Commands(
        lambda text, parameters: services.queries.cypher(text, parameters).to_dict(),
        lambda name, parameters: services.catalogue.run(name, parameters).to_dict(),
    )
    for case in at_doors(target):
        console = Console(commands, Output.JSON, case.values())
        console.run(iter([*case.text(places).split("\n"), ";", "RETURN 'still here' AS x;"]))
        captured = capsys.readouterr()
        refused = case.outcome(target.name, places)[0]
        if refused is not None and ";" not in case.query and not case.query.startswith(":"):
            assert captured.err.startswith("["), case.query
            assert console.failed, case.query
        if refused != "SYNTAX":  # an open string or comment takes what follows it in
            assert "still here" in captured.out, case.query
        assert SECRET not in captured.out + captured.err


def test_nothing_was_written_and_nobody_outside_was_asked(target: Target, listener: Listener) -> None:
    assert target.is_unchanged()
    assert listener.heard == []
