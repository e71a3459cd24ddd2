"""A document is fetched by one thread when it is old; who has one that may still be used never waits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.access.oidc.errors import ProviderUnavailableError
from services.access.oidc.refreshed import Refreshed
from tests.patience import PATIENCE_S
from tests.services.access.conftest import MovedClock
from tests.services.access.oidc.tokens import TIMES


class Source:
    """Counts what is fetched; it can fail, and it can be held up."""

    def __init__(self) -> None:
        self.fetched = 0
        self.down = False
        self.go = threading.Event()
        self.go.set()
        self.waiting = threading.Event()

    def __call__(self) -> int:
        self.waiting.set()
        assert self.go.wait(PATIENCE_S)
        self.fetched += 1
        if self.down:
            raise ProviderUnavailableError("down")
        return self.fetched


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def document(source: Source, clock: MovedClock) -> Refreshed[int]:
    return Refreshed(source, clock, TIMES)


def test_it_is_kept_for_a_while_and_fetched_again_after(document: Refreshed[int], clock: MovedClock) -> None:
    assert [document.current() for _ in range(3)] == [1, 1, 1]
    clock.move(timedelta(seconds=299))
    assert document.current() == 1
    clock.move(timedelta(seconds=1))
    assert document.current() == 2


def test_a_clock_that_is_put_back_makes_it_old(document: Refreshed[int], clock: MovedClock) -> None:
    assert document.current() == 1
    clock.move(timedelta(hours=-1))
    assert document.current() == 2


def test_an_outage_is_borne_for_a_while_and_not_for_ever(
    document: Refreshed[int], source: Source, clock: MovedClock
) -> None:
    assert document.current() == 1
    source.down = True
    clock.move(timedelta(seconds=300))
    assert [document.current() for _ in range(9)] == [1] * 9
    assert source.fetched == 2
    clock.move(timedelta(seconds=5))
    assert document.current() == 1
    assert source.fetched == 3
    clock.move(timedelta(seconds=895))
    with pytest.raises(ProviderUnavailableError):
        document.current()
    source.down = False
    clock.move(timedelta(seconds=5))
    assert document.current() == 5


def test_it_is_looked_up_out_of_turn_once_per_interval(
    document: Refreshed[int], source: Source, clock: MovedClock
) -> None:
    assert document.current() == 1
    assert [document.again() for _ in range(20)] == [2] * 20
    clock.move(timedelta(seconds=59))
    assert document.again() == 2
    clock.move(timedelta(seconds=1))
    assert document.again() == 3
    assert document.current() == 3


def test_a_failed_look_up_out_of_turn_counts_as_one(
    document: Refreshed[int], source: Source, clock: MovedClock
) -> None:
    assert document.current() == 1
    source.down = True
    with pytest.raises(ProviderUnavailableError):
        document.again()
    clock.move(timedelta(seconds=30))
    assert [document.again() for _ in range(5)] == [1] * 5
    assert source.fetched == 2


def test_many_who_ask_at_once_fetch_it_once(document: Refreshed[int], source: Source) -> None:
    source.go.clear()
    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(document.current) for _ in range(16)]
        assert source.waiting.wait(PATIENCE_S)
        source.go.set()
        assert {one.result(10) for one in asked} == {1}
    assert source.fetched == 1


def test_while_one_fetches_the_others_go_on_with_what_they_have(
    document: Refreshed[int], source: Source, clock: MovedClock
) -> None:
    assert document.current() == 1
    clock.move(timedelta(seconds=300))
    source.go.clear()
    source.waiting.clear()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(document.current)
        assert source.waiting.wait(PATIENCE_S)
        assert [document.current() for _ in range(5)] == [1] * 5
        source.go.set()
        assert slow.result(10) == 2
    assert document.current() == 2


def test_nobody_waits_long_for_a_provider_that_hangs(document: Refreshed[int], source: Source) -> None:
    source.go.clear()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(document.current)
        assert source.waiting.wait(PATIENCE_S)
        with pytest.raises(ProviderUnavailableError, match="takes its time"):
            document.current()
        source.go.set()
        assert slow.result(10) == 1
