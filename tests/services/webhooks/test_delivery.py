"""What happens is delivered in order, signed, at least once, however the receiver behaves."""

from __future__ import annotations

import ssl
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from sqlalchemy import insert

from core.errors import JumeauError, NotFoundError
from core.ids import uuid_of
from core.principal import LOCAL_OPERATOR
from graph.history.events import Event
from graph.model import Operation
from services.webhooks.hook import HookState
from services.webhooks.outbox import LOG, MessageState
from services.webhooks.retries import Retries
from services.webhooks.sender import Sender
from services.webhooks.tables import webhook_message
from tests.api.estate import created
from tests.patience import PATIENCE_S
from tests.services.webhooks.conftest import Trial, trial_of
from tests.services.webhooks.receiver import headed


def test_changes_are_told_in_order_signed_as_the_specification_has_it(trial: Trial) -> None:
    trial.teams("before")
    _, secret = trial.add()
    trial.deliver()
    assert trial.receiver.received == [], "what was before is not told"
    trial.teams("a", "b")
    trial.happen(created("Team", "c"), created("Rack", "d"))
    trial.deliver()
    (message,) = trial.receiver.received
    assert message.is_signed_with(secret)
    assert not message.is_signed_with("whsec_" + "A" * 43 + "=")
    assert int(message.headers["webhook-timestamp"]) == int(trial.clock.now().timestamp())
    assert message.headers["content-type"] == "application/json"
    assert message.body["type"] == "changes"
    assert [(one["name"], one["operation"]) for one in message.body["data"]["changes"]] == [
        (name, "create") for name in "abcd"
    ]
    assert [one.state for one in trial.log()] == [MessageState.DELIVERED]
    trial.deliver()
    assert len(trial.receiver.received) == 1


