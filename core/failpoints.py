"""Named moments at which a test may kill this process, so that crash safety is shown and not believed.

`JUMEAU_FAILPOINT=name:n` kills the process with SIGKILL the n-th time (1-based) that `reach(name)` is called, after
appending the name to the file `JUMEAU_FAILPOINT_LOG`: a test can confirm that the moment was hit. `JUMEAU_FAILPOINT_STOP=name`
makes it stand (SIGSTOP) each time, until whoever armed it lets it go on (SIGCONT). Unset, it costs a comparison.
"""

from __future__ import annotations

import os
import signal
from itertools import count

_NAME, _, _NTH = os.environ.get("JUMEAU_FAILPOINT", "").partition(":")
_STOP = os.environ.get("JUMEAU_FAILPOINT_STOP", "")
_LOG = os.environ.get("JUMEAU_FAILPOINT_LOG", "")
_TRACE = os.environ.get("JUMEAU_FAILPOINT_TRACE", "")
_visits = count(1)


def reach(name: str) -> None:
    """Mark a moment. Does nothing unless the environment armed this very name (or asked for a trace of all)."""
    if _TRACE:
        with open(_TRACE, "a", encoding="utf-8") as trace:
            trace.write(name + "\n")
    if name and name == _STOP:
        os.kill(os.getpid(), signal.SIGSTOP)
    if name == _NAME and next(_visits) == int(_NTH or 1):
        if _LOG:
            with open(_LOG, "a", encoding="utf-8") as log:
                log.write(name + "\n")
                log.flush()
                os.fsync(log.fileno())
        os.kill(os.getpid(), signal.SIGKILL)
