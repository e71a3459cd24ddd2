"""What was read is freed when nobody holds it any more, dates and instants as well, wherever in a row they stand."""

from __future__ import annotations

import gc
import sys
from datetime import UTC, date, datetime

import pytest

from graph.backends.embedded.repository import EmbeddedRepository
from tests.graph.backends.embedded.samples import apply, ask, create

ROWS, TIMES = 400, 10


@pytest.fixture
def filled(repository: EmbeddedRepository) -> EmbeddedRepository:
    day, moment = date(2024, 2, 29), datetime(2024, 2, 29, 12, tzinfo=UTC)
    nodes = [
        create(f"s{i}", "VirtualMachine", name=f"n{i}", commissioned_on=day, last_restart=moment) for i in range(ROWS)
    ]
    apply(repository, nodes=nodes)
    return repository


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (s:VirtualMachine) RETURN s.commissioned_on AS day, s.last_restart AS moment",
        "MATCH (s:VirtualMachine) RETURN s",
        "MATCH (s:VirtualMachine) RETURN collect(s.commissioned_on) AS days, collect(s.last_restart) AS moments",
        "MATCH (s:VirtualMachine) RETURN {day: s.commissioned_on, all: [s.last_restart]} AS told",
    ],
)
def test_dates_and_instants_that_were_read_are_freed(filled: EmbeddedRepository, text: str) -> None:
    first = ask(filled, text).rows
    gc.freeze()  # what was there before is neither looked through nor freed while blocks are counted
    try:
        before = sys.getallocatedblocks()
        for _ in range(TIMES):
            assert ask(filled, text).rows == first
        gc.collect()
        assert sys.getallocatedblocks() - before < ROWS * TIMES // 2, "two for each row of each answer stayed"
    finally:
        gc.unfreeze()
