"""The catalogue in GSQL: every query compiles, passes the checkers, and stands in its generated file."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from bench.gsql import gsql_figures
from graph.backends.tigergraph.checker import Catalog, check, check_definitions
from graph.backends.tigergraph.generate import FOLDER, compiled, files
from graph.queries.catalogue import load_catalogue
from graph.schema.model import Schema
from tests.graph.backends.tigergraph.reference import other_checker

NAMES = sorted(load_catalogue())


@pytest.fixture(scope="module")
def texts(schema: Schema) -> dict[str, str]:
    return {name: compiled(query, schema).text for name, query in load_catalogue().items()}


def test_every_query_of_the_catalogue_compiles_and_passes_the_checker(texts: dict[str, str], catalog: Catalog) -> None:
    assert {name: str(problem) for name, text in texts.items() if (problem := check(text, catalog))} == {}


def test_the_checker_of_the_hand_out_accepts_them_too(texts: dict[str, str]) -> None:
    other = other_checker()
    if other is None:
        pytest.skip("../shared/tools/gsqlcheck.py is absent")
    assert {name: problem for name, text in texts.items() if (problem := other(text))} == {}


def test_the_files_are_what_the_generator_writes_now() -> None:
    made = {path.name: text for path, text in files()}
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.gsql")}
    drifted = sorted(name for name in made.keys() | found.keys() if made.get(name) != found.get(name))
    assert drifted == [], "run python -m graph.backends.tigergraph.generate"


def test_the_schema_file_passes_the_checker_of_definitions() -> None:
    path, text = next(files())
    assert path.name == "cmdb_schema.gsql"
    assert check_definitions(text) is None


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_of_a_query_is_in_its_head_and_read(name: str, texts: dict[str, str]) -> None:
    head, _, body = texts[name].partition("{\n")
    declared = set(re.findall(r"(\w+)(?: = [^,)]+)?(?=[,)])", head.partition("(")[2].partition(") FOR")[0] + ")"))
    wanted = {f"p_{parameter.name}" for parameter in load_catalogue()[name].parameters}
    assert wanted <= declared
    assert [parameter for parameter in declared if not re.search(rf"\b{parameter}\b", body)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_prints_its_count_and_a_map_for_each_column(name: str, texts: dict[str, str]) -> None:
    printed = re.findall(r"^  PRINT (\S+) AS (\w+);$", texts[name], re.MULTILINE)
    assert printed[0][1] == "row_count"
    assert len({column for _, column in printed}) == len(printed) > 1


def test_a_text_is_the_same_in_every_process() -> None:
    program = (
        "import hashlib;from graph.backends.tigergraph.generate import compiled;"
        "from graph.queries.catalogue import load_catalogue;from graph.schema.load import load_schema;"
        "schema=load_schema('it_estate');"
        "print(hashlib.sha256(''.join(compiled(q,schema).text for q in load_catalogue().values()).encode()).hexdigest())"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_the_figure_counts_every_query() -> None:
    (figure,) = gsql_figures()
    assert (figure.value, figure.unit, figure.met) == (100.0, f"% of {len(NAMES)}", True)


def test_no_text_claims_more_than_the_syntax_check(texts: dict[str, str]) -> None:
    for text in texts.values():
        assert text.splitlines()[1] == "// Generated from the catalogue; syntax-checked, never run on a server."
