"""Branches of an estate of two perimeters, as somebody of one of them has them, and the same over what that one sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.clock import FrozenClock
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from services.branches import BranchService
from tests.api.estate import NOW, Estate, Thing, write
from tests.api.random_estate import random_estate, seen_by_north

HELD = frozenset({"North"})


@dataclass(frozen=True, slots=True)
class Held:
    """A ledger with an estate; `branches` are those of whoever sees everything."""

    estate: Estate
    ledger: Ledger
    branches: BranchService

    @property
    def north(self) -> BranchService:
        return self.branches.by("ana", HELD)

    def named(self, name: str) -> Thing:
        return next(thing for thing in self.estate.things if thing["name"] == name)


Make = Callable[[Estate, str], Held]


@pytest.fixture
def make(schema: Schema, tmp_path: Path) -> Make:
    """Writes an estate into a ledger of its own."""

    def build(estate: Estate, name: str) -> Held:
        clock = FrozenClock(NOW)
        ledger = Ledger(f"sqlite:///{tmp_path / name}.db", schema, clock)
        write(ledger, estate.events())
        return Held(estate, ledger, BranchService(ledger, schema, clock, "boss"))

    return build


def estate_of(seed: int) -> Estate:
    """A random estate, and beside it a public element and one of each side that tests can name."""
    estate = random_estate(seed, servers=24, people=6)
    estate.add("Vulnerability", "CVE-2024-1", cve="CVE-2024-1")
    return estate


@pytest.fixture
def both(make: Make) -> Held:
    return make(estate_of(7), "whole")


@pytest.fixture
def reduced(make: Make) -> Held:
    """What is left of the same estate for somebody of North."""
    return make(seen_by_north(estate_of(7)), "reduced")
