"""A simulation run is kept in the twin whole or not at all, read like anything else by who names it, and dropped without a trace."""

from __future__ import annotations

import re

import pytest

from core.errors import NotFoundError, UsageError
from core.principal import Principal
from graph.backends.neo4j.compiler import Neo4jCompiler
from graph.cypher.prepare import prepare
from graph.history.verify import verify
from graph.schema.model import Schema
from services.query import QueryService
from services.simulation import reading
from services.simulation.keep import keep
from simulate.builder.scenario import parse_scenario
from tests.api.random_estate import NORTH, NOWHERE
from tests.services.simulation.conftest import YEAR, Simulated

BASE = (
    "MATCH (n) RETURN count(n)",
    "MATCH (n:Element) RETURN count(n)",
    "MATCH (n)-[r]->(m) RETURN count(r)",
    "MATCH (s:PhysicalServer {name: 'north-1'})--(x) RETURN count(x)",
    "MATCH (s:PhysicalServer {name: 'north-1'})-[*1..3]-(x) RETURN count(DISTINCT x)",
    "MATCH (n)-[*0..1]->(m) RETURN count(*)",
    "MATCH (i:Incident) RETURN count(i)",
    "MATCH (s:PhysicalServer) WHERE (s)<--() RETURN count(s)",
    "MATCH (s:PhysicalServer) RETURN s.name, COUNT { (s)--() } ORDER BY s.name",
    "MATCH (n) WHERE n.name = 'A year' RETURN count(n)",
    "MATCH (n:!Server) RETURN count(n)",
    "MATCH (n:%)-[r:!USES]-() RETURN count(r)",
    "MATCH (n) RETURN DISTINCT labels(n)[0] AS kind ORDER BY kind",
)
"""Questions about the estate that name no simulated state, though a run hangs on what they ask of."""


def test_questions_about_the_estate_are_answered_as_if_nothing_had_been_kept(anywhere: Simulated) -> None:
    before = [anywhere.rows(text) for text in BASE]
    kept = keep(anywhere.kept, anywhere.play())
    assert kept.summaries == 10
    assert kept.incidents > 20
    assert [anywhere.rows(text) for text in BASE] == before


def test_who_names_it_reads_simulated_state_like_the_real_one(anywhere: Simulated) -> None:
    played = anywhere.play()
    kept = keep(anywhere.kept, played)
    rows = anywhere.rows(
        "MATCH (c:BusinessService)<-[:STATE_OF]-(s:SimulatedSummary)-[:IN_RUN]->(r:SimulationRun)-[:OF_SCENARIO]->(x) "
        "RETURN c.name, s.availability, s.low, s.high, r.seed, x.name ORDER BY c.name"
    )
    told = [[row.name, row.mean, row.low, row.high, 7, "A year"] for row in played.report.rows]
    assert rows == [[name, *map(pytest.approx, values), seed, scenario] for name, *values, seed, scenario in told]
    assert anywhere.rows("MATCH (n:SimulatedIncident) RETURN count(n)") == [[kept.incidents]]
    assert anywhere.rows("MATCH (n) WHERE n:SimulatedIncident RETURN count(n)") == [[kept.incidents]]
    around = "MATCH (r:SimulationRun) MATCH (r)<--(x) RETURN DISTINCT labels(x)[0] AS kind ORDER BY kind"
    assert anywhere.rows(around) == [["SimulatedIncident"], ["SimulatedSummary"]]
    both = "MATCH (s:PhysicalServer {name: 'north-1'}) RETURN COUNT { (s)<-[:STATE_OF]-(:SimulatedIncident) } AS n"
    assert anywhere.rows(both)[0][0] >= 1  # type: ignore[operator]


def test_answers_with_simulated_state_say_so_and_others_do_not(on_networkx: Simulated) -> None:
    keep(on_networkx.kept, on_networkx.play())
    on_networkx.twin.catch_up()
    queries = QueryService(on_networkx.twin)
    told = queries.cypher("MATCH (s:SimulatedSummary)-[:IN_RUN]->(r) RETURN count(r)").to_dict()["notes"]
    assert told == [
        "simulated: SimulatedSummary, SimulationRun: what a kept simulation run says, not what the estate is"
    ]
    assert queries.cypher("MATCH (n) RETURN count(n)").to_dict()["notes"] == []


