"""Logs become cases: the last word on each counts, and what cannot be read is refused with its line."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.simulation.event_log import NO_GROUP, log_format, read_log
from simulate.calibration.calibrate import calibrate
from simulate.calibration.sample import Case
from simulate.errors import CalibrationError

AUDIT = """number,incident_state,opened_at,resolved_at,assignment_group,sys_updated_at,note
I1,New,1/3/2025 08:00,?,Network,1/3/2025 08:05,x
I2,New,2/3/2025 09:00,?,?,2/3/2025 09:00,x
I1,Resolved,1/3/2025 08:00,1/3/2025 10:30,Database,1/3/2025 10:30,"a, b"
I3,Closed,3/3/2025 23:59,?,Database,9/3/2025 12:00,x
"""


def test_of_several_events_of_a_ticket_the_last_one_counts(tmp_path: Path) -> None:
    file = tmp_path / "audit.csv.gz"
    file.write_bytes(gzip.compress(AUDIT.encode()))
    log = read_log(file, log_format("servicenow"))
    opened = datetime(2025, 3, 1, 8, tzinfo=UTC)
    assert sorted(log.cases, key=lambda case: case.begin) == [
        Case("Database", opened, opened + timedelta(hours=2, minutes=30)),
        Case(NO_GROUP, datetime(2025, 3, 2, 9, tzinfo=UTC), None, ended=False),
        Case(
            "Database", datetime(2025, 3, 3, 23, 59, tzinfo=UTC), None, ended=True
        ),  # closed, nobody knows when resolved
    ]
    assert log.window == (datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 4, tzinfo=UTC))
    assert log.known_until == datetime(2025, 3, 9, 12, tzinfo=UTC)


def test_columns_of_other_names_are_named(tmp_path: Path) -> None:
    file = tmp_path / "repairs.csv"
    file.write_text("job,team,down,up\n1,A,2025-01-01T00:00:00,2025-01-01T04:00:00\n2,A,2025-01-02T00:00:00,\n")
    log = read_log(file, log_format("csv", case="job", group="team", begin="down", end="up"))
    assert [case.end is None for case in log.cases] == [False, True]


@pytest.mark.parametrize(
    ("text", "said", "where"),
    [
        pytest.param("case,begin,end,grup\n", "the log has no column 'group'", "", id="a column that is missing"),
        pytest.param(
            "case,begin,end,group\n1,2025-01-01T00:00:00,,a\n2,01/02/2025,,a\n",
            "the first is '01/02/2025'",
            ":3",
            id="a time",
        ),
        pytest.param("case,begin,end,group\n1,,,a\n", "no begin is told", ":2", id="no begin"),
        pytest.param("case,begin,end,group\n", "the log holds no case", "", id="nothing"),
        pytest.param("", "the log cannot be read", "", id="an empty file"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, text: str, said: str, where: str) -> None:
    file = tmp_path / "log.csv"
    file.write_text(text)
    with pytest.raises(CalibrationError, match=said) as refused:
        read_log(file, log_format("csv"))
    assert (refused.value.where or "").endswith(where)


def test_a_format_that_there_is_not_is_told_with_the_one_that_was_meant() -> None:
    with pytest.raises(CalibrationError, match="there is no log format 'service-now'") as refused:
        log_format("service-now")
    assert "servicenow" in str(refused.value.hint)


@pytest.mark.real_data
def test_a_month_of_real_tickets_is_calibrated_and_the_error_of_its_back_test_is_told(public_data: Path) -> None:
    file = public_data / "uci_servicenow_incidents" / "incident_event_log_opened_to_2016-03.csv.gz"
    log = read_log(file, log_format("servicenow"))
    assert len(log.cases) == 9_202
    largest = [case for case in log.cases if case.group in {"Group 70", "Group 25", "Group 24"}]
    found = calibrate(largest, log.window, known_until=log.known_until)
    assert {name: group.arrivals.seen for name, group in found.groups.items()} == {
        "Group 24": 446,
        "Group 25": 518,
        "Group 70": 2_336,
    }
    assert all(group.lasts.chosen.mean > 0.0 for group in found.groups.values())
    assert set(found.back_test_errors) == {
        f"{figure}_{told}" for figure in ("begun", "ended", "open") for told in ("weighted_error", "covered")
    }
    assert 0.0 < found.back_test_errors["begun_weighted_error"] < 1.0
