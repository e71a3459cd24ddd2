"""Deltas in a real Neo4j: exactly once, whole or not at all, every value as it went in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from neo4j import Driver, GraphDatabase

from core.errors import BackendDriftError, BackendError, ConfigurationError, SequenceGapError, StoreReadOnlyError
from core.ids import relation_id, uuid_of
from graph.backends.neo4j.errors import ForeignDatabaseError
from graph.backends.neo4j.repository import Neo4jRepository, open_repository
from graph.model import GraphDelta, NodeChange, Operation
from graph.registry import BackendOptions
from tests.graph.backends.neo4j.estate import SCHEMA, SERVER_PROPERTIES, delta, edge, node
from tests.neo4j_server import Neo4jServer

pytestmark = pytest.mark.neo4j

SERVER_LABELS = ("Server", "ComputeResource", "ConfigurationItem")


@pytest.fixture
def outsider(neo4j_server: Neo4jServer) -> Driver:
    """Somebody else's connection to the same database."""
    return GraphDatabase.driver(neo4j_server.url, auth=(neo4j_server.user, neo4j_server.password))


def test_every_value_type_comes_back_as_it_went_in(repository: Neo4jRepository) -> None:
    since = {"since": SERVER_PROPERTIES["installed_on"], "share": 1e-300}
    repository.apply(delta(1, node("a", "Server", SERVER_PROPERTIES), node("b", "VmInstance", {"addresses": ()})))
    repository.apply(delta(3, edge("b", "RUNS_ON", "a", since)))
    nodes = {found.id: found for found in repository.nodes()}
    stored = nodes[uuid_of("a")]
    assert stored.labels == SERVER_LABELS
    assert stored.properties == {**SERVER_PROPERTIES, "id": uuid_of("a")}
    assert {name: type(value) for name, value in SERVER_PROPERTIES.items()} == {
        name: type(value) for name, value in stored.properties.items() if name != "id"
    }
    assert nodes[uuid_of("b")].properties == {"addresses": (), "id": uuid_of("b")}
    (relation,) = repository.edges()
    assert (relation.type, relation.start, relation.end) == ("RUNS_ON", uuid_of("b"), uuid_of("a"))
    assert relation.id == relation_id("RUNS_ON", uuid_of("b"), uuid_of("a"))
    assert relation.properties == since


def test_a_delta_applied_twice_changes_nothing(repository: Neo4jRepository) -> None:
    first = delta(1, node("a", "Server"))
    assert repository.apply(first)
    assert not repository.apply(first)
    assert repository.watermark() == 1
    assert repository.counts() == {"Server": 1}


@pytest.mark.parametrize(("first", "last"), [(3, 4), (1, 3)], ids=["a gap", "an overlap"])
def test_a_delta_that_does_not_follow_the_watermark_is_refused(
    repository: Neo4jRepository, first: int, last: int
) -> None:
    repository.apply(delta(1, node("a", "Server")))
    with pytest.raises(SequenceGapError):
        repository.apply(GraphDelta(first, last, [node("b", "Server")]))
    assert repository.watermark() == 1
    assert repository.counts() == {"Server": 1}


def test_two_writers_with_the_same_delta_apply_it_once(
    repository: Neo4jRepository, neo4j_server: Neo4jServer, options: BackendOptions
) -> None:
    other = open_repository(neo4j_server.url, SCHEMA, options)
    same = delta(1, *(node(f"n{i}", "Server") for i in range(200)))
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(lambda r: r.apply(same), [repository, other, repository, other]))
    other.close()
    assert sorted(applied) == [False, False, False, True]
    assert repository.counts() == {"Server": 200}


def test_updates_replace_all_properties_and_deletes_take_their_relations(repository: Neo4jRepository) -> None:
    repository.apply(
        delta(
            1,
            node("a", "Server", SERVER_PROPERTIES),
            node("b", "Server"),
            node("c", "Server"),
            edge("b", "RUNS_ON", "a", {"share": 0.1}),
            edge("c", "RUNS_ON", "a"),
            edge("c", "DEPENDS_ON", "b"),
        )
    )
    repository.apply(
        delta(
            7,
            node("a", "Server", {"memory": 4}, Operation.UPDATE),
            edge("b", "RUNS_ON", "a", {"since": SERVER_PROPERTIES["installed_on"]}, Operation.UPDATE),
            node("c", "Server", {}, Operation.DELETE),
            edge("c", "RUNS_ON", "a", operation=Operation.DELETE),
            edge("c", "DEPENDS_ON", "b", operation=Operation.DELETE),
        )
    )
    nodes = {found.id: found for found in repository.nodes()}
    assert nodes.keys() == {uuid_of("a"), uuid_of("b")}
    assert nodes[uuid_of("a")].properties == {"memory": 4, "id": uuid_of("a")}
    assert [dict(found.properties) for found in repository.edges()] == [{"since": SERVER_PROPERTIES["installed_on"]}]


