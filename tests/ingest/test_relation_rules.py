"""Containment stays free of cycles and relations stay within their cardinality, whatever the twin already holds."""

from __future__ import annotations

import pytest

from tests.ingest.twin import TestTwin

ROOMS = "key,name\nA,a\nB,b\nC,c\nD,d\n"
HEADER = "from_kind,from,to_kind,to\n"


def located(*pairs: str) -> dict[str, str]:
    return {"relations/LOCATED_IN.csv": HEADER + "".join(f"Room,{p[0]},Room,{p[1]}\n" for p in pairs)}


def test_the_relation_that_closes_a_cycle_is_quarantined_and_the_cycle_is_named(twin: TestTwin) -> None:
    report = twin.load("csv", {"Room.csv": ROOMS, **located("AB", "BC", "CA", "CD")})
    assert [row.code for row in report.quarantined] == ["CYCLIC_CONTAINMENT"]
    assert "c -> a -> b -> c" in report.quarantined[0].reason
    assert twin.edges() == {("a", "LOCATED_IN", "b"), ("b", "LOCATED_IN", "c"), ("c", "LOCATED_IN", "d")}


@pytest.mark.parametrize("batch_rows", [1, 5_000])
def test_relations_of_an_earlier_load_count(twin: TestTwin, batch_rows: int) -> None:
    twin.load("csv", {"Room.csv": ROOMS, **located("AB", "BC")}, batch_rows=batch_rows)
    report = twin.load("csv", located("CA"), batch_rows=batch_rows)
    assert [row.code for row in report.quarantined] == ["CYCLIC_CONTAINMENT"]


def test_a_node_does_not_contain_itself(twin: TestTwin) -> None:
    report = twin.load("csv", {"Room.csv": ROOMS, **located("AA")})
    assert [row.code for row in report.quarantined] == ["CYCLIC_CONTAINMENT"]


def test_loading_the_same_again_rejects_the_same_relation(twin: TestTwin) -> None:
    files = {"Room.csv": ROOMS, **located("AB", "BC", "CA")}
    twin.load("csv", files)
    report = twin.load("csv", files)
    assert report.counters == {"created": 0, "updated": 0, "unchanged": 6, "rejected": 1}


def test_one_outgoing_relation_too_many_is_quarantined(twin: TestTwin) -> None:
    nodes = {
        "SoftwareVersion.csv": "key,name\nV1,one 1\n",
        "SoftwareProduct.csv": "key,name\nP1,one\nP2,two\n",
    }
    rows = HEADER + "SoftwareVersion,V1,SoftwareProduct,P1\nSoftwareVersion,V1,SoftwareProduct,P2\n"
    report = twin.load("csv", {**nodes, "relations/VERSION_OF.csv": rows})
    assert [row.code for row in report.quarantined] == ["TOO_MANY_RELATIONS"]
    assert twin.edges() == {("one 1", "VERSION_OF", "one")}


def test_one_incoming_relation_too_many_is_quarantined_in_a_later_load_too(twin: TestTwin) -> None:
    nodes = {"PhysicalServer.csv": "key,name\nS1,s1\nS2,s2\n", "NetworkInterface.csv": "key,name\nI1,eth0\n"}
    first = HEADER + "PhysicalServer,S1,NetworkInterface,I1\n"
    second = HEADER + "PhysicalServer,S2,NetworkInterface,I1\n"
    twin.load("csv", {**nodes, "relations/HAS_INTERFACE.csv": first})
    report = twin.load("csv", {"relations/HAS_INTERFACE.csv": second})
    assert [row.code for row in report.quarantined] == ["TOO_MANY_RELATIONS"]
