"""Loads over HTTP run beside the server, are watched, stopped, taken up again, and leave of an upload what they should."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.twin import Twin
from tests.api.conftest import served
from tests.api.estate import opened
from tests.api.loading import ROWS, Loading, lying_in, sites
from tests.services.access.conftest import CHEAP, PASSWORD
from tests.services.jobs.waiting import until

SITES = "MATCH (s:Site) RETURN count(*) AS n"


@dataclass(frozen=True, slots=True)
class Loaded(Loading):
    """A client, and the twin that it loads."""

    twin: Twin

    def count(self) -> int:
        answer = self.http.post("/api/query", json={"query": SITES})
        assert answer.status_code == 200
        return int(answer.json()["rows"][0][0])

    @property
    def lying(self) -> dict[str, int]:
        return dict(lying_in(self.twin.settings.home / "uploads"))


@pytest.fixture
def loaded(schema: Schema, tmp_path: Path) -> Iterator[Loaded]:
    """A server whose loads commit every other row."""
    more = {"batch_rows": 2, "upload_jobs_waiting": 1, "actor": "tester"}
    with opened("networkx", schema, tmp_path, more=more) as twin, served(twin, create_app(twin)) as server:
        yield Loaded(server.http, twin)


def test_a_dry_run_changes_nothing_and_is_then_loaded_without_another_upload(loaded: Loaded) -> None:
    job = loaded.sent(sites(20) + b"S1,,\nS99\n", dry_run=True, reason="weekly export")
    assert loaded.put(job, "relations/LOCATED_IN.csv", b"from_kind,from,to_kind,to\n").status_code == 201
    started = loaded.start(job)
    assert (started.status_code, started.headers["Location"]) == (202, job)
    events = list(loaded.events(job))
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    states = [event.data["state"] for event in events if event.type == "state"]
    assert states == ["open", "waiting", "running", "rehearsed"]
    stages = list(dict.fromkeys(event.data["stage"] for event in events if event.type == "progress"))
    assert stages[:2] == ["look through", "nodes"]
    rehearsed = loaded.see(job)
    assert (rehearsed["state"], rehearsed["run"], rehearsed["may_start"]) == ("rehearsed", None, True)
    assert rehearsed["report"]["difference"]["counts"] == [{"kind": "Site", "operation": "create", "count": 20}]
    assert (loaded.twin.ledger.sequence(), loaded.count()) == (0, 0)

    loaded.start(job, dry_run=False)
    done = loaded.ended(job)
    assert (done["state"], done["report"]["status"], done["attempts"]) == ("complete", "complete", 2)
    assert done["progress"]["counters"] == done["report"]["counters"]
    assert done["report"]["counters"]["created"] == rehearsed["report"]["counters"]["created"] == 20
    assert {row["position"] for row in done["report"]["quarantined"]} == {
        row["position"] for row in rehearsed["report"]["quarantined"]
    }
    assert done["report"]["counters"]["rejected"] == len(done["report"]["quarantined"]) > 0
    assert all(str(loaded.twin.settings.home) not in str(told) for told in (rehearsed, done, events))
    assert done["sequence"] == done["graph_sequence"] == loaded.twin.ledger.sequence()
    assert loaded.count() == 20
    (run,) = loaded.twin.ledger.runs()
    assert (run.id, run.actor, run.status) == (done["run"], "tester", "complete")
    assert loaded.lying == {}, "what is loaded is not kept"
    assert (done["files"], done["may_start"]) == ([], False)
    assert loaded.http.get(f"{job}/events", headers={"Last-Event-ID": "999"}).status_code == 204
    assert loaded.start(job).json()["error"]["code"] == "JOB_STATE"


def test_a_load_is_watched_cancelled_and_taken_up_where_it_stopped_while_others_wait(loaded: Loaded) -> None:
    job = loaded.sent(sites())
    loaded.start(job)
    with closing(loaded.events(job)) as watching:
        seen = next(event for event in watching if event.type == "progress" and event.data["rows"])
        assert seen.data["stage"] == "nodes"
        assert seen.data["total"] == ROWS
    running = loaded.see(job)
    assert (running["state"], running["run"]) == ("running", seen.data["run"])
    assert running["progress"]["counters"]["created"] == running["progress"]["batches"] * 2 - 2 > 0
    other = loaded.sent(sites())
    refused = loaded.start(other)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "LOAD_IN_PROGRESS")
    waiting = loaded.sent(sites(), dry_run=True)
    assert loaded.start(waiting).json()["state"] == "waiting"
    third = loaded.sent(sites(), dry_run=True)
    many = loaded.start(third)
    assert (many.status_code, many.json()["error"]["code"], "Retry-After" in many.headers) == (429, "TOO_MANY_JOBS", True)
    assert loaded.http.post(f"{waiting}/cancel").json()["state"] == "cancelled", "it had not begun"
    assert loaded.http.delete(job).json()["error"]["code"] == "JOB_STATE"
    assert loaded.put(job, "Team.csv", b"x").json()["error"]["code"] == "JOB_STATE"
    assert 'jumeau_load_jobs{state="running"} 1.0' in loaded.http.get("/metrics").text
    assert loaded.http.post(f"{job}/cancel").json()["cancelling"]
    cancelled = loaded.ended(job)
    assert (cancelled["state"], cancelled["report"]["status"], cancelled["may_start"]) == ("cancelled", "cancelled", True)
    taken = cancelled["report"]["counters"]["created"]
    assert 0 < taken < ROWS
    until(lambda: loaded.count() == taken)

    loaded.start(job)
    rest = list(loaded.events(job, **{"Last-Event-ID": str(seen.id)}))
    assert seen.id is not None
    assert [event.id for event in rest] == list(range(seen.id + 1, seen.id + 1 + len(rest)))
    done = loaded.see(job)
    assert (done["state"], done["run"], done["report"]["resumed"]) == ("complete", cancelled["run"], True)
    assert loaded.count() == ROWS
    states = [state["state"] for state in loaded.http.get("/api/ingestions").json()]
    assert sorted(states) == ["cancelled", "complete", "open", "open"]
    assert [each["id"] for each in loaded.http.get("/api/ingestions?state=complete").json()] == [done["id"]]


def test_a_bomb_is_refused_with_its_code_and_nothing_is_left_of_it(loaded: Loaded) -> None:
    bomb = gzip.compress(b"key,name\n" * 8_000_000, 9)
    assert len(bomb) < 300_000
    job = loaded.sent(bomb, name="Site.csv.gz")
    loaded.start(job)
    failed = loaded.ended(job)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "EXPANSION_TOO_LARGE")
    assert failed["error"]["where"] == "Site.csv.gz", "as it was uploaded: where it lies is nobody's business"
    assert (failed["files"], failed["may_start"], loaded.lying) == ([], False, {})
    assert loaded.twin.ledger.sequence() == 0
    assert loaded.twin.ledger.runs() == []
    assert loaded.put(job, "Site.csv", sites(1)).status_code == 201, "another file may take its place"


def test_whoever_watches_and_goes_away_leaves_nothing_open(schema: Schema, tmp_path: Path) -> None:
    with opened("networkx", schema, tmp_path, more={"connections_per_account": 2}) as twin:
        app = create_app(twin, follow=False)
        streams = app.state.event_streams
        with served(twin, app) as server:
            loading = Loading(server.http)
            job = loading.open()
            one, other = loading.events(job), loading.events(job)
            assert next(one).data == next(other).data == {"state": "open"}
            assert streams.open == 2
            refused = server.get(f"{job}/events")
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TOO_MANY_CONNECTIONS")
            one.close()
            until(lambda: streams.open == 1)
            third = loading.events(job)
            assert next(third).id == 1
            server.http.delete(job)
            ends = list(other), list(third)
            assert [[event.type for event in end] for end in ends] == [["error"], ["error"]]
            assert ends[0][0].data["code"] == "NOT_FOUND"
            until(lambda: streams.open == 0)


def test_a_stream_ends_where_its_asker_may_not_watch_any_more_and_a_silence_is_told(
    schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.job_events.ALIVE_S", 0.3)
    with opened("networkx", schema, tmp_path, more={"subscription_recheck_s": 1.0}) as twin:
        keeper = Doorkeeper(twin.ledger, twin.clock, hasher=CHEAP)
        with served(twin, create_app(twin, follow=False, doorkeeper=keeper)) as server:
            account = keeper.accounts.create("ana", PASSWORD, ["operator"], None, by="test")
            secret, token = keeper.tokens.issue(account, timedelta(days=1))
            server.http.headers["Authorization"] = f"Bearer {secret}"
            loading = Loading(server.http)
            job = loading.open()
            assert loading.see(job)["actor"] == "ana"
            watching = loading.events(job)
            assert next(watching).type == "state"
            assert next(watching).type == "", "a comment keeps the connection alive"
            keeper.tokens.revoke(token.id)
            (end,) = (event for event in watching if event.type)
            assert (end.type, end.data["code"]) == ("error", "TOKEN_REFUSED")


def test_a_load_is_for_those_who_see_the_whole_estate(schema: Schema, tmp_path: Path) -> None:
    with opened("networkx", schema, tmp_path) as twin:
        keeper = Doorkeeper(twin.ledger, twin.clock, hasher=CHEAP)
        with served(twin, create_app(twin, follow=False, doorkeeper=keeper)) as server:

            def headers(name: str, perimeters: list[str] | None, **scope: Any) -> dict[str, str]:
                account = keeper.accounts.create(name, PASSWORD, ["operator"], perimeters, by="test")
                secret, _ = keeper.tokens.issue(account, timedelta(days=1), **scope)
                return {"Authorization": f"Bearer {secret}"}

            whole, part = headers("ana", None), headers("bob", ["Payments"])
            made = server.http.post("/api/ingestions", json={"source": "csv"}, headers=whole)
            job = made.headers["Location"]
            asked = [
                server.http.request(method, path, headers=part, json={"source": "csv"} if path.endswith("ions") else None)
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
            assert server.http.get(job, headers=whole).json()["state"] == "open"
            loads = headers("eve", None, actions=["load"])
            refused = server.http.post("/api/ingestions", json={"source": "csv", "branch": "plan"}, headers=loads)
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "FORBIDDEN"), "nor branch"


def test_a_job_of_a_server_that_ended_is_told_as_interrupted_and_old_ones_go(schema: Schema, tmp_path: Path) -> None:
    with opened("networkx", schema, tmp_path, more={"batch_rows": 2, "upload_days": 2}) as twin:
        with served(twin, create_app(twin, follow=False)) as server:
            loading = Loading(server.http)
            job, opened_only = loading.sent(sites()), loading.sent(sites(1))
            waiting = loading.sent(sites(), dry_run=True)
            loading.start(job)
            loading.start(waiting)
            events = loading.events(job)
            assert next(event for event in events if event.type == "progress" and event.data["rows"]).data["run"]
            events.close()
        uploads = tmp_path / "uploads"
        (uploads / opened_only.rpartition("/")[2] / "partial").mkdir(exist_ok=True)
        (uploads / opened_only.rpartition("/")[2] / "partial" / "half").write_bytes(b"x")
        (uploads / "without-a-job").mkdir()
        with served(twin, create_app(twin, follow=False)) as server:
            loading = Loading(server.http)
            for cut in (job, waiting):
                found = loading.see(cut)
                assert (found["state"], found["error"]["code"], found["may_start"]) == (
                    "interrupted",
                    "JOB_INTERRUPTED",
                    True,
                )
            assert loading.see(opened_only)["state"] == "open"
            assert not (uploads / "without-a-job").exists()
            assert {name.rpartition("/")[2] for name in lying_in(uploads)} == {"Site.csv"}
            loading.start(job)
            done = loading.ended(job)
            assert (done["state"], done["report"]["resumed"], done["attempts"]) == ("complete", True, 2)
            assert done["report"]["counters"]["created"] == ROWS
            later = twin.clock.now() + timedelta(days=1, hours=1)
        twin.clock = type(twin.clock)(later)  # type: ignore[call-arg]
        with served(twin, create_app(twin, follow=False)) as server:
            found = {each["state"] for each in server.http.get("/api/ingestions").json()}
            assert found == {"complete", "interrupted"}, "an open one goes after a day"
        twin.clock = type(twin.clock)(later + timedelta(days=1))  # type: ignore[call-arg]
        with served(twin, create_app(twin, follow=False)) as server:
            assert server.http.get("/api/ingestions").json() == []
            assert lying_in(uploads) == {}


@pytest.mark.nightly
def test_a_process_that_is_killed_fails_its_job_which_then_goes_on(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUMEAU_FAILPOINT", "ledger.append.committed:5")  # of the process beside: this one has read it
    job = loaded.sent(sites(40))
    loaded.start(job)
    failed = loaded.ended(job)
    assert (failed["state"], failed["error"]["code"], failed["may_start"]) == ("failed", "JOB_PROCESS", True)
    assert "signal 9" in failed["error"]["message"]
    monkeypatch.delenv("JUMEAU_FAILPOINT")
    loaded.start(job)
    done = loaded.ended(job)
    assert (done["state"], done["report"]["resumed"], done["run"]) == ("complete", True, failed["run"])
    assert loaded.count() == 40


@pytest.mark.nightly
def test_a_load_onto_a_branch_is_not_seen_on_main(loaded: Loaded) -> None:
    assert loaded.http.post("/api/branches", json={"name": "plan"}).status_code == 201
    job = loaded.sent(sites(10), branch="plan")
    loaded.start(job)
    done = loaded.ended(job)
    assert (done["state"], done["run"], done["sequence"]) == ("complete", None, None)
    assert loaded.count() == 0
    there = loaded.http.post("/api/query", json={"query": SITES, "branch": "plan"}).json()
    assert there["rows"] == [[10]]
