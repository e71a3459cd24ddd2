"""How long a test waits for what another thread, process or server does.

Nobody waits that long where all is well: it is only how soon a test that hangs is told so, on a machine that may be busy with
anything else. A test that measures a time instead of waiting for what happens fails where the machine is slow.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PATIENCE_S: Final = 120.0


def until(is_so: Callable[[], object], pause_s: float = 0.01) -> None:
    """Wait until it is so. Fails where that takes longer than anybody's patience."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {PATIENCE_S:.0f} s"
        time.sleep(pause_s)