def test_a_reclassified_node_keeps_identity_and_relations(repository: Neo4jRepository) -> None:
    repository.apply(delta(1, node("a", "BusinessApplication"), node("b", "Server"), edge("a", "RUNS_ON", "b")))
    change = NodeChange(Operation.RECLASSIFY, uuid_of("a"), "Server", {"memory": 1}, "BusinessApplication")
    repository.apply(delta(4, change))
    assert {found.id: found.labels for found in repository.nodes()} == {
        uuid_of("a"): SERVER_LABELS,
        uuid_of("b"): SERVER_LABELS,
    }
    assert repository.counts() == {"Server": 2, "RUNS_ON": 1}


def test_a_relation_without_its_end_gives_up_the_whole_delta(repository: Neo4jRepository, outsider: Driver) -> None:
    repository.apply(delta(1, node("a", "Server"), node("b", "Server")))
    with outsider:
        outsider.execute_query("MATCH (n {id: $id}) DELETE n", id=uuid_of("b"))
    with pytest.raises(
        BackendDriftError, match="ends of relations to create: the ledger knows 1 in this batch, the database found 0"
    ):
        repository.apply(delta(3, node("c", "Server"), edge("a", "RUNS_ON", "b")))
    assert repository.watermark() == 2
    assert {found.id for found in repository.nodes()} == {uuid_of("a")}


def test_a_node_that_is_there_already_gives_up_the_whole_delta(repository: Neo4jRepository, outsider: Driver) -> None:
    with outsider:
        outsider.execute_query("CREATE (:JumeauElement {id: $id})", id=uuid_of("a"))
    with pytest.raises(BackendDriftError, match="already exists"):
        repository.apply(delta(1, node("a", "Server")))
    assert repository.watermark() == 0


def test_a_kind_that_the_schema_lacks_is_refused_by_name(repository: Neo4jRepository) -> None:
    with pytest.raises(BackendError, match="'Teapot'"):
        repository.apply(delta(1, node("a", "Teapot")))
    assert repository.watermark() == 0


def test_a_value_that_cannot_be_stored_gives_up_the_delta_and_leaves_the_connection_sound(
    repository: Neo4jRepository,
) -> None:
    with pytest.raises(BackendError, match="cannot be stored"):
        repository.apply(delta(1, node("b", "Server"), node("a", "Server", {"memory": 2**63})))
    assert repository.watermark() == 0
    assert repository.apply(delta(1, node("a", "Server", {"memory": -(2**63)})))
    assert [found.properties["memory"] for found in repository.nodes()] == [-(2**63)]


def test_elements_made_from_outside_are_seen_by_a_scan(repository: Neo4jRepository, outsider: Driver) -> None:
    with outsider:
        outsider.execute_query("CREATE (:Server {name: 'x'})-[:RUNS_ON]->(:Unheard {name: 'y'})")
    assert sorted(found.kind for found in repository.nodes()) == ["Server", "Unheard"]
    assert {edge.start for edge in repository.edges()} <= {found.id for found in repository.nodes()}


def test_reset_empties_the_database_and_keeps_it_usable(repository: Neo4jRepository) -> None:
    repository.apply(delta(1, node("a", "Server"), node("b", "Server"), edge("a", "RUNS_ON", "b")))
    repository.reset()
    assert repository.watermark() == 0
    assert list(repository.nodes()) == []
    assert list(repository.edges()) == []
    assert repository.apply(delta(1, node("a", "Server")))


