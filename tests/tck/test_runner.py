"""The runner itself: it reads features, tells cells apart, and finds a wrong answer."""

from __future__ import annotations

import pytest

from graph.backends.networkx.store import GraphStore
from graph.model import Edge, Node, Path
from tests.tck.cells import form_of, read_cell
from tests.tck.features import Scenario, Step, read_feature
from tests.tck.known import surprises
from tests.tck.scenario import Category, category_of, run_scenario
from tests.tck.store import write

FEATURE = '''
#encoding: utf-8
Feature: Sample1 - Samples

  Background:
    Given an empty graph

  @skipStyleCheck
  Scenario: [1] A block and a table
    And having executed:
      """
      CREATE ({name: 'a|b'})
        CREATE ()
      """
    # a comment
    When executing query:
      """
      MATCH (n) RETURN n.name AS name
      """
    Then the result should be, in any order:
      | name     |
      | 'a\\|b'   |
      | null     |

  Scenario Outline: [2] Examples of <what>
    When executing query:
      """
      RETURN <what> AS it
      """
    Then the result should be, in any order:
      | it     |
      | <what> |

    Examples:
      | what |
      | 1    |
      | 1.0  |
'''


def scenarios() -> tuple[Scenario, ...]:
    return read_feature("features/some/Sample1.feature", FEATURE).scenarios


def asked(query: str, *steps: Step) -> Scenario:
    return Scenario("some/Sample", "[1] sample", (Step("any graph"), Step("executing query:", query), *steps))


def result(*table: tuple[str, ...], how: str = ", in any order") -> Step:
    return Step(f"the result should be{how}:", table=table)


def test_outlines_are_expanded_blocks_keep_their_indent_and_cells_are_unescaped() -> None:
    first, *examples = scenarios()
    assert first.key == "some/Sample1 [1]"
    assert first.group == "some"
    assert first.tags == {"@skipStyleCheck"}
    assert first.steps[1].block == "CREATE ({name: 'a|b'})\n  CREATE ()"
    assert first.steps[3].table == (("name",), ("'a|b'",), ("null",))
    assert [(example.key, example.name) for example in examples] == [
        ("some/Sample1 [2] #1", "[2] Examples of 1"),
        ("some/Sample1 [2] #2", "[2] Examples of 1.0"),
    ]
    assert [run_scenario(scenario).passed for scenario in scenarios()] == [True, True, True]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("null", None),
        ("true", True),
        ("-7", -7),
        ("1.0", 1.0),
        ("1e2", 100.0),
        ("NaN", float("nan")),
        ("-Inf", float("-inf")),
        ("'it\\'s'", "it's"),
        ("[1, 'a', [null]]", [1, "a", [None]]),
        ("{a: 1, b: {}}", {"b": {}, "a": 1}),
        ("(:B:A {x: 1})", Node("n", ("A", "B"), {"x": 1})),
        ("[:T {x: 1}]", Edge("r", "T", "n", "m", {"x": 1})),
    ],
)
def test_a_cell_of_the_kit_and_our_value_have_one_form(cell: str, value: object) -> None:
    assert read_cell(cell) == form_of(value, {})


def test_a_path_is_read_with_the_direction_of_each_step() -> None:
    a, b = Node("a", ("A",), {}), Node("b", (), {})
    path = Path((a, b), (Edge("r", "T", "b", "a", {}),))
    assert read_cell("<(:A)<-[:T]-()>") == form_of(path, {})
    assert read_cell("<(:A)-[:T]->()>") != form_of(path, {})


@pytest.mark.parametrize("cell", ["1", "1.0", "true", "'1'", "[1]", "null"])
def test_cells_of_different_types_differ(cell: str) -> None:
    others = {"1": 1, "1.0": 1.0, "true": True, "'1'": "1", "[1]": [1], "null": None}
    assert [name for name, value in others.items() if form_of(value, {}) == read_cell(cell)] == [cell]


@pytest.mark.parametrize(
    ("query", "demand"),
    [
        ("RETURN 1 AS it", result(("it",), ("1.0",))),
        ("RETURN 1 AS it", result(("other",), ("1",))),
        ("UNWIND [1, 1] AS it RETURN it", result(("it",), ("1",))),
        ("UNWIND [2, 1] AS it RETURN it", result(("it",), ("1",), ("2",), how=", in order")),
        ("RETURN [2, 1] AS it", result(("it",), ("[1, 2]",))),
        ("RETURN 1 AS it", Step("the result should be empty")),
        ("RETURN 1 AS it", Step("a SyntaxError should be raised at compile time: UnexpectedSyntax")),
        ("RETURN it", Step("a TypeError should be raised at compile time: InvalidArgumentType")),
        ("RETURN it", Step("a SyntaxError should be raised at runtime: UndefinedVariable")),
    ],
)
def test_a_wrong_answer_does_not_pass(query: str, demand: Step) -> None:
    assert not run_scenario(asked(query, demand)).passed


def test_element_order_of_lists_counts_unless_the_kit_says_otherwise() -> None:
    demand = result(("it",), ("[1, 2]",), how=", in any order (ignoring element order for lists)")
    assert run_scenario(asked("RETURN [2, 1] AS it", demand)).passed


def test_an_error_of_the_right_type_and_phase_passes_and_its_reason_is_compared() -> None:
    right = run_scenario(asked("RETURN it", Step("a SyntaxError should be raised at compile time: UndefinedVariable")))
    other = run_scenario(asked("RETURN it", Step("a SyntaxError should be raised at compile time: UnknownFunction")))
    assert right.passed
    assert right.detail_agrees
    assert other.passed
    assert not other.detail_agrees


@pytest.mark.parametrize(
    ("query", "category"),
    [
        ("MATCH (n) RETURN n", Category.RESULT),
        ("MATCH (n:Set) WHERE n.create = 'DELETE' RETURN n /* MERGE */", Category.RESULT),
        ("MATCH (n) SET n.x = 1", Category.WRITING),
        ("match (n) detach delete n", Category.WRITING),
    ],
)
def test_a_query_that_writes_is_told_by_its_clauses(query: str, category: Category) -> None:
    assert category_of(asked(query, Step("the result should be empty"))) is category


def test_the_writer_carries_out_what_fixtures_do() -> None:
    store = GraphStore()
    write(store, "UNWIND range(1, 3) AS i CREATE (a:A {n: i})-[:R {w: [i]}]->(:B:C)<-[:S]-(a)", {})
    assert sorted(node.labels for node in store.nodes.values()) == [("A",)] * 3 + [("B", "C")] * 3
    assert sorted(edge.type for edge in store.edges.values()) == ["R"] * 3 + ["S"] * 3
    write(store, "MATCH (a {n: 2})-[r:R]->(b) DELETE r CREATE (b)-[:BACK {from: a.n}]->(a)", {})
    assert [edge.properties["from"] for edge in store.edges.values() if edge.type == "BACK"] == [2]
    assert len(store.edges) == 6


def test_the_list_of_known_failures_must_be_right() -> None:
    passes = run_scenario(asked("RETURN 1 AS it", result(("it",), ("1",))))
    fails = run_scenario(asked("RETURN 2 AS it", result(("it",), ("1",))))
    key = passes.scenario.key
    assert surprises([passes], {}) == []
    assert surprises([fails], {key: "why"}) == []
    assert "passes now" in surprises([passes], {key: "why"})[0]
    assert "fails (read result)" in surprises([fails], {})[0]
    assert "no scenario" in surprises([], {key: "why"})[0]
