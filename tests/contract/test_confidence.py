"""How sure a relation is can be read of each one, on every backend; it is kept only with those that a source has seen."""

from __future__ import annotations

from typing import Any

from core.errors import UnsupportedConstructError
from graph.registry import open_backend
from graph.repository import GraphRepository
from tests.contract.estate import delta, edge, node, rows

NODES = [node("ServiceInstance", "pay"), *(node("PhysicalServer", name) for name in ("c1", "c2", "c3", "c4"))]
SEEN = {"confidence": "observed", "observed_by": "prometheus"}
EDGES = [
    edge("RUNS_ON", "pay", "c1"),
    edge("RUNS_ON", "pay", "c2", **SEEN),
    edge("RUNS_ON", "pay", "c3"),
]

ASKED: list[tuple[str, list[tuple[Any, ...]]]] = [
    (
        "MATCH (:ServiceInstance)-[r:RUNS_ON]->(s) RETURN s.name AS server, r.confidence AS c, r.observed_by AS o",
        [("c1", "declared", None), ("c2", "observed", "prometheus"), ("c3", "declared", None)],
    ),
    (
        "MATCH (s:PhysicalServer) OPTIONAL MATCH (s)<-[r:RUNS_ON]-() RETURN s.name AS server, r.confidence AS c",
        [("c1", "declared"), ("c2", "observed"), ("c3", "declared"), ("c4", None)],
    ),
    ("MATCH ()-[r:RUNS_ON {confidence: 'declared'}]->(s) RETURN s.name AS server", [("c1",), ("c3",)]),
    ("MATCH ()-[r:RUNS_ON {confidence: 'observed'}]->(s) RETURN s.name AS server", [("c2",)]),
    ("MATCH ()-[r:RUNS_ON {confidence: $asked}]->(s) RETURN s.name AS server", [("c1",), ("c3",)]),
    ("MATCH ()-[r:RUNS_ON]->(s) WHERE r.confidence <> 'observed' RETURN s.name AS server", [("c1",), ("c3",)]),
    ("MATCH ()-[r:RUNS_ON]->() RETURN r.confidence AS c, count(*) AS n", [("declared", 2), ("observed", 1)]),
    ("MATCH ()-[r:RUNS_ON]->(s) RETURN s.name AS server, r {.confidence} AS r", [
        ("c1", {"confidence": "declared"}), ("c2", {"confidence": "observed"}), ("c3", {"confidence": "declared"})]),
    (
        "MATCH (:ServiceInstance)-[r:RUNS_ON*1..2]->(s) RETURN s.name AS server, [x IN r | x.confidence] AS c",
        [("c1", ["declared"]), ("c2", ["observed"]), ("c3", ["declared"])],
    ),
]  # fmt: skip


def test_confidence_is_declared_unless_a_source_has_seen_the_relation(repository: GraphRepository) -> None:
    repository.apply(delta(1, *NODES, *EDGES))
    executor = open_backend("networkx", repository.schema)
    executor.apply(delta(1, *NODES, *EDGES))
    for text, wanted in ASKED:
        given = {"asked": "declared"} if "$asked" in text else {}
        try:
            found = rows(repository, text, **given)
        except UnsupportedConstructError:  # what a dialect has no words for runs on the executor
            assert "[x IN r" in text
            found = rows(executor, text, **given)
        assert sorted(found, key=repr) == sorted(wanted, key=repr), text


def test_what_absence_means_is_no_content(repository: GraphRepository) -> None:
    """Nothing is written for it: the relation has no property."""
    repository.apply(delta(1, *NODES, *EDGES))
    kept = {held.end: dict(held.properties) for held in repository.edges()}
    assert sorted(kept.values(), key=len) == [{}, {}, SEEN]
