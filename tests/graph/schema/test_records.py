"""Validation of records: typed values out, stable codes for what is refused, nothing guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.schema.load import load_schema
from graph.schema.model import ValueType
from graph.schema.records import CODES, Problem, RecordValidator
from graph.schema.values import INT64_MAX, INT64_MIN, MAX_STRING_BYTES
from tests.graph.schema.small_pack import FILES, write_pack

SCHEMA = load_schema("it_estate")
VALIDATOR = RecordValidator(SCHEMA)


def _one(kind: str, attribute: str, value: Any) -> Any:
    typed, problems = VALIDATOR.node(kind, {attribute: value}, complete=False)
    assert problems == []
    return typed.get(attribute)


def _refusal(kind: str, attribute: str, value: Any) -> Problem:
    typed, problems = VALIDATOR.node(kind, {attribute: value}, complete=False)
    assert attribute not in typed
    (problem,) = problems
    assert problem.attribute == attribute
    assert problem.code in CODES
    assert problem.hint
    return problem


@pytest.mark.parametrize(
    ("attribute", "text", "value"),
    [
        pytest.param("hostname", "srv01", "srv01", id="string"),
        pytest.param("description", " kept  as is ", " kept  as is ", id="string with blanks"),
        pytest.param("cpu_cores", "16", 16, id="integer"),
        pytest.param("cpu_cores", " 16 ", 16, id="integer with blanks"),
        pytest.param("cpu_cores", "16.00", 16, id="integer with decimals of zero"),
        pytest.param("cpu_cores", 16.0, 16, id="float that is whole"),
        pytest.param("yearly_cost", "120000", 120000, id="money in minor units"),
        pytest.param("memory_gb", "1.5", 1.5, id="float"),
        pytest.param("memory_gb", "1e3", 1000.0, id="float with exponent"),
        pytest.param("memory_gb", 64, 64.0, id="integer for a float"),
        pytest.param("internet_exposed", "true", True, id="true"),
        pytest.param("internet_exposed", "Oui", True, id="oui"),
        pytest.param("internet_exposed", "1", True, id="text 1"),
        pytest.param("internet_exposed", 0, False, id="number 0"),
        pytest.param("internet_exposed", "non", False, id="non"),
        pytest.param("internet_exposed", "no", False, id="no"),
        pytest.param("commissioned_on", "2024-02-29", date(2024, 2, 29), id="date"),
        pytest.param("last_restart", "2025-01-31T08:30:00Z", datetime(2025, 1, 31, 8, 30, tzinfo=UTC), id="instant"),
        pytest.param(
            "last_restart", "2025-01-31T08:30:00.5+01:00", datetime(2025, 1, 31, 7, 30, 0, 500000, UTC), id="offset"
        ),
        pytest.param("environment", "production", "production", id="enum"),
        pytest.param("environment", " production", "production", id="enum with blanks"),
        pytest.param("aliases", "a| b |c", ("a", "b", "c"), id="list as text"),
        pytest.param("aliases", ["a", "b"], ("a", "b"), id="list"),
        pytest.param("aliases", "a||b", ("a", "b"), id="list with an empty item"),
    ],
)
def test_a_source_value_becomes_a_typed_value(attribute: str, text: Any, value: Any) -> None:
    found = _one("VirtualMachine", attribute, text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("absent", [None, ""])
def test_none_and_the_empty_text_mean_absent(absent: str | None) -> None:
    assert VALIDATOR.node("VirtualMachine", {"name": "a", "cpu_cores": absent}) == ({"name": "a"}, [])


@pytest.mark.parametrize(
    ("attribute", "value", "code"),
    [
        pytest.param("hostname", 5, "WRONG_TYPE", id="number for a string"),
        pytest.param("hostname", ["a"], "WRONG_TYPE", id="list for a string"),
        pytest.param("hostname", "a\0b", "FORBIDDEN_CHARACTER", id="NUL"),
        pytest.param("hostname", "a\ud800b", "FORBIDDEN_CHARACTER", id="lone surrogate"),
        pytest.param("hostname", "é" * (MAX_STRING_BYTES // 2 + 1), "TOO_LONG", id="text over the limit in bytes"),
        pytest.param("aliases", "a|b\0", "FORBIDDEN_CHARACTER", id="NUL in a list"),
        pytest.param("aliases", ["a", 5], "WRONG_TYPE", id="number in a list"),
        pytest.param("aliases", {"a": 1}, "WRONG_TYPE", id="mapping for a list"),
        pytest.param("cpu_cores", "many", "WRONG_TYPE", id="text for an integer"),
        pytest.param("cpu_cores", "8.5", "WRONG_TYPE", id="fraction for an integer"),
        pytest.param("cpu_cores", 8.5, "WRONG_TYPE", id="float for an integer"),
        pytest.param("cpu_cores", "1_000", "WRONG_TYPE", id="underscore"),
        pytest.param("cpu_cores", "٣", "WRONG_TYPE", id="digit of another script"),
        pytest.param("cpu_cores", True, "WRONG_TYPE", id="boolean for an integer"),
        pytest.param("cpu_cores", -1, "OUT_OF_RANGE", id="below min"),
        pytest.param("cpu_cores", "9223372036854775808", "OUT_OF_RANGE", id="text above 64 bits"),
        pytest.param("cpu_cores", 10**5000, "OUT_OF_RANGE", id="integer above anything"),
        pytest.param("port", 70000, "UNKNOWN_ATTRIBUTE", id="attribute of another kind"),
        pytest.param("yearly_cost", "12.50", "WRONG_TYPE", id="money with cents"),
        pytest.param("memory_gb", "1,5", "WRONG_TYPE", id="decimal comma"),
        pytest.param("memory_gb", "nan", "WRONG_TYPE", id="text nan"),
        pytest.param("memory_gb", float("nan"), "OUT_OF_RANGE", id="nan"),
        pytest.param("memory_gb", float("inf"), "OUT_OF_RANGE", id="infinity"),
        pytest.param("memory_gb", "1e999", "OUT_OF_RANGE", id="text above a float"),
        pytest.param("memory_gb", 10**400, "OUT_OF_RANGE", id="integer above a float"),
        pytest.param("memory_gb", False, "WRONG_TYPE", id="boolean for a float"),
        pytest.param("internet_exposed", "maybe", "WRONG_TYPE", id="text for a boolean"),
        pytest.param("internet_exposed", 2, "WRONG_TYPE", id="number for a boolean"),
        pytest.param("commissioned_on", "31/01/2025", "WRONG_TYPE", id="French date"),
        pytest.param("commissioned_on", "2025-02-30", "WRONG_TYPE", id="no such day"),
        pytest.param("commissioned_on", "2025-W05-1", "WRONG_TYPE", id="week date"),
        pytest.param("commissioned_on", datetime(2025, 1, 1, tzinfo=UTC), "WRONG_TYPE", id="instant for a date"),
        pytest.param("last_restart", "yesterday", "WRONG_TYPE", id="text for an instant"),
        pytest.param("last_restart", "2025-01-31T08:30:00", "WRONG_TYPE", id="instant without offset"),
        pytest.param("last_restart", date(2025, 1, 1), "WRONG_TYPE", id="date for an instant"),
        pytest.param("last_restart", "0001-01-01T00:00:00+02:00", "OUT_OF_RANGE", id="instant before the year 1"),
        pytest.param("environment", "prod", "NOT_IN_ENUM", id="not in enum"),
        pytest.param("environment", "Production", "NOT_IN_ENUM", id="enum in another case"),
        pytest.param("environment", 1, "WRONG_TYPE", id="number for an enum"),
        pytest.param("hostnam", "a", "UNKNOWN_ATTRIBUTE", id="misspelt attribute"),
        pytest.param("id", "a", "UNKNOWN_ATTRIBUTE", id="identity from outside"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_a_stable_code(attribute: str, value: Any, code: str) -> None:
    assert _refusal("VirtualMachine", attribute, value).code == code


def test_bounds_are_inclusive() -> None:
    assert _one("WebServer", "port", 65535) == 65535
    assert _one("Vulnerability", "cvss", "10") == 10.0
    assert _refusal("WebServer", "port", 65536).hint == "give a number from 0 to 65535"
    assert _refusal("Vulnerability", "epss", "1.01").code == "OUT_OF_RANGE"
    assert _one("SimulationRun", "seed", str(INT64_MIN)) == INT64_MIN
    assert _one("SimulationRun", "seed", INT64_MAX) == INT64_MAX
    assert _refusal("SimulationRun", "seed", INT64_MAX + 1).code == "OUT_OF_RANGE"


def test_a_text_of_one_mebibyte_is_held() -> None:
    text = "a" * MAX_STRING_BYTES
    assert _one("VirtualMachine", "description", text) == text
    problem = _refusal("VirtualMachine", "description", text + "a")
    assert problem.code == "TOO_LONG"
    assert len(problem.seen) < 200


def test_a_kind_binds_its_own_enum_to_a_shared_name() -> None:
    assert _one("BackupRun", "status", "partial") == "partial"
    assert _refusal("VirtualMachine", "status", "partial").code == "NOT_IN_ENUM"


def test_hints_name_what_is_meant() -> None:
    assert "`hostname`" in _refusal("VirtualMachine", "hostnam", "a").hint
    assert "production" in _refusal("VirtualMachine", "environment", "prod").hint
    assert "offset" in _refusal("VirtualMachine", "last_restart", "2025-01-31T08:30:00").hint
    assert "minor units" in _refusal("VirtualMachine", "yearly_cost", "12.50").hint


def test_every_problem_of_a_record_is_told_and_the_good_values_are_kept() -> None:
    typed, problems = VALIDATOR.node("VirtualMachine", {"hostname": "a", "cpu_cores": "x", "color": "red"})
    assert typed == {"hostname": "a"}
    assert [(p.code, p.attribute) for p in problems] == [
        ("WRONG_TYPE", "cpu_cores"),
        ("UNKNOWN_ATTRIBUTE", "color"),
        ("MISSING_REQUIRED", "name"),
    ]


def test_a_refused_required_value_is_told_once() -> None:
    _, problems = VALIDATOR.node("VirtualMachine", {"name": 5})
    assert [(p.code, p.attribute) for p in problems] == [("WRONG_TYPE", "name")]


def test_a_partial_record_need_not_hold_what_is_required() -> None:
    assert VALIDATOR.node("VirtualMachine", {"hostname": "a"}, complete=False) == ({"hostname": "a"}, [])


def test_an_unknown_kind_is_refused_with_the_nearest_names() -> None:
    typed, (problem,) = VALIDATOR.node("VirtualMachin", {"name": "a"})
    assert (typed, problem.code) == ({}, "UNKNOWN_KIND")
    assert "`VirtualMachine`" in problem.hint


def test_a_generic_is_no_kind_of_a_node() -> None:
    _, (problem,) = VALIDATOR.node("Server", {"name": "a"})
    assert problem.code == "ABSTRACT_KIND"
    assert "PhysicalServer" in problem.hint


def test_personal_values_are_not_repeated_in_problems() -> None:
    problem = _refusal("Feedback", "comment", "call Jane Roe\0")
    assert "Jane" not in problem.seen


def test_problems_never_carry_characters_that_a_store_refuses() -> None:
    for name, value in (("host\ud800", "a"), ("hostname", "\ud800\0"), ("\0", "")):
        _, problems = VALIDATOR.node("VirtualMachine", {name: value}, complete=False)
        for text in (text for p in problems for text in (p.attribute or "", p.seen, p.hint)):
            assert "\0" not in text
            text.encode()


def test_an_allowed_relation_passes_with_its_typed_attributes() -> None:
    given_properties = {"installed_on": "2024-05-01", "path": "/opt"}
    found = VALIDATOR.edge("RUNS_VERSION", "VirtualMachine", "SoftwareVersion", given_properties)
    assert found == ({"installed_on": date(2024, 5, 1), "path": "/opt"}, [])
    assert VALIDATOR.edge("VERSION_OF", "SoftwareVersion", "SoftwareProduct", {}) == ({}, [])


@pytest.mark.parametrize(
    ("relation", "start", "end", "code", "hint"),
    [
        pytest.param(
            "RUNS_UPON", "WebServer", "VirtualMachine", "UNKNOWN_RELATION", "`RUNS_ON`", id="unknown relation"
        ),
        pytest.param("RUNS_ON", "VirtualMachine", "WebServer", "TRIPLE_NOT_ALLOWED", "swap", id="wrong way round"),
        pytest.param("USES", "WebServer", "VirtualMachine", "TRIPLE_NOT_ALLOWED", "RUNS_ON", id="another relation"),
        pytest.param("VERSION_OF", "Team", "Incident", "TRIPLE_NOT_ALLOWED", "SoftwareVersion", id="nothing between"),
        pytest.param("RUNS_ON", "WebSever", "VirtualMachine", "UNKNOWN_KIND", "`WebServer`", id="unknown end"),
        pytest.param("RUNS_ON", "WebServer", "Server", "ABSTRACT_KIND", "VirtualMachine", id="generic as an end"),
    ],
)
def test_a_relation_that_the_schema_does_not_allow_is_refused(
    relation: str, start: str, end: str, code: str, hint: str
) -> None:
    typed, problems = VALIDATOR.edge(relation, start, end, {})
    assert typed == {}
    assert [p.code for p in problems] == [code]
    assert hint in problems[0].hint


def test_a_relation_checks_its_attributes() -> None:
    _, problems = VALIDATOR.edge("RUNS_VERSION", "VirtualMachine", "SoftwareVersion", {"installed_on": "soon", "x": 1})
    assert [(p.code, p.attribute) for p in problems] == [("WRONG_TYPE", "installed_on"), ("UNKNOWN_ATTRIBUTE", "x")]


def test_a_required_attribute_of_a_relation_is_asked_for(tmp_path: Path) -> None:
    relations = FILES["relations.yml"].replace("{type: date,", "{type: date, required: true,")
    validator = RecordValidator(load_schema(write_pack(tmp_path, relations=relations)))
    _, problems = validator.edge("STANDS_ON", "Bottle", "Shelf", {})
    assert [(p.code, p.attribute) for p in problems] == [("MISSING_REQUIRED", "since")]


_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.dates(),
    st.datetimes(timezones=st.just(timezone(timedelta(hours=5, minutes=30)))),
    st.lists(st.text(), max_size=3),
    st.binary(max_size=5),
)
_PYTHON = {
    ValueType.STRING: str,
    ValueType.INTEGER: int,
    ValueType.MONEY: int,
    ValueType.FLOAT: float,
    ValueType.BOOLEAN: bool,
    ValueType.DATE: date,
    ValueType.INSTANT: datetime,
    ValueType.STRING_LIST: tuple,
}


@given(kind=st.sampled_from(SCHEMA.concrete), data=st.data())
def test_whatever_comes_is_typed_or_refused_and_typed_values_pass_again_unchanged(
    kind: str, data: st.DataObject
) -> None:
    attributes = SCHEMA.kinds[kind].attributes
    properties = data.draw(st.dictionaries(st.sampled_from(list(attributes)), _VALUES, max_size=6))
    typed, problems = VALIDATOR.node(kind, properties, complete=False)
    for name, value in typed.items():
        assert type(value) is _PYTHON[attributes[name].type]
    given_names = {name for name, value in properties.items() if value is not None and value != ""}
    assert given_names == typed.keys() | {p.attribute for p in problems}
    assert VALIDATOR.node(kind, typed, complete=False) == (typed, [])
