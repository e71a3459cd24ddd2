"""Twins of a whole estate and of what somebody sees of it, each behind its own application in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fastapi import FastAPI

from core.principal import Principal
from graph.schema.model import Schema
from services.access.rights import Role
from services.twin import Twin
from tests.api.apps import create_app
from tests.api.estate import Estate, opened
from tests.api.random_estate import random_estate, seen_by_north
from tests.security.doors.asking import Client

ROLES = frozenset({Role.OWNER.value, Role.CHANGE_MANAGER.value})
NORTH = Principal("ana", ROLES, frozenset({"North"}))
NOWHERE = Principal("zoe", ROLES, frozenset())
"""A right that is limited to nothing."""
SEEN = {"north": NORTH, "nothing": NOWHERE}


@dataclass(frozen=True, slots=True)
class Doors:
    """The application as somebody with perimeters has it, and over the graph that is left for them, without perimeters."""

    whole: Estate
    left: Estate
    twin: Twin
    limited: Client
    reduced: Client
    lasts: tuple[int, int]

    def hidden(self) -> frozenset[str]:
        """The ids and names of what is not seen."""
        left = {thing.id for thing in self.left.things}
        out = [thing for thing in self.whole.things if thing.id not in left]
        return frozenset({thing.id for thing in out} | {str(thing["name"]) for thing in out})


def estate_of(seed: int) -> tuple[Estate, Estate]:
    """An estate with something public, and what of it is public."""
    whole = random_estate(seed, servers=14, people=8)
    public = whole.add("Vulnerability", "CVE-2024-1", cve="CVE-2024-1")
    return whole, Estate([public])


@pytest.fixture(scope="package", params=sorted(SEEN))
def doors(request: pytest.FixtureRequest, schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    asker, home = SEEN[request.param], tmp_path_factory.mktemp("doors")
    whole, left = estate_of(11)
    if asker is NORTH:
        seen = seen_by_north(whole)
        left = Estate([*seen.things, *left.things], seen.links)
    with ExitStack() as open_:
        twin, reduced = (_twin(open_, schema, home / name, held) for name, held in (("w", whole), ("r", left)))
        limited = _client(open_, create_app(twin, follow=False, principal=asker))
        everything = replace(asker, perimeters=None)
        unlimited = _client(open_, create_app(reduced, follow=False, principal=everything))
        lasts = (twin.ledger.sequence(), reduced.ledger.sequence())
        yield Doors(whole, left, twin, limited, unlimited, lasts)


def _twin(open_: ExitStack, schema: Schema, home: Path, estate: Estate) -> Twin:
    home.mkdir()
    return open_.enter_context(opened("networkx", schema, home, estate))


def _client(open_: ExitStack, app: FastAPI) -> Client:
    client = Client(app)
    open_.callback(app.state.services.moments.close)
    open_.callback(client.close)
    return client