def test_an_interrupted_reset_is_finished_when_the_twin_is_opened_again(
    repository: Neo4jRepository, neo4j_server: Neo4jServer, options: BackendOptions, outsider: Driver
) -> None:
    repository.apply(delta(1, node("a", "Server")))
    with outsider:  # the state that a crash leaves between the first and the last statement of a reset
        outsider.execute_query("MATCH (w:JumeauWatermark) SET w.sequence = 0, w.resetting = true")
    with pytest.raises(BackendError, match="reset of this database was interrupted"):
        repository.apply(delta(1, node("b", "Server")))
    reopened = open_repository(neo4j_server.url, SCHEMA, options)
    assert list(reopened.nodes()) == []
    assert reopened.apply(delta(1, node("b", "Server")))
    reopened.close()


def test_the_physical_schema_has_one_constraint_per_identity_and_one_index_per_indexed_attribute(
    repository: Neo4jRepository, outsider: Driver
) -> None:
    with outsider:
        found = outsider.execute_query("SHOW INDEXES YIELD name, labelsOrTypes, properties, owningConstraint").records
    ours = {r["name"]: (r["labelsOrTypes"], r["properties"]) for r in found if r["name"].startswith("jumeau_")}
    assert ours == {
        "jumeau_element_id": (["JumeauElement"], ["id"]),
        "jumeau_watermark_name": (["JumeauWatermark"], ["name"]),
        "jumeau_by_name": (["JumeauElement"], ["name"]),
        "jumeau_by_environment": (["JumeauElement"], ["environment"]),
    }


def test_an_index_that_the_schema_no_longer_wants_is_dropped_and_others_are_left_alone(
    repository: Neo4jRepository, neo4j_server: Neo4jServer, options: BackendOptions, outsider: Driver
) -> None:
    with outsider:
        outsider.execute_query("CREATE INDEX jumeau_by_gone FOR (n:JumeauElement) ON (n.gone)")
        outsider.execute_query("CREATE INDEX somebody_elses FOR (n:Other) ON (n.x)")
        open_repository(neo4j_server.url, SCHEMA, options).close()
        names = {r["name"] for r in outsider.execute_query("SHOW INDEXES YIELD name").records}
        outsider.execute_query("DROP INDEX somebody_elses")
    assert "jumeau_by_gone" not in names
    assert "somebody_elses" in names


def test_a_database_that_holds_other_data_is_refused(
    repository: Neo4jRepository, neo4j_server: Neo4jServer, options: BackendOptions, outsider: Driver
) -> None:
    with outsider:
        outsider.execute_query("MATCH (w:JumeauWatermark) DELETE w")
        outsider.execute_query("CREATE (:Somebody)")
        with pytest.raises(ForeignDatabaseError):
            open_repository(neo4j_server.url, SCHEMA, options)
        assert outsider.execute_query("MATCH (n) RETURN count(n) AS c").records[0]["c"] == 1
        outsider.execute_query("MATCH (n) DELETE n")


def test_a_repository_opened_for_reading_does_not_write(repository: Neo4jRepository, neo4j_server: Neo4jServer) -> None:
    options = BackendOptions(user=neo4j_server.user, password=neo4j_server.password, read_only=True)
    reader = open_repository(neo4j_server.url, SCHEMA, options)
    assert reader.watermark() == 0
    with pytest.raises(StoreReadOnlyError):
        reader.apply(delta(1, node("a", "Server")))
    with pytest.raises(StoreReadOnlyError):
        reader.reset()
    reader.close()


def test_both_url_forms_open_the_same_database_and_say_no_password(
    repository: Neo4jRepository, neo4j_server: Neo4jServer, options: BackendOptions
) -> None:
    repository.apply(delta(1, node("a", "Server")))
    routed = open_repository(neo4j_server.url.replace("bolt://", "neo4j://"), SCHEMA, options)
    assert routed.watermark() == 1
    assert routed.url.startswith("neo4j://")
    assert neo4j_server.password not in routed.url
    routed.close()
    routed.close()


@pytest.mark.parametrize("url", ["bolt://", "bolt://host:port", "bolt://host:1/a/b", "neo4j://host?x=1"])
def test_a_url_of_another_form_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="Neo4j URL"):
        open_repository(url, SCHEMA, BackendOptions())


def test_a_password_in_the_url_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_repository("bolt://neo4j:s3cret@localhost:7687", SCHEMA, BackendOptions())
    assert "s3cret" not in str(caught.value)
