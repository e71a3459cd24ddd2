"""Simulations over HTTP are refused before they begin, played beside the server, watched, cut, kept whole, and read within perimeters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.app import create_app
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.simulation.compare import compare
from services.simulation.documents import simulation_document
from services.simulation.insight import insight
from services.simulation.jobs import SimulationJobs
from services.simulation.order import Order
from services.simulation.run import simulate
from services.twin import Twin
from simulate.builder.scenario import parse_scenario
from tests.api.conftest import served
from tests.api.estate import opened
from tests.api.loading import Loading, held
from tests.conftest import ROOT
from tests.services.access.conftest import CHEAP, PASSWORD
from tests.services.simulation.conftest import YEAR, estate_of_two

PAGE = ROOT / "docs" / "how-to" / "simulate-over-http.md"
WORKER = "services.simulation.worker"
LONG = """\
name: Long
duration: 100 years
replications: 100000
kinds:
  PhysicalServer: {failure: {mean: 30 days}, repair: {mean: 1 day}}
"""
WORSE = YEAR.replace("30 days", "10 days").replace("A year", "A worse year")


@dataclass(frozen=True, slots=True)
class Playing(Loading):
    """A client of `/api/simulations`, and the twin that is played."""

    twin: Twin
    jobs: SimulationJobs
    people: Doorkeeper

    def begin(self, **wanted: Any) -> httpx.Response:
        return self.http.post("/api/simulations", json=wanted)

    def played(self, **wanted: Any) -> dict[str, Any]:
        """The job, once it has ended."""
        begun = self.begin(**wanted)
        assert begun.status_code == 202, begun.text
        return self.ended(begun.headers["Location"])

    def result(self, job: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"/api/simulations/{job['id']}/result").json()
        return found

    def code(self, **wanted: Any) -> str:
        """The code that a simulation is refused with; nothing has begun."""
        refused = self.begin(**wanted)
        assert refused.status_code in (400, 404, 422), refused.text
        assert self.http.get("/api/simulations", params={"state": "waiting"}).json() == []
        return str(refused.json()["error"]["code"])

    def headers(self, name: str, roles: list[str], perimeters: list[str] | None) -> dict[str, str]:
        account = self.people.accounts.create(name, PASSWORD, roles, perimeters, by="test")
        return {"Authorization": f"Bearer {self.people.tokens.issue(account, timedelta(days=1))[0]}"}


@pytest.fixture(scope="module")
def playing(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playing]:
    more = {"simulation_jobs_waiting": 1, "simulation_runs_kept": 3, "simulation_events": 1e9}
    with opened("networkx", schema, tmp_path_factory.mktemp("playing"), estate_of_two(), more) as twin:
        people = Doorkeeper(twin.ledger, twin.clock, hasher=CHEAP)
        app = create_app(twin, follow=False, doorkeeper=people)
        account = people.accounts.create("ana", PASSWORD, ["operator"], None, by="test")
        with served(twin, app) as server:
            server.http.headers["Authorization"] = f"Bearer {people.tokens.issue(account, timedelta(days=1))[0]}"
            yield Playing(server.http, twin, app.state.services.simulations, people)


@dataclass(slots=True)
class Program:
    """The program of the how-to, block after block."""

    blocks: list[str]
    names: dict[str, Any]
    done: int = 0

    def until(self, block: int) -> dict[str, Any]:
        """What is known once so many blocks have run, each of them once."""
        while self.done < block:
            exec(self.blocks[self.done], self.names)
            self.done += 1
        return self.names


@pytest.fixture(scope="module")
def program(playing: Playing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """It stands beside the scenario file that it reads."""
    folder, base = tmp_path_factory.mktemp("program"), playing.http.base_url
    (folder / "year.yml").write_text(YEAR, encoding="utf-8")
    token = playing.http.headers["Authorization"].removeprefix("Bearer ")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setenv("TWIN", f"{base.host}:{base.port}")
        patched.setenv("TOKEN", token)
        blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
        assert len(blocks) == 3, "each is run by one of the tests"
        found = Program(blocks, {})
        yield found
        found.names["twin"].close()


@pytest.fixture(scope="module")
def kept(playing: Playing, program: Program) -> dict[str, Any]:
    """A run that the program had played and kept, with the events that were told of it."""
    job = program.until(1)["job"]
    address = f"/api/simulations/{job['id']}"
    return {**playing.see(address), "events": list(playing.events(address))}


def test_a_scenario_file_is_played_watched_and_kept_and_says_what_the_console_says(
    playing: Playing, kept: dict[str, Any]
) -> None:
    assert (kept["state"], kept["actor"], kept["error"]) == ("complete", "ana", None)
    assert kept["sequence"] == kept["graph_sequence"] == playing.twin.ledger.sequence()
    at_the_console = simulate(playing.twin.settings, parse_scenario(YEAR), order=Order(seed=9)).to_dict()
    told = playing.result(kept)
    assert told["rows"] == at_the_console["rows"]
    assert (told["replications"], told["simulated"], told["kept"]["run"]) == (10, True, kept["run"])
    states = [event.data["state"] for event in kept["events"] if event.type == "state"]
    assert states == ["waiting", "running", "complete"]
    stages = list(dict.fromkeys(event.data["stage"] for event in kept["events"] if event.type == "progress"))
    assert stages[:3] == ["build", "replications", "keep"]
    assert kept["events"][-1].data["replications"] == 10
    (run,) = playing.twin.ledger.runs(1, source="simulation")
    assert (run.actor, run.status) == ("ana", "complete")
    assert str(playing.twin.settings.home) not in str(kept)
    ended = playing.http.get(f"/api/simulations/{kept['id']}/events", headers={"Last-Event-ID": "1000"})
    assert ended.status_code == 204


def test_a_kept_run_is_read_by_whoever_sees_an_item_of_it_and_no_further(
    playing: Playing, kept: dict[str, Any]
) -> None:
    address = f"/api/simulation-runs/{kept['run']}"
    whole = playing.http.get(address, params={"first": 100}).json()
    assert (whole["seed"], whole["replications"], len(whole["summaries"])) == (9, 10, 10)
    assert kept["run"] in {run["id"] for run in playing.http.get("/api/simulation-runs").json()}
    north = playing.headers("nora", ["reader", "operator"], ["North"])
    part = playing.http.get(address, params={"first": 100}, headers=north)
    assert {row["name"] for row in part.json()["summaries"]} == {
        row["name"] for row in whole["summaries"] if "orth" in row["name"]
    }
    assert "outh" not in part.text
    beside = playing.http.get(f"{address}/comparison", params={"base": kept["run"]}, headers=north)
    assert (beside.json()["items"], beside.json()["told_apart"]) == (5, 0)
    assert "outh" not in beside.text
    nothing = playing.headers("zoe", ["reader", "operator"], [])
    assert playing.http.get("/api/simulation-runs", headers=nothing).json() == []
    for path in (address, f"{address}/comparison?base={kept['run']}"):
        assert playing.http.get(path, headers=nothing).json()["error"]["code"] == "NOT_FOUND"


def test_whoever_is_limited_neither_starts_nor_watches_nor_reads_simulations_of_the_whole(
    playing: Playing, kept: dict[str, Any]
) -> None:
    south = playing.headers("sam", ["operator"], ["South"])
    job, run = f"/api/simulations/{kept['id']}", f"/api/simulation-runs/{kept['run']}"
    asked = [
        playing.http.request(method, path, json=body, headers=south)
        for method, path, body in (
            ("POST", "/api/simulations", {"scenario": YEAR}),
            ("GET", "/api/simulations", None),
            ("GET", job, None),
            ("GET", f"{job}/result", None),
            ("GET", f"{job}/events", None),
            ("POST", f"{job}/cancel", None),
            ("DELETE", job, None),
            ("GET", f"{run}/insight", None),
            ("DELETE", run, None),
        )
    ]
    assert {(answer.status_code, answer.json()["error"]["code"]) for answer in asked} == {(403, "RESTRICTED")}
    assert "Payments North" not in "".join(answer.text for answer in asked)


def test_a_run_is_played_again_as_it_was_for_what_it_teaches(
    playing: Playing, kept: dict[str, Any], program: Program
) -> None:
    address = f"/api/simulation-runs/{kept['run']}/insight"
    assert playing.http.get(address).json()["error"]["code"] == "NOT_FOUND", "nobody has asked yet"
    before = playing.twin.ledger.sequence()
    taught = program.until(2)["taught"]
    assert playing.twin.ledger.sequence() == before, "the graph stays as it is"
    assert taught == playing.http.get(address).json()
    found = insight(playing.twin.settings, parse_scenario(YEAR), order=Order(seed=9), detailed=5)
    hours = [(row.id, pytest.approx(row.hours)) for row in found.contributions]
    assert [(row["id"], row["hours"]) for row in taught["contributions"]] == hours
    assert taught["counts"]["single_points"] == len(found.single_points)
    assert (taught["detailed"], taught["simulated"]) == (5, True)


def test_scenarios_are_compared_with_the_same_chance_and_the_twin_stays_as_it_is(
    playing: Playing, kept: dict[str, Any], program: Program
) -> None:
    before = playing.twin.ledger.sequence()
    names = program.until(3)
    assert (names["compared"]["state"], names["compared"]["run"]) == ("complete", None)
    assert playing.twin.ledger.sequence() == before
    (found,) = compare(playing.twin.settings, parse_scenario(YEAR), [parse_scenario(names["changed"])])
    (told,) = names["result"]["comparisons"]
    for part in ("overall", "services"):
        wanted = [(row.name, row.measure, pytest.approx(row.difference)) for row in getattr(found, part)]
        assert [(row["name"], row["measure"], row["difference"]) for row in told[part]] == wanted


def test_a_simulation_that_is_cancelled_keeps_what_is_finished_and_others_wait_meanwhile(playing: Playing) -> None:
    first = playing.http.post(
        "/api/simulations?seed=3&reason=review", content=LONG, headers={"Content-Type": "application/yaml"}
    )
    assert (first.status_code, first.json()["order"]["seed"], first.json()["order"]["keep"]) == (202, 3, True)
    job = first.headers["Location"]
    with closing(playing.events(job)) as watching:
        next(event for event in watching if event.type == "progress" and event.data["rows"] >= 20)
    with held(WORKER):
        assert playing.see(job)["state"] == "running"
        assert 'jumeau_simulation_jobs{state="running"} 1.0' in playing.http.get("/metrics").text
        waiting = playing.begin(scenario=YEAR)
        assert waiting.json()["state"] == "waiting"
        refused = playing.begin(scenario=YEAR)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TOO_MANY_JOBS")
        assert int(refused.headers["Retry-After"]) > 0
        assert playing.http.delete(job).json()["error"]["code"] == "JOB_STATE"
        assert playing.http.post(f"{waiting.headers['Location']}/cancel").json()["state"] == "cancelled"
        assert playing.http.post(f"{job}/cancel").json()["cancelling"]
    cut = playing.ended(job)
    assert (cut["state"], cut["report"]["stopped"], cut["report"]["wanted"]) == ("cancelled", "cancelled", 100_000)
    finished = cut["report"]["replications"]
    assert 20 <= finished < 100_000
    run = playing.http.get(f"/api/simulation-runs/{cut['run']}").json()
    assert (run["replications"], run["scenario"]) == (finished, "Long")
    assert playing.http.delete(job).status_code == 200
    assert playing.http.get(job).json()["error"]["code"] == "NOT_FOUND"
    dropped = playing.http.delete(f"/api/simulation-runs/{cut['run']}")
    assert dropped.json()["run"] == cut["run"], "a job that is discarded leaves its run, which is dropped by itself"
    with playing.twin.ledger.reading() as connection:
        assert cut["run"] not in {row.run for row in connection.execute(simulation_document.select())}


def test_the_end_of_the_server_leaves_no_run_and_the_job_says_so(playing: Playing) -> None:
    before = playing.twin.ledger.sequence()
    job = playing.begin(scenario=LONG).headers["Location"]
    with closing(playing.events(job)) as watching:
        next(event for event in watching if event.type == "progress" and event.data["stage"] == "replications")
    playing.jobs.close()
    playing.jobs.start()
    found = playing.see(job)
    assert (found["state"], found["error"]["code"], found["run"]) == ("interrupted", "JOB_INTERRUPTED", None)
    assert playing.twin.ledger.sequence() == before


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        pytest.param({"scenario": {"name": "x", "replications": 100_001}}, "SIMULATION_BOUNDS", id="replications"),
        pytest.param(
            {"scenario": YEAR, "replications": 60_000, "compare_with": [WORSE]},
            "SIMULATION_BOUNDS",
            id="replications of all scenarios",
        ),
        pytest.param({"scenario": {"name": "x", "duraton": 1}}, "SCENARIO", id="an unknown word"),
        pytest.param({"scenario": "name: [x"}, "SCENARIO", id="broken YAML"),
        pytest.param({"scenario": "name: &a x\nwatch: [*a]"}, "SCENARIO", id="an alias"),
        pytest.param({"scenario": {"name": "x", "branch": "gone"}}, "NOT_FOUND", id="a branch that is gone"),
        pytest.param({"scenario": {"name": "x"}, "as_of": "#999999"}, "USAGE", id="an event that is not there"),
        pytest.param(
            {"scenario": {"name": "x", "failover": {"calibration": "none"}}}, "NOT_FOUND", id="an unknown calibration"
        ),
        pytest.param({"scenario": YEAR, "seed": 2**63}, "USAGE", id="a seed that cannot be kept"),
        pytest.param({"of": "nothing"}, "NOT_FOUND", id="a run that is not kept"),
        pytest.param({"of": "x", "scenario": YEAR}, "USAGE", id="a run and a scenario"),
        pytest.param({}, "USAGE", id="nothing"),
        pytest.param({"scenario": YEAR, "compare_with": [WORSE], "keep": True}, "USAGE", id="a comparison to keep"),
        pytest.param({"scenario": YEAR, "replications": 1}, "PAYLOAD", id="one replication"),
        pytest.param({"scenario": YEAR, "more": 1}, "PAYLOAD", id="an unknown field"),
    ],
)
def test_what_can_be_refused_is_refused_before_anything_begins(playing: Playing, wanted: Any, code: str) -> None:
    before = playing.twin.ledger.sequence()
    assert playing.code(**wanted) == code
    assert playing.twin.ledger.sequence() == before


def test_what_only_the_model_tells_is_refused_before_it_is_played(playing: Playing) -> None:
    before = playing.twin.ledger.sequence()
    often = {"failure": {"mean": "1 ms"}, "repair": {"mean": "1 ms"}}
    failed = playing.played(scenario={"name": "x", "duration": "1 day", "kinds": {"PhysicalServer": often}})
    assert (failed["state"], failed["error"]["code"]) == ("failed", "SIMULATION_TOO_MANY_EVENTS")
    assert (failed["run"], failed["progress"]["stage"], playing.twin.ledger.sequence()) == (None, "build", before)
    assert playing.http.get(f"/api/simulations/{failed['id']}/result").json()["error"]["code"] == "JOB_STATE"


def test_bodies_of_other_kinds_and_sizes_are_refused(playing: Playing) -> None:
    cases = {
        ("text/plain", YEAR): (415, "SCENARIO_MEDIA_TYPE"),
        ("application/yaml", "#" * 1_000_001): (413, "BODY_SIZE"),
        ("application/json", "{"): (422, "PAYLOAD"),
    }
    for (kind, body), wanted in cases.items():
        answer = playing.http.post("/api/simulations", content=body, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]["code"]) == wanted
    for query, kind in (("seed=1", "application/json"), ("sed=1", "application/yaml")):
        strange = playing.http.post(f"/api/simulations?{query}", content="{}", headers={"Content-Type": kind})
        assert strange.json()["error"]["code"] == "USAGE"
