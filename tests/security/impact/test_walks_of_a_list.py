"""Walks of the elements of a list are, to whoever is limited, those of the graph without what is hidden, on every backend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from core.principal import LOCAL_OPERATOR, Principal
from graph.schema.model import Schema
from services.access.rights import Role
from tests.api.conftest import Asking, OpenAny, asking
from tests.api.dependency_estate import dependency_estate, left_of, seen_by_north
from tests.api.estate import Estate, opened
from tests.conftest import NIGHTLY

SEEDS = (5, *range(20, 28)) if NIGHTLY else (5,)
WALKS = """{ configurationItems(first: 500) { count nodes { id __typename
    dependsOn(depth: 3, first: 500) { count nodes { id ownedBy { count nodes { id } }
      impactedBy(depth: 2, first: 500) { count nodes { id } } } }
    impactedBy(first: 500, filter: {name: {ne: "app-1"}}) { count hidden nodes { id } }
    racks: dependsOn(depth: 20, kinds: [Rack]) { count nodes { id } } } }
  sites { nodes { id impactedBy { count nodes { id } } } } }"""
BARE = """{ configurationItems(first: 500) { nodes { id dependsOn(depth: 3) { count nodes { id } }
  impactedBy(filter: {name: {ne: "app-1"}}) { nodes { id impactedBy(depth: 2) { count nodes { id } } ownedBy { nodes { id } } } } } } }"""
PATHS = """query($to: ID!) { configurationItems(first: 500) { nodes { id
    pathTo(to: $to) { length nodes { id } } straight: pathTo(to: $to, directed: true) { length } } } }"""
NORTH = Principal("ana", frozenset({Role.READER.value}), frozenset({"North"}))
ON_THE_WAY = frozenset({"VirtualMachine", "Rack", "Team"})
"""Kinds that some may not read: what lies on the ways between others, and owners."""


@dataclass(frozen=True, slots=True)
class Limited:
    """Somebody who sees a part, and the estate that is left for them, asked by somebody who sees all of it."""

    whole: Asking
    limited: Asking
    reduced: Asking
    seen: frozenset[str]


def sights(estate: Estate, schema: Schema) -> dict[str, tuple[Principal, frozenset[str]]]:
    """Who asks, and the ids of what they see."""
    kinds = [kind for kind in schema.concrete if kind not in ON_THE_WAY]
    readable = frozenset(thing.id for thing in estate.things if thing.kind not in ON_THE_WAY)
    return {
        "perimeter": (NORTH, seen_by_north(estate)),
        "kinds": (LOCAL_OPERATOR.of_kinds(kinds), readable),
        "both": (NORTH.of_kinds(kinds), seen_by_north(estate) & readable),
        "nothing": (replace(NORTH, perimeters=frozenset()), frozenset(t.id for t in estate.of("Site"))),
    }


@pytest.fixture(scope="module", params=SEEDS)
def whole(
    request: pytest.FixtureRequest, open_any: OpenAny, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Asking]:
    with open_any(tmp_path_factory.mktemp("whole"), dependency_estate(request.param)) as ask:
        yield ask


@pytest.fixture(scope="module", params=["perimeter", "kinds", "both", "nothing"])
def sight(
    request: pytest.FixtureRequest, whole: Asking, schema: Schema, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Limited]:
    principal, seen = sights(whole.estate, schema)[request.param]
    left = left_of(whole.estate, seen)
    twin = replace(whole.twin, repository=whole.repository.inner)
    with ExitStack() as open_:
        reduced = open_.enter_context(opened("networkx", schema, tmp_path_factory.mktemp("left"), left))
        yield Limited(whole, asking(twin, whole.estate, principal), asking(reduced, left), seen)


def counted(ask: Asking, text: str, **variables: Any) -> tuple[Any, int, list[str]]:
    """The data of an answer, how many queries reached the backend for it, and which engines ran them."""
    ask.repository.asked.clear()
    result = ask.schema.execute_sync(text, variables)
    assert result.errors is None, result.errors
    return result.data, len(ask.repository.asked), (result.extensions or {})["jumeau"]["engines"]


def test_walks_are_those_of_what_is_left(sight: Limited) -> None:
    (told, queries, _), (left, _, _) = counted(sight.limited, WALKS), counted(sight.reduced, WALKS)
    assert told == left
    assert queries == 3, "one for each root field, and one for a total"
    everything = sight.whole.any_engine(WALKS)
    mine = {node["id"]: node for node in told["configurationItems"]["nodes"]}
    cut = [
        node["id"]
        for node in everything["configurationItems"]["nodes"]
        if node["id"] in mine and mine[node["id"]]["impactedBy"] != node["impactedBy"]
    ]
    assert cut or not mine, "something is hidden that walks of what is seen would reach"


def test_walks_of_whoever_is_limited_need_no_snapshot(sight: Limited) -> None:
    (told, queries, engines), (left, _, _) = counted(sight.limited, BARE), counted(sight.reduced, BARE)
    assert (told, queries) == (left, 1)
    assert "fallback" not in engines


def test_paths_are_those_of_what_is_left_and_name_nothing_hidden(sight: Limited) -> None:
    targets = [thing for thing in sight.whole.estate.things if thing["name"] in ("hyp-0", "centre-1", "db-2")]
    assert len(targets) == 3
    for target in targets:
        (told, queries, _), left = (
            counted(sight.limited, PATHS, to=target.id),
            sight.reduced.any_engine(PATHS, to=target.id),
        )
        assert queries == 1
        assert lengths(told) == lengths(left)
        on_the_way = [
            n["id"] for one in told["configurationItems"]["nodes"] for n in (one["pathTo"] or {}).get("nodes", ())
        ]
        assert sight.seen.issuperset(on_the_way), "of equally short ones any is told, and of each what is seen"


def lengths(data: Any) -> list[tuple[str, int | None, int | None]]:
    """How long the paths of each element are: which of several equally short ones is told is open."""
    return [
        (one["id"], *((one[name] or {}).get("length") for name in ("pathTo", "straight")))
        for one in data["configurationItems"]["nodes"]
    ]
