"""Too many configurations to look at each: Optuna proposes, within the budget and the exclusions as constraints.

What comes out are candidates, no answer: their means are those of the luckiest, and they are certified like any others.

Source: J. Bergstra, R. Bardenet, Y. Bengio and B. Kegl, Algorithms for hyper-parameter optimization (2011), the
tree-structured Parzen estimator; with constraints as Optuna has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from simulate.optimise.choices import Choices, Configuration

TOGETHER = 4
"""Proposals that are made before any of them is told its score: part of an answer, whatever the number of processes."""

STARTS = 40
"""Configurations within the budget that the sampler is given to learn from."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """The best candidates, best first; how many trials there were, and how many configurations were simulated for them."""

    candidates: tuple[Configuration, ...]
    trials: int
    simulated: int
    is_interrupted: bool


def sample(
    choices: Choices,
    budget: float,
    score: Callable[[Configuration], float],
    *,
    trials: int,
    keep: int,
    seed: int,
    ahead: Callable[[Sequence[Configuration]], None] = lambda _: None,
    advance: Callable[[int, int], None] = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Sampled:
    """Look for configurations of a high score; what breaks a constraint is never simulated. The base is always looked at.

    `ahead` is told which scores are asked for next.
    """
    import optuna  # takes a second, and only very large choices need it

    with _quietly(optuna):
        sampler = optuna.samplers.TPESampler(seed=seed % 2**32, n_startup_trials=STARTS)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        for start in _starts(choices, budget, Random(seed)):
            study.enqueue_trial({_parameter(at): many for at, many in enumerate(start)})
        found: dict[Configuration, float] = {}
        done = 0
        while done < trials and not cancelled():
            asked = [_proposed(study.ask(), choices, budget) for _ in range(min(TOGETHER, trials - done))]
            ahead([one for _, one, is_allowed in asked if is_allowed and one not in found])
            for trial, configuration, is_allowed in asked:
                if is_allowed:
                    if configuration not in found:
                        found[configuration] = score(configuration)
                    study.tell(trial, found[configuration])
                else:
                    study.tell(trial, 0.0)  # what breaks a constraint is ranked by how much it does, not by this
                done += 1
                advance(done, trials)
    best = sorted(found, key=lambda one: (-found[one], choices.cost(one), one))[:keep]
    return Sampled(tuple(best), done, len(found), done < trials)


def _proposed(trial: Any, choices: Choices, budget: float) -> tuple[Any, Configuration, bool]:
    """A trial, its configuration, and whether that keeps to the budget and the exclusions."""
    configuration = tuple(
        trial.suggest_int(_parameter(at), 0, one.at_most) for at, one in enumerate(choices.investments)
    )
    over, excess = choices.cost(configuration) - budget, choices.excess(configuration)
    trial.set_constraint("budget", over if over > 1e-12 * budget else 0.0)
    trial.set_constraint("exclusions", float(excess))
    return trial, configuration, over <= 1e-12 * budget and not excess


def _parameter(at: int) -> str:
    return f"investment {at}"


def _starts(choices: Choices, budget: float, random: Random) -> Iterator[Configuration]:
    """The base, and configurations that spend most of the budget on investments in a random order."""
    yield choices.base
    for _ in range(STARTS - 1):
        chosen, left = list(choices.base), budget
        for at in random.sample(range(len(chosen)), len(chosen)):
            one = choices.investments[at]
            affordable = one.at_most if one.cost == 0.0 else min(one.at_most, int(left / one.cost))
            many = random.randint(0, affordable)
            chosen[at] = many
            if many and choices.excess(tuple(chosen)):
                chosen[at] = many = 0
            left -= many * one.cost
        yield tuple(chosen)


@contextmanager
def _quietly(optuna: object) -> Iterator[None]:
    """Without a line for every study: progress is told by who asks."""
    logging = optuna.logging  # type: ignore[attr-defined]
    before = logging.get_verbosity()
    logging.set_verbosity(logging.WARNING)
    try:
        yield
    finally:
        logging.set_verbosity(before)
