"""Budgets, usage, feedback, and how long anything is kept."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

import pytest

from agent.gateway.budgets import Budgets, Scope
from agent.gateway.calls import Calls
from agent.gateway.errors import BudgetExceededError, DataBlockedError
from agent.gateway.gateway import Reply
from agent.gateway.kept import Kept
from core.clock import FrozenClock
from core.errors import NotFoundError, UsageError
from core.principal import LOCAL_OPERATOR
from graph.history.ledger import Ledger
from tests.agent.gateway.house import BOB, House, asks, house, policy

MIDDLE = FrozenClock(datetime(2025, 1, 16, 12, tzinfo=UTC))


@pytest.fixture
def mid_month(tmp_path: Path, ledger: Ledger) -> Iterator[House]:
    made = house(tmp_path, ledger, MIDDLE)
    yield made
    made.trail.close()


def spend(made: House, micro: int) -> None:
    """Let ana spend an amount: input costs nothing here but what the reply counts."""
    made.models.script = lambda *_: Reply("ok", 0, micro // 2)
    made.gateway.complete(asks(f"question {micro} {len(made.models.sent)}", most_tokens=micro // 2))


def test_a_budget_tells_what_the_month_comes_to_and_when_it_is_spent(mid_month: House) -> None:
    budgets = mid_month.gateway.budgets
    budgets.set(Scope.TEAM, "payments", 0.015, principal=LOCAL_OPERATOR, by="olga")
    budgets.set(Scope.CLIENT, "south", 1, principal=LOCAL_OPERATOR, by="olga")
    spend(mid_month, 5_000)
    spend(mid_month, 5_000)
    south, payments = budgets.all()
    assert (south.spent_micro, south.forecast_micro, south.spent_on) == (0, 0, None)
    assert payments.spent_micro == 10_000
    assert payments.forecast_micro == 20_000  # half of the month has passed
    assert payments.spent_on == datetime(2025, 1, 24, 6, tzinfo=UTC)
    assert payments.to_dict()["left"] == 0.005


def test_a_budget_of_last_month_is_whole_again_in_this_one(mid_month: House, ledger: Ledger) -> None:
    budgets = mid_month.gateway.budgets
    budgets.set(Scope.USER, "ana", 0.006, principal=LOCAL_OPERATOR, by="olga")
    spend(mid_month, 3_000)
    with pytest.raises(BudgetExceededError):
        spend(mid_month, 3_000)
    (later,) = Budgets(ledger, FrozenClock(datetime(2025, 2, 1, tzinfo=UTC))).all()
    assert later.spent_micro == 0


def test_calls_at_the_same_time_do_not_spend_a_budget_twice(mid_month: House) -> None:
    mid_month.gateway.budgets.set(Scope.CLIENT, "north", 0.0022, principal=LOCAL_OPERATOR, by="olga")

    def script(*_: str) -> Reply:
        sleep(0.2)
        return Reply("ok", 10, 500)

    mid_month.models.script = script

    def ask(number: int) -> bool:
        try:
            mid_month.gateway.complete(asks(f"question {number}", most_tokens=1_000))
        except BudgetExceededError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(ask, range(4)))
    assert sum(done) == 1


def test_a_budget_of_nothing_stops_and_one_taken_away_limits_nobody(mid_month: House) -> None:
    budgets = mid_month.gateway.budgets
    budgets.set(Scope.USER, "ana", 0, principal=LOCAL_OPERATOR, by="olga")
    with pytest.raises(BudgetExceededError):
        mid_month.gateway.complete(asks("combien ?"))
    budgets.drop(Scope.USER, "ana", principal=LOCAL_OPERATOR)
    assert mid_month.gateway.complete(asks("combien ?")).accepted
    with pytest.raises(NotFoundError):
        budgets.drop(Scope.USER, "ana", principal=LOCAL_OPERATOR)
    with pytest.raises(UsageError):
        budgets.set(Scope.USER, "ana", -1, principal=LOCAL_OPERATOR, by="olga")


def test_usage_adds_up_by_client_with_what_was_blocked_kept_and_thought_of(mid_month: House) -> None:
    gateway = mid_month.gateway
    mid_month.models.script = lambda *_: Reply("ok", 5, 100)
    first = gateway.complete(asks("combien ?"))
    gateway.complete(asks("combien ?"))
    gateway.complete(asks("combien ?", BOB))
    with pytest.raises(DataBlockedError):
        gateway.complete(asks("carte 4111 1111 1111 1111"))
    gateway.calls.rate(first.call, "good", "", by="ana")
    gateway.calls.rate(first.call, "bad", "on second thoughts", by="ana")
    gateway.calls.rate(first.call, "good", "", by="bob")
    north, south = gateway.calls.usage("client", month="2025-01")
    assert (north["client"], north["calls"], north["answered"], north["cached"], north["blocked"]) == (
        "north",
        5,
        1,
        1,
        3,
    )
    assert (north["good"], north["bad"], north["tokens_out"]) == (1, 1, 100)
    assert north["cost"] == first.cost_micro / 1e6
    assert north["saved"] == (first.saved_micro + first.cost_micro) / 1e6
    assert (south["client"], south["calls"]) == ("south", 1)
    assert gateway.calls.usage("client", client="south") == [south]
    assert gateway.calls.usage("client", month="2024-12") == []
    assert [row["stage"] for row in gateway.calls.usage("stage")] == ["experiment"]
    with pytest.raises(UsageError):
        gateway.calls.usage("colour")
    with pytest.raises(UsageError):
        gateway.calls.rate(first.call, "meh", "", by="ana")
    with pytest.raises(NotFoundError):
        gateway.calls.rate("none", "good", "", by="ana")


def test_conversations_are_kept_masked_for_their_days_and_then_purged(mid_month: House, ledger: Ledger) -> None:
    mid_month.models.script = lambda *_: Reply("écrire à jean@example.fr")
    mid_month.gateway.complete(asks("qui est jean@example.fr ?"))
    (kept,) = mid_month.gateway.kept.prompts("north")
    assert kept["prompt"] == [["user", "qui est [EMAIL_1] ?"]]
    assert kept["answer"] == "écrire à [EMAIL_1]"
    assert mid_month.gateway.kept.prompts("south") == []
    assert mid_month.gateway.kept.purge() == {"prompts": 0, "answers": 0}
    later = FrozenClock(MIDDLE.instant + timedelta(days=31))
    assert Kept(ledger, later, policy()).purge() == {"prompts": 1, "answers": 1}
    assert mid_month.gateway.kept.prompts() == []
    assert Calls(ledger, later, Budgets(ledger, later)).usage("who")[0]["calls"] == 1


def test_what_is_too_old_goes_as_new_is_kept_without_anybody_purging(mid_month: House, ledger: Ledger) -> None:
    mid_month.gateway.complete(asks("combien ?"))
    later = Kept(ledger, FrozenClock(MIDDLE.instant + timedelta(days=31)), policy())
    assert later.prompts() == []
    later.keep_prompt("a later call", "north", (), "")
    assert [one["call"] for one in later.prompts()] == ["a later call"]
    assert later.purge() == {"prompts": 0, "answers": 0}


def test_a_kept_answer_that_is_too_old_is_asked_again(mid_month: House, tmp_path: Path, ledger: Ledger) -> None:
    mid_month.gateway.complete(asks("combien ?"))
    mid_month.gateway.kept._clock = FrozenClock(MIDDLE.instant + timedelta(hours=25))
    assert not mid_month.gateway.complete(asks("combien ?")).cached
    assert len(mid_month.models.sent) == 2


def test_nothing_is_kept_where_the_policy_says_so(tmp_path: Path, ledger: Ledger) -> None:
    made = house(tmp_path, ledger, MIDDLE, retention_days=0, cache_hours=0)
    made.gateway.complete(asks("combien ?"))
    made.gateway.complete(asks("combien ?"))
    assert (len(made.models.sent), made.gateway.kept.prompts()) == (2, [])
    made.trail.close()