def test_what_is_wanted_is_told_and_nothing_else(trial: Trial) -> None:
    trial.add("racks", kinds=["Rack"])
    trial.add("one", ids=[uuid_of("tests", "Team", "b")])
    trial.add("filtered", filter={"teams": {"OR": [{"name": {"eq": "a"}}, {"name": {"startsWith": "z"}}]}})
    trial.teams("a", "b")
    trial.happen(created("Rack", "r"))
    trial.deliver()
    assert [one.names for one in trial.receiver.received] == [["a"], ["b"], ["r"]]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        pytest.param({"kinds": ["Sever"]}, "NOT_FOUND", id="a kind that there is not"),
        pytest.param({"filter": {"sevrers": {}}}, "USAGE", id="a list that there is not"),
        pytest.param({"filter": {"servers": {"nome": {"eq": 1}}}}, "USAGE", id="an attribute that there is not"),
        pytest.param({"filter": {"servers": {"name": {"eq": 1}}}}, "USAGE", id="a value of another type"),
        pytest.param({"filter": {"servers": "name"}}, "USAGE", id="no object"),
        pytest.param({"filter": {}}, "USAGE", id="no list"),
        pytest.param({"filter": {"servers": {}}, "kinds": ["Server"]}, "USAGE", id="kinds twice"),
        pytest.param({"events": ["run.finished"], "kinds": ["Server"]}, "USAGE", id="kinds without changes"),
        pytest.param({"events": ["tests"]}, "USAGE", id="an event that there is not"),
        pytest.param({"events": ["test"]}, "USAGE", id="an event that is asked for by hand"),
        pytest.param({"events": []}, "USAGE", id="nothing"),
        pytest.param({"name": "No Name"}, "USAGE", id="no name"),
        pytest.param({"secret_env": "JUMEAU_NEO4J_PASSWORD"}, "USAGE", id="another secret of the process"),
        pytest.param({"url": "ftp://127.0.0.1/"}, "USAGE", id="no web address"),
        pytest.param({"url": "http://me:pa55@127.0.0.1/"}, "USAGE", id="a password in the address"),
        pytest.param({"url": "http://127.0.0.1/#x"}, "USAGE", id="a fragment"),
        pytest.param({"url": "https://10.0.0.1/"}, "ADDRESS_REFUSED", id="a private address"),
        pytest.param({"url": "https://[::1]/"}, "ADDRESS_REFUSED", id="loopback that is not listed"),
        pytest.param({"url": "https://2130706433/"}, "ADDRESS_REFUSED", id="an address in another spelling"),
        pytest.param({"url": "http://93.184.216.34/"}, "ADDRESS_REFUSED", id="in the clear to anywhere"),
    ],
)
def test_what_is_wrong_is_said_at_once_and_nothing_is_kept(trial: Trial, wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(JumeauError) as refused:
        trial.add(**wrong)
    assert refused.value.code == code
    assert "pa55" not in str(refused.value)
    assert trial.service.all(LOCAL_OPERATOR) == []


def test_a_failed_delivery_is_made_again_with_the_same_id_and_body_before_anything_newer(trial: Trial) -> None:
    trial.add()
    trial.receiver.answers = [503, 500, headed(429, Retry_After="600")]
    trial.teams("a")
    trial.deliver()
    trial.teams("b")
    trial.deliver()
    assert len(trial.receiver.received) == 1, "not before its time"
    assert trial.hook().next_at == trial.clock.now() + timedelta(seconds=5)
    trial.later(5)
    assert trial.hook().next_at == trial.clock.now() + timedelta(seconds=10)
    trial.later(10)
    assert trial.hook().next_at == trial.clock.now() + timedelta(seconds=600), "as the receiver asks"
    trial.later(599)
    assert len(trial.receiver.received) == 3
    trial.later(1)
    first, *again, last = trial.receiver.received
    assert {(one.id, one.raw) for one in (first, *again)} == {(first.id, first.raw)}
    assert (first.names, last.names) == (["a"], ["b"])
    assert len({one.headers["webhook-timestamp"] for one in (first, *again)}) == 4
    assert (trial.hook().failures, [one.attempts for one in trial.log()]) == (0, [1, 4])


def test_waits_double_up_to_a_bound_and_half_of_each_is_left_to_chance() -> None:
    retries = Retries(12)
    assert [retries.wait(n, None, lambda: 1.0).total_seconds() for n in (1, 2, 3, 10, 11, 99)] == [
        5, 10, 20, 2_560, 3_600, 3_600,
    ]  # fmt: skip
    assert retries.wait(2, None, lambda: 0.0).total_seconds() == 5
    assert retries.wait(1, 1e9, lambda: 0.0).total_seconds() == retries.patience_s


def test_a_webhook_is_paused_after_failures_in_a_row_says_so_and_goes_on_where_it_stood(trial: Trial) -> None:
    trial.retries = Retries(3)
    trial.add()
    trial.receiver.answers = [500, 502, 503]
    trial.teams("a")
    for _ in range(5):
        trial.later()
    assert len(trial.receiver.received) == 3
    assert trial.hook().state is HookState.PAUSED
    assert trial.hook().reason == "3 deliveries in a row failed; the last: the receiver answers 503"
    trial.teams("b")
    trial.service.resume(LOCAL_OPERATOR, "portal")
    trial.deliver()
    assert trial.receiver.names == ["a", "b"]
    assert trial.hook().reason == ""


def test_a_receiver_that_is_gone_disables_its_webhook(trial: Trial) -> None:
    trial.add()
    trial.receiver.answers = [410]
    trial.teams("a")
    trial.deliver()
    trial.later()
    assert (len(trial.receiver.received), trial.hook().state) == (1, HookState.DISABLED)
    trial.service.resume(LOCAL_OPERATOR, "portal")
    trial.deliver()
    assert trial.receiver.names == ["a"], "nothing was lost"


def test_a_message_that_is_refused_for_good_is_dead_and_can_be_replayed_while_others_go_on(trial: Trial) -> None:
    trial.add()
    trial.receiver.answers = [400, 400, 400]
    trial.teams("a")
    for _ in range(4):
        trial.later()
    trial.teams("b")
    trial.later()
    (dead,) = trial.log("dead")
    assert (dead.attempts, dead.status, dead.error) == (3, 400, "the receiver answers 400")
    assert trial.receiver.names == ["a", "b"]
    assert [one.id for one in trial.service.replay(LOCAL_OPERATOR, "portal")] == [dead.id]
    trial.deliver()
    assert trial.receiver.received[-1].raw == trial.receiver.received[0].raw
    assert trial.log("dead") == []
    with pytest.raises(NotFoundError):
        trial.service.replay(LOCAL_OPERATOR, "portal", dead.id)


def test_a_message_that_blocks_can_be_left_out_by_hand(trial: Trial) -> None:
    trial.add()
    trial.receiver.answers = [500]
    trial.teams("poison")
    trial.deliver()
    trial.teams("b")
    trial.service.resume(LOCAL_OPERATOR, "portal", skip=True)
    trial.deliver()
    assert trial.receiver.received[-1].names == ["b"]
    assert [one.error for one in trial.log("dead")] == ["left out by local"]


def test_redirections_are_not_followed(trial: Trial) -> None:
    trial.add()
    trial.receiver.answers = [headed(code, Location=f"{trial.receiver.url}/inside") for code in (301, 302, 307, 308)]
    trial.teams("a")
    for _ in range(2):
        trial.later()
    assert {one.path for one in trial.receiver.received} == {"/hooks/path-that-is-a-secret"}
    assert trial.hook().reason == "the receiver answers 302, and redirections are not followed"


def test_a_slow_receiver_is_given_up_after_the_time_it_has_even_where_it_feeds_bytes(trial: Trial) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        while not trial.receiver.stopped.wait(0.05):
            handler.wfile.write(b"H")

    def silent(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        trial.receiver.stopped.wait(PATIENCE_S)

    hasty = trial_of(trial.twin, trial.receiver, trial.clock, webhook_timeout_s=0.5)
    hasty.add()
    trial.receiver.answers = [silent, drip]
    hasty.teams("a")
    hasty.deliver()
    hasty.later()
    assert trial.hook().failures == 2
    assert trial.hook().reason == "the receiver did not answer in time"
    trial.later()
    assert trial.hook().failures == 0


def test_a_huge_answer_is_not_read(trial: Trial) -> None:
    sent = []

    def huge(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(1_000):
                handler.wfile.write(b"x" * 100_000)
                sent.append(100_000)
        except OSError:
            return

    trial.add()
    trial.receiver.answers = [huge]
    trial.teams("a")
    trial.deliver()
    assert [one.state for one in trial.log()] == [MessageState.DELIVERED]
    assert sum(sent) < 20_000_000


def test_more_than_a_message_holds_comes_in_several_in_order(trial: Trial) -> None:
    small = trial_of(trial.twin, trial.receiver, trial.clock, webhook_body_bytes=4_096)
    small.add()
    names = [f"team-{n:03}" for n in range(100)]
    small.happen(*(created("Team", name) for name in names))
    small.happen(_described("team-000", "x" * 10_000))
    small.deliver()
    assert max(len(one.raw) for one in trial.receiver.received) <= 4_096
    assert len(trial.receiver.received) > 5
    assert trial.receiver.names == [*names, None]
    large = trial.receiver.received[-1].body["data"]["changes"][-1]
    assert (large["left_out"], large["element"]) == ("too large", uuid_of("tests", "Team", "team-000"))


def _described(name: str, text: str) -> Event:
    before = {"name": name}
    return Event(
        Operation.UPDATE, uuid_of("tests", "Team", name), False, "Team", before, {**before, "description": text}
    )


def test_secrets_change_with_both_valid_for_a_while(trial: Trial) -> None:
    _, first = trial.add()
    _, second = trial.service.rotate(LOCAL_OPERATOR, "portal", overlap=timedelta(hours=1))
    assert second is not None
    trial.teams("a")
    trial.deliver()
    trial.clock.move(timedelta(hours=1))
    trial.teams("b")
    trial.deliver()
    both, new = trial.receiver.received
    assert (both.is_signed_with(first), both.is_signed_with(second)) == (True, True)
    assert (new.is_signed_with(first), new.is_signed_with(second)) == (False, True)
    assert len(both.headers["webhook-signature"].split()) == 2


def test_a_secret_of_the_environment_is_read_when_it_is_needed(trial: Trial) -> None:
    trial.add(secret_env="PORTAL_WEBHOOK_SECRET")
    trial.teams("a")
    trial.deliver()
    assert trial.receiver.received == []
    assert trial.hook().reason == "the secret is not set (PORTAL_WEBHOOK_SECRET)"
    trial.environment["PORTAL_WEBHOOK_SECRET"] = "a secret of thirty-two characters"
    trial.later()
    assert trial.receiver.received[0].is_signed_with("a secret of thirty-two characters")


def test_what_is_shown_never_has_the_secret_or_the_path(trial: Trial) -> None:
    hook, secret = trial.add()
    trial.receiver.answers = [500]
    trial.teams("a")
    trial.deliver()
    shown = repr((hook, hook.to_dict(), trial.hook(), [(one, one.to_dict()) for one in trial.log()]))
    assert secret not in shown
    assert "path-that-is-a-secret" not in shown
    assert f"http://127.0.0.1:{trial.receiver.port}" in shown


def test_a_message_can_be_tried_without_anything_happening(trial: Trial) -> None:
    _, secret = trial.add()
    assert trial.service.test(LOCAL_OPERATOR, "portal").is_delivered
    (tried,) = trial.receiver.received
    assert (tried.body["type"], tried.is_signed_with(secret)) == ("test", True)
    trial.receiver.answers = [500]
    assert trial.service.test(LOCAL_OPERATOR, "portal").status == 500
    assert (trial.hook().failures, trial.log()) == (0, [])


def test_an_address_that_turns_private_later_is_not_delivered_to(trial: Trial) -> None:
    answers = [["93.184.216.34"], ["10.0.0.1"]]
    trial.service._guard = type(trial.service._guard)(resolve=lambda _host, _port: answers.pop(0))
    trial.add(url="https://turning.example/")
    trial.teams("a")
    trial.deliver()
    assert answers == []
    assert trial.hook().reason.startswith("ADDRESS_REFUSED: this is an address of a private")
    assert "10.0.0.1" not in trial.hook().reason


def test_the_log_keeps_the_latest_and_the_dead(trial: Trial) -> None:
    trial.add()
    trial.receiver.answers = [400] * 3
    trial.teams("dead")
    for _ in range(3):
        trial.later()
    hook = trial.hook()
    outbox, taken = trial.service._outbox, LOG + LOG // 10 + 1
    at = outbox.listed(hook, MessageState.DEAD, 1)[0].created_at
    values = {"webhook": hook.id, "type": "changes", "after": 0, "sees": "null", "replayed": False, "bytes": 0}
    values |= {"state": "delivered", "attempts": 1, "error": "", "created_at": at}
    rows = [{"id": f"msg_{n}", "number": n, **values} for n in range(2, taken + 2)]
    with trial.twin.ledger.writing() as connection:
        connection.execute(insert(webhook_message), rows)
    assert len(outbox.listed(hook, MessageState.DELIVERED, 10_000)) == taken
    trial.teams("last")
    trial.later()
    assert len(outbox.listed(hook, MessageState.DELIVERED, 10_000)) == LOG
    assert len(outbox.listed(hook, MessageState.DEAD, 10)) == 1


def test_a_sender_that_was_ended_sends_no_more(trial: Trial) -> None:
    sender = Sender(trial.service._guard, trial.clock, 1.0, ssl.create_default_context())
    sender.abort()
    assert not sender.send(trial.receiver.url, [b"k" * 32], "msg_1", b"{}").is_delivered
    assert trial.receiver.received == []
