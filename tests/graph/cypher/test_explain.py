"""EXPLAIN shows what each stage made of a query."""

from __future__ import annotations

from graph.cypher.explain import explain, explained
from tests.graph.cypher.small_schema import SCHEMA


def test_each_stage_that_changes_something_is_shown() -> None:
    stages = explain(
        "MATCH (a:ServiceInstance)-[:DEPENDS_ON*]->(b) WHERE a.name = $name RETURN DISTINCT b.name", SCHEMA
    )
    assert [stage.name for stage in stages] == ["parse", "bind", "hops", "pushdown", "ends_only"]
    assert "column b.name: string" in stages[1].findings
    assert "parameter $name: string" in stages[1].findings
    assert (
        "node b: ServiceInstance | Deployable" in stages[1].findings
        or "node b: Deployable | ServiceInstance" in stages[1].findings
    )
    assert stages[2].findings[0].startswith("the variable-length pattern at line 1, column 26")
    assert "{name: $name}" in stages[3].text
    assert stages[4].findings == ("relation __r1: only its set of ends matters",)


def test_the_word_explain_is_taken_off_and_positions_stay() -> None:
    text = "/* why */ explain MATCH (a) RETURN a"
    assert explained(text) == "/* why */         MATCH (a) RETURN a"
    assert explained("MATCH (explain) RETURN explain") is None
    assert explained("EXPLAINED") is None
