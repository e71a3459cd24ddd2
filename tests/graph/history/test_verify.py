"""Verification finds what was changed behind the ledger's back, and names it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import FrozenClock
from core.ids import relation_id, uuid_of
from graph.history.checksum import ContentChecksum
from graph.history.ledger import Event, Ledger
from graph.history.projection import Projector
from graph.history.verify import Difference, verify
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation
from graph.registry import open_backend
from graph.repository import GraphRepository
from graph.schema.model import Schema

A, B = uuid_of("a"), uuid_of("b")
AB = relation_id("CONNECTED_THROUGH", A, B)


@pytest.fixture
def ledger(tmp_path: Path, schema: Schema, clock: FrozenClock) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", schema, clock)
    run = opened.begin_run("csv", "tester", "export/", "f1")
    nodes = [
        Event(Operation.CREATE, e, False, "NetworkDevice", None, {"name": name}) for e, name in ((A, "a"), (B, "b"))
    ]
    opened.append(run, [*nodes, Event(Operation.CREATE, AB, True, "CONNECTED_THROUGH", None, {}, A, B)])
    yield opened
    opened.close()


@pytest.fixture
def repository(ledger: Ledger, schema: Schema) -> GraphRepository:
    opened = open_backend("networkx", schema)
    Projector(ledger, opened).catch_up()
    return opened


def differences(ledger: Ledger, repository: GraphRepository) -> tuple[Difference, ...]:
    report = verify(ledger, repository.schema, [repository])
    assert not report.equal
    return report.backends[0].differences


def test_a_faithful_backend_is_equal_with_the_ledgers_checksum(ledger: Ledger, repository: GraphRepository) -> None:
    report = verify(ledger, repository.schema, [repository])
    assert report.equal
    assert report.backends[0].checksum == report.checksum
    assert report.counts == {"CONNECTED_THROUGH": 1, "NetworkDevice": 2}


def test_a_property_changed_behind_its_back_is_named(ledger: Ledger, repository: GraphRepository) -> None:
    repository.apply(GraphDelta(4, 4, [NodeChange(Operation.UPDATE, A, "NetworkDevice", {"name": "other"})]))
    assert differences(ledger, repository) == (Difference("NetworkDevice", A, "changed", "name", "a", "other"),)


def test_a_missing_relation_and_an_unexpected_node_are_named(ledger: Ledger, repository: GraphRepository) -> None:
    stranger = uuid_of("stranger")
    repository.apply(
        GraphDelta(
            4,
            4,
            [NodeChange(Operation.CREATE, stranger, "Rack", {"name": "r"})],
            [EdgeChange(Operation.DELETE, AB, "CONNECTED_THROUGH", A, B, {}, "NetworkDevice", "NetworkDevice")],
        )
    )
    assert differences(ledger, repository) == (
        Difference("CONNECTED_THROUGH", AB, "missing"),
        Difference("Rack", stranger, "unexpected"),
    )


def test_a_backend_that_lags_is_not_equal(ledger: Ledger, schema: Schema) -> None:
    assert not verify(ledger, schema, [open_backend("networkx", schema)]).equal


def test_the_checksum_depends_on_types_and_not_on_order(schema: Schema) -> None:
    def checksum(*values: object) -> str:
        total = ContentChecksum(schema)
        for number, value in enumerate(values):
            total.add("Rack", uuid_of(str(number)), "", "", {"x": value})  # type: ignore[dict-item]
        return total.checksum()

    assert checksum(1) != checksum(1.0) != checksum(True)
    one, other = ContentChecksum(schema), ContentChecksum(schema)
    for total, order in ((one, (A, B)), (other, (B, A))):
        for element in order:
            total.add("Rack", element, "", "", {"name": "r"})
    assert one.checksum() == other.checksum()


def test_bookkeeping_is_counted_but_stays_out_of_the_checksum(schema: Schema) -> None:
    one, other = ContentChecksum(schema), ContentChecksum(schema)
    one.add("ImportRun", A, "", "", {"status": "complete"})
    assert one.checksum() == other.checksum()
    assert one.counts == {"ImportRun": 1}
