"""Regular expressions that may take exponential time: a repetition of what repeats, with nothing that tells the turns apart.

`(a+)+$` on thirty letters takes minutes, and nothing interrupts the search. Python's own parser shows the structure: a
pattern is refused where an unbounded repetition holds another repetition of unknown length, or alternatives that may begin
alike. That refuses a few harmless patterns as well; they can be written without the inner repetition.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from math import factorial
from typing import Any, Final

codes: Any = import_module("re._constants")  # Python's own parser of patterns has no public name
parser: Any = import_module("re._parser")

LONGEST: Final = 1_000
"""Signs that a pattern may have."""

MOST_STEPS: Final = 1e8
"""Steps that a match may be expected to take at worst."""

_REPEATS: Final = (codes.MAX_REPEAT, codes.MIN_REPEAT)
_BOUNDED: Final = 16
"""A repetition of at most so many turns is no danger by itself."""


@lru_cache(512)
def is_explosive(pattern: str) -> bool:
    """Whether matching may take exponential time. Raises re.error where the pattern is none."""
    return _explodes(parser.parse(pattern), inside=False)


@lru_cache(512)
def repetitions(pattern: str) -> int:
    """How many repetitions without bound a pattern has; the time it may take grows with their number. Raises re.error."""
    return _count(parser.parse(pattern))


def is_too_much(pattern: str, length: int) -> bool:
    """Whether matching a text of this length may take longer than anybody waits. Raises re.error."""
    if len(pattern) > LONGEST or is_explosive(pattern):
        return True
    number = repetitions(pattern)
    return bool(length**number / factorial(number) > MOST_STEPS)


def _count(part: Any) -> int:
    number = 0
    for code, argument in part:
        if code in _REPEATS:
            number += (argument[1] is codes.MAXREPEAT) + _count(argument[2])
        elif code is codes.BRANCH:
            number += max(_count(branch) for branch in argument[1])
        elif code is codes.SUBPATTERN:
            number += _count(argument[-1])
    return number


def _explodes(part: Any, *, inside: bool) -> bool:
    for code, argument in part:
        if code in _REPEATS:
            low, high, body = argument
            unbounded = high is codes.MAXREPEAT or high > _BOUNDED
            if inside and low != high:
                return True
            if _explodes(body, inside=inside or unbounded):
                return True
        elif code is codes.BRANCH:
            if inside and not _begin_apart(argument[1]):
                return True
            if any(_explodes(branch, inside=inside) for branch in argument[1]):
                return True
        elif code is codes.SUBPATTERN:
            if _explodes(argument[-1], inside=inside):
                return True
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            if _explodes(argument[1], inside=inside):
                return True
        elif code is codes.GROUPREF_EXISTS:
            if any(_explodes(branch, inside=inside) for branch in argument[1:] if branch):
                return True
        elif code is codes.ATOMIC_GROUP and _explodes(argument, inside=False):
            return True
    return False


def _begin_apart(branches: Any) -> bool:
    """Whether each alternative begins with a sign of its own."""
    first = [branch[0] if len(branch) else None for branch in branches]
    return all(sign is not None and sign[0] is codes.LITERAL for sign in first) and len(set(map(str, first))) == len(
        first
    )
