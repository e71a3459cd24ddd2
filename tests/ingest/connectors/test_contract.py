"""What every connector does, by number. docs/how-to/connect-sources.md refers to these numbers."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import IngestError
from ingest.connectors.retry import RetryPolicy
from ingest.connectors.transport import Limits
from tests.conftest import ROOT
from tests.ingest.connectors.cases import PAGE
from tests.ingest.connectors.conftest import NEW, SECRET, VARIABLE, Trial
from tests.ingest.connectors.doubles.server import cut, dripping, html, slow, status, truncated

MANY = 3 * PAGE + 1


def items(count: int) -> set[str]:
    return {f"item {n}" for n in range(1, count + 1)}


def refused(trial: Trial) -> IngestError:
    with pytest.raises(IngestError) as error:
        trial.fetch()
    assert error.value.where
    assert error.value.hint
    assert SECRET not in str(error.value)
    assert not trial.spool.current.exists()
    return error.value


def test_01_every_page_is_fetched_and_loads_as_an_export(trial: Trial) -> None:
    trial.fill(MANY)
    fetched = trial.fetch()
    report = trial.load(fetched)
    assert fetched.manifest.records == {trial.case.table: MANY}
    assert fetched.requests >= (MANY / PAGE if trial.case.paged else 1)
    assert report.counters == {"created": trial.created(MANY), "updated": 0, "unchanged": 0, "rejected": 0}
    assert trial.names() == items(MANY)


def test_02_an_empty_source_is_fetched_and_is_no_error(trial: Trial) -> None:
    report = trial.load(trial.fetch())
    assert (report.status, report.counters["created"]) == ("complete", 0)


def test_03_the_wait_that_a_busy_server_names_is_kept(trial: Trial) -> None:
    trial.fill(MANY)
    trial.later(status(429, Retry_After="17"), status(429, Retry_After="Wed, 01 Jan 2025 00:00:07 GMT"))
    fetched = trial.fetch()
    assert trial.waits == [17.0, 7.0]
    assert (fetched.retries, fetched.manifest.records[trial.case.table]) == (2, MANY)


def test_04_a_server_that_asks_for_too_much_patience_ends_the_fetch_and_the_next_takes_it_up(paged: Trial) -> None:
    paged.fill(MANY)
    paged.double.faults = [None, None, status(429, Retry_After="86400")]
    assert refused(paged).code == "SOURCE_BUSY"
    assert paged.waits == []
    asked = len(paged.double.requests)
    fetched = paged.fetch()
    assert fetched.resumed
    assert len(paged.double.requests) - asked == fetched.requests
    paged.load(fetched)
    assert paged.names() == items(MANY)


def test_05_an_error_of_the_server_that_passes_is_outlived_with_growing_waits(trial: Trial) -> None:
    trial.fill(MANY)
    trial.double.faults = [status(500), status(503), status(502)]
    trial.load(trial.fetch())
    assert trial.waits == [1.0, 2.0, 4.0]
    assert trial.names() == items(MANY)


def test_06_an_error_of_the_server_that_stays_ends_the_fetch(trial: Trial) -> None:
    trial.fill(1)
    trial.double.faults = [status(500)] * 5
    assert refused(trial).code == "SOURCE_UNREACHABLE"
    assert len(trial.double.requests) == 5


def test_07_a_token_that_expires_is_named_and_a_new_one_takes_the_fetch_up(paged: Trial) -> None:
    paged.fill(MANY)

    def expire(number: int) -> None:
        if number == 3:
            paged.double.secret = "another"

    paged.double.before = expire
    error = refused(paged)
    assert error.code == "SOURCE_UNAUTHORISED"
    assert VARIABLE in (error.hint or "")
    paged.double.before = None
    paged.environment[VARIABLE] = "another"
    asked = len(paged.double.requests)
    fetched = paged.fetch()
    assert fetched.resumed
    assert len(paged.double.requests) - asked <= fetched.manifest.pages - 2 + 1
    paged.load(fetched)
    assert paged.names() == items(MANY)


def test_08_a_secret_that_is_not_set_is_named_before_anything_is_asked(trial: Trial) -> None:
    trial.environment.clear()
    error = refused(trial)
    assert (error.code, error.where) == ("MISSING_SECRET", VARIABLE)
    assert trial.double.requests == []


def test_09_a_truncated_page_is_asked_for_again(trial: Trial) -> None:
    trial.fill(MANY)
    trial.later(truncated)
    trial.load(trial.fetch())
    assert trial.names() == items(MANY)


def test_10_a_page_that_stays_truncated_ends_the_fetch_with_nothing_to_load(trial: Trial) -> None:
    trial.fill(MANY)
    trial.later(*[truncated] * 5)
    error = refused(trial)
    assert error.code == "BROKEN_ANSWER"
    assert "not JSON" in error.seen


def test_11_a_connection_that_is_cut_in_the_middle_of_a_page_is_made_again(trial: Trial) -> None:
    trial.fill(MANY)
    trial.later(cut, cut)
    trial.load(trial.fetch())
    assert trial.names() == items(MANY)
    assert len(trial.waits) == 2


def test_12_a_server_that_says_nothing_is_left_after_the_time_out(trial: Trial) -> None:
    trial.fill(1)
    trial.limits = Limits(silence_s=0.1)
    trial.policy = RetryPolicy(attempts=2)
    trial.double.faults = [slow(0.4), slow(0.4)]
    error = refused(trial)
    assert (error.code, error.seen) == ("SOURCE_UNREACHABLE", "the system did not answer in time")


def test_13_a_server_that_drips_is_left_after_the_time_for_an_answer(trial: Trial) -> None:
    trial.fill(1)
    trial.limits = Limits(answer_s=0.3)
    trial.policy = RetryPolicy(attempts=1)
    trial.double.faults = [dripping]
    error = refused(trial)
    assert error.code == "SOURCE_UNREACHABLE"
    assert "not whole after 0.3 s" in error.seen


def test_14_an_answer_beyond_the_bound_is_not_read(trial: Trial) -> None:
    trial.fill(MANY)
    trial.limits = Limits(answer_bytes=200)
    assert refused(trial).code == "ANSWER_TOO_LARGE"


def test_15_a_page_for_people_is_no_answer(trial: Trial) -> None:
    trial.fill(1)
    trial.double.faults = [html]
    error = refused(trial)
    assert error.code == "BROKEN_ANSWER"
    assert "web page" in error.seen


def test_16_a_record_that_lost_a_field_is_quarantined_and_what_was_known_stays(shaped: Trial) -> None:
    shaped.fill(MANY)
    shaped.load(shaped.fetch())
    before = shaped.twin.nodes()
    for row in shaped.rows[2 * PAGE :]:
        del row[shaped.case.field]
    fetched = shaped.fetch()
    report = shaped.load(fetched)
    assert not fetched.manifest.complete
    assert {row.code for row in report.quarantined} == {"SCHEMA_DRIFT"}
    assert report.counters["rejected"] == fetched.manifest.drifted == MANY - 2 * PAGE
    assert shaped.case.field in report.quarantined[0].reason
    assert shaped.twin.nodes() == before


def test_17_a_record_with_a_field_of_another_type_is_quarantined(shaped: Trial) -> None:
    shaped.fill(MANY)
    shaped.rows[-1][shaped.case.field] = ["a", "list"]
    report = shaped.load(shaped.fetch())
    assert [row.code for row in report.quarantined] == ["SCHEMA_DRIFT"]
    assert "is a list" in report.quarantined[0].reason
    assert shaped.names() == items(MANY - 1)


def test_27_a_record_whose_field_became_something_else_is_quarantined_whatever_the_connector(trial: Trial) -> None:
    trial.fill(MANY)
    trial.rows[-1][trial.case.field] = ["a", "list"]
    report = trial.load(trial.fetch())
    codes = {row.code for row in report.quarantined} - {"DANGLING_REFERENCE"}  # of what the record holds besides itself
    assert codes in ({"SCHEMA_DRIFT"}, {"WRONG_TYPE"}, {"BROKEN_ROW"})
    assert all(row.reason and row.hint for row in report.quarantined)
    assert trial.names() == items(MANY - 1)


def test_18_a_record_that_comes_twice_is_told_once_in_its_last_version(repeating: Trial) -> None:
    repeating.fill(MANY)

    def repeat(number: int) -> None:
        if number == (2 if repeating.case.paged else 1):
            last = repeating.case.make(MANY, "renamed", NEW)
            repeating.rows.append(last)

    repeating.double.before = repeat
    fetched = repeating.fetch()
    report = repeating.load(fetched)
    assert fetched.manifest.duplicates == 1
    assert report.counters["rejected"] == 0
    assert repeating.names() == items(MANY - 1) | {"renamed"}


def test_19_records_that_come_and_go_between_pages_move_no_other_off_its_page(paged: Trial) -> None:
    paged.fill(MANY)

    def churn(number: int) -> None:
        if number == 2:
            del paged.rows[:2]  # an offset would now skip two records
            paged.rows.append(paged.case.make(MANY + 1, f"item {MANY + 1}", NEW))

    paged.double.before = churn
    paged.load(paged.fetch())
    assert paged.names() == items(MANY + 1)


def test_20_a_delta_asks_for_changes_since_the_moment_of_the_last_loaded_fetch(dated: Trial) -> None:
    dated.fill(MANY)
    dated.load(dated.fetch())
    dated.rows[1] = dated.case.make(2, "renamed", NEW)
    dated.rows.append(dated.case.make(MANY + 1, f"item {MANY + 1}", NEW))
    asked = len(dated.double.requests)
    fetched = dated.fetch(delta=True)
    report = dated.load(fetched)
    assert len(dated.double.requests) - asked <= 2
    assert fetched.manifest.since == datetime(2025, 1, 1, 6, tzinfo=UTC)  # the server's clock, not ours
    assert not fetched.manifest.complete
    assert (report.counters["created"], report.counters["updated"]) == (1, 1)
    assert dated.names() == (items(MANY + 1) - {"item 2"}) | {"renamed"}


def test_21_a_delta_that_was_not_loaded_is_asked_for_again(dated: Trial) -> None:
    dated.fill(2)
    dated.load(dated.fetch())
    dated.rows[1] = dated.case.make(2, "renamed", NEW)
    dated.fetch(delta=True)
    dated.load(dated.fetch(delta=True))
    assert dated.names() == {"item 1", "renamed"}


def test_22_a_delta_without_a_fetch_before_it_is_everything(trial: Trial) -> None:
    trial.fill(MANY)
    fetched = trial.fetch(delta=True)
    assert fetched.manifest.since is None
    assert fetched.manifest.records[trial.case.table] == MANY


def test_23_an_unchanged_source_changes_nothing(trial: Trial) -> None:
    trial.fill(MANY)
    trial.load(trial.fetch())
    checksum = trial.twin.checksum()
    report = trial.load(trial.fetch())
    assert report.counters == {"created": 0, "updated": 0, "unchanged": trial.created(MANY), "rejected": 0}
    assert trial.twin.checksum() == checksum


def test_26_an_unchanged_document_is_not_sent_again(tagged: Trial) -> None:
    tagged.fill(MANY)
    first = tagged.fetch()
    tagged.load(first)
    again = tagged.fetch()
    assert "if-none-match" in tagged.double.requests[-1].headers
    assert again.manifest.records == first.manifest.records
    assert again.manifest.complete
    tagged.load(again)
    tagged.rows[0] = tagged.case.make(1, "renamed", NEW)
    tagged.load(tagged.fetch())
    assert tagged.names() == (items(MANY) - {"item 1"}) | {"renamed"}


def test_24_the_secret_is_sent_as_the_api_wants_it_and_stands_in_no_file(trial: Trial) -> None:
    trial.fill(1)
    trial.fetch()
    assert {request.headers["authorization"] for request in trial.double.requests} == {f"{trial.case.scheme} {SECRET}"}
    for file in trial.spool.folder.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes()


KILLED = """
import sys
from pathlib import Path
from core.clock import SystemClock
from ingest.connectors.fetch import fetch
from ingest.connectors.spool import Spool
from ingest.connectors.transport import Transport
from tests.ingest.connectors.cases import CASES
from tests.ingest.connectors.doubles.server import TO_DOUBLES

name, url, folder = sys.argv[1:]
case = next(case for case in CASES if case.name == name)
with Transport(url, guard=TO_DOUBLES) as transport:
    fetch(case.connector(), transport, Spool(Path(folder)), SystemClock())
"""


@pytest.mark.parametrize("moment", ["fetch.page.written:2", "fetch.read:1", "fetch.settling:1"])
def test_25_a_fetch_that_is_killed_is_taken_up_and_gives_the_same(paged: Trial, moment: str, tmp_path: Path) -> None:
    paged.fill(MANY)
    paged.double.secret = None
    log = tmp_path / "hit"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, paged.case.name, paged.url, str(paged.spool.folder)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "JUMEAU_FAILPOINT": moment, "JUMEAU_FAILPOINT_LOG": str(log)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    assert log.read_text().strip() == moment.partition(":")[0]
    assert not paged.spool.current.exists()
    asked = len(paged.double.requests)
    fetched = paged.fetch()
    paged.load(fetched)
    assert fetched.resumed
    assert len(paged.double.requests) <= asked + max(0, fetched.manifest.pages - 1)
    assert fetched.manifest.duplicates == 0
    assert paged.names() == items(MANY)
