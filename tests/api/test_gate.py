"""The gate: a bounded number at a time, in turn between those who ask, and nothing is kept of whoever leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from api.gate import Gate, GateLimits, OverloadedError, TooManyRequestsError


def gate(at_once: int = 2, waiting: int = 4, wait_s: float = 5.0, of_one: int = 100) -> Gate:
    return Gate(GateLimits(at_once, waiting, wait_s, of_one))


def run(of: Coroutine[Any, Any, None]) -> None:
    asyncio.run(of)


async def queued(at: Gate, asker: str, order: list[str] | None = None, name: str = "") -> asyncio.Task[None]:
    """A request that has arrived and waits for its turn, or has begun."""
    at.arrive(asker)

    async def wait() -> None:
        await at.turn(asker)
        if order is not None:
            order.append(name or asker)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    return task


def test_no_more_run_at_a_time_than_may_and_no_more_wait() -> None:
    async def story() -> None:
        at = gate(at_once=2, waiting=1)
        for asker in ("a", "b"):
            at.arrive(asker)
            assert at.begin(asker)
        waiting = await queued(at, "c")
        assert (at.running, at.waiting, waiting.done()) == (2, 1, False)
        with pytest.raises(OverloadedError) as refused:
            at.arrive("d")
        assert refused.value.status == 503
        assert refused.value.details["retry_after_s"] >= 1
        at.end("a")
        at.depart("a")
        await waiting
        assert (at.running, at.waiting) == (2, 0)
        at.arrive("d")
        assert at.shed == {"OVERLOADED": 1}

    run(story())


def test_one_asker_holds_no_more_than_their_share_and_others_go_on() -> None:
    async def story() -> None:
        at = gate(at_once=4, waiting=10, of_one=5)
        tasks = [await queued(at, "greedy") for _ in range(5)]
        with pytest.raises(TooManyRequestsError) as refused:
            at.arrive("greedy")
        assert refused.value.status == 429
        assert at.running == 3, "a quarter of the turns is kept from any one asker"
        other = await queued(at, "other")
        await other
        assert at.running == 4
        for task in tasks:
            task.cancel()

    run(story())


def test_turns_go_round_between_askers_whoever_came_first() -> None:
    async def story() -> None:
        at, order = gate(at_once=1, waiting=10), list[str]()
        first = await queued(at, "a")
        tasks = [await queued(at, "a", order, f"a{n}") for n in range(3)]
        tasks += [await queued(at, "b", order, f"b{n}") for n in range(2)]
        await first
        running = "a"
        for _ in range(5):
            at.end(running)
            at.depart(running)
            await asyncio.sleep(0.001)
            running = order[-1][0]
        assert order == ["a0", "b0", "a1", "b1", "a2"]
        await asyncio.gather(*tasks)

    run(story())


def test_a_turn_that_does_not_come_in_time_is_refused_and_leaves_nothing() -> None:
    async def story() -> None:
        at = gate(at_once=1, waiting=1, wait_s=0.02)
        async with at.place("a"):
            with pytest.raises(OverloadedError, match=r"0\.02 s"):
                async with at.place("b"):
                    pytest.fail("there was no turn")
            assert (at.running, at.waiting) == (1, 0)
        async with at.place("b"):
            assert at.running == 1
        assert (at.running, at.waiting, dict(at._held), dict(at._queues)) == (0, 0, {}, {})

    run(story())


@pytest.mark.parametrize("called_already", [False, True])
def test_who_gives_up_waiting_leaves_the_turn_to_others(called_already: bool) -> None:
    async def story() -> None:
        at = gate(at_once=1, waiting=5)
        first = await queued(at, "a")
        await first
        gives_up, patient = await queued(at, "b"), await queued(at, "c")
        if called_already:
            at.end("a")  # the turn is b's, who has not heard of it
        gives_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gives_up
        if not called_already:
            at.end("a")
        await patient
        assert at.running == 1

    run(story())


def test_how_long_to_stay_away_follows_the_time_that_requests_take() -> None:
    async def story() -> None:
        at = gate(at_once=1, waiting=9)
        for _ in range(100):
            at.arrive("a")
            at.begin("a")
            at.end("a", took_s=2.0)
            at.depart("a")
        for _ in range(10):
            at.arrive("a")
        with pytest.raises(OverloadedError) as refused:
            at.arrive("a")
        assert refused.value.details["retry_after_s"] == 20
        assert refused.value.hint == "ask again in 20 s"

    run(story())
