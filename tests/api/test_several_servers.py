"""Several servers on one Neo4j and one ledger: each reads what any of them was told, and none stands in another's way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from core.errors import SequenceGapError
from graph.history.ledger import Ledger
from graph.history.projection import net_delta
from graph.model import GraphDelta
from graph.registry import open_backend
from graph.schema.model import Schema
from services.twin import Twin, backend_options
from tests.api.apps import create_app
from tests.api.conftest import Server, served
from tests.api.estate import created, opened, small_estate, write
from tests.neo4j_server import Neo4jServer
from tests.patience import until

WRITES = 12
COUNTED = {"query": "{ teams { count } }"}


def another(twin: Twin, stack: ExitStack) -> Twin:
    """The same twin as another process would open it: with a ledger and a driver of its own."""
    ledger = Ledger(twin.settings.ledger_url, twin.schema, twin.clock)
    stack.callback(ledger.close)
    repository = open_backend(twin.settings.backend_url, twin.schema, backend_options(twin.settings))
    stack.callback(repository.close)
    return Twin(twin.settings, twin.clock, twin.schema, ledger, repository, Lock())


def teams(server: Server) -> int:
    count: int = server.post("/graphql", COUNTED).json()["data"]["teams"]["count"]
    return count


class SharedRepository:
    """A repository that another server brings a part of the way, just before this one applies something."""

    def __init__(self, inner: Any, others: list[GraphDelta]) -> None:
        self.inner, self.others = inner, others

    def apply(self, delta: GraphDelta) -> bool:
        if self.others:
            self.inner.apply(self.others.pop())
        applied: bool = self.inner.apply(delta)
        return applied

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def test_where_another_server_has_applied_a_part_meanwhile_what_is_left_is_applied(
    schema: Schema, tmp_path: Path
) -> None:
    with opened("networkx", schema, tmp_path, small_estate()) as twin:
        before = twin.ledger.sequence()
        for number in (1, 2):
            write(twin.ledger, [created("Team", f"team-{number}", code=f"T{number}")], f"told-{number}")
        part = net_delta(before + 1, before + 1, twin.ledger.outcomes(before + 1, before + 1), lambda _: {})
        twin.repository = SharedRepository(twin.repository, [part])
        assert twin.catch_up() == before + 2
        counts = twin.repository.counts()
        assert counts["Team"] == 3 + 2


def test_a_gap_that_nobody_else_made_is_an_error(schema: Schema, tmp_path: Path) -> None:
    class Gapped(SharedRepository):
        def apply(self, delta: GraphDelta) -> bool:
            raise SequenceGapError("the delta does not fit")

    with opened("networkx", schema, tmp_path, small_estate()) as twin:
        write(twin.ledger, [created("Team", "team-1", code="T1")], "told")
        twin.repository = Gapped(twin.repository, [])
        with pytest.raises(SequenceGapError):
            twin.catch_up()


@pytest.mark.neo4j
def test_what_any_of_them_was_told_is_read_through_all_and_applied_once(
    schema: Schema, tmp_path: Path, neo4j_server: Neo4jServer
) -> None:
    access = {"neo4j_user": neo4j_server.user, "neo4j_password": neo4j_server.password}
    with ExitStack() as stack:
        first = stack.enter_context(opened(neo4j_server.url, schema, tmp_path, small_estate(), access))
        second = another(first, stack)
        servers = [stack.enter_context(served(twin, create_app(twin))) for twin in (first, second)]
        before = teams(servers[0])

        def told(number: int) -> None:
            twin = (first, second)[number % 2]
            write(twin.ledger, [created("Team", f"team-{number}", code=f"T{number}")], f"told-{number}")

        with ThreadPoolExecutor(2) as both:
            list(both.map(told, range(WRITES)))
        until(lambda: all(teams(server) >= before + WRITES for server in servers))
        for server in servers:
            assert teams(server) == before + WRITES
            assert server.get("/health").json()["freshness"] == {"up_to_date": True, "events_behind": 0}
        assert first.repository.watermark() == second.repository.watermark() == first.ledger.sequence()
