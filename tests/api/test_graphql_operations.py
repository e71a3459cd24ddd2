"""How the twin itself fares, in GraphQL: health, freshness, loads, quarantine, disagreements, the stages of a query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.clock import parse_instant
from core.principal import Principal
from graph.schema.model import Schema
from services.ingestion import ingest_job
from services.twin import Twin
from tests.api.conftest import Asking, asking
from tests.api.estate import NOW, Estate, created, opened, small_estate, write
from tests.api.random_estate import NORTH, random_estate, seen_by_north
from tests.ingest.test_identification import netbox, servicenow
from tests.ingest.twin import write_files

READER = Principal("ana", frozenset({"reader"}), None)
OPERATOR = Principal("leo", frozenset({"operator"}), None)


@pytest.fixture(scope="module")
def loaded(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """A twin that two sources have told of, with rows that could not be taken."""
    home = tmp_path_factory.mktemp("loaded")
    with opened("embedded", schema, home) as twin:
        job = ingest_job(twin.settings, schema, twin.ledger)
        located = "from_kind,from,to_kind,to\nRack,R1,Site,S1\n"
        racks = {"Rack.csv": "key,name\nR1,r\nR2,=SUM(A1)\n", "relations/LOCATED_IN.csv": located}
        job.run("csv", write_files(home / "racks", racks))
        one = netbox({"name": "srv1", "serial": "A", "asset_tag": "T1"})
        job.run("netbox", write_files(home / "one", one))
        two = servicenow({"name": "srv1", "serial_number": "A", "asset_tag": "T2"})
        job.run("servicenow_cmdb", write_files(home / "two", two))
        twin.catch_up()
        yield twin


def by(twin: Twin, principal: Principal) -> Asking:
    repository = getattr(twin.repository, "inner", twin.repository)
    return asking(replace(twin, repository=repository), Estate(), principal)


def test_health_tells_how_far_the_backend_follows_and_what_is_in_it(schema: Schema, tmp_path: Path) -> None:
    estate = small_estate()
    with opened("embedded", schema, tmp_path, estate) as twin:
        ask = asking(twin, estate)
        text = "{ health { status backend sequence ledgerSequence lag kinds { kind count } } }"
        health = ask.graphql(text)["health"]
        assert {line["kind"]: line["count"] for line in health["kinds"]} == Counter(
            thing.kind for thing in estate.things
        )
        assert (health["status"], health["backend"], health["lag"]) == ("ok", "embedded", 0)
        last = write(twin.ledger, [created("Team", "new")], "more")
        behind = ask.graphql("{ health { status sequence ledgerSequence lag } }")["health"]
        assert behind == {"status": "behind", "sequence": last - 1, "ledgerSequence": last, "lag": 1}
        assert ask.counted(text) == 1


def test_health_counts_what_the_asker_sees(schema: Schema, tmp_path: Path) -> None:
    estate = random_estate(servers=10, people=10)
    with opened("networkx", schema, tmp_path, estate) as twin:
        kinds = by(twin, NORTH).graphql("{ health { kinds { kind count } } }")["health"]["kinds"]
    wanted = Counter(thing.kind for thing in seen_by_north(estate).things)
    assert {line["kind"]: line["count"] for line in kinds} == wanted


def test_freshness_is_by_source_at_any_moment(loaded: Twin) -> None:
    ask = by(loaded, READER)
    now = ask.graphql("{ freshness { source at ageSeconds } }")["freshness"]
    assert [line["source"] for line in now] == ["csv", "netbox", "servicenow_cmdb"]
    for line in now:
        assert line["ageSeconds"] == int((NOW - parse_instant(line["at"])).total_seconds())
    assert ask.graphql('{ freshness(asOf: "#0") { source } }')["freshness"] == []


def test_runs_are_listed_newest_first_and_told_one_by_one(loaded: Twin) -> None:
    ask = by(loaded, OPERATOR)
    runs = ask.graphql("{ runs { id source status actor startedAt created rejected location } }")["runs"]
    assert [run["source"] for run in runs] == ["servicenow_cmdb", "netbox", "csv"]
    csv = runs[-1]
    assert (csv["status"], csv["actor"], csv["rejected"]) == ("complete", "operator", 2)
    assert csv["created"] > 0
    assert csv["location"].endswith("racks")
    told = ask.graphql(f'{{ run(id: "{csv["id"][:8]}") {{ id source rejected }} }}')["run"]
    assert told == {"id": csv["id"], "source": "csv", "rejected": 2}
    chosen = ask.graphql(
        '{ runs(source: "netbox", status: "complete") { source } none: runs(status: "failed") { id } }'
    )
    assert chosen == {"runs": [{"source": "netbox"}], "none": []}
    assert len(ask.graphql("{ runs(first: 1) { id } }")["runs"]) == 1
    assert ask.code('{ run(id: "zz") { id } }') == "NOT_FOUND"


def test_rejected_rows_are_told_with_what_to_do(loaded: Twin) -> None:
    text = "{ quarantine%s { count rows { source position code hint replayable reason row } } }"
    found = by(loaded, OPERATOR).graphql(text % "")["quarantine"]
    assert found["count"] == 2
    rows = {row["code"]: row for row in found["rows"]}
    assert rows.keys() == {"FORMULA_CELL", "DANGLING_REFERENCE"}
    assert rows["DANGLING_REFERENCE"]["replayable"]
    assert "S1" in rows["DANGLING_REFERENCE"]["row"]["cells"]
    assert rows["FORMULA_CELL"]["position"] == "Rack.csv:3"
    assert rows["FORMULA_CELL"]["row"] is None
    one = by(loaded, OPERATOR).graphql(text % '(code: "FORMULA_CELL", source: "csv", first: 5)')["quarantine"]
    assert (one["count"], [row["code"] for row in one["rows"]]) == (1, ["FORMULA_CELL"])
    cut = by(loaded, OPERATOR).graphql("{ quarantine(first: 1) { count rows { code } } }")["quarantine"]
    assert (cut["count"], len(cut["rows"])) == (2, 1)


def test_what_is_in_a_rejected_row_is_for_those_who_load(loaded: Twin) -> None:
    reader = by(loaded, READER)
    assert reader.graphql("{ quarantine { count rows { code hint } } }")["quarantine"]["count"] == 2
    for field in ("row", "reason"):
        result = reader.schema.execute_sync(f"{{ quarantine {{ rows {{ {field} }} }} }}")
        assert {(error.extensions or {})["code"] for error in result.errors or ()} == {"FORBIDDEN"}
        assert result.data == {"quarantine": {"rows": [{field: None}, {field: None}]}}


def test_disagreements_tell_what_each_source_says(loaded: Twin) -> None:
    ask = by(loaded, READER)
    text = """query($of: String, $between: [String!], $attribute: String) {
      disagreements(of: $of, between: $between, attribute: $attribute) {
        count disagreements { kind name attribute chosen chosenSource said { source value } } } }"""
    found = ask.graphql(text, attribute="asset_tag")["disagreements"]
    assert found["count"] == 1
    (one,) = found["disagreements"]
    assert one["said"] == [{"source": "netbox", "value": "T1"}, {"source": "servicenow_cmdb", "value": "T2"}]
    assert one["chosen"] in ("T1", "T2")
    assert (one["name"], one["attribute"]) == ("srv1", "asset_tag")
    assert ask.graphql(text, of="srv1", between=["netbox", "servicenow_cmdb"])["disagreements"]["count"] >= 1
    assert ask.graphql(text, between=["netbox", "csv"])["disagreements"]["count"] == 0
    assert ask.code(text, of="nobody") == "NOT_FOUND"
    assert ask.code(text, between=["netbox"]) == "USAGE"


@pytest.mark.parametrize(
    "field", ["runs { id }", "quarantine { count }", "disagreements { count }", 'run(id: "x") { id }']
)
def test_what_is_of_the_whole_estate_is_not_for_a_perimeter(field: str, loaded: Twin) -> None:
    assert by(loaded, NORTH).code(f"{{ {field} }}") == "RESTRICTED"


def test_a_query_is_explained_and_not_run(memory: Asking) -> None:
    memory.repository.asked.clear()
    text = '{ explain(query: "MATCH (s:Server {name: $n}) RETURN s.name AS name", parameters: {n: "x"}) { stage query findings } }'
    stages = memory.graphql(text)["explain"]
    assert [stages[0]["stage"], stages[-1]["stage"]] == ["parse", "compile: networkx"]
    assert "MATCH (s:Server" in stages[0]["query"]
    assert memory.repository.asked == []
    past = memory.any_engine('{ explain(query: "MATCH (n) RETURN n", asOf: "#0") { stage } }')["explain"]
    assert past[0]["stage"] == "parse"
    assert memory.code('{ explain(query: "MATCH (n:Nothing) RETURN n") { stage } }') == "UNKNOWN_KIND"


def test_indicators_are_the_catalogue_s_with_their_answers(memory: Asking) -> None:
    everything = memory.graphql("{ indicators { name tags } }")["indicators"]
    assert all("indicator" in found["tags"] for found in everything)
    assert len(everything) >= 20
    text = (
        '{ indicators(about: "satisfaction") { name titleFr answer } runCatalogue(name: "first_level_rate_by_team") }'
    )
    data = memory.any_engine(text)
    found = {one["name"]: one["answer"] for one in data["indicators"]}
    assert found["first_level_rate_by_team"]["columns"] == data["runCatalogue"]["columns"]
    assert found["first_level_rate_by_team"]["rows"] == data["runCatalogue"]["rows"]
    assert memory.graphql('{ indicators(about: "nothing") { name } }')["indicators"] == []


def test_an_indicator_is_asked_at_a_moment(memory: Asking) -> None:
    text = '{ indicators(about: "satisfaction") { answer(asOf: "#0") } }'
    (past, *_) = memory.any_engine(text)["indicators"]
    assert past["answer"]["rows"] == []
