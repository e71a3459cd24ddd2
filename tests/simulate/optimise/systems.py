"""Systems whose best configuration is known exactly: normal and exponential values around means that investments add to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from simulate.optimise.choices import Configuration
from simulate.optimise.objective import Floats
from simulate.randomness import uniforms

COMMON = 1_000_000


@dataclass
class Known:
    """`base` plus `effects` for each purchase; noise of deviation `common` that all share, and `own` of each configuration.

    `calls` counts replications by configuration. An exponential one has its mean as its deviation.
    """

    effects: Sequence[float]
    base: float = 100.0
    common: float = 10.0
    own: float = 2.0
    seed: int = 1
    exponential: bool = False
    events: float = 1.0
    calls: dict[Configuration, int] = field(default_factory=dict)

    def mean(self, configuration: Configuration) -> float:
        return self.base + sum(many * effect for many, effect in zip(configuration, self.effects, strict=True))

    def values(self, configuration: Configuration, begin: int, count: int) -> Floats:
        self.calls[configuration] = self.calls.get(configuration, 0) + count
        mean = self.mean(configuration)
        shared = uniforms(self.seed, COMMON, 0, begin, count)
        component = sum(many * 7**at for at, many in enumerate(configuration))
        own = uniforms(self.seed, component, 1, begin, count)
        if self.exponential:
            return np.asarray(-0.7 * mean * np.log(shared) - 0.3 * mean * np.log(own))
        return np.asarray(mean + self.common * ndtri(shared) + self.own * ndtri(own))
