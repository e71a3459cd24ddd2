"""Who is behind a pseudonym is told over HTTP to those with the right, for a reason, and nothing is told before that is on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from graph.history.subjects import Subjects
from graph.schema.model import Schema
from ingest.job import IngestJob
from services.access.doorkeeper import Doorkeeper
from services.audit.entry import Outcome
from services.audit.recorder import Recorder, recorder_of
from services.audit.trail import Wanted
from tests.api.apps import create_app
from tests.api.conftest import served
from tests.api.estate import opened
from tests.ingest.test_pseudonyms import EXPORT
from tests.ingest.twin import SECRET, write_files
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

REFUSED = (
    ("dora", None, 422, "PAYLOAD"),
    ("dora", "  ", 400, "USAGE"),
    ("ada", "curious", 403, "FORBIDDEN"),  # an administrator
    ("audrey", "curious", 403, "FORBIDDEN"),  # an auditor
    ("lea", "on call", 403, "RESTRICTED"),  # an officer of one perimeter
)


@dataclass(frozen=True, slots=True)
class Bank:
    """A server over a twin that knows Jane Doe, and the header of each asker."""

    http: httpx.Client
    recorder: Recorder
    headers: dict[str, dict[str, str]]
    pseudonym: str

    def look(self, asker: str, how: str, reason: str | None, pseudonym: str | None = None) -> httpx.Response:
        body: dict[str, Any] = {} if reason is None else {"reason": reason}
        path = f"/api/persons/{pseudonym or self.pseudonym}/{how}"
        return self.http.post(path, json=body, headers=self.headers[asker])


@pytest.fixture
def bank(schema: Schema, tmp_path: Path) -> Iterator[Bank]:
    with opened("networkx", schema, tmp_path, None, {"personal_secret": SECRET}) as twin:
        export = write_files(tmp_path / "export", EXPORT)
        IngestJob(schema, twin.ledger, actor="tester", clock=twin.clock, personal_secret=SECRET).run("csv", export)
        twin.catch_up()
        clock = MovedClock()
        keeper, headers = Doorkeeper(twin.ledger, clock, hasher=CHEAP), {}
        askers = {
            "dora": ("data_protection_officer", None),
            "lea": ("data_protection_officer", ["Payments"]),
            "ada": ("administrator", None),
            "audrey": ("auditor", None),
        }
        for name, (role, sees) in askers.items():
            account = keeper.accounts.create(name, PASSWORD, [role], sees, by="test")
            headers[name] = {"Authorization": f"Bearer {keeper.tokens.issue(account, timedelta(days=1))[0]}"}
        recorder = recorder_of(twin)
        with served(twin, create_app(twin, follow=False, doorkeeper=keeper, recorder=recorder)) as server:
            name = Subjects(twin.ledger, twin.clock, SECRET).pseudonym("Jane Doe")
            yield Bank(server.http, recorder, headers, name)


def test_a_data_protection_officer_is_told_for_a_reason_that_is_on_record_first(bank: Bank) -> None:
    told = bank.look("dora", "reveal", "on call tonight, INC1")
    assert told.status_code == 200
    assert (told.json()["pseudonym"], told.json()["value"].casefold().split()) == (bank.pseudonym, ["jane", "doe"])
    assert told.headers["Cache-Control"] == "no-store"
    bank.recorder.flush()
    end, begun = (recorded.entry for recorded in bank.recorder.trail.page(Wanted(), limit=2))
    assert (begun.outcome, end.outcome) == (Outcome.BEGUN, Outcome.ANSWERED)
    for entry in (begun, end):
        assert (entry.who, entry.action, entry.target) == ("dora", "reveal", bank.pseudonym)
        assert entry.reason == "on call tonight, INC1"
    (look,) = bank.http.get("/api/persons/looks", headers=bank.headers["audrey"]).json()
    assert (look["actor"], look["action"], look["pseudonym"]) == ("dora", "revealed", bank.pseudonym)
    assert look["reason"] == "on call tonight, INC1"


def test_nobody_else_and_nothing_without_a_reason(bank: Bank) -> None:
    wrong = []
    for how, (asker, reason, status, code) in product(("reveal", "erase"), REFUSED):
        refused = bank.look(asker, how, reason)
        if (refused.status_code, refused.json()["error"]["code"]) != (
            status,
            code,
        ) or "jane" in refused.text.casefold():
            wrong.append((how, asker, reason, refused.text))
    assert wrong == []
    assert bank.http.get("/api/persons/looks", headers=bank.headers["audrey"]).json() == []
    nobody = bank.look("dora", "reveal", "on call", "P-0000")
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_what_is_erased_is_told_to_nobody_and_the_erasure_stays_on_record(bank: Bank) -> None:
    assert bank.look("dora", "erase", "request 17").json() == {"pseudonym": bank.pseudonym}
    gone = bank.look("dora", "reveal", "on call")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "NOT_FOUND")
    looks = bank.http.get("/api/persons/looks", headers=bank.headers["dora"]).json()
    assert [(look["actor"], look["action"], look["reason"]) for look in looks] == [("dora", "erased", "request 17")]
