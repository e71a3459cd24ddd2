"""The mapping language: what expressions give, and that a broken mapping is refused with file and line."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import JumeauError
from graph.schema.findings import Report
from graph.schema.model import Schema
from graph.schema.source import Table, read_tree
from ingest import errors
from ingest.errors import MappingError
from ingest.mapping.expressions import Expression, UnmappedValue
from ingest.mapping.read import load_mapping
from ingest.mapping.values import read_expression
from ingest.precedence import load_precedence
from ingest.sources.registry import SOURCES
from tests.conftest import ROOT

FIELDS = {
    "text": "  Hello ",
    "empty": "",
    "none": None,
    "number": 2048,
    "yes": True,
    "day": "2024-02-29",
    "when": "29/2/2024 08:05",
    "list": "a, b,,a",
    "items": ["x", "y"],
    "outer": {"inner": {"deep": 1}},
    "unknown": "?",
}


def compiled(yaml: str, tmp_path: Path) -> Expression:
    (tmp_path / "m.yml").write_text(f"value: {yaml}\n", encoding="utf-8")
    report = Report()
    tree = read_tree(tmp_path / "m.yml", "m.yml", report)
    assert isinstance(tree, Table)
    expression = read_expression(tree.entries["value"], tree.spans["value"], "value", report)
    assert report.findings == []
    assert expression is not None
    return expression


@pytest.mark.parametrize(
    ("yaml", "value"),
    [
        ("text", "  Hello "),
        ("empty", None),
        ("none", None),
        ("missing", None),
        ("outer.inner.deep", 1),
        ("outer.missing.deep", None),
        ("text.deep", None),
        ("{from: text, trim: true}", "Hello"),
        ("{from: text, case: upper}", "HELLO"),
        ("{constant: 7}", 7),
        ('{template: "{number}-{day}"}', "2048-2024-02-29"),
        ('{template: "{number}-{missing}"}', None),
        ("{first: [missing, empty, day]}", "2024-02-29"),
        ('{first: [missing, {template: "n{number}"}]}', "n2048"),
        ('{from: unknown, unknown: ["?"]}', None),
        ("{from: yes, values: {true: 1, false: 0}}", 1),
        ("{from: number, values: {2048: big}}", "big"),
        ("{from: number, values: {}, otherwise: other}", "other"),
        ("{from: number, values: {}, otherwise: {from: day}}", "2024-02-29"),
        ("{from: missing, values: {}}", None),
        ("{from: number, scale: 0.5}", 1024),
        ("{from: number, scale: 0.0001}", 0.2048),
        ("{from: day, only: date}", date(2024, 2, 29)),
        ("{from: text, only: date}", None),
        ("{from: yes, only: boolean}", True),
        ("{from: day, only: boolean}", None),
        ('{from: when, layout: "%d/%m/%Y %H:%M"}', datetime(2024, 2, 29, 8, 5, tzinfo=UTC)),
        ('{from: list, split: ","}', ("a", "b")),
        ("{from: items, split: ','}", ("x", "y")),
    ],
)
def test_an_expression_gives_a_value(yaml: str, value: Any, tmp_path: Path) -> None:
    assert compiled(yaml, tmp_path)(FIELDS) == value


@pytest.mark.parametrize(
    ("yaml", "code"),
    [
        ("{from: day, values: {a: b}}", "VALUE_NOT_MAPPED"),
        ('{from: day, layout: "%d/%m/%Y"}', "WRONG_TYPE"),
        ("{from: day, scale: 2}", "WRONG_TYPE"),
    ],
)
def test_a_value_without_a_rule_is_refused_and_never_guessed(yaml: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(UnmappedValue) as refused:
        compiled(yaml, tmp_path)(FIELDS)
    assert refused.value.code == code


@pytest.mark.parametrize("source", sorted(SOURCES.keys() - {"csv"}))
def test_every_mapping_of_the_pack_is_sound(source: str, schema: Schema) -> None:
    assert load_mapping(source, schema).source == source


def test_the_precedence_of_the_pack_names_sources_that_exist(schema: Schema) -> None:
    precedence = load_precedence(schema)
    named = {source for order in precedence.attributes.values() for source in order} | set(precedence.default)
    assert named == set(SOURCES)


GOOD = """source: demo
records:
  thing:
    nodes:
      rack:
        kind: Rack
        key: id
        attributes:
          name: name
    relations:
      - {type: OWNED_BY, to: {kind: Team, natural: owner}}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        pytest.param("source: demo", "source: other", 1, "WRONG_SOURCE", id="another source's file"),
        pytest.param("records:", "recrods:", 2, "UNKNOWN_KEY", id="unknown key"),
        pytest.param("kind: Rack", "kind: Rak", 6, "UNKNOWN_KIND", id="unknown kind"),
        pytest.param("kind: Rack", "kind: Server", 6, "ABSTRACT_KIND", id="abstract kind"),
        pytest.param("        key: id\n", "", 5, "MISSING_KEY", id="no way to identify it"),
        pytest.param("name: name", "nmae: name", 9, "UNKNOWN_ATTRIBUTE", id="unknown attribute"),
        pytest.param("name: name", "status: {constant: gone}", 9, "NOT_IN_ENUM", id="constant not in enum"),
        pytest.param("name: name", "status: {from: s, values: {a: gone}}", 9, "NOT_IN_ENUM", id="value not in enum"),
        pytest.param("name: name", "name: {from: a, constant: b}", 9, "WRONG_SHAPE", id="two bases"),
        pytest.param("name: name", "name: {form: a}", 9, "UNKNOWN_KEY", id="unknown operation"),
        pytest.param("name: name", "name: {from: a, case: title}", 9, "UNKNOWN_CASE", id="unknown case"),
        pytest.param("name: name", "name: {template: fixed}", 9, "WRONG_SHAPE", id="template without a field"),
        pytest.param("type: OWNED_BY", "type: OWNDE_BY", 11, "UNKNOWN_RELATION", id="unknown relation"),
        pytest.param("kind: Team, natural: owner", "kind: Rack, natural: o", 11, "TRIPLE_NOT_ALLOWED", id="triple"),
        pytest.param("kind: Team, natural: owner", "record: x, key: o", 11, "UNKNOWN_RECORD", id="unknown record"),
        pytest.param("to: {kind: Team, natural: owner}", "to: owner", 11, "UNKNOWN_NODE", id="unknown node"),
        pytest.param("kind: Rack", "kind: [Rack", 7, "BROKEN_YAML", id="broken YAML"),
    ],
)
def test_a_broken_mapping_is_refused_with_its_line(
    old: str, new: str, line: int, code: str, schema: Schema, tmp_path: Path
) -> None:
    assert old in GOOD
    (tmp_path / "demo.yml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(MappingError) as refused:
        load_mapping("demo", schema, tmp_path)
    assert code in {finding["code"] for finding in refused.value.details["findings"]}
    assert f"demo.yml:{line}" in (refused.value.where or "")
    assert refused.value.hint


def test_a_sound_mapping_is_read(schema: Schema, tmp_path: Path) -> None:
    (tmp_path / "demo.yml").write_text(GOOD, encoding="utf-8")
    assert set(load_mapping("demo", schema, tmp_path).records) == {"thing"}


def test_the_example_of_the_reference_page_is_sound_and_the_page_names_every_code(
    schema: Schema, tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "reference" / "mappings.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert example is not None
    (tmp_path / "demo.yml").write_text(example[1], encoding="utf-8")
    assert set(load_mapping("demo", schema, tmp_path).records) == {"machine", "rack"}
    codes = {cls.code for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, JumeauError)}
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "ingest").rglob("*.py"))
    codes |= set(re.findall(r'Rejection\([^"]*"([A-Z_]{5,})"', source))
    codes -= {"INGEST"}
    assert len(codes) > 25
    assert sorted(code for code in codes if f"`{code}`" not in page) == []


def test_a_source_without_mapping_is_refused(schema: Schema, tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="no mapping"):
        load_mapping("demo", schema, tmp_path)
