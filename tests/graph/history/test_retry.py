"""What was worked out for a ledger that has moved is worked out again, a few times and no more."""

from __future__ import annotations

import pytest

from core.errors import LedgerError
from graph.history.ledger import LedgerMovedError
from graph.history.retry import TRIES, while_it_moves


class Attempts:
    """Attempts that somebody is faster than, so many times."""

    def __init__(self, moves: int, error: type[LedgerError] = LedgerMovedError) -> None:
        self.made = 0
        self._moves, self._error = moves, error

    def __call__(self) -> int:
        self.made += 1
        if self.made <= self._moves:
            raise self._error("somebody was faster")
        return self.made


def test_an_attempt_is_made_again_until_nobody_was_faster() -> None:
    assert while_it_moves(Attempts(0)) == 1
    assert while_it_moves(Attempts(TRIES - 1)) == TRIES


def test_after_the_last_attempt_it_is_told() -> None:
    attempts = Attempts(TRIES)
    with pytest.raises(LedgerMovedError):
        while_it_moves(attempts)
    assert attempts.made == TRIES


def test_what_else_goes_wrong_is_told_at_once() -> None:
    attempts = Attempts(1, LedgerError)
    with pytest.raises(LedgerError):
        while_it_moves(attempts)
    assert attempts.made == 1
