"""What is kept of jobs: in the home, over restarts, for as long as it is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from core.clock import FrozenClock
from core.errors import NotFoundError
from graph.history.lease import LoadInProgressError
from graph.schema.model import Schema
from services.jobs.errors import JobStateError
from services.jobs.job import JobState
from services.jobs.journal import Journal
from services.jobs.load_job import LoadOrder
from services.jobs.loads import OPEN_FOR, LoadJobs
from services.twin import Twin
from tests.api.estate import NOW, opened
from tests.api.loading import lying_in, sites

CSV = LoadOrder("csv", reason="weekly")


@pytest.fixture
def twin(schema: Schema, tmp_path: Path) -> Iterator[Twin]:
    with opened("networkx", schema, tmp_path, more={"upload_days": 3}) as twin:
        yield twin


def with_a_file(jobs: LoadJobs, order: LoadOrder = CSV) -> str:
    job = jobs.open(order, "ana")
    arriving = jobs.receive(job.id, "Site.csv")
    arriving.write(sites(3))
    jobs.keep(arriving)
    arriving.abandon()
    return job.id


def restarted(twin: Twin, later: timedelta = timedelta(0)) -> LoadJobs:
    """The service of the next server, some time later."""
    twin.clock = FrozenClock(NOW + later)
    jobs = LoadJobs(twin)
    jobs.start()
    return jobs


def test_an_open_job_is_there_with_its_files_after_a_restart(twin: Twin) -> None:
    name = with_a_file(LoadJobs(twin))
    jobs = restarted(twin)
    found = jobs.job(name)
    assert (found.state, found.order, found.actor) == (JobState.OPEN, CSV, "ana")
    assert [(file.name, file.size) for file in found.files.values()] == [("Site.csv", len(sites(3)))]
    assert jobs.spooled == len(sites(3))
    assert [event.data["state"] for event in jobs.journal(name).read()[0]] == ["open"]


def test_a_file_that_was_not_noted_or_had_not_arrived_is_not_taken_for_one(twin: Twin) -> None:
    before = LoadJobs(twin)
    name = with_a_file(before)
    arriving = before.receive(name, "Team.csv")
    arriving.write(b"key,")
    folder = twin.settings.home / "uploads" / name
    (folder / "files" / "Unnoted.csv").write_bytes(b"key,name\n")
    (folder / "files" / "Site.csv").write_bytes(b"cut")
    jobs = restarted(twin)
    assert jobs.job(name).files == {}
    assert lying_in(folder) == {}
    arriving.abandon()


def test_what_is_no_job_is_removed_from_the_spool(twin: Twin) -> None:
    uploads = twin.settings.home / "uploads"
    for name, content in (("empty", None), ("broken", b"{"), ("strange", b"{}")):
        (uploads / name).mkdir(parents=True)
        if content is not None:
            (uploads / name / "job.json").write_bytes(content)
    assert restarted(twin).jobs() == []
    assert list(uploads.iterdir()) == []


def test_a_job_that_waited_or_ran_is_interrupted_and_can_be_started_again(twin: Twin) -> None:
    before = LoadJobs(twin)
    for state in ("waiting", "running"):
        name = with_a_file(before)
        path = twin.settings.home / "uploads" / name / "job.json"
        path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), "state": state}))
        found = restarted(twin).job(name)
        assert (found.state, found.may_start) == (JobState.INTERRUPTED, True)
        assert found.error is not None
        assert found.error["code"] == "JOB_INTERRUPTED"


def test_an_open_job_goes_after_a_day_without_anybody_and_another_after_the_days_that_are_set(twin: Twin) -> None:
    before = LoadJobs(twin)
    opened_only, ended = with_a_file(before), with_a_file(before)
    path = twin.settings.home / "uploads" / ended / "job.json"
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), "state": "cancelled"}))
    assert {job.id for job in restarted(twin, OPEN_FOR / 2).jobs()} == {opened_only, ended}
    jobs = restarted(twin, OPEN_FOR)
    assert {job.id for job in jobs.jobs()} == {ended}
    with pytest.raises(NotFoundError):
        jobs.job(opened_only)
    twin.clock = FrozenClock(NOW + timedelta(days=3))
    jobs.open(CSV, "ana")  # it looks what is too old
    assert ended not in {job.id for job in jobs.jobs()}
    assert lying_in(twin.settings.home / "uploads") == {}
    assert jobs.spooled == 0


def test_a_load_of_the_same_source_in_another_process_is_told_before_the_job_waits(twin: Twin) -> None:
    jobs = LoadJobs(twin)
    name = with_a_file(jobs)
    with twin.ledger.loading("csv"), pytest.raises(LoadInProgressError):
        jobs.begin(name, "ana")
    assert jobs.job(name).state is JobState.OPEN


def test_a_file_that_arrives_for_a_job_that_is_gone_is_not_kept(twin: Twin) -> None:
    jobs = LoadJobs(twin)
    name = with_a_file(jobs)
    arriving = jobs.receive(name, "Team.csv")
    arriving.write(b"key,name\n")
    jobs.discard(name)
    with pytest.raises(NotFoundError):
        jobs.keep(arriving)
    arriving.abandon()
    assert (jobs.spooled, lying_in(twin.settings.home / "uploads")) == (0, {})
    with pytest.raises(NotFoundError):
        jobs.receive(name, "Team.csv")


def test_a_job_that_has_not_started_cannot_be_cancelled(twin: Twin) -> None:
    jobs = LoadJobs(twin)
    with pytest.raises(JobStateError):
        jobs.cancel(with_a_file(jobs))


def test_a_journal_goes_on_behind_a_line_that_was_cut(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "events.jsonl")
    for number in range(3):
        journal.append("progress", {"rows": number})
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write(b'[4,"progr')
    seen, place = journal.read(after=1)
    assert [event.number for event in seen] == [2, 3]
    assert journal.read(place) == ([], place), "half a line is no event"
    again = Journal(tmp_path / "events.jsonl")
    again.append("state", {"state": "open"})
    assert [(event.number, event.type) for event in again.read(place)[0]] == [(4, "state")]
