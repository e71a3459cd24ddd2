"""Random numbers without a generator that has a state: the n-th number of a stream of a component is a function of its key.

The key is (seed, component, stream, index). Whoever asks, in whatever order and in whatever process, gets the same number:
engines agree event by event, scenarios share their chance (common random numbers), and processes may share the work.
`uniform` is the one function that Python, the reference engine and every kernel call. A replication has a seed of its own,
`seed_of_replication(seed, replication)`.

The mixing function is the finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
OOPSLA 2014; constants "variant 13" of Stafford). The index is mixed before it meets the key, so that two streams are never
the same sequence shifted. tests/simulate/test_randomness.py holds it against the tests of scipy.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled
from simulate.quantiles import gamma_quantile, normal_quantile

STREAMS: Final = 256
"""Streams of a component: 0 up to, not including, this number."""

EXPONENTIAL: Final = 0
WEIBULL: Final = 1
LOGNORMAL: Final = 2
GAMMA: Final = 3
DETERMINISTIC: Final = 4
EMPIRICAL: Final = 5
UNIFORM: Final = 6
TRIANGULAR: Final = 7

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_30 = np.uint64(30)
_27 = np.uint64(27)
_31 = np.uint64(31)
_8 = np.uint64(8)
_12 = np.uint64(12)
_1 = np.uint64(1)
_UNIT = 2.0**-52


@compiled("uint64(uint64)", inline=True)
def mix(word: np.uint64) -> np.uint64:
    """A permutation of the 64-bit words in which every bit of the outcome depends on every bit of the word."""
    word = (word ^ (word >> _30)) * _FIRST
    word = (word ^ (word >> _27)) * _SECOND
    return word ^ (word >> _31)


@compiled("uint64(uint64, uint64)")
def seed_of_replication(seed: int, replication: int) -> int:
    """The seed of one replication of a run, from the run's seed (0 to 2^64 - 1)."""
    word: int = mix(mix(np.uint64(seed) + _GOLDEN) + (np.uint64(replication) + _1) * _GOLDEN)  # type: ignore[assignment]
    return word


@compiled("float64(uint64, uint64, uint64, uint64)", inline=True)
def uniform(seed: int, component: int, stream: int, index: int) -> float:
    """A number strictly between 0 and 1, a multiple of 2^-53: neither it nor its complement is ever rounded."""
    key = mix(np.uint64(seed) + ((np.uint64(component) << _8) + np.uint64(stream) + _1) * _GOLDEN)
    word = mix(key ^ mix((np.uint64(index) + _1) * _GOLDEN))
    share: float = (np.float64(word >> _12) + 0.5) * _UNIT
    return share


# Without the table: an array that is passed on from a loop is counted twice each time, which costs more than the logarithm.
@compiled("float64(int64, float64, float64, float64)")
def _other_quantile(family: int, first: float, second: float, at: float) -> float:
    if family == WEIBULL:
        return first * math.pow(-math.log(1.0 - at), 1.0 / second)
    if family == LOGNORMAL:
        return math.exp(first + second * normal_quantile(at))
    if family == GAMMA:
        return first * gamma_quantile(second, at)
    if family == UNIFORM:
        return first + (second - first) * at
    return first


@compiled("float64(float64, float64, float64, float64)")
def _triangular_quantile(low: float, mode: float, high: float, at: float) -> float:
    if at * (high - low) < mode - low:
        return low + math.sqrt(at * (high - low) * (mode - low))
    return high - math.sqrt((1.0 - at) * (high - low) * (high - mode))


@compiled("float64(int64, float64, float64, float64[::1], float64)", inline=True)
def quantile(family: int, first: float, second: float, table: NDArray[np.float64], at: float) -> float:
    """The value of a distribution that a share `at` of its draws lies below, rising with `at`: draws by inversion.

    `at` is a multiple of 2^-53, as `uniform` gives it, so that `1 - at` is exact (and the plain logarithm thrice as fast).
    `first` and `second` are: exponential (mean, -); Weibull (scale, shape); lognormal (mean and standard deviation of the
    logarithm); gamma (scale, shape); deterministic (value, -); empirical (where its values begin in `table`, how many);
    uniform (lowest, highest); triangular (where lowest, likeliest and highest begin in `table`, 3).
    """
    if family == EXPONENTIAL:
        return -first * math.log(1.0 - at)
    if family == EMPIRICAL:
        value: float = float(table[int(first) + int(at * second)])
        return value
    if family == TRIANGULAR:
        return _triangular_quantile(table[int(first)], table[int(first) + 1], table[int(first) + 2], at)
    return _other_quantile(family, first, second, at)


@compiled("float64(int64, float64, float64, float64[::1], uint64, uint64, uint64, uint64)", inline=True)
def draw(
    family: int,
    first: float,
    second: float,
    table: NDArray[np.float64],
    seed: int,
    component: int,
    stream: int,
    index: int,
) -> float:
    """The draw of a distribution that belongs to a key."""
    return quantile(family, first, second, table, uniform(seed, component, stream, index))


@compiled("float64[::1](int64, float64, float64, float64[::1], uint64, int64, int64, int64, int64)")
def draws(
    family: int,
    first: float,
    second: float,
    table: NDArray[np.float64],
    seed: int,
    component: int,
    stream: int,
    begin: int,
    count: int,
) -> NDArray[np.float64]:
    """The draws that belong to `count` indices from `begin` on: what `draw` gives one by one."""
    found = np.empty(count)
    for at in range(count):
        found[at] = draw(family, first, second, table, seed, component, stream, begin + at)
    return found


@compiled("float64[::1](uint64, uint64, uint64, int64, int64)")
def uniforms(seed: int, component: int, stream: int, begin: int, count: int) -> NDArray[np.float64]:
    """The uniform numbers that belong to `count` indices from `begin` on."""
    found = np.empty(count)
    for at in range(count):
        found[at] = uniform(seed, component, stream, begin + at)
    return found
