"""A webhook tells what its owner may see at the time, and nothing once the owner may not be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from core.errors import JumeauError, NotFoundError, UsageError
from core.ids import relation_id, uuid_of
from core.principal import LOCAL_OPERATOR, Principal, RestrictedError
from graph.history.events import Event
from graph.model import Operation
from graph.schema.model import Schema
from services.access.rights import Action, ForbiddenError
from services.webhooks.hook import HookState, WebhookOwnerError
from tests.api.estate import created, opened
from tests.services.access.conftest import PASSWORD, MovedClock
from tests.services.changes.test_visibility import Happening
from tests.services.webhooks.conftest import Trial, trial_of
from tests.services.webhooks.receiver import Receiver


def account(
    trial: Trial, name: str = "ana", role: str = "owner", perimeters: tuple[str, ...] | None = ("P",)
) -> Principal:
    return trial.accounts.create(name, PASSWORD, [role], perimeters, by="test").principal


def within(kind: str, name: str, perimeter: str) -> list[Event]:
    """Events that create a node in a perimeter."""
    start, end = uuid_of("tests", kind, name), uuid_of("tests", "Perimeter", perimeter)
    link = relation_id("IN_PERIMETER", start, end)
    return [created(kind, name), Event(Operation.CREATE, link, True, "IN_PERIMETER", None, {}, start, end)]


@pytest.fixture
def parted(trial: Trial) -> Trial:
    """A twin with two perimeters."""
    trial.happen(created("Perimeter", "P"), created("Perimeter", "Q"))
    return trial


def told(trial: Trial) -> list[tuple[str, str]]:
    """What was told, by operation and name, of teams."""
    once = {one.id: one for one in trial.receiver.received}
    changes = [change for one in once.values() for change in one.body["data"]["changes"]]
    return [(change["operation"], change["name"]) for change in changes if change["kind"] == "Team"]


def test_what_is_outside_the_owners_perimeters_is_not_told(parted: Trial) -> None:
    parted.add("hers", account(parted))
    parted.add("all")
    parted.happen(*within("Team", "mine", "P"), *within("Team", "other", "Q"), created("Team", "nobody's"))
    parted.deliver()
    everything, hers = parted.receiver.received
    assert {"mine", "other", "nobody's"} <= set(everything.names)
    assert "mine" in hers.names
    assert b"other" not in hers.raw
    assert b"nobody" not in hers.raw


def test_a_perimeter_of_the_token_or_the_request_narrows_it_for_good(parted: Trial) -> None:
    boss = account(parted, perimeters=None)
    parted.add("narrow", boss.narrowed(["P"]))
    parted.add("here", LOCAL_OPERATOR.narrowed(["Q"]))
    parted.happen(*within("Team", "p", "P"), *within("Team", "q", "Q"))
    parted.deliver()
    here, narrow = parted.receiver.received
    assert [one["name"] for one in here.body["data"]["changes"] if one["kind"] == "Team"] == ["q"]
    assert [one["name"] for one in narrow.body["data"]["changes"] if one["kind"] == "Team"] == ["p"]


def test_what_waits_is_made_again_when_the_owner_sees_less(parted: Trial) -> None:
    parted.add("portal", account(parted, perimeters=("P", "Q")))
    parted.receiver.answers = [503]
    parted.happen(*within("Team", "p", "P"), *within("Team", "q", "Q"))
    parted.deliver()
    assert b'"q"' in parted.receiver.received.pop().raw
    parted.accounts.change("ana", perimeters=["P"])
    parted.later()
    (again,) = parted.receiver.received
    assert b'"p"' in again.raw
    assert b'"q"' not in again.raw


def test_kinds_that_the_owner_may_not_read_are_not_told_and_stay_left_out_when_the_right_comes_back(
    trial: Trial,
) -> None:
    boss = account(trial, perimeters=None)
    trial.add("narrow", boss.of_kinds(["Cluster"]))
    trial.accounts.change("ana", reads=["Team", "Cluster"])
    trial.happen(created("Team", "t"), created("Cluster", "c"))
    trial.deliver()
    (heard,) = trial.receiver.received
    assert heard.names == ["c"]
    trial.accounts.change("ana", every_kind=True)
    trial.happen(created("Team", "t2"), created("Cluster", "c2"))
    trial.deliver()
    assert trial.receiver.received[-1].names == ["c2"]


def test_what_waits_is_made_again_when_the_owner_reads_fewer_kinds(trial: Trial) -> None:
    trial.add("portal", account(trial, perimeters=None))
    trial.receiver.answers = [503]
    trial.happen(created("Team", "t"), created("Cluster", "c"))
    trial.deliver()
    assert b'"t"' in trial.receiver.received.pop().raw
    trial.accounts.change("ana", reads=["Cluster"])
    trial.later()
    (again,) = trial.receiver.received
    assert again.names == ["c"]


def test_a_dead_message_is_not_replayed_to_who_sees_less_than_it_tells(parted: Trial) -> None:
    parted.add("portal", account(parted, perimeters=("P", "Q")))
    parted.receiver.answers = [400] * 3
    parted.happen(*within("Team", "q", "Q"))
    for _ in range(3):
        parted.later()
    parted.receiver.received.clear()
    parted.accounts.change("ana", perimeters=["P"])
    (dead,) = parted.service.replay(LOCAL_OPERATOR, "portal")
    parted.later()
    assert parted.receiver.received == []
    assert [(one.id, one.error) for one in parted.log("dead")] == [
        (dead.id, "its owner does not see any more all that it tells")
    ]


LOSSES: list[tuple[str, Callable[[Trial], object], str]] = [
    ("disabled", lambda trial: trial.accounts.change("ana", enabled=False), "may not sign in any more"),
    ("reader", lambda trial: trial.accounts.change("ana", roles=["reader"]), "may not notify any more"),
]


@pytest.mark.parametrize(("lose", "seen"), [one[1:] for one in LOSSES], ids=[one[0] for one in LOSSES])
def test_a_webhook_of_who_may_not_any_more_is_paused_and_says_why(
    parted: Trial, lose: Callable[[Trial], object], seen: str
) -> None:
    parted.add("portal", account(parted))
    parted.happen(*within("Team", "before", "P"))
    lose(parted)
    parted.deliver()
    assert parted.receiver.received == []
    assert (parted.hook().state, parted.hook().reason) == (HookState.PAUSED, f"its owner ana {seen}")
    with pytest.raises(WebhookOwnerError):
        parted.service.resume(LOCAL_OPERATOR, "portal")
    parted.accounts.change("ana", enabled=True, roles=["owner"])
    parted.service.resume(LOCAL_OPERATOR, "portal")
    parted.deliver()
    assert "before" in parted.receiver.received[0].names


def test_a_webhook_waits_while_the_provider_has_not_vouched_for_its_owner_lately(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = account(trial, perimeters=None)
    hook, _ = trial.add("portal", ana)
    owners = trial.service._owners
    accounts = owners._accounts
    vouched = replace(accounts.get("ana"), vouched_until=trial.clock.now() + timedelta(hours=1))
    monkeypatch.setattr(accounts, "get", lambda _name: vouched)
    assert owners.principal(hook) == ana
    trial.teams("a")
    trial.later(3_600)
    assert (trial.receiver.received, trial.hook().state) == ([], HookState.ACTIVE)
    vouched = replace(vouched, vouched_until=trial.clock.now() + timedelta(hours=1))
    trial.deliver()
    assert trial.receiver.names == ["a"]


def test_only_who_may_notify_and_read_registers_and_has_an_account(trial: Trial) -> None:
    owner = account(trial)
    for scope in ([Action.NOTIFY], [Action.READ], []):
        with pytest.raises(ForbiddenError):
            trial.add("x", replace(owner, scope=frozenset(scope)))
    for role in ("reader", "auditor", "ai_owner", "data_protection_officer", "change_manager"):
        with pytest.raises(ForbiddenError):
            trial.add("x", account(trial, f"a-{role}".replace("_", "-"), role))
    with pytest.raises(UsageError, match="has an account"):
        trial.add("x", Principal("stranger", frozenset({"owner"}), None))
    with pytest.raises(RestrictedError):
        trial.add("x", owner, events=["run.finished"])
    assert trial.service.all(LOCAL_OPERATOR) == []


def test_no_account_has_the_name_of_the_machines_operator(trial: Trial) -> None:
    account(trial, "root", "administrator", None)
    with pytest.raises(UsageError):
        trial.accounts.create("local", PASSWORD, ["administrator", "data_protection_officer"], ["P"], by="test")


def test_one_asker_knows_nothing_of_the_webhooks_of_another(trial: Trial) -> None:
    ana, bob = account(trial), account(trial, "bob")
    trial.add("hers", ana)
    assert [hook.name for hook in trial.service.all(ana)] == ["hers"]
    assert trial.service.all(bob) == []
    service = trial.service
    for act in (
        service.get, service.remove, service.pause, service.resume, service.rotate, service.deliveries, service.replay,
        service.test,
    ):  # fmt: skip
        with pytest.raises(NotFoundError) as refused:
            act(bob, "hers")
        with pytest.raises(NotFoundError) as unknown:
            act(bob, "hxrs")
        assert str(refused.value).replace("hers", "") == str(unknown.value).replace("hxrs", "")
    operator = account(trial, "ops", "operator", None)
    assert service.pause(operator, "hers").reason == "paused by ops"
    with pytest.raises(JumeauError):
        service.all(account(trial, "eve", "reader"))


@pytest.fixture
def happening(schema: Schema, tmp_path: Path, receiver: Receiver) -> Iterator[tuple[Trial, Happening]]:
    with opened("networkx", schema, tmp_path) as twin:
        yield trial_of(twin, receiver, MovedClock()), Happening(twin, 5)


def test_however_it_is_interrupted_an_owner_hears_what_a_subscription_tells(
    happening: tuple[Trial, Happening],
) -> None:
    """The receiver fails by chance and every turn is a courier that has just started: told in order, each at least once."""
    trial, batches = happening
    ana = account(trial, perimeters=("P", "Q"))
    trial.add("portal", ana)
    reader = trial.feed.reader(trial.hook().wants.of_changes(trial.twin.schema, trial.service._filters), None)
    chance = Random(3)
    expected: list[tuple[int, str, str]] = []
    for _ in range(15):
        batches.batch()
        trial.feed.publish(trial.twin.catch_up())
        while (said := reader.read(ana)) is not None:
            expected += [(one.sequence, one.operation.value, one.element) for one in said]
        trial.receiver.answers = [503] if chance.random() < 0.4 else []
        trial.later()
    trial.receiver.answers = []
    trial.later()
    once = {one.id: one for one in trial.receiver.received}
    heard = [
        (change["sequence"], change["operation"], change["element"])
        for one in once.values()
        for change in one.body["data"]["changes"]
    ]
    assert heard == expected
    assert len(expected) > 5
    assert len(trial.receiver.received) > len(once), "some came twice"
