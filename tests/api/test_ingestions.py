"""Loads over HTTP run beside the server, are watched, stopped, taken up again, and leave of an upload what they should."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.graphql.sessions import Connections
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.jobs.loads import LoadJobs
from services.twin import Twin
from tests.api.apps import create_app
from tests.api.conftest import Server, served
from tests.api.estate import opened
from tests.api.loading import ROWS, STEPPING, Loading, lying_in, sites, step_until
from tests.conftest import ROOT
from tests.patience import until
from tests.services.access.conftest import CHEAP, PASSWORD

PAGE = ROOT / "docs" / "how-to" / "load-over-http.md"


@dataclass(frozen=True, slots=True)
class Loaded(Loading):
    """A client, and the twin that it loads."""

    twin: Twin
    jobs: LoadJobs

    def count(self, beginning: str) -> int:
        """Sites of such names, asked as anybody asks, while something is loaded or not."""
        question = "MATCH (s:Site) WHERE s.name STARTS WITH $name RETURN count(*) AS n"
        answer = self.http.post("/api/query", json={"query": question, "parameters": {"name": beginning}})
        assert answer.status_code == 200
        return int(answer.json()["rows"][0][0])

    @property
    def lying(self) -> dict[str, int]:
        return dict(lying_in(self.twin.settings.home / "uploads"))


@pytest.fixture(scope="module")
def all_loaded(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """A server whose loads commit every other row."""
    more = {"batch_rows": 2, "upload_jobs_waiting": 1, "actor": "tester"}
    with opened("networkx", schema, tmp_path_factory.mktemp("loaded"), more=more) as twin:
        app = create_app(twin)
        with served(twin, app) as server:
            yield Loaded(server.http, twin, app.state.services.jobs)


@pytest.fixture
def loaded(all_loaded: Loaded) -> Iterator[Loaded]:
    yield all_loaded
    for job in all_loaded.http.get("/api/ingestions").json():
        assert all_loaded.http.delete(f"/api/ingestions/{job['id']}").status_code == 200
    assert all_loaded.lying == {}


@dataclass(frozen=True, slots=True)
class Guarded:
    """A server that asks people to sign in."""

    server: Server
    keeper: Doorkeeper
    streams: Connections

    def issue(self, name: str, perimeters: list[str] | None, **scope: Any) -> tuple[dict[str, str], str]:
        """The header of an operator, and the id of its token."""
        account = self.keeper.accounts.create(name, PASSWORD, ["operator"], perimeters, by="test")
        secret, token = self.keeper.tokens.issue(account, timedelta(days=1), **scope)
        return {"Authorization": f"Bearer {secret}"}, token.id


@pytest.fixture(scope="module")
def guarded(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    more = {"connections_per_account": 2, "subscription_recheck_s": 1.0}
    with opened("networkx", schema, tmp_path_factory.mktemp("guarded"), more=more) as twin:
        keeper = Doorkeeper(twin.ledger, twin.clock, hasher=CHEAP)
        app = create_app(twin, follow=False, doorkeeper=keeper)
        with served(twin, app) as server:
            yield Guarded(server, keeper, app.state.event_streams)


def test_the_program_of_the_how_to_rehearses_an_export_and_then_loads_it(
    loaded: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearse, load = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "export" / "relations").mkdir(parents=True)
    (tmp_path / "export" / "Site.csv").write_bytes(sites(20, "Dry") + b"S1,,\nS99\n")
    (tmp_path / "export" / "relations" / "LOCATED_IN.csv").write_bytes(b"from_kind,from,to_kind,to\n")
    monkeypatch.chdir(tmp_path)
    base = loaded.http.base_url
    monkeypatch.setenv("TWIN", f"{base.host}:{base.port}")
    before = loaded.twin.ledger.sequence()
    program: dict[str, Any] = {}
    exec(rehearse, program)
    job = program["path"]
    rehearsed = loaded.see(job)
    assert (rehearsed["state"], rehearsed["run"], rehearsed["may_start"]) == ("rehearsed", None, True)
    assert rehearsed["report"]["difference"]["counts"] == [{"kind": "Site", "operation": "create", "count": 20}]
    assert (loaded.twin.ledger.sequence(), loaded.count("Dry")) == (before, 0)

    exec(load, program)
    done = loaded.see(job)
    assert (done["state"], done["report"]["status"], done["attempts"]) == ("complete", "complete", 2)
    assert done["progress"]["counters"] == done["report"]["counters"]
    assert done["report"]["counters"]["created"] == rehearsed["report"]["counters"]["created"] == 20
    assert done["report"]["quarantined"] == rehearsed["report"]["quarantined"]
    assert done["report"]["counters"]["rejected"] == len(done["report"]["quarantined"]) > 0
    assert done["sequence"] == done["graph_sequence"] == loaded.twin.ledger.sequence()
    until(lambda: loaded.count("Dry") == 20)
    (run,) = loaded.twin.ledger.runs(1)
    assert (run.id, run.actor, run.status) == (done["run"], "tester", "complete")
    assert loaded.lying == {}, "what is loaded is not kept"
    assert (done["files"], done["may_start"]) == ([], False)

    known = loaded.jobs.journal(done["id"]).last
    events = list(loaded.events(job))
    assert [event.id for event in events] == list(range(1, known + 1))
    states = [event.data["state"] for event in events if event.type == "state"]
    assert states == ["open", "waiting", "running", "rehearsed", "waiting", "running", "complete"]
    stages = list(dict.fromkeys(event.data["stage"] for event in events if event.type == "progress"))
    assert stages[:2] == ["look through", "nodes"]
    assert all(str(loaded.twin.settings.home) not in str(told) for told in (rehearsed, done, events))
    assert [event.id for event in loaded.events(job, **{"Last-Event-ID": str(known - 1)})] == [known]
    assert loaded.http.get(f"{job}/events", headers={"Last-Event-ID": str(known)}).status_code == 204
    assert loaded.start(job).json()["error"]["code"] == "JOB_STATE"


def test_a_load_is_watched_cancelled_cut_by_a_restart_and_goes_on_each_time_where_it_stopped(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(*STEPPING)
    job = loaded.sent(sites(ROWS, "Long"))

    def reached() -> int:
        return int((loaded.see(job)["progress"] or {}).get("rows") or 0)

    loaded.start(job)
    step_until(lambda: reached() > 2)
    with closing(loaded.events(job)) as watching:
        seen = next(event for event in watching if event.type == "progress" and event.data["rows"])
        assert (seen.data["stage"], seen.data["total"]) == ("nodes", ROWS)
    running = loaded.see(job)
    assert (running["state"], running["run"]) == ("running", seen.data["run"])
    assert running["progress"]["counters"]["created"] > 0
    assert running["progress"]["batches"] > 1
    assert loaded.http.delete(job).json()["error"]["code"] == "JOB_STATE"
    assert loaded.put(job, "Team.csv", b"x").json()["error"]["code"] == "JOB_STATE"
    assert 'jumeau_load_jobs{state="running"} 1.0' in loaded.http.get("/metrics").text
    assert loaded.http.post(f"{job}/cancel").json()["cancelling"]
    step_until(lambda: loaded.see(job)["state"] != "running")
    cancelled = loaded.see(job)
    assert (cancelled["state"], cancelled["report"]["status"], cancelled["may_start"]) == (
        "cancelled",
        "cancelled",
        True,
    )
    taken = cancelled["report"]["counters"]["created"]
    assert 0 < taken < ROWS
    until(lambda: loaded.count("Long") == taken)

    loaded.start(job)
    step_until(lambda: reached() > taken)
    rest = loaded.events(job, **{"Last-Event-ID": str(seen.id)})
    again = next(event for event in rest if event.type == "progress" and event.data["rows"] > taken)
    with ThreadPoolExecutor(1) as beside:
        other = loaded.sent(sites(5, "Other"))
        refused = loaded.start(other)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "LOAD_IN_PROGRESS")
        waiting = loaded.sent(sites(5, "Other"), dry_run=True)
        assert loaded.start(waiting).json()["state"] == "waiting"
        third = loaded.sent(sites(5, "Other"), dry_run=True)
        many = loaded.start(third)
        assert (many.status_code, many.json()["error"]["code"], "Retry-After" in many.headers) == (
            429,
            "TOO_MANY_JOBS",
            True,
        )
        assert loaded.http.post(f"{waiting}/cancel").json()["state"] == "cancelled", "it had not begun"
        assert loaded.start(waiting).json()["state"] == "waiting"
        ended = beside.submit(loaded.jobs.close)
        step_until(ended.done)
        ended.result()
    monkeypatch.delenv(STEPPING[0])
    assert next(rest).id == (again.id or 0) + 1, "numbers go on"
    rest.close()
    partial = loaded.twin.settings.home / "uploads" / other.rpartition("/")[2] / "partial"
    (partial / "half").write_bytes(b"what had not arrived")
    loaded.jobs.start()
    for cut in (job, waiting):
        found = loaded.see(cut)
        assert (found["state"], found["error"]["code"]) == ("interrupted", "JOB_INTERRUPTED")
        assert found["may_start"]
    assert not partial.exists()
    assert loaded.see(other)["state"] == "open"

    loaded.start(job)
    done = loaded.ended(job)
    assert (done["state"], done["run"], done["report"]["resumed"]) == ("complete", cancelled["run"], True)
    assert done["report"]["counters"]["created"] == ROWS
    until(lambda: loaded.count("Long") == ROWS)
    assert loaded.count("Other") == 0
    states = [each["state"] for each in loaded.http.get("/api/ingestions").json()]
    assert sorted(states) == ["complete", "interrupted", "open", "open"]
    assert [each["id"] for each in loaded.http.get("/api/ingestions?state=complete").json()] == [done["id"]]


def test_a_bomb_is_refused_with_its_code_and_nothing_is_left_of_it(loaded: Loaded) -> None:
    bomb = gzip.compress(b"key,name\n" * 8_000_000, 9)
    assert len(bomb) < 300_000
    before = loaded.twin.ledger.sequence()
    runs = loaded.twin.ledger.runs()
    job = loaded.sent(bomb, name="Site.csv.gz")
    loaded.start(job)
    failed = loaded.ended(job)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "EXPANSION_TOO_LARGE")
    assert failed["error"]["where"] == "Site.csv.gz", "as it was uploaded: where it lies is nobody's business"
    assert (failed["files"], failed["may_start"], loaded.lying) == ([], False, {})
    assert (loaded.twin.ledger.sequence(), loaded.twin.ledger.runs()) == (before, runs)
    assert loaded.put(job, "Site.csv", sites(1)).status_code == 201, "another file may take its place"


def test_whoever_watches_and_goes_away_leaves_nothing_open(guarded: Guarded) -> None:
    headers, _ = guarded.issue("ana", None)
    loading, streams = Loading(guarded.server.http), guarded.streams
    made = guarded.server.http.post("/api/ingestions", json={"source": "csv"}, headers=headers)
    job = made.headers["Location"]
    assert made.json()["actor"] == "ana"
    one, other = loading.events(job, **headers), loading.events(job, **headers)
    assert next(one).data == next(other).data == {"state": "open"}
    assert streams.open == 2
    refused = guarded.server.get(f"{job}/events", headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TOO_MANY_CONNECTIONS")
    one.close()
    until(lambda: streams.open == 1)
    third = loading.events(job, **headers)
    assert next(third).id == 1
    guarded.server.http.delete(job, headers=headers)
    ends = list(other), list(third)
    assert [[event.type for event in end] for end in ends] == [["error"], ["error"]]
    assert ends[0][0].data["code"] == "NOT_FOUND"
    until(lambda: streams.open == 0)


def test_a_stream_ends_where_its_asker_may_not_watch_any_more_and_a_silence_is_told(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.job_events.ALIVE_S", 0.3)
    headers, token = guarded.issue("bob", None)
    job = guarded.server.http.post("/api/ingestions", json={"source": "csv"}, headers=headers).headers["Location"]
    watching = Loading(guarded.server.http).events(job, **headers)
    assert next(watching).type == "state"
    assert next(watching).type == "", "a comment keeps the connection alive"
    guarded.keeper.tokens.revoke(token)
    (end,) = (event for event in watching if event.type)
    assert (end.type, end.data["code"]) == ("error", "TOKEN_REFUSED")
    until(lambda: guarded.streams.open == 0)


def test_a_load_is_for_those_who_see_the_whole_estate(guarded: Guarded) -> None:
    http = guarded.server.http
    whole, part = guarded.issue("carl", None)[0], guarded.issue("dora", ["Payments"])[0]
    job = http.post("/api/ingestions", json={"source": "csv"}, headers=whole).headers["Location"]
    asked = [
        http.request(method, path, headers=part, json={"source": "csv"} if path.endswith("ions") else None)
        for method, path in (
            ("GET", "/api/ingestions"),
            ("POST", "/api/ingestions"),
            ("GET", job),
            ("PUT", f"{job}/files/Site.csv"),
            ("POST", f"{job}/start"),
            ("POST", f"{job}/cancel"),
            ("GET", f"{job}/events"),
            ("DELETE", job),
        )
    ]
    assert {(answer.status_code, answer.json()["error"]["code"]) for answer in asked} == {(403, "RESTRICTED")}
    assert http.get(job, headers=whole).json()["state"] == "open"
    loads = guarded.issue("eve", None, actions=["load"])[0]
    refused = http.post("/api/ingestions", json={"source": "csv", "branch": "plan"}, headers=loads)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "FORBIDDEN"), (
        "who loads onto a branch may branch"
    )


@pytest.mark.nightly
def test_a_process_that_is_killed_fails_its_job_which_then_goes_on(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUMEAU_FAILPOINT", "ledger.append.committed:5")  # of the process beside: this one has read it
    job = loaded.sent(sites(40, "Killed"))
    loaded.start(job)
    failed = loaded.ended(job)
    assert (failed["state"], failed["error"]["code"], failed["may_start"]) == ("failed", "JOB_PROCESS", True)
    assert "signal 9" in failed["error"]["message"]
    monkeypatch.delenv("JUMEAU_FAILPOINT")
    loaded.start(job)
    done = loaded.ended(job)
    assert (done["state"], done["report"]["resumed"], done["run"]) == ("complete", True, failed["run"])
    assert loaded.count("Killed") == 40


@pytest.mark.nightly
def test_a_load_onto_a_branch_is_not_seen_on_main(loaded: Loaded) -> None:
    assert loaded.http.post("/api/branches", json={"name": "plan"}).status_code == 201
    job = loaded.sent(sites(10, "Plan"), branch="plan")
    loaded.start(job)
    done = loaded.ended(job)
    assert (done["state"], done["run"], done["sequence"]) == ("complete", None, None)
    assert loaded.count("Plan") == 0
    there = loaded.http.post(
        "/api/query",
        json={"query": "MATCH (s:Site) WHERE s.name STARTS WITH 'Plan' RETURN count(*) AS n", "branch": "plan"},
    ).json()
    assert there["rows"] == [[10]]
