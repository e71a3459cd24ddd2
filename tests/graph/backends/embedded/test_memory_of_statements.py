"""A prepared statement keeps the memory that it took: many different ones do not leave the store without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.shapes_graph import build
from graph.backends.embedded import store
from graph.backends.embedded.repository import EmbeddedRepository, open_repository
from graph.cypher.prepare import prepare
from graph.registry import BackendOptions
from graph.repository import ReadContext
from graph.schema.model import Schema

CONTEXT = ReadContext(now=datetime(2025, 1, 1, tzinfo=UTC))
TEXT = "MATCH (v:VirtualMachine) RETURN count(*) AS n LIMIT {}"


@pytest.fixture
def opened(schema: Schema, tmp_path: Path) -> Iterator[EmbeddedRepository]:
    made = open_repository(f"embedded:{tmp_path / 'twin.lbug'}", schema, BackendOptions(buffer_pool_mb=128))
    made.apply(build(0.2).delta)
    yield made
    made.close()


def test_a_connection_of_many_statements_is_replaced_where_memory_is_tight(
    opened: EmbeddedRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "TIGHT", 0.0)  # of a pool of which something is always in use
    found = {tuple(opened.run(prepare(TEXT.format(n), opened.schema), {}, CONTEXT).rows) for n in range(1, 101)}
    assert len(found) == 1
    assert all(len(reader.texts) < store.FEW_TEXTS for reader in opened._store._idle)


def test_statements_stay_where_there_is_room(opened: EmbeddedRepository) -> None:
    for number in range(1, 51):
        opened.run(prepare(TEXT.format(number), opened.schema), {}, CONTEXT)
    assert max(len(reader.texts) for reader in opened._store._idle) >= 50


def test_a_query_that_found_no_memory_is_asked_again_without_what_others_keep(
    opened: EmbeddedRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    right = store.Reader.result

    def result(self: store.Reader, statement: str, parameters: Mapping[str, Any] | None = None) -> Any:
        asked.append(statement)
        if len(asked) == 1:
            raise RuntimeError("Buffer manager exception: Unable to allocate memory! The buffer pool is full")
        return right(self, statement, parameters)

    monkeypatch.setattr(store.Reader, "result", result)
    assert len(opened.run(prepare(TEXT.format(1), opened.schema), {}, CONTEXT).rows) == 1
    assert len(asked) == 2


def test_connections_that_nobody_uses_can_be_let_go(opened: EmbeddedRepository) -> None:
    text = prepare("MATCH (v:VirtualMachine) RETURN count(*) AS n", opened.schema)
    before = opened.run(text, {}, CONTEXT).rows
    opened._store.release()
    assert not opened._store._idle
    assert opened.run(text, {}, CONTEXT).rows == before
