"""What is written comes back exactly, whichever way it was written; a delta is applied whole, once, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BackendDriftError, SequenceGapError
from graph.backends.embedded import writer as writing
from graph.backends.embedded.repository import EmbeddedRepository, open_repository
from graph.backends.embedded.types import ValueNotStorableError
from graph.model import GraphDelta, NodeChange, Operation
from graph.schema.model import Schema
from tests.graph.backends.embedded.conftest import OPTIONS
from tests.graph.backends.embedded.samples import (
    apply,
    ask,
    content,
    create,
    full_edge,
    full_node,
    link,
    unlink,
    update,
)


@pytest.mark.parametrize("copy_rows", [1, 10**9], ids=["copied", "created row by row"])
def test_every_attribute_of_every_kind_and_relation_comes_back_as_it_went(
    repository: EmbeddedRepository, schema: Schema, copy_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "COPY_ROWS", copy_rows)
    nodes = [full_node(kind) for kind in schema.concrete_kinds()]
    edges = [full_edge(schema.relations[name], *min(pairs)) for name, pairs in schema.pairs.items() if pairs]
    apply(repository, nodes=nodes, edges=edges)
    found_nodes, found_edges = content(repository)
    assert found_nodes == {n.id: (schema.kinds[n.kind].labels, {**n.properties, "id": n.id}) for n in nodes}
    assert found_edges == {e.id: (e.type, e.start, e.end, dict(e.properties)) for e in edges}
    for node in nodes:
        for name, value in node.properties.items():
            assert type(found_nodes[node.id][1][name]) is type(value)


def test_an_absent_property_stays_absent_and_an_empty_string_or_list_does_not(repository: EmbeddedRepository) -> None:
    apply(repository, nodes=[create("t", "Team", name="", aliases=())])
    assert next(iter(repository.nodes())).properties == {"id": "t", "name": "", "aliases": ()}


def test_an_update_replaces_the_whole_state(repository: EmbeddedRepository) -> None:
    apply(repository, nodes=[create("s", "VirtualMachine", name="a", cpu_cores=4, hostname="h")])
    apply(repository, nodes=[update("s", "VirtualMachine", name="b", memory_gb=8)])
    assert next(iter(repository.nodes())).properties == {"id": "s", "name": "b", "memory_gb": 8}


def test_the_properties_of_a_relation_are_replaced_too(repository: EmbeddedRepository, schema: Schema) -> None:
    relation = next(r for r in schema.relations.values() if r.attributes and schema.pairs[r.name])
    edge = full_edge(relation, *min(schema.pairs[relation.name]))
    kinds = {edge.start_kind, edge.end_kind}
    apply(repository, nodes=[full_node(schema.kinds[kind]) for kind in kinds], edges=[edge])
    apply(repository, edges=[edge._replace(operation=Operation.UPDATE, properties={})])
    assert content(repository)[1] == {edge.id: (edge.type, edge.start, edge.end, {})}


def test_a_delta_is_applied_once(repository: EmbeddedRepository) -> None:
    delta = GraphDelta(1, 3, [create("t", "Team", name="x")])
    assert repository.apply(delta) is True
    assert repository.apply(delta) is False
    assert repository.watermark() == 3
    assert repository.counts() == {"Team": 1}


def test_a_gap_is_refused(repository: EmbeddedRepository) -> None:
    with pytest.raises(SequenceGapError):
        repository.apply(GraphDelta(2, 2, [create("t", "Team")]))
    assert repository.watermark() == 0
    assert repository.counts() == {}


@pytest.mark.parametrize(
    ("delta", "error"),
    [
        pytest.param([update("absent", "Team", name="x")], BackendDriftError, id="update of what is not there"),
        pytest.param([create("old", "Team", name="x")], BackendDriftError, id="creation of what is there"),
        pytest.param([create("bad", "Rack", name=7)], ValueNotStorableError, id="value of another type"),
    ],
)
def test_a_delta_that_fails_leaves_nothing_behind(
    repository: EmbeddedRepository, delta: list[NodeChange], error: type[Exception]
) -> None:
    apply(repository, nodes=[create("old", "Team", name="old")])
    before = content(repository)
    with pytest.raises(error):
        apply(repository, nodes=[create("new", "Site", name="new"), *delta])
    assert content(repository) == before
    assert repository.watermark() == 1
    apply(repository, nodes=[create("new", "Site", name="new")])
    assert repository.counts() == {"Team": 1, "Site": 1}


def test_a_relation_whose_end_is_missing_is_refused(repository: EmbeddedRepository) -> None:
    apply(repository, nodes=[create("a", "Rack")])
    with pytest.raises(BackendDriftError):
        apply(repository, edges=[link("e", "LOCATED_IN", "a", "Rack", "gone", "DataCenter")])
    assert repository.counts() == {"Rack": 1}


def test_a_deleted_node_and_its_relations_are_gone(repository: EmbeddedRepository) -> None:
    edge = link("e", "LOCATED_IN", "a", "Rack", "d", "DataCenter")
    apply(repository, nodes=[create("a", "Rack"), create("d", "DataCenter")], edges=[edge])
    apply(repository, nodes=[NodeChange(Operation.DELETE, "a", "Rack", {})], edges=[unlink(edge)])
    assert repository.counts() == {"DataCenter": 1}


def test_reclassification_within_a_table_drops_what_the_new_kind_lacks(repository: EmbeddedRepository) -> None:
    apply(repository, nodes=[create("s", "VirtualMachine", name="s", bios_uuid="u")])
    change = NodeChange(Operation.RECLASSIFY, "s", "PhysicalServer", {"name": "s"}, "VirtualMachine")
    apply(repository, nodes=[change])
    assert [(n.kind, dict(n.properties)) for n in repository.nodes()] == [("PhysicalServer", {"id": "s", "name": "s"})]


def test_reclassification_across_tables_keeps_the_relations(repository: EmbeddedRepository) -> None:
    edges = [
        link("e1", "IN_PERIMETER", "c", "Rack", "p", "Perimeter"),
        link("e2", "CONCERNS", "f", "Feedback", "c", "Rack"),
    ]
    nodes = [create("p", "Perimeter"), create("f", "Feedback"), create("c", "Rack", name="c")]
    apply(repository, nodes=nodes, edges=edges)
    before = content(repository)[1]
    apply(repository, nodes=[NodeChange(Operation.RECLASSIFY, "c", "Site", {"name": "c", "city": "Lyon"}, "Rack")])
    assert {n.id: n.kind for n in repository.nodes()} == {"p": "Perimeter", "f": "Feedback", "c": "Site"}
    assert content(repository)[1] == before
    assert ask(repository, "MATCH (:Feedback)-[:CONCERNS]->(s:Site)-[:IN_PERIMETER]->() RETURN s.city").rows == [
        ("Lyon",)
    ]


def test_a_store_opened_again_holds_the_same(repository: EmbeddedRepository, path: Path, schema: Schema) -> None:
    apply(repository, nodes=[create("t", "Team", name="x")], events=5)
    expected = content(repository)
    repository.close()
    repository.close()
    again = open_repository(f"embedded:{path}", schema, OPTIONS)
    assert (again.watermark(), content(again)) == (5, expected)
    assert ask(again, "MATCH (t:Team) RETURN t.name").rows == [("x",)]
    again.close()


def test_reset_empties_the_store_and_it_can_be_filled_again(repository: EmbeddedRepository) -> None:
    apply(repository, nodes=[create("t", "Team", name="x")], events=5)
    repository.reset()
    assert (repository.watermark(), repository.counts()) == (0, {})
    apply(repository, nodes=[create("t", "Team", name="y")])
    assert ask(repository, "MATCH (t:Team) RETURN t.name AS n").rows == [("y",)]


def test_readers_see_the_last_commit_while_a_delta_is_written(repository: EmbeddedRepository) -> None:
    apply(repository, nodes=[create("t", "Team", name="before")])
    with repository._store.writing(2) as writer:
        writer.run("MATCH (n:Node_organisation) SET n.name = 'after'")
        assert ask(repository, "MATCH (t:Team) RETURN t.name AS n").rows == [("before",)]
    assert ask(repository, "MATCH (t:Team) RETURN t.name AS n").rows == [("after",)]
