"""Entries of questions are written behind the answers, bounded and in order; the others before anything is done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import event

from core.errors import DiskFullError, LedgerError
from core.principal import LOCAL_OPERATOR, Principal
from services.audit.call import Call
from services.audit.chain import RETENTION
from services.audit.entry import Outcome, digest_of_text
from services.audit.recorder import Recorder
from services.audit.trail import AuditUnavailableError, Trail, Wanted
from tests.patience import until
from tests.services.access.conftest import MovedClock
from tests.services.audit.conftest import entry


class Disk:
    """A real trail on a disk that can be full: SQLite gets no page more, and says so as it does of a disk."""

    def __init__(self, path: Path) -> None:
        self.trail = Trail(f"sqlite:///{path}")
        self._pages = 1_000_000
        engine = self.trail._engine()
        event.listen(engine, "connect", lambda connection, _: connection.execute(self._pragma))
        self._engine = engine
        self.free()

    @property
    def _pragma(self) -> str:
        return f"PRAGMA max_page_count = {self._pages}"

    def fill(self) -> None:
        self._pages = 1
        self._engine.dispose()

    def free(self) -> None:
        self._pages = 1_000_000
        self._engine.dispose()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "ledger.audit.db")
    yield disk
    disk.trail.close()


def noted(trail: Trail) -> list[int | None]:
    """What tells the entries apart, in the order in which they were written."""
    return [recorded.entry.rows for recorded in reversed(trail.page(Wanted(), limit=1_000))]


def test_what_is_noted_is_on_disk_when_the_recorder_is_closed(trail: Trail) -> None:
    recorder = Recorder(trail, MovedClock())
    recorder.start()
    for number in range(200):
        assert recorder.offer(entry(number))
    recorder.close()
    assert noted(trail) == list(range(200))
    assert trail.verify().whole


def test_what_is_written_comes_after_what_was_noted_before_it(trail: Trail) -> None:
    recorder = Recorder(trail, MovedClock())
    recorder.start()
    recorder.offer(entry(1))
    assert recorder.write(entry(2)) == 2
    assert noted(trail) == [1, 2]
    recorder.close()


def test_without_a_thread_an_entry_is_written_by_who_notes_it(trail: Trail) -> None:
    recorder = Recorder(trail, MovedClock())
    assert not recorder.offer(entry(1))
    recorder.note(entry(1))
    assert noted(trail) == [1]
    recorder.close()


def test_entries_without_a_sequence_get_the_ledgers_and_a_lost_ledger_keeps_none_from_being_written(
    trail: Trail,
) -> None:
    def lost() -> int:
        raise LedgerError("gone")

    Recorder(trail, MovedClock(), sequence=lambda: 42).write(entry(1, sequence=None))
    Recorder(trail, MovedClock(), sequence=lost).write(entry(2, sequence=None))
    Recorder(trail, MovedClock(), sequence=lost).write(entry(3))
    assert [recorded.entry.sequence for recorded in trail.page(Wanted())] == [7, None, 42]


def test_many_threads_lose_nothing_and_wait_for_room(trail: Trail) -> None:
    recorder = Recorder(trail, MovedClock(), room=5)
    recorder.start()

    def ask(first: int) -> None:
        for number in range(first, first + 50):
            if not recorder.offer(entry(number)):
                recorder.note(entry(number))

    threads = [threading.Thread(target=ask, args=(first,)) for first in (0, 50, 100, 150)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    assert sorted(number for number in noted(trail) if number is not None) == list(range(200))
    assert trail.verify().whole


def test_on_a_full_disk_questions_are_answered_while_there_is_room_and_then_refused(disk: Disk) -> None:
    recorder = Recorder(disk.trail, MovedClock(), room=3, patience_s=0.5)
    recorder.start()
    disk.fill()
    blob = "x" * 50_000
    kept = 0

    def ask() -> NoReturn:
        nonlocal kept
        while True:
            recorder.note(entry(kept, asked=blob))
            kept += 1

    with pytest.raises(AuditUnavailableError, match="wait to be written"):
        ask()
    assert kept >= 3
    disk.free()
    recorder.close()
    assert noted(disk.trail) == list(range(kept)), "what was answered is on record once there is room"


def test_on_a_full_disk_nothing_begins_and_what_had_begun_is_ended_later(disk: Disk) -> None:
    recorder = Recorder(disk.trail, MovedClock())
    began = recorder.write(entry(0, outcome=Outcome.BEGUN))
    disk.fill()
    blob = "x" * 50_000
    with pytest.raises(DiskFullError, match="audit trail"):
        recorder.write(entry(1, asked=blob, outcome=Outcome.BEGUN))
    recorder.end(entry(2, began=began, asked=blob))
    assert noted(disk.trail) == [0]
    disk.free()
    recorder.close()
    assert noted(disk.trail) == [0, 2]
    assert disk.trail.unfinished() == []


def test_entries_are_kept_as_long_as_the_setting_says(trail: Trail) -> None:
    clock = MovedClock()
    recorder = Recorder(trail, clock, days=30)
    recorder.write(entry(0, at=clock.now()))
    clock.move(timedelta(days=20))
    recorder.write(entry(1, at=clock.now()))
    assert recorder.purge() == 0
    clock.move(timedelta(days=11))
    assert recorder.purge() == 1
    assert [recorded.entry.door for recorded in trail.page(Wanted())] == [RETENTION, "graphql"]
    assert Recorder(trail, clock).purge() == 0, "for ever, where nothing is said"
    assert trail.verify().whole


def test_a_running_recorder_takes_away_what_is_too_old_once_a_day(trail: Trail) -> None:
    clock = MovedClock()
    trail.append([entry(0, at=clock.now())])
    clock.move(timedelta(days=40))
    recorder = Recorder(trail, clock, days=30)
    recorder.start()
    until(lambda: trail.page(Wanted(door=RETENTION)))
    recorder.offer(entry(1, at=clock.now()))
    recorder.close()
    assert [recorded.number for recorded in trail.page(Wanted())] == [3, 2]
    assert trail.verify().whole


def test_a_call_says_who_what_and_how_it_ended_and_not_what_was_asked(trail: Trail) -> None:
    recorder = Recorder(trail, MovedClock())
    call = Call(MovedClock(), recorder, door="POST /api/query")
    call.principal, call.action = Principal("ana", frozenset({"reader"}), token="0a1b2c"), "read"
    call.asked("MATCH (n) RETURN n")
    call.told(3, 12)
    call.told(2)
    recorder.note(call.entry(Outcome.ANSWERED))
    (found,) = trail.page(Wanted())
    said = found.entry
    assert (said.who, said.roles, said.token) == ("ana", frozenset({"reader"}), "0a1b2c")
    assert (said.rows, said.sequence, said.asked) == (5, 12, None)
    assert said.asked_sha256 == digest_of_text("MATCH (n) RETURN n")
    assert said.duration_us is not None
    assert said.duration_us >= 0


def test_the_text_is_kept_where_a_setting_says_so() -> None:
    call = Call(MovedClock(), keeps_text=True)
    call.asked("MATCH (n) RETURN n")
    assert call.entry(Outcome.ANSWERED).asked == "MATCH (n) RETURN n"


def test_whoever_sits_at_the_machine_is_told_apart_from_an_account() -> None:
    call = Call(MovedClock(), actor="ana")
    call.principal = LOCAL_OPERATOR
    assert call.entry(Outcome.ANSWERED).who == "local:ana"


def test_a_call_begins_once(trail: Trail) -> None:
    recorder = Recorder(trail, MovedClock())
    call = Call(MovedClock(), recorder, door="DELETE /api/branches/{name}")
    call.begin()
    call.begin()
    recorder.end(call.entry(Outcome.ANSWERED))
    newest, oldest = trail.page(Wanted())
    assert (oldest.entry.outcome, newest.entry.began) == (Outcome.BEGUN, oldest.number)
