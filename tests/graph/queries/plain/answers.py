"""Every plain answer by the name of its query."""

from __future__ import annotations

from collections.abc import Callable
from inspect import getmembers, isfunction
from types import MappingProxyType, ModuleType

from tests.graph.queries.plain import (
    incidents,
    obsolescence,
    operability,
    organisation,
    recovery,
    security,
    topology,
    treatment,
)
from tests.graph.queries.plain.reckoning import Answer

DOMAINS: tuple[ModuleType, ...] = (
    topology,
    obsolescence,
    treatment,
    security,
    operability,
    recovery,
    incidents,
    organisation,
)

ANSWERS: MappingProxyType[str, Callable[..., Answer]] = MappingProxyType(
    {
        name: function
        for domain in DOMAINS
        for name, function in getmembers(domain, isfunction)
        if function.__module__ == domain.__name__ and function.__annotations__.get("return") == "Answer"
    }
)
