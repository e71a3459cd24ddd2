"""The trail in its database: one chain whatever writes it, read page by page, and thinned out without a hole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from core.clock import FrozenClock
from core.errors import StoreReadOnlyError
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from services.audit.chain import RETENTION, Anchor, Damage
from services.audit.entry import Entry, Outcome
from services.audit.trail import AuditDamagedError, AuditUnavailableError, Trail, Wanted, audit_url, ledger_sequence
from tests.conftest import ROOT
from tests.services.audit.conftest import NOW, entry

NOTE = Entry(NOW, RETENTION, RETENTION, Outcome.ANSWERED, action="purge")


def tampered(url: str, statement: str) -> None:
    """Change a trail as somebody with rights on its database may."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_entries_come_back_as_they_were_written_newest_first(trail: Trail) -> None:
    written = [entry(number, reason="on call: INC0042", target="P-é", code=None) for number in range(5)]
    assert trail.append(written[:2]) == [1, 2]
    assert trail.append(written[2:]) == [3, 4, 5]
    found = trail.page(Wanted())
    assert [recorded.entry for recorded in found] == written[::-1]
    assert [recorded.number for recorded in found] == [5, 4, 3, 2, 1]
    assert all(newer.previous == older.digest for newer, older in pairwise(found))
    assert trail.verify().whole


def test_pages_follow_one_another_without_gap_or_repetition(trail: Trail) -> None:
    trail.append([entry(number) for number in range(25)])
    seen: list[int] = []
    before = None
    while page := trail.page(Wanted(who="ana"), before=before, limit=4):
        seen += [recorded.number for recorded in page]
        before = seen[-1]
    assert seen == [number for number in range(25, 0, -1) if (number - 1) % 3 == 0]


@pytest.mark.parametrize("before", [26, 2**63 - 1, 2**63, 10**30])
def test_before_a_number_that_no_entry_has_yet_is_the_first_page(trail: Trail, before: int) -> None:
    trail.append([entry(number) for number in range(25)])
    assert trail.page(Wanted(), before=before, limit=4) == trail.page(Wanted(), limit=4)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(Wanted(who="bob"), [2, 5], id="who"),
        pytest.param(Wanted(door="console"), [3, 6], id="the beginning of a door"),
        pytest.param(Wanted(door="POST /api/query"), [1, 4], id="a door"),
        pytest.param(Wanted(door="%"), [], id="no pattern"),
        pytest.param(Wanted(outcome="refused"), [], id="outcome"),
        pytest.param(Wanted(action="read", since=NOW + timedelta(seconds=4)), [5, 6], id="since is within"),
        pytest.param(Wanted(until=NOW + timedelta(seconds=2)), [1, 2], id="until is not"),
    ],
)
def test_entries_are_found_by_what_they_say(trail: Trail, wanted: Wanted, expected: list[int]) -> None:
    trail.append([entry(number) for number in range(6)])
    assert [recorded.number for recorded in trail.page(wanted)] == expected[::-1]


def test_texts_that_a_database_cannot_hold_are_kept_readable(trail: Trail) -> None:
    trail.append([entry(0, reason="a\0b\udcff", target="x" * 1_000, asked="\ud800")])
    (found,) = trail.page(Wanted())
    assert found.entry.reason == "a\\x00b\\udcff"
    assert found.entry.target is not None
    assert len(found.entry.target) == 200
    assert trail.verify().whole


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET who = 'eve' WHERE number = 4",
        "UPDATE audit_entry SET rows = NULL WHERE number = 4",
        "UPDATE audit_entry SET previous = digest WHERE number = 4",
        "UPDATE audit_entry SET digest = previous WHERE number = 4",
        "DELETE FROM audit_entry WHERE number = 4",
        "UPDATE audit_entry SET number = 40 WHERE number = 4",
    ],
)
def test_what_is_done_behind_the_trails_back_is_found(trail: Trail, url: str, statement: str) -> None:
    trail.append([entry(number) for number in range(8)])
    tampered(url, statement)
    found = trail.verify()
    assert found.broken is not None
    assert found.broken.number == 4


def test_the_end_that_was_cut_off_is_found_with_the_anchor(trail: Trail, url: str) -> None:
    trail.append([entry(number) for number in range(8)])
    anchor = trail.verify().last
    tampered(url, "DELETE FROM audit_entry WHERE number > 5")
    trail.append([entry(20)])
    assert trail.verify().whole
    found = trail.verify(anchor).broken
    assert found is not None
    assert (found.number, found.damage) == (7, Damage.TRUNCATED)
    trail.append([entry(21), entry(22)])
    found = trail.verify(anchor).broken
    assert found is not None
    assert (found.number, found.damage) == (8, Damage.REWRITTEN)


