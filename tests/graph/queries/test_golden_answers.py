"""Every catalogue query gives the golden answer, which separate plain scripts computed from the CSV files."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import UnsupportedConstructError
from graph.cypher.parameters import complete_parameters
from graph.cypher.prepare import prepare
from graph.queries.catalogue import load_catalogue
from graph.repository import GraphRepository, ReadContext
from graph.schema.model import Schema
from services.cells import to_json
from tests.graph.queries.export_loader import element_id
from tests.graph.queries.plain.__main__ import write

HERE = Path(__file__).resolve().parent
DEMO = HERE.parents[2] / "demo"
FOLDERS = (DEMO / "golden", HERE / "golden")
NOW = datetime(2025, 1, 1, tzinfo=UTC)
GOLDENS = {path.stem: path for folder in FOLDERS for path in sorted(folder.glob("*.json"))}
MOST_ROWS = 300
ONE_ROW = ("application_360",)
"""Queries whose answer is one row of figures, whatever they are asked."""


def golden(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(GOLDENS[name].read_text(encoding="utf-8"))
    return content


def test_there_is_a_golden_answer_for_every_query() -> None:
    assert {golden(name)["query"] for name in GOLDENS} == set(load_catalogue())


@pytest.mark.parametrize("name", GOLDENS)
def test_golden_answers_say_something_and_can_be_reviewed(name: str) -> None:
    rows = golden(name)["rows"]
    assert (1 if golden(name)["query"] in ONE_ROW else 2) <= len(rows) <= MOST_ROWS
    assert len({json.dumps(row) for row in rows}) == len(rows)


def test_the_plain_script_gives_the_committed_answers_again(demo_export: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-I", str(DEMO / "plain_answers.py"), str(demo_export), str(tmp_path)], check=True)
    assert contents(tmp_path) == contents(DEMO / "golden")


def test_the_plain_answers_of_the_catalogue_are_the_committed_ones(demo_export: Path, tmp_path: Path) -> None:
    write(demo_export, tmp_path)
    assert contents(tmp_path) == contents(HERE / "golden")


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}


def test_the_plain_answers_import_nothing_of_the_twin() -> None:
    allowed = {*sys.stdlib_module_names, "demo", "tests"}
    for path in [DEMO / "plain_answers.py", *sorted((HERE / "plain").glob("*.py"))]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}
        assert {name.split(".")[0] for name in imported} <= allowed, path.name
        ours = {name for name in imported if name.split(".")[0] in ("demo", "tests")}
        assert all(name == "demo.plain_answers" or name.startswith("tests.graph.queries.plain") for name in ours)


@pytest.mark.parametrize("name", GOLDENS)
def test_a_query_gives_the_golden_answer_row_by_row(
    name: str, demo_graph: GraphRepository, demo_export: Path, schema: Schema
) -> None:
    expected = golden(name)
    now = datetime.fromisoformat(expected["today"]).replace(tzinfo=UTC) if "today" in expected else NOW
    query = load_catalogue()[expected["query"]]
    values = {}
    for parameter in query.parameters:
        value = expected["parameters"].get(parameter.name, parameter.default)
        if parameter.names_an_element:
            value = element_id(demo_export, value, *schema.descendants[parameter.type])
        values[parameter.name] = value
    bound = prepare(query.text, schema)
    try:
        answer = demo_graph.run(bound, complete_parameters(bound, values, now), ReadContext(now))
    except UnsupportedConstructError as error:
        pytest.skip(f"{demo_graph.capabilities.name} leaves this to the in-memory executor: {error.seen}")
    assert list(answer.columns) == expected["columns"]
    assert [[to_json(cell) for cell in row] for row in answer.rows] == expected["rows"]
    assert not answer.truncated
