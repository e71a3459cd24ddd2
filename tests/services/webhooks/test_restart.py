"""Delivering goes on where it stood: after a kill at any moment, beside other processes, and within a server."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import pytest

from core.principal import LOCAL_OPERATOR
from graph.schema.model import Schema
from services.webhooks.courier import LEASE, Courier
from services.webhooks.hook import HookState
from tests.api.estate import opened
from tests.conftest import ROOT
from tests.patience import PATIENCE_S, until
from tests.services.access.conftest import MovedClock
from tests.services.webhooks.conftest import Trial, trial_of
from tests.services.webhooks.receiver import Answer, Receiver

DELIVERING = """
import sys
from pathlib import Path
from core.clock import SystemClock
from graph.schema.load import load_schema
from tests.api.estate import opened
from tests.services.webhooks.conftest import trial_of
from tests.services.webhooks.receiver import Receiver

with opened("networkx", load_schema("it_estate"), Path(sys.argv[1])) as twin:
    trial = trial_of(twin, Receiver(), SystemClock())
    trial.deliver()
    trial.teams("e")
    trial.deliver()
"""


def after(event: Event) -> Answer:
    """An answer that comes late."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        event.wait(PATIENCE_S)
        handler.send_response(204)
        handler.end_headers()

    return answer


@pytest.mark.faults
@pytest.mark.parametrize(
    "moment",
    [
        "webhook.sent:1",
        pytest.param("webhook.written:1", marks=pytest.mark.nightly),
        pytest.param("webhook.sent:2", marks=pytest.mark.nightly),
        pytest.param("webhook.noted:1", marks=pytest.mark.nightly),
    ],
)
def test_a_kill_at_any_moment_loses_nothing_and_keeps_the_order(
    schema: Schema, tmp_path: Path, receiver: Receiver, moment: str
) -> None:
    with opened("networkx", schema, tmp_path) as twin:
        trial = trial_of(twin, receiver, MovedClock())
        _, secret = trial.add()
        trial.teams("a", "b")
        trial.teams("c", "d")
    log = tmp_path / "hit"
    done = subprocess.run(
        [sys.executable, "-c", DELIVERING, str(tmp_path)],
        cwd=ROOT,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "JUMEAU_FAILPOINT": moment,
            "JUMEAU_FAILPOINT_LOG": str(log),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert log.read_text().strip() == moment.partition(":")[0]
    with opened("networkx", schema, tmp_path) as twin:
        again = trial_of(twin, receiver, MovedClock())
        again.deliver()
        assert again.hook().state is HookState.ACTIVE
    names = receiver.names
    assert names[:4] == ["a", "b", "c", "d"]
    assert set(names[4:]) <= {"e"}
    assert all(one.is_signed_with(secret) for one in receiver.received)
    assert len(receiver.received) - len(set(receiver.ids)) == (1 if moment.startswith("webhook.sent") else 0)


@pytest.fixture
def started(trial: Trial) -> Iterator[Courier]:
    courier = Courier(trial.feed, trial.service.desk(trial.retries), poll_s=0.05, look_s=0)
    courier.start()
    yield courier
    courier.stop()


def test_a_courier_delivers_as_things_happen_and_a_slow_receiver_holds_up_nobody_else(
    trial: Trial, started: Courier
) -> None:
    release = Event()
    with Receiver().serving() as slow:
        slow.answers = [after(release)]
        trial.add("slow", url=slow.url)
        trial.add("quick")
        trial.teams("a")
        until(lambda: len(slow.received) == 1)
        trial.teams("b", "c")
        until(lambda: trial.receiver.names == ["a", "b", "c"])
        assert len(slow.received) == 1
        release.set()
        until(lambda: slow.names == ["a", "b", "c"])


def test_stopping_ends_a_delivery_under_way_at_once_and_it_is_no_failure_of_the_receiver(
    trial: Trial, receiver: Receiver
) -> None:
    patient = trial_of(trial.twin, receiver, trial.clock, webhook_timeout_s=PATIENCE_S)
    receiver.answers = [after(receiver.stopped)]
    patient.add()
    patient.teams("a")
    courier = Courier(patient.feed, patient.service.desk(), poll_s=0.05)
    courier.start()
    until(lambda: len(receiver.received) == 1)
    courier.stop()
    assert not receiver.stopped.is_set(), "the receiver has not answered yet"
    assert (patient.hook().failures, patient.log()[0].attempts) == (0, 0)
    patient.deliver()
    assert receiver.ids[0] == receiver.ids[1]


def test_one_process_delivers_and_another_takes_over_when_it_has_ended(trial: Trial, started: Courier) -> None:
    held = trial.twin.ledger.loading(LEASE)
    trial.add()
    with held:
        trial.teams("a")
        time.sleep(0.3)
        assert trial.receiver.received == []
    until(lambda: trial.receiver.names == ["a"])


def test_a_webhook_that_is_removed_or_paused_meanwhile_is_told_no_more(trial: Trial, started: Courier) -> None:
    trial.add("gone")
    trial.add("held")
    trial.service.remove(LOCAL_OPERATOR, "gone")
    trial.service.pause(LOCAL_OPERATOR, "held")
    trial.teams("a")
    time.sleep(0.3)
    assert trial.receiver.received == []
    trial.service.resume(LOCAL_OPERATOR, "held")
    until(lambda: trial.receiver.names == ["a"])
