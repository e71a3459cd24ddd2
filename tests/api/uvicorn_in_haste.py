"""A uvicorn server for tests, of which there are hundreds: it looks for its end, and for that of its connections, every
hundredth of a second. uvicorn itself pauses for a tenth at each step, and once more for clients to read that they are closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import uvicorn.server

FASTER = 10


async def _sleep(seconds: float) -> None:
    await asyncio.sleep(seconds / FASTER)


@contextmanager
def in_haste() -> Iterator[None]:
    """Servers of this process pause for less."""
    names = {name: getattr(asyncio, name) for name in asyncio.__all__}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn.server, "asyncio", SimpleNamespace(**{**names, "sleep": _sleep}))
        yield