def test_every_incident_lies_within_the_time_simulated_and_on_what_failed(on_networkx: Simulated) -> None:
    keep(on_networkx.kept, on_networkx.play())
    (span,) = on_networkx.rows("MATCH (r:SimulationRun) RETURN r.begins_at, r.duration")
    assert span[1] == 365 * 24 * 60
    found = on_networkx.rows(
        "MATCH (i:SimulatedIncident)-[:STATE_OF]->(c) "
        "RETURN i.cause, labels(c)[0], count(*), min(i.started_at) >= $from, max(i.ended_at) > $from",
        **{"from": span[0]},
    )
    causes = {(row[0], row[1]) for row in found}
    assert ("failure", "PhysicalServer") in causes
    assert causes <= {("failure", "PhysicalServer"), ("dependency", "BusinessService")}
    assert all(row[3] and row[4] for row in found)


def test_somebody_limited_sees_what_a_run_says_of_what_is_theirs_and_no_more(simulated: Simulated) -> None:
    kept = keep(simulated.kept, simulated.play())
    of = "MATCH (s:SimulatedSummary)-[:STATE_OF]->(c) RETURN c.name ORDER BY c.name"
    north = [["Ledger North"], ["Payments North"], ["north-1"], ["north-2"], ["pair North"]]
    assert simulated.rows(of, NORTH) == north
    assert simulated.rows("MATCH (s:SimulatedSummary) RETURN s.name ORDER BY s.name", NORTH) == north
    names = "MATCH (i:SimulatedIncident) RETURN DISTINCT i.name AS name ORDER BY name"
    assert {str(row[0]).lower().partition("-")[0] for row in simulated.rows(names, NORTH)} <= {
        "north",
        "payments north",
    }
    assert simulated.rows("MATCH (r:SimulationRun)-[:OF_SCENARIO]->(s:Scenario) RETURN s.name", NORTH) == [["A year"]]
    for kind in ("SimulationRun", "Scenario", "SimulatedSummary", "SimulatedIncident"):
        assert simulated.rows(f"MATCH (n:{kind}) RETURN count(n)", NOWHERE) == [[0]]
    east = Principal("eve", frozenset({"reader"}), frozenset({"East"}))
    with pytest.raises(NotFoundError):
        reading.run(lambda text, given: QueryService(simulated.twin).cypher(text, given, east).to_dict(), kept.run)


def test_a_run_that_is_dropped_leaves_the_graph_as_it_was(simulated: Simulated) -> None:
    checksum = verify(simulated.twin.ledger, simulated.twin.schema, [simulated.twin.repository])
    simulated.kept.drop(keep(simulated.kept, simulated.play()).run[:8])
    for kind in ("SimulationRun", "Scenario", "SimulatedSummary", "SimulatedIncident"):
        assert simulated.rows(f"MATCH (n:{kind}) RETURN count(n)") == [[0]]
    after = verify(simulated.twin.ledger, simulated.twin.schema, [simulated.twin.repository])
    assert after.equal
    assert [backend.checksum for backend in after.backends] == [backend.checksum for backend in checksum.backends]
    with pytest.raises(NotFoundError):
        simulated.kept.drop("gone")


def test_simulated_state_is_part_of_what_backends_are_verified_by(simulated: Simulated) -> None:
    before = verify(simulated.twin.ledger, simulated.twin.schema, [simulated.twin.repository])
    keep(simulated.kept, simulated.play())
    simulated.twin.catch_up()
    after = verify(simulated.twin.ledger, simulated.twin.schema, [simulated.twin.repository])
    assert after.equal
    assert after.backends[0].checksum != before.backends[0].checksum


def test_the_oldest_runs_go_when_there_are_too_many_and_their_scenario_with_the_last(on_networkx: Simulated) -> None:
    first = keep(on_networkx.kept, on_networkx.play(parse_scenario(YEAR.replace("A year", "Once"))), incidents=0)
    for seed in (8, 9):
        assert keep(on_networkx.kept, on_networkx.play(seed=seed), incidents=0).dropped == ()
    assert keep(on_networkx.kept, on_networkx.play(seed=10), incidents=0).dropped == (first.run,)
    found = on_networkx.rows("MATCH (r:SimulationRun)-[:OF_SCENARIO]->(s) RETURN r.seed, s.name ORDER BY r.seed")
    assert found == [[8, "A year"], [9, "A year"], [10, "A year"]]
    assert on_networkx.rows("MATCH (s:Scenario) RETURN s.name") == [["A year"]]
    assert on_networkx.rows("MATCH (s:SimulatedSummary) RETURN count(s)") == [[30]]


