"""Behaviours 1, 2, 3.1 and 6 of docs/reference/repository.md: opening, applying, scanning."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from core.errors import BackendError, SequenceGapError
from graph.history.checksum import checksum_of
from graph.model import EdgeChange, NodeChange, Operation, Properties
from graph.registry import open_backend
from graph.repository import GraphRepository
from tests.contract.estate import ESTATE, delta, edge, identity, node, rows
from tests.contract.stores import Store

EXACT: Properties = {
    "name": "exact",
    "description": 'l\'été\n"quoted" \\back\\ `tick` $p 日本語 \U0001f512 \t end',
    "aliases": ("a", "", "b|c"),
    "cpu_cores": 2**63 - 1,
    "disk_gb": -0.1 + 0.3,
    "memory_gb": 1e-300,
    "internet_exposed": False,
    "commissioned_on": date(1999, 12, 31),
    "last_restart": datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
    "last_patch": datetime(1970, 1, 1, tzinfo=UTC),
    "yearly_cost": -(2**63),
    "fqdn": "",
}


def contents(repository: GraphRepository) -> tuple[dict[str, Properties], dict[str, tuple[str, str, str]]]:
    """Nodes by id with their properties, relations by id with type and ends."""
    nodes: dict[str, Properties] = {
        n.id: {k: v for k, v in n.properties.items() if k != "id"} for n in repository.nodes()
    }
    return nodes, {e.id: (e.type, e.start, e.end) for e in repository.edges()}


def test_1_1_a_new_backend_is_empty(repository: GraphRepository) -> None:
    assert repository.watermark() == 0
    assert dict(repository.counts()) == {}
    assert contents(repository) == ({}, {})


def test_1_2_a_durable_backend_keeps_watermark_and_content(store: Store) -> None:
    first = store.open()
    if not first.capabilities.durable:
        pytest.skip(f"{store.name} is not durable, and says so")
    first.apply(ESTATE)
    before = checksum_of(first).checksum()
    first.close()
    again = store.open()
    assert again.watermark() == ESTATE.last
    assert checksum_of(again).checksum() == before


def test_1_3_reset_empties_a_backend_that_can_be_loaded_again(repository: GraphRepository) -> None:
    repository.apply(ESTATE)
    repository.reset()
    assert repository.watermark() == 0
    assert dict(repository.counts()) == {}
    assert repository.apply(ESTATE)
    assert rows(repository, "MATCH (n:Team) RETURN count(*) AS n") == [(2,)]


def test_1_4_closing_twice_is_harmless(repository: GraphRepository) -> None:
    repository.close()
    repository.close()


def test_1_5_the_url_opens_it_again_and_holds_no_secret(store: Store) -> None:
    first = store.open()
    url = first.url
    assert not store.options.password or store.options.password not in url
    first.close()
    again = open_backend(url, store.schema, store.options)
    assert again.capabilities == first.capabilities
    again.close()


def test_2_1_content_and_watermark_change_together(repository: GraphRepository) -> None:
    assert repository.apply(delta(1, node("Team", "t"))) is True
    assert repository.watermark() == 1
    assert contents(repository)[0] == {identity("t"): {"name": "t"}}


def test_2_2_a_delta_that_was_applied_changes_nothing(repository: GraphRepository) -> None:
    repository.apply(delta(1, node("Team", "t")))
    before = contents(repository)
    assert repository.apply(delta(1, node("Team", "t"))) is False
    assert (repository.watermark(), contents(repository)) == (1, before)


def test_2_3_a_gap_is_refused(repository: GraphRepository) -> None:
    repository.apply(delta(1, node("Team", "t")))
    with pytest.raises(SequenceGapError):
        repository.apply(delta(3, node("Team", "u")))
    assert repository.watermark() == 1
    assert contents(repository)[0].keys() == {identity("t")}


def test_2_4_a_delta_that_overlaps_what_was_applied_is_refused(repository: GraphRepository) -> None:
    repository.apply(delta(1, node("Team", "t"), last=3))
    with pytest.raises(SequenceGapError):
        repository.apply(delta(2, node("Team", "u"), last=4))
    assert repository.watermark() == 3
    assert contents(repository)[0].keys() == {identity("t")}


def test_2_5_an_update_replaces_the_whole_state(repository: GraphRepository) -> None:
    link = edge("CONNECTED_THROUGH", "a", "b")
    repository.apply(delta(1, node("NetworkDevice", "a", role="core"), node("NetworkDevice", "b"), link))
    changed = NodeChange(Operation.UPDATE, identity("a"), "NetworkDevice", {"name": "a", "model": "m"})
    repository.apply(delta(4, changed, link._replace(operation=Operation.UPDATE)))
    nodes, edges = contents(repository)
    assert nodes[identity("a")] == {"name": "a", "model": "m"}
    assert len(edges) == 1
    assert rows(repository, "MATCH (n:NetworkDevice {name: 'a'}) RETURN n.role AS r, n.model AS m") == [(None, "m")]


def test_2_6_a_delete_removes_nodes_and_the_relations_that_are_named(repository: GraphRepository) -> None:
    link = edge("CONNECTED_THROUGH", "a", "b")
    repository.apply(delta(1, node("NetworkDevice", "a"), node("NetworkDevice", "b"), link))
    gone = NodeChange(Operation.DELETE, identity("a"), "NetworkDevice", {})
    repository.apply(delta(4, gone, link._replace(operation=Operation.DELETE)))
    assert contents(repository) == ({identity("b"): {"name": "b"}}, {})
    assert dict(repository.counts()) == {"NetworkDevice": 1}


def test_2_7_a_reclassification_keeps_identity_and_relations(repository: GraphRepository) -> None:
    repository.apply(delta(1, node("PhysicalServer", "a"), node("Team", "t"), edge("OWNED_BY", "a", "t")))
    other = NodeChange(Operation.RECLASSIFY, identity("a"), "Hypervisor", {"name": "a2"}, "PhysicalServer")
    repository.apply(delta(4, other))
    assert dict(repository.counts()) == {"Hypervisor": 1, "Team": 1, "OWNED_BY": 1}
    asked = "MATCH (h:Hypervisor)-[:OWNED_BY]->(t:Team) RETURN h.id AS id, h.name AS name, labels(h)[0] AS kind"
    assert rows(repository, asked) == [(identity("a"), "a2", "Hypervisor")]
    assert rows(repository, "MATCH (p:PhysicalServer) RETURN count(*) AS n") == [(0,)]


def test_2_8_elements_of_a_delta_refer_to_each_other_in_any_order(repository: GraphRepository) -> None:
    link = edge("CONNECTED_THROUGH", "a", "b")
    repository.apply(delta(1, link, node("NetworkDevice", "b"), node("NetworkDevice", "a")))
    assert contents(repository)[1] == {link.id: ("CONNECTED_THROUGH", identity("a"), identity("b"))}


def test_2_9_parallel_relations_and_loops_are_kept_apart(repository: GraphRepository) -> None:
    one, two = edge("CONNECTED_THROUGH", "a", "b"), edge("CONNECTED_THROUGH", "a", "b", parallel="2")
    loop = edge("CONNECTED_THROUGH", "a", "a")
    repository.apply(delta(1, node("NetworkDevice", "a"), node("NetworkDevice", "b"), one, two, loop))
    assert contents(repository)[1].keys() == {one.id, two.id, loop.id}
    repository.apply(delta(6, two._replace(operation=Operation.DELETE)))
    assert contents(repository)[1].keys() == {one.id, loop.id}


def test_2_10_a_delta_that_cannot_be_applied_leaves_everything_as_it_was(repository: GraphRepository) -> None:
    repository.apply(delta(1, node("NetworkDevice", "a")))
    dangling = edge("CONNECTED_THROUGH", "a", "nowhere")
    with pytest.raises(BackendError):
        repository.apply(delta(2, node("NetworkDevice", "b"), dangling))
    assert repository.watermark() == 1
    assert contents(repository) == ({identity("a"): {"name": "a"}}, {})
    assert repository.apply(delta(2, node("NetworkDevice", "b"))) is True


def test_2_11_an_empty_delta_moves_the_watermark_only(repository: GraphRepository) -> None:
    assert repository.apply(delta(1, last=7)) is True
    assert (repository.watermark(), contents(repository)) == (7, ({}, {}))


def test_2_12_deltas_one_after_the_other_give_the_same_as_one(store: Store) -> None:
    repository = store.open()
    half = len(ESTATE.nodes) // 2
    repository.apply(delta(1, *ESTATE.nodes[:half]))
    repository.apply(delta(half + 1, *ESTATE.nodes[half:]))
    for number, change in enumerate(ESTATE.edges):
        repository.apply(delta(len(ESTATE.nodes) + 1 + number, change))
    reference = open_backend("networkx", store.schema)
    reference.apply(ESTATE)
    assert checksum_of(repository).checksum() == checksum_of(reference).checksum()
    assert repository.watermark() == ESTATE.last


def test_3_1_every_value_comes_back_exactly_in_scans(repository: GraphRepository) -> None:
    repository.apply(delta(1, NodeChange(Operation.CREATE, identity("x"), "PhysicalServer", EXACT)))
    found = contents(repository)[0][identity("x")]
    assert found == EXACT
    assert {k: type(v) for k, v in found.items()} == {k: type(v) for k, v in EXACT.items()}


def test_3_1_properties_of_relations_come_back_exactly_in_scans(repository: GraphRepository) -> None:
    named = {a: r.name for r in repository.schema.relations.values() for a in r.attributes}
    assert "role" in named
    link: EdgeChange = edge("MEMBER_OF", "s", "c", role="active")
    repository.apply(delta(1, node("PhysicalServer", "s"), node("Cluster", "c"), link))
    (found,) = repository.edges()
    assert {k: v for k, v in found.properties.items() if k != "id"} == {"role": "active"}


def test_6_1_scans_give_every_element_once_and_counts_agree(repository: GraphRepository) -> None:
    repository.apply(ESTATE)
    nodes, edges = list(repository.nodes()), list(repository.edges())
    assert len({n.id for n in nodes}) == len(nodes) == len(ESTATE.nodes)
    assert len({e.id for e in edges}) == len(edges) == len(ESTATE.edges)
    counted: dict[str, int] = {}
    for kind in [n.kind for n in nodes] + [e.type for e in edges]:
        counted[kind] = counted.get(kind, 0) + 1
    assert dict(repository.counts()) == counted
    assert {n.labels for n in nodes if n.kind == "VirtualMachine"} == {repository.schema.kinds["VirtualMachine"].labels}


def test_6_2_the_checksum_is_the_same_on_every_backend(store: Store) -> None:
    repository = store.open()
    repository.apply(ESTATE)
    reference = open_backend("networkx", store.schema)
    reference.apply(ESTATE)
    assert checksum_of(repository).checksum() == checksum_of(reference).checksum()
