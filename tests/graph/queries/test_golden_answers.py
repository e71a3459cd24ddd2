"""Every catalogue query gives the golden answer, which a separate plain script computed from the CSV files."""

from __future__ import annotations

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

DEMO = Path(__file__).resolve().parents[3] / "demo"
NOW = datetime(2025, 1, 1, tzinfo=UTC)
GOLDENS = sorted(path.stem for path in (DEMO / "golden").glob("*.json"))
MOST_ROWS = 300


def golden(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DEMO / "golden" / f"{name}.json").read_text(encoding="utf-8"))
    return content


def test_there_is_a_golden_answer_for_every_query() -> None:
    assert {golden(name)["query"] for name in GOLDENS} == set(load_catalogue())


@pytest.mark.parametrize("name", GOLDENS)
def test_golden_answers_say_something_and_can_be_reviewed(name: str) -> None:
    rows = golden(name)["rows"]
    assert 2 <= len(rows) <= MOST_ROWS
    assert len({json.dumps(row) for row in rows}) == len(rows)


def test_the_plain_script_gives_the_committed_answers_again(demo_export: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-I", str(DEMO / "plain_answers.py"), str(demo_export), str(tmp_path)], check=True)
    computed = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.json")}
    assert computed == {path.name: path.read_text(encoding="utf-8") for path in (DEMO / "golden").glob("*.json")}


@pytest.mark.parametrize("name", GOLDENS)
def test_a_query_gives_the_golden_answer_row_by_row(
    name: str, demo_graph: GraphRepository, demo_export: Path, schema: Schema
) -> None:
    expected = golden(name)
    query = load_catalogue()[expected["query"]]
    values = {}
    for parameter in query.parameters:
        value = expected["parameters"].get(parameter.name, parameter.default)
        if parameter.names_an_element:
            value = element_id(demo_export, value, *schema.descendants[parameter.type])
        values[parameter.name] = value
    bound = prepare(query.text, schema)
    try:
        answer = demo_graph.run(bound, complete_parameters(bound, values, NOW), ReadContext(NOW))
    except UnsupportedConstructError as error:
        pytest.skip(f"{demo_graph.capabilities.name} leaves this to the in-memory executor: {error.seen}")
    assert list(answer.columns) == expected["columns"]
    assert [[to_json(cell) for cell in row] for row in answer.rows] == expected["rows"]
