"""What is worked out from a ledger and written only if the ledger is still there: worked out again where somebody was faster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from graph.history.ledger import LedgerMovedError

TRIES: Final = 5
_T = TypeVar("_T")


def while_it_moves(attempt: Callable[[], _T], tries: int = TRIES) -> _T:
    """What an attempt gives; where somebody wrote meanwhile, that of the next one. Raises LedgerMovedError after the last."""
    for _ in range(tries - 1):
        try:
            return attempt()
        except LedgerMovedError:
            continue
    return attempt()