def test_an_entry_that_is_no_text_any_more_is_found_and_does_not_end_the_verification(sqlite_url: str) -> None:
    trail = Trail(sqlite_url)
    trail.append([entry(number) for number in range(4)])
    tampered(sqlite_url, "UPDATE audit_entry SET who = CAST(x'61ff' AS TEXT), outcome = 'forgotten' WHERE number = 2")
    found = trail.verify().broken
    assert found is not None
    assert (found.number, found.damage) == (2, Damage.CHANGED)
    with pytest.raises(AuditDamagedError, match="entry 2"):
        trail.page(Wanted())
    trail.close()


def test_writers_in_threads_and_processes_make_one_chain(trail: Trail, url: str) -> None:
    command = [sys.executable, "-m", "tests.services.audit.writer", url]
    others = [
        subprocess.Popen([*command, name, "40"], cwd=ROOT, env={**os.environ}, stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    with ThreadPoolExecutor(4) as pool:
        mine = list(pool.map(lambda at: trail.append([entry(at, who="here")])[0], range(60)))
    told = [json.loads(other.communicate(timeout=120)[0]) for other in others]
    numbers = sorted(mine + told[0] + told[1])
    assert numbers == list(range(1, 60 + 2 * 80 + 1))
    assert trail.verify().entries == len(numbers)
    assert trail.verify().whole


def test_a_killed_writer_leaves_a_whole_chain(sqlite_url: str) -> None:
    for moment, kept in (("uncommitted", 4), ("committed", 5)):
        done = subprocess.run(
            [sys.executable, "-m", "tests.services.audit.writer", sqlite_url, moment, "9"],
            cwd=ROOT,
            env={**os.environ, "JUMEAU_FAILPOINT": f"audit.append.{moment}:3"},
            check=False,
        )
        assert done.returncode == -9
        trail = Trail(sqlite_url)
        found = trail.verify()
        assert found.whole
        before = {"uncommitted": 0, "committed": 4}[moment]
        assert found.entries == before + {4: 4, 5: 6}[kept]
        trail.close()


def test_what_has_begun_and_not_ended_is_told(trail: Trail) -> None:
    first, second = trail.append([entry(0, outcome=Outcome.BEGUN), entry(1, outcome=Outcome.BEGUN)])
    trail.append([entry(2, began=first)])
    assert trail.unfinished() == [second]


def test_old_entries_go_and_the_rest_is_whole_with_anchors_from_before(trail: Trail) -> None:
    trail.append([entry(number) for number in range(10)])
    anchor = trail.verify().last
    assert trail.purge(NOW + timedelta(seconds=6), NOTE) == 6
    found = trail.verify(anchor)
    assert found.whole
    assert found.compared
    assert (found.first, found.entries) == (7, 5)
    (note,) = trail.page(Wanted(door=RETENTION))
    assert (note.number, note.entry.rows) == (11, 6)
    assert note.entry.target is not None
    assert Anchor.parse(note.entry.target).number == 6
    assert trail.purge(NOW + timedelta(seconds=6), NOTE) == 0
    assert trail.purge(NOW + timedelta(days=1), NOTE) == 5, "all that is there, the note of before included"
    assert trail.verify().whole
    trail.append([entry(30)])
    assert [recorded.number for recorded in trail.page(Wanted())] == [13, 12]
    assert trail.verify().whole


def test_more_than_retention_took_is_missing(trail: Trail, url: str) -> None:
    trail.append([entry(number) for number in range(10)])
    trail.purge(NOW + timedelta(seconds=3), NOTE)
    tampered(url, "DELETE FROM audit_entry WHERE number = 4")
    found = trail.verify().broken
    assert found is not None
    assert found.damage is Damage.MISSING


def test_the_trail_is_written_while_a_load_holds_the_ledger(schema: Schema, url: str, tmp_path: Path) -> None:
    address = url if url.startswith("postgresql") else f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger = Ledger(address, schema, FrozenClock(NOW))
    trail = Trail(audit_url(address))
    try:
        with ledger.writing() as connection:
            connection.execute(text("UPDATE writer SET batch = batch"))
            assert trail.append([entry(1)]) == [1]
    finally:
        trail.close()
        ledger.close()


def test_a_trail_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "ledger.audit.db").mkdir()
    trail = Trail(f"sqlite:///{tmp_path / 'ledger.audit.db'}")
    with pytest.raises(StoreReadOnlyError, match="audit trail") as refused:
        trail.append([entry(1)])
    assert refused.value.hint


def test_a_trail_lies_beside_the_file_of_its_ledger_or_in_its_database() -> None:
    assert audit_url("sqlite:////var/lib/twin/ledger.db") == "sqlite:////var/lib/twin/ledger.audit.db"
    assert audit_url("postgresql+psycopg://u:p@db.example/twin") == "postgresql+psycopg://u:p@db.example/twin"


def test_a_ledger_that_is_not_there_has_no_sequence_and_is_not_made(tmp_path: Path) -> None:
    assert ledger_sequence(f"sqlite:///{tmp_path / 'ledger.db'}") is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.audit.db").write_bytes(b"no database, and longer than a header of one" * 100)
    trail = Trail(f"sqlite:///{tmp_path / 'ledger.audit.db'}")
    with pytest.raises(AuditUnavailableError):
        trail.verify()
