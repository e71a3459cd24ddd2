"""A provider on this machine, and the fixtures of a ledger."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.agent.gateway.conftest import ledger, made_once
from tests.agent.models.double import Double, provider

__all__ = ["ledger", "made_once"]


@pytest.fixture(scope="module")
def running() -> Iterator[Double]:
    with provider() as double:
        yield double


@pytest.fixture
def double(running: Double) -> Double:
    running.mode, running.says = "plain", "bonjour"
    running.requests.clear()
    running.script.clear()
    return running
