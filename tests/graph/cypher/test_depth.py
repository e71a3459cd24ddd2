"""Trees as deep as the parser admits go through every later stage, even where the caller's own stack is deep."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from graph.cypher.explain import explain
from graph.cypher.parser import parse
from graph.cypher.parser.stream import MAXIMUM_NESTING
from graph.cypher.prepare import prepare
from graph.cypher.printer import print_tree
from tests.graph.cypher.small_schema import SCHEMA

_DEEPEST = {
    "sums": "RETURN " + "1 + " * 195 + "1 AS it",
    "conjunctions": "MATCH (n:Server) WHERE " + "n.cpu_cores = 1 AND " * 190 + "true RETURN n",
    "negations": "RETURN " + "NOT " * 190 + "$p AS it",
    "properties": "WITH $p AS a RETURN a" + ".b" * 190 + " AS it",
    "lists": "RETURN " + "[" * (MAXIMUM_NESTING - 2) + "]" * (MAXIMUM_NESTING - 2) + " AS it",
    "mixed": "RETURN " + "1 + (2 * (3 - " * 25 + "1" + "))" * 25 + " AS it",
    "subqueries": "MATCH (n0) WHERE "
    + "".join(f"EXISTS {{ MATCH (n{at})--(n{at + 1}) WHERE " for at in range(10))
    + "true"
    + " }" * 10
    + " RETURN n0",
}


def _deeper(frames: int, call: Callable[[], object]) -> object:
    return call() if frames == 0 else _deeper(frames - 1, call)


@pytest.mark.parametrize("shape", _DEEPEST)
def test_the_deepest_admitted_tree_is_prepared_printed_and_explained(shape: str) -> None:
    text = _DEEPEST[shape]
    assert sys.getrecursionlimit() <= 1000

    def everything() -> object:
        prepare(text, SCHEMA)
        print_tree(parse(text))
        return explain(text, SCHEMA)

    _deeper(100, everything)
