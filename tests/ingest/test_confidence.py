"""A relation that a source has seen says so in the graph; one that was only declared says nothing, which means the same."""

from __future__ import annotations

import pytest

from graph.backends.networkx.repository import NetworkXRepository
from graph.history.checksum import checksum_of
from graph.history.ledger import Event, State
from graph.history.projection import Projector
from graph.history.verify import ledger_checksum
from graph.model import Operation
from graph.schema.model import Schema
from ingest.precedence import OBSERVED, Precedence, load_precedence
from ingest.reconcile import Claim, Reconciler
from tests.ingest.twin import TestTwin

PROBES = Precedence(("cmdb", "probe", "scan"), observing=frozenset({"probe", "scan"}))
SERVERS = "key,name\np1,srv-1\np2,srv-2\n"
RUNS = "from_kind,from,to_kind,to\nDatabaseInstance,d1,PhysicalServer,p1\n"
FILES = {"PhysicalServer.csv": SERVERS, "DatabaseInstance.csv": "key,name\nd1,db-1\n", "relations/RUNS_ON.csv": RUNS}


def claim(**values: str) -> Claim:
    return Claim("r", True, "RUNS_ON", values, frozenset(values), "a", "b")


def state(event: Event, source: str) -> State:
    return State("r", True, "RUNS_ON", event.after or {}, event.provenance, 1, "a", "b", source)


def told(schema: Schema, source: str, before: State | None, said: Claim) -> Event | None:
    return Reconciler(schema, source, PROBES).event(before, said)


def test_a_source_that_declares_adds_nothing(schema: Schema) -> None:
    event = told(schema, "cmdb", None, claim())
    assert event is not None
    assert event.after == {}


def test_a_source_that_observes_says_so(schema: Schema) -> None:
    event = told(schema, "probe", None, claim())
    assert event is not None
    assert event.after == {"confidence": "observed", "observed_by": "probe"}
    assert told(schema, "probe", state(event, "probe"), claim()) is None


def test_a_relation_is_observed_in_whichever_order_it_was_told(schema: Schema) -> None:
    declared = told(schema, "cmdb", None, claim())
    assert declared is not None
    seen = told(schema, "probe", state(declared, "cmdb"), claim())
    assert seen is not None
    assert (seen.operation, seen.after) == (Operation.UPDATE, {"confidence": "observed", "observed_by": "probe"})
    assert told(schema, "cmdb", state(seen, "probe"), claim()) is None, "declared again, it stays observed"


def test_of_several_that_have_seen_it_the_most_believed_is_named(schema: Schema) -> None:
    first = told(schema, "scan", None, claim())
    assert first is not None
    second = told(schema, "probe", state(first, "scan"), claim())
    assert second is not None
    assert second.after is not None
    assert second.after["observed_by"] == "probe"


def test_what_a_source_says_itself_counts_more(schema: Schema) -> None:
    event = told(schema, "probe", None, claim(confidence="declared"))
    assert event is not None
    assert event.after == {"confidence": "declared", "observed_by": "probe"}


def test_the_pack_names_sources_that_observe(schema: Schema) -> None:
    assert {"prometheus", "backup"} <= load_precedence(schema).observing
    assert load_precedence(schema).confidence(["csv", "prometheus"]) == OBSERVED


@pytest.mark.parametrize("observing", [frozenset[str](), frozenset({"csv"})])
def test_a_load_leaves_the_ledger_and_the_graph_equal(twin: TestTwin, observing: frozenset[str]) -> None:
    twin.load("csv", FILES, precedence=Precedence(("csv",), observing=observing))
    kept = [dict(s.properties) for s in twin.ledger.present() if s.kind == "RUNS_ON"]
    assert kept == [{"confidence": "observed", "observed_by": "csv"} if observing else {}]
    graph = NetworkXRepository(twin.schema)
    Projector(twin.ledger, graph).catch_up()
    assert checksum_of(graph) == ledger_checksum(twin.ledger, twin.schema)
    again = twin.load("csv", FILES, precedence=Precedence(("csv",), observing=observing))
    assert again.counters["updated"] == again.counters["created"] == 0
