"""Erlang's formulas: the probability that a call is lost (B) or waits (C), with the recursion that never overflows.

Sources: A. K. Erlang, Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges (1917); the recursion B(0) = 1, B(n) = A B(n-1) / (n + A B(n-1)) and C = B / (1 - rho (1 - B)) are in
R. B. Cooper, Introduction to Queueing Theory, 2nd ed. (1981), section 3.
"""

from __future__ import annotations


def erlang_b(load: float, servers: int) -> float:
    """The probability that all `servers` are busy where nobody waits; `load` in Erlang (arrival rate / service rate)."""
    blocked = 1.0
    for busy in range(1, servers + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """The probability that a call waits where all wait; needs `load` < `servers`."""
    blocked = erlang_b(load, servers)
    return blocked / (1.0 - load / servers * (1.0 - blocked))
