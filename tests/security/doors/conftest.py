"""Twins of a whole estate and of what somebody sees of it, each behind a server of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from graphql import GraphQLSchema

from api.graphql.root import build_schema
from core.clock import FrozenClock
from core.log import configure_logging
from core.principal import Principal
from graph.history.branches import Branches
from graph.schema.model import Schema
from graph.schema.named_kinds import kinds_named
from services.access.doorkeeper import Doorkeeper
from services.access.rights import Role
from services.simulation.clocks import Clocks
from services.simulation.live import FASTEST
from services.twin import Twin
from tests.api.apps import create_app, shape_of
from tests.api.conftest import Server, served
from tests.api.estate import NOW, created, opened, write
from tests.conftest import NIGHTLY
from tests.security.doors.asking import LAST, MID, MINE, OTHERS, Asker
from tests.security.doors.estate import PUBLIC, Story, events_between, story
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock


@dataclass(frozen=True, slots=True)
class Limits:
    """Who asks, the perimeters that they hold (None for all of them), and the kinds that they may read, by name (None for every kind)."""

    name: str
    held: tuple[str, ...] | None
    reads: tuple[str, ...] | None = None


SEEN: Mapping[str, Limits] = {
    "north": Limits("ana", ("North",)),
    "nothing": Limits("zoe", ()),
    "kinds": Limits("kim", None, ("VirtualMachine", "Team", "reference", "SimulationRun", "SimulatedSummary")),
}
"""One is limited to no perimeter, one by kinds alone."""
if NIGHTLY:
    SEEN = {
        **SEEN,
        "north-and-kinds": Limits("noa", ("North",), ("Server", "Perimeter", "reference", "simulation")),
        "public-kind": Limits("pia", None, (PUBLIC,)),
    }
ROLES = (Role.ADMINISTRATOR.value, Role.DATA_PROTECTION_OFFICER.value)
"""Whoever asks may do all there is: nothing but their perimeters and kinds holds them back."""
SENTINEL = "CVE-sentinel"
"""The last thing that is written: whoever listens hears of it, and knows that nothing else comes."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The twin as somebody with perimeters has it, and the graph that is left for them, as somebody without has that."""

    whole: Story
    left: Story
    twin: Twin
    schema: GraphQLSchema
    limited: Asker
    reduced: Asker
    servers: tuple[Server, Server]

    def hidden(self) -> frozenset[str]:
        """The ids and names of what is never seen; not those that are a part of a name that is."""
        seen = self.left.names()
        return frozenset(name for name in self.whole.names() - seen if not any(name in longer for longer in seen))


@dataclass(frozen=True, slots=True)
class Whole:
    """The twin of everything, and the tokens of those who see a part of it."""

    story: Story
    twin: Twin
    server: Server
    headers: Mapping[str, Mapping[str, str]]
    marks: Mapping[str, str]


@pytest.fixture(scope="package", autouse=True)
def _quiet_log() -> None:
    """Refusals that tests provoke are not printed."""
    configure_logging("CRITICAL")


@pytest.fixture(scope="package")
def graphql_schema(schema: Schema) -> GraphQLSchema:
    return build_schema(shape_of(schema))


@pytest.fixture(scope="package")
def whole(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with ExitStack() as open_:
        told = story(11)
        twin = open_.enter_context(opened("networkx", schema, tmp_path_factory.mktemp("whole")))
        branches = {f"of-{limits.name}": limits.name for limits in SEEN.values()}
        marks = _written(twin, told, {**branches, "others": "boss"})
        keeper, headers = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP), {}
        for limits in SEEN.values():
            name = limits.name
            account = keeper.accounts.create(name, PASSWORD, ROLES, limits.held, by="test", reads=limits.reads)
            headers[name] = {"Authorization": f"Bearer {keeper.tokens.issue(account, timedelta(days=1))[0]}"}
        server = open_.enter_context(served(twin, create_app(twin, doorkeeper=keeper)))
        yield Whole(told, twin, server, headers, marks)


@pytest.fixture(scope="package", params=sorted(SEEN))
def doors(
    request: pytest.FixtureRequest,
    schema: Schema,
    graphql_schema: GraphQLSchema,
    whole: Whole,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Doors]:
    limits = SEEN[request.param]
    name, reads = limits.name, None if limits.reads is None else kinds_named(schema, limits.reads)
    left = whole.story.left_for(limits.held, reads)
    home: Path = tmp_path_factory.mktemp("left")
    with opened("networkx", schema, home) as twin:
        marks = _written(twin, left, {f"of-{name}": name})
        everything = Principal(name, frozenset(ROLES), None)
        with served(twin, create_app(twin, principal=everything)) as server:
            named = {MINE: f"of-{name}", OTHERS: "others"}
            limited = Asker(whole.server.http, whole.headers[name], {**whole.marks, **named})
            reduced = Asker(server.http, {}, {**marks, **named})
            yield Doors(whole.story, left, whole.twin, graphql_schema, limited, reduced, (whole.server, server))


def _written(twin: Twin, told: Story, branches: Mapping[str, str]) -> Mapping[str, str]:
    """Write a story, with a branch of each of these names begun by whom it is given to; what its moments are called.

    The clocks of its runs have come to their end.
    """
    mid = write(twin.ledger, told.then_events(), "then")
    last = write(twin.ledger, events_between(told.then, told.now), "now")
    held = Branches(twin.ledger, twin.schema, twin.clock)
    for name, author in branches.items():
        branch = held.create(name, base=last, actor=author)
        held.append(branch, events_between(told.now, told.plan), source="tests", actor="boss")
    write(twin.ledger, [created(PUBLIC, SENTINEL, cve=SENTINEL)], "last")
    clocks = Clocks(twin.ledger, FrozenClock(NOW - timedelta(days=1)))
    for run in told.now.of("SimulationRun"):
        clocks.start(run.id, FASTEST)
    twin.catch_up()
    return {MID: f"#{mid}", LAST: f"#{last}"}