def test_another_supposition_under_the_same_name_is_another_scenario(on_networkx: Simulated) -> None:
    keep(on_networkx.kept, on_networkx.play(), incidents=0)
    keep(on_networkx.kept, on_networkx.play(parse_scenario(YEAR.replace("30 days", "60 days"))), incidents=0)
    assert on_networkx.rows("MATCH (s:Scenario) RETURN s.name, count(DISTINCT s.version)") == [["A year", 2]]


def test_no_more_incidents_are_kept_than_were_asked_for_outages_of_services_first(on_networkx: Simulated) -> None:
    played = on_networkx.play(parse_scenario(YEAR.replace("mean: 1 day", "mean: 20 days")))
    kept = keep(on_networkx.kept, played, incidents=3)
    assert kept.incidents == 3
    assert kept.incidents_left_out > 10
    found = on_networkx.rows("MATCH (i:SimulatedIncident)-[:STATE_OF]->(c) RETURN DISTINCT labels(c)[0]")
    assert found == [["BusinessService"]]


@pytest.mark.parametrize(("seed", "incidents"), [(2**63, 10), (1, -1), (1, 10_001)])
def test_what_cannot_be_kept_is_refused_and_nothing_is_written(
    on_networkx: Simulated, seed: int, incidents: int
) -> None:
    played, before = on_networkx.play(seed=seed), on_networkx.twin.ledger.sequence()
    with pytest.raises(UsageError):
        keep(on_networkx.kept, played, incidents=incidents)
    assert on_networkx.twin.ledger.sequence() == before
    assert on_networkx.kept.runs() == []


@pytest.mark.parametrize("text", BASE)
def test_neo4j_is_told_what_is_left_out(schema: Schema, text: str) -> None:
    """It is sent labels and types as they are written: nodes that no relation of the estate holds say what they are not."""
    written = re.sub("`[^`]*`", "", Neo4jCompiler(prepare(text, schema), schema).compile({}).text)
    assert not re.search(r"STATE_OF|IN_RUN|OF_SCENARIO", written)
    is_free = text.startswith("MATCH (n") and ("--" not in text and "-[r" not in text)
    assert ("!(Scenario|SimulatedCrew|SimulatedIncident|SimulatedSummary|SimulationRun)" in written) is is_free
    assert "-[]-" not in written
    assert ")--(" not in written


BUSY = """\
name: Busy
replications: 4
seed: 7
kinds:
  PhysicalServer: {failure: {mean: 30 days}, repair: {mean: 1 day}, crew: few}
crews: {few: {size: 1}}
load: {items: {pair North: {arrivals: 2, service: {mean: 100 ms}}}}
"""


def test_how_busy_crews_and_queues_are_is_read_like_the_rest(simulated: Simulated) -> None:
    played = simulated.play(parse_scenario(BUSY))
    keep(simulated.kept, played)
    (queue,), (crew,) = played.report.queues, played.report.crews
    read = "RETURN s.name, s.utilisation, s.utilisation_low, s.utilisation_high"
    rows = simulated.rows(f"MATCH (s:SimulatedSummary) WHERE s.utilisation IS NOT NULL {read}")
    assert rows == [["pair North", queue.utilisation, queue.low, queue.high]]
    assert 0.1 < queue.low < queue.high < 0.2
    rows = simulated.rows(f"MATCH (s:SimulatedCrew)-[:IN_RUN]->(r:SimulationRun) {read}, s.repairs, s.size")
    assert rows == [["few", crew.utilisation, crew.low, crew.high, crew.repairs, 1]]


def test_how_busy_a_crew_is_says_something_of_all_and_is_told_to_who_sees_all(simulated: Simulated) -> None:
    keep(simulated.kept, simulated.play(parse_scenario(BUSY)))
    count = "RETURN count(s)"
    assert simulated.rows(f"MATCH (s:SimulatedCrew) {count}", NORTH) == [[0]]
    queues = f"MATCH (s:SimulatedSummary) WHERE s.utilisation > 0 {count}"
    assert simulated.rows(queues, NORTH) == [[1]]
    assert simulated.rows(queues, Principal("sue", frozenset({"reader"}), frozenset({"South"}))) == [[0]]
