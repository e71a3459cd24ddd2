"""Sets of names as the tables of accounts and tokens hold them: JSON lists in order, null for no limit."""

from __future__ import annotations

from collections.abc import Iterable

import orjson


def written(names: Iterable[str] | None) -> str:
    """A set of names as text."""
    return orjson.dumps(listed(names)).decode()


def read(text: str) -> frozenset[str] | None:
    """The set that a text holds."""
    names = orjson.loads(text)
    return None if names is None else frozenset(names)


def listed(names: Iterable[str] | None) -> list[str] | None:
    """A set of names in order, each once, as it is shown."""
    return None if names is None else sorted(set(names))
