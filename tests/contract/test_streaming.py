"""Behaviours 5.4 to 5.6 of docs/reference/repository.md: answers that are read in batches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph.cypher.parameters import complete_parameters
from graph.cypher.prepare import prepare
from graph.repository import GraphRepository, ReadContext, RowCapError, Rows
from tests.contract.estate import CONTEXT, ask

TEXTS = (
    "MATCH (n) RETURN n.name AS name, n.os_family AS os ORDER BY name, os",
    "MATCH (a)-[r]->(b) RETURN a, r, b ORDER BY r.id, a.name, b.name",
    "MATCH p = (a:VirtualMachine)-[:HOSTED_ON]->(b) RETURN p ORDER BY a.name",
    "MATCH (a {name: 'app1'}), (b {name: 'h1'}) MATCH p = shortestPath((a)-[*..6]->(b)) RETURN p",
    "MATCH (n) RETURN DISTINCT labels(n)[0] AS kind, count(*) AS n ORDER BY kind",
    "MATCH (n:Team {name: 'nobody'}) RETURN n",
)


def read(
    repository: GraphRepository, text: str, batch_rows: int, context: ReadContext = CONTEXT
) -> tuple[list[Rows], tuple[str, ...], int]:
    bound = prepare(text, repository.schema)
    values = complete_parameters(bound, {}, context.now)
    with repository.stream(bound, values, context, batch_rows) as answer:
        return list(answer.batches), answer.columns, answer.sequence


@pytest.mark.parametrize("batch_rows", [1, 4, 1_000])
@pytest.mark.parametrize("text", TEXTS)
def test_5_4_the_batches_are_the_answer(loaded: GraphRepository, text: str, batch_rows: int) -> None:
    whole = ask(loaded, text)
    batches, columns, sequence = read(loaded, text, batch_rows)
    assert [row for rows in batches for row in rows] == list(whole.rows)
    assert (columns, sequence) == (whole.columns, whole.sequence)
    assert all(0 < len(rows) <= batch_rows for rows in batches)


def test_5_5_more_rows_than_the_cap_are_an_error_after_those_that_it_allows(loaded: GraphRepository) -> None:
    bound = prepare("MATCH (n) RETURN n.name AS n", loaded.schema)
    seen: list[Rows] = []
    with (
        loaded.stream(bound, {}, replace(CONTEXT, row_cap=3), 2) as answer,
        pytest.raises(RowCapError, match="more than 3 rows"),
    ):
        seen.extend(answer.batches)
    assert sum(len(rows) for rows in seen) == 3
    exactly = read(loaded, "MATCH (n:NetworkDevice) RETURN n.name AS n", 2, replace(CONTEXT, row_cap=3))
    assert [len(rows) for rows in exactly[0]] == [2, 1]


def test_5_6_what_is_not_read_to_its_end_keeps_nobody_from_reading(loaded: GraphRepository) -> None:
    bound = prepare("MATCH (a), (b) RETURN a, b", loaded.schema)
    for _ in range(20):
        with loaded.stream(bound, {}, CONTEXT, 5) as answer:
            assert len(next(answer.batches)) == 5
    assert len(ask(loaded, "MATCH (n) RETURN n").rows) == 17


def test_5_6_several_are_read_side_by_side(loaded: GraphRepository) -> None:
    bound = prepare("MATCH (n) RETURN n.id AS id ORDER BY id", loaded.schema)
    with loaded.stream(bound, {}, CONTEXT, 3) as one, loaded.stream(bound, {}, CONTEXT, 3) as other:
        pairs = list(zip(one.batches, other.batches, strict=True))
    assert len(pairs) == 6
    assert all(list(left) == list(right) for left, right in pairs)
