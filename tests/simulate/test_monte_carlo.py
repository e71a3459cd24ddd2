"""Runs of many replications: against closed forms, the same for every number of processes, and stopped when asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import comb, exp, nan

import numpy as np
import pytest

from simulate.distributions import Distribution, deterministic, exponential, gamma, lognormal_of, weibull
from simulate.engines import monte_carlo
from simulate.engines.arrays import compile_model
from simulate.engines.data_loss import data_losses
from simulate.engines.events import What
from simulate.engines.history import history
from simulate.engines.monte_carlo import run
from simulate.engines.reference import play
from simulate.engines.summary import RunResult
from simulate.errors import (
    DistributionError,
    FailoverCycleError,
    RedundancyError,
    SimulationError,
    TooManyEventsError,
)
from simulate.model.check import check
from simulate.model.items import Backup, Crew, Failover, Item, Model, Requirement

YEAR = 8_760.0


def server(name: str, mtbf: float = 200.0, mttr: float = 20.0, crew: int | None = None, priority: int = 0) -> Item:
    return Item(name, name, "Server", exponential(mtbf), exponential(mttr), crew, priority)


def estate(crew: bool = False) -> Model:
    """Forty servers in clusters of four, three of which are needed, under two services."""
    servers = [server(f"server {at}", crew=0 if crew else None, priority=at % 3) for at in range(40)]
    clusters = [
        Item(f"cluster {at}", f"cluster {at}", "Cluster", requires=(Requirement(3, tuple(range(4 * at, 4 * at + 4))),))
        for at in range(10)
    ]
    services = [
        Item("one", "one", "BusinessService", requires=(Requirement(5, tuple(range(40, 45))),)),
        Item("two", "two", "BusinessService", requires=(Requirement(5, tuple(range(45, 50))),)),
    ]
    return Model((*servers, *clusters, *services), YEAR, (Crew("all", 3),) if crew else (), (50, 51))


def same(one: RunResult, other: RunResult) -> bool:
    fields = ("total", "squares", "outages", "breaches", "replication", "downtime", "interruptions")
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in fields)


def stationary(mtbf: float = 200.0, mttr: float = 20.0, horizon: float = YEAR) -> float:
    """Mean availability over the horizon of an item that begins new and up (Barlow and Proschan 1965, two-state process)."""
    rate = 1.0 / mtbf + 1.0 / mttr
    share = mttr / (mtbf + mttr)
    return 1.0 - share * (1.0 - (1.0 - exp(-rate * horizon)) / (rate * horizon))


class TestAgainstClosedForms:
    def test_independent_servers_have_the_availability_of_the_two_state_process(self) -> None:
        result = run(Model(tuple(server(f"s{at}") for at in range(60)), YEAR), 100, seed=3)
        found = [result.availability(at) for at in range(60)]
        covered = sum(one.low <= stationary() <= one.high for one in found)
        assert covered >= 51  # 95 % of 60 is 57; fewer than 51 happen once in a hundred thousand runs
        assert np.mean([one.mean for one in found]) == pytest.approx(stationary(), abs=6e-4)

    def test_k_of_n_is_the_binomial_sum(self) -> None:
        up = 200.0 / 220.0
        result = run(estate(), 300, seed=5)
        expected = sum(comb(4, k) * up**k * (1 - up) ** (4 - k) for k in (3, 4))
        clusters = np.array([result.availability(at).mean for at in range(40, 50)])
        assert clusters.mean() == pytest.approx(expected, abs=0.001)
        for at in (50, 51):
            one = result.availability(at)
            assert one.mean == pytest.approx(expected**5, abs=0.006)
            assert one.low < one.mean < one.high

    @pytest.mark.parametrize(
        ("law", "mean"),
        [(weibull(100.0, 2.0), 100.0 * np.sqrt(np.pi) / 2), (lognormal_of(90.0, 40.0), 90.0), (gamma(30.0, 3.0), 90.0)],
        ids=["weibull", "lognormal", "gamma"],
    )
    def test_availability_depends_on_the_mean_of_a_law_only(self, law: object, mean: float) -> None:
        item = Item("x", "x", "Server", law, deterministic(10.0))  # type: ignore[arg-type]
        one = run(Model((item,), 100_000.0), 60, seed=9).availability(0)
        assert one.mean == pytest.approx(mean / (mean + 10.0), abs=0.002)

    def test_one_crew_for_all_is_the_machine_repairman(self) -> None:
        """Five machines, one repairman: the birth and death process, solved."""
        rho = 20.0 / 200.0
        weights = [1.0]
        for down in range(5):
            weights.append(weights[-1] * (5 - down) * rho)
        expected = 1.0 - sum(down * weight for down, weight in enumerate(weights)) / (5 * sum(weights))
        model = Model(tuple(server(f"s{at}", crew=0) for at in range(5)), 50_000.0, (Crew("one", 1),))
        result = run(model, 60, seed=2)
        assert np.mean([result.availability(at).mean for at in range(5)]) == pytest.approx(expected, abs=0.002)

    def test_priority_is_served_first(self) -> None:
        items = tuple(server(f"s{at}", 100.0, 20.0, 0, priority=at % 2) for at in range(8))
        result = run(Model(items, 20_000.0, (Crew("one", 1),)), 20, seed=2)
        first = np.mean([result.availability(at).mean for at in (0, 2, 4, 6)])
        second = np.mean([result.availability(at).mean for at in (1, 3, 5, 7)])
        assert first > second + 0.1

    def test_a_failover_makes_outages_as_long_as_it_takes(self) -> None:
        primary = replace(server("primary", 300.0, 50.0), failover=Failover(1, deterministic(0.5)))
        standby = Item("standby", "standby", "DataCenter")
        model = Model((primary, standby), YEAR)
        result = history(model, compile_model(model), 4)
        lengths = [end - begin for begin, end in result.downtime(0)]
        assert len(lengths) > 10
        assert max(lengths) == pytest.approx(0.5)
        assert sum(event.what == What.FAILED_OVER for event in result.events()) >= len(lengths) - 1

    def test_data_that_a_replica_or_a_backup_has_not_are_told_beside_the_objective(self) -> None:
        primary = replace(
            server("primary", 100.0, 50.0),
            failover=Failover(1, deterministic(0.5), exponential(0.2)),
            backup=Backup(24.0, 0.5, deterministic(5.0), begin=0.0),
            recovery_point_objective=1.0,
        )
        model = Model((primary, Item("standby", "standby", "DataCenter")), YEAR)
        events = play(model, 4)
        losses = data_losses(model, 4, 0, events)
        failures = [event.time for event in events if event.what == What.FAILED]
        restored = [loss for loss in losses if loss.time in failures]
        replicated = [loss for loss in losses if loss.time not in failures]
        assert len(restored) == pytest.approx(len(failures) / 2, rel=0.4)
        assert all(loss.lost == pytest.approx(loss.time % 24.0) for loss in restored)
        assert len(replicated) == sum(event.what == What.FAILED_OVER for event in events) > 20
        assert np.mean([loss.lost for loss in replicated]) == pytest.approx(0.2, rel=0.5)
        assert [loss.kept for loss in losses] == [loss.lost <= 1.0 for loss in losses]

    def test_items_that_need_one_another_are_down_together(self) -> None:
        loop = [
            replace(server("a", 300.0), requires=(Requirement(1, (1,)),)),
            Item("b", "b", "Server", requires=(Requirement(1, (2,)),)),
            Item("c", "c", "Server", requires=(Requirement(1, (0,)),)),
        ]
        model = Model(tuple(loop), YEAR)
        found = history(model, compile_model(model), 1)
        assert found.downtime(0) == found.downtime(1) == found.downtime(2) != []


class TestTheSameResult:
    def test_comes_from_1_2_and_4_processes_bit_for_bit(self) -> None:
        one, *others = (run(estate(crew=True), 60, seed=7, processes=count, alone_s=0.0) for count in (1, 2, 4))
        assert all(same(one, other) for other in others)

    def test_comes_from_this_process_alone_where_others_would_not_be_worth_beginning(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(monte_carlo, "_begun", lambda *_: pytest.fail("another process was begun"))
        assert same(run(estate(), 60, seed=7), run(estate(), 60, seed=7, processes=4, alone_s=3_600.0))

    def test_comes_again_from_the_same_seed_and_another_from_another(self) -> None:
        assert same(run(estate(), 20, seed=7), run(estate(), 20, seed=7))
        assert not same(run(estate(), 20, seed=7), run(estate(), 20, seed=8))

    def test_is_that_of_the_reference_engine(self) -> None:
        model = estate(crew=True)
        result = run(model, 2, seed=7)
        for replication in range(2):
            for place, item in enumerate(model.watched):
                down, since = 0.0, None
                for event in play(model, 7, replication):
                    if event.item == item and event.what == What.DOWN:
                        since = event.time
                    elif event.item == item and event.what == What.UP and since is not None:
                        down, since = down + event.time - since, None
                down += 0.0 if since is None else model.horizon - since
                assert result.downtime[replication, place] == pytest.approx(down, rel=1e-9)

    def test_does_not_depend_on_other_items_of_the_estate(self) -> None:
        """Common random numbers: what is added to an estate changes nothing of what was there."""
        model = estate()
        larger = replace(model, items=(*model.items, server("new")))
        assert run(larger, 20, seed=7).downtime.tobytes() == run(model, 20, seed=7).downtime.tobytes()


class TestStopping:
    @pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.nightly)])
    def test_keeps_what_is_finished(self, processes: int) -> None:
        seen: list[int] = []
        whole = run(estate(), 200, seed=7)
        part = run(
            estate(),
            200,
            seed=7,
            processes=processes,
            alone_s=0.0,
            progress=lambda done, _: seen.append(done),
            cancelled=lambda: len(seen) >= 3,
        )
        assert 30 <= part.replications < 200
        assert part.replications == len(part.replication) == seen[-1]
        assert part.downtime.tobytes() == whole.downtime[part.replication].tobytes()


class TestBadInput:
    @pytest.mark.parametrize(
        "make",
        [lambda: exponential(-1.0), lambda: exponential(0.0), lambda: weibull(1.0, nan), lambda: weibull(1.0, 0.001)],
        ids=["negative", "zero", "not a number", "without mean"],
    )
    def test_distributions_need_positive_parameters_and_a_mean(self, make: Callable[[], Distribution]) -> None:
        with pytest.raises(DistributionError):
            make()

    @pytest.mark.parametrize("needed", [0, 3])
    def test_a_k_of_n_that_cannot_be_is_refused(self, needed: int) -> None:
        broken = Item("x", "x", "Cluster", requires=(Requirement(needed, (0, 1)),))
        with pytest.raises(RedundancyError, match=f"{needed} of 2"):
            check(Model((server("a"), server("b"), broken), YEAR))

    def test_a_failover_within_a_cycle_is_refused(self) -> None:
        one = replace(server("a"), requires=(Requirement(1, (1,)),), failover=Failover(2, exponential(1.0)))
        other = replace(server("b"), requires=(Requirement(1, (0,)),))
        with pytest.raises(FailoverCycleError):
            check(Model((one, other, server("c")), YEAR))

    def test_too_many_events_are_refused_before_anything_is_played(self) -> None:
        with pytest.raises(TooManyEventsError, match="events in one replication"):
            run(Model((server("a", 1e-5, 1e-5),), YEAR), 10)
        with pytest.raises(TooManyEventsError, match="replications"):
            run(Model((server("a", 0.01, 0.01),), YEAR), 10_000_000)

    @pytest.mark.parametrize(("replications", "seed", "processes"), [(1, 1, 1), (10, -1, 1), (10, 1, 0)])
    def test_a_run_that_means_nothing_is_refused(self, replications: int, seed: int, processes: int) -> None:
        with pytest.raises(SimulationError):
            run(estate(), replications, seed, processes=processes)
