"""One small reviewed text per construct: what a query becomes, statement by statement."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.backends.tigergraph.checker import Catalog, check
from graph.backends.tigergraph.compiler import GsqlCompiler
from graph.cypher.prepare import prepare
from graph.schema.model import Schema
from tests.graph.backends.tigergraph.make_golden import FOLDER, content, cypher_of

FILES = sorted(FOLDER.glob("*.gsql"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_construct_compiles_to_its_golden_text(path: Path, schema: Schema, catalog: Catalog) -> None:
    cypher = cypher_of(path)
    assert content(cypher, schema) == path.read_text(encoding="utf-8")
    assert check(GsqlCompiler(prepare(cypher, schema), schema).text(), catalog) is None


def test_there_is_a_golden_text_for_each_construct() -> None:
    assert len(FILES) >= 15
