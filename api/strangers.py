"""Who shows credentials that are none, by address: after many within a minute an address waits, before anything is looked up for it.

Each such request costs a look-up or a password's hash, and leaves an entry in the audit trail. Whoever shows a credential that was good
before is not counted: colleagues behind one address are in nobody's way once they have signed in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from time import monotonic
from typing import Final

from core.errors import JumeauError

WINDOW_S: Final = 60.0
_ADDRESSES: Final = 10_000


class TooManyRefusedError(JumeauError):
    """An address from which too many requests came that did not say who asks; `details` say when to ask again, in seconds."""

    code = "TOO_MANY_REFUSED"
    exit_code = 2
    status = 429


class Strangers:
    """Requests that were refused with 401, by address and minute. For the thread of the event loop. `time` counts seconds."""

    def __init__(self, most: int, time: Callable[[], float] = monotonic) -> None:
        self._most = most
        self._time = time
        self._refused: OrderedDict[str, tuple[float, int]] = (
            OrderedDict()
        )  # address: the beginning of its minute, how many

    def check(self, address: str) -> None:
        """Refuse an address that has had too many refusals. Raises TooManyRefusedError."""
        began, count = self._refused.get(address, (0.0, 0))
        left = began + WINDOW_S - self._time()
        if count < self._most or left <= 0:
            return
        raise TooManyRefusedError(
            f"{self._most:,} requests that did not say who asks came from this address within a minute",
            where="JUMEAU_REFUSED_PER_MINUTE",
            hint=f"ask again in {ceil(left)} s, with a credential that is good",
            details={"retry_after_s": ceil(left)},
        )

    def refused(self, address: str) -> None:
        """Note a refusal. Of very many addresses the oldest are forgotten."""
        now = self._time()
        began, count = self._refused.get(address, (now, 0))
        if now - began >= WINDOW_S:
            began, count = now, 0
        self._refused[address] = (began, count + 1)
        self._refused.move_to_end(address)
        while len(self._refused) > _ADDRESSES:
            self._refused.popitem(last=False)
