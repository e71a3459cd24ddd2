"""Cells as JSON and as text, in the shapes that others rely on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from graph.model import Edge, Node, Path
from services.cells import to_json, to_text

SERVER = Node("u1", ("PhysicalServer", "Server"), {"name": "srv", "commissioned_on": date(2020, 1, 2)})
TEAM = Node("u2", ("Team",), {"name": "Réseau"})
OWNED = Edge("e1", "OWNED_BY", "u1", "u2", {})


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param(2**62 + 1, 2**62 + 1, id="integers are exact"),
        pytest.param(True, True, id="booleans stay booleans"),
        pytest.param(datetime(2025, 1, 1, 8, 0, 0, 5, tzinfo=UTC), "2025-01-01T08:00:00.000005Z", id="instant"),
        pytest.param(date(2025, 1, 1), "2025-01-01", id="date"),
        pytest.param((1, None, [date(2025, 1, 1)]), [1, None, ["2025-01-01"]], id="lists in depth"),
        pytest.param({"a": TEAM}, {"a": to_json(TEAM)}, id="maps in depth"),
        pytest.param(
            SERVER,
            {
                "id": "u1",
                "labels": ["PhysicalServer", "Server"],
                "properties": {"name": "srv", "commissioned_on": "2020-01-02", "id": "u1"},
            },
            id="node",
        ),
        pytest.param(
            OWNED, {"id": "e1", "type": "OWNED_BY", "start": "u1", "end": "u2", "properties": {}}, id="relationship"
        ),
        pytest.param(
            Path((SERVER, TEAM), (OWNED,)),
            {"nodes": [to_json(SERVER), to_json(TEAM)], "relationships": [to_json(OWNED)]},
            id="path",
        ),
    ],
)
def test_a_cell_as_json(cell: Any, expected: Any) -> None:
    assert to_json(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [(None, ""), (True, "true"), (SERVER, "srv"), ([1, "a"], "1, a"), (date(2025, 1, 1), "2025-01-01")],
)
def test_a_cell_as_text(cell: Any, expected: str) -> None:
    assert to_text(cell) == expected
