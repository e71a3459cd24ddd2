"""Nodes keep the number of their set of perimeters: what a restricted asker sees is as if they kept the names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import BackendError
from core.principal import Sight
from graph.backends.embedded.perimeter_sets import PerimeterSets
from graph.backends.embedded.repository import EmbeddedRepository, open_repository
from graph.cypher.prepare import prepare
from graph.model import GraphDelta, NodeChange, Operation, PerimeterChange
from graph.schema.model import Schema
from tests.graph.backends.embedded.conftest import OPTIONS
from tests.graph.backends.embedded.samples import CONTEXT

SERVERS = "MATCH (s:PhysicalServer) RETURN s.name AS name ORDER BY name"


def server(name: str, *perimeters: str) -> NodeChange:
    return NodeChange(Operation.CREATE, f"id-{name}", "PhysicalServer", {"name": name}, perimeters=perimeters)


def seen(repository: EmbeddedRepository, *sees: str) -> list[str]:
    bound = prepare(SERVERS, repository.schema, restricted=True)
    answer = repository.run(bound, {}, replace(CONTEXT, sees=Sight(sees)))
    return [name for (name,) in answer.rows]


def test_who_has_one_perimeter_of_a_set_sees_its_nodes_and_no_others(repository: EmbeddedRepository) -> None:
    nodes = [server("a", "paris"), server("b", "lyon", "paris"), server("c", "lyon"), server("d")]
    repository.apply(GraphDelta(1, 4, nodes))
    assert seen(repository, "paris") == ["a", "b"]
    assert seen(repository, "lyon") == ["b", "c"]
    assert seen(repository, "lyon", "paris") == ["a", "b", "c"]
    assert seen(repository, "lille") == []


def test_sets_are_known_again_when_the_store_is_opened_again(
    repository: EmbeddedRepository, path: Path, schema: Schema
) -> None:
    repository.apply(GraphDelta(1, 2, [server("a", "paris"), server("b", "lyon", "paris")]))
    repository.close()
    again = open_repository(f"embedded:{path}", schema, OPTIONS)
    assert seen(again, "lyon") == ["b"]
    again.apply(GraphDelta(3, 4, [server("c", "lyon"), server("d", "lyon", "paris")]))
    assert seen(again, "lyon") == ["b", "c", "d"]
    assert {node.id: node.perimeters for node in again.nodes()}["id-d"] == ("lyon", "paris")
    again.close()


def test_a_set_of_a_delta_that_fails_is_taken_back_and_its_number_serves_another(
    repository: EmbeddedRepository,
) -> None:
    repository.apply(GraphDelta(1, 1, [server("a", "paris")]))
    update = NodeChange(Operation.UPDATE, "id-nobody", "PhysicalServer", {"name": "nobody"})
    with pytest.raises(BackendError):
        repository.apply(GraphDelta(2, 3, [server("b", "secret"), update]))
    assert seen(repository, "secret") == []
    repository.apply(GraphDelta(2, 2, [server("c", "lyon")]))
    assert (seen(repository, "secret"), seen(repository, "lyon"), seen(repository, "paris")) == ([], ["c"], ["a"])


def test_nodes_whose_perimeters_change_are_seen_by_others(repository: EmbeddedRepository) -> None:
    repository.apply(GraphDelta(1, 1, [server("a", "paris")]))
    moved = PerimeterChange("id-a", "PhysicalServer", ("lille",))
    repository.apply(GraphDelta(2, 2, perimeters=[moved]))
    assert (seen(repository, "paris"), seen(repository, "lille")) == ([], ["a"])


def test_a_question_during_which_a_set_comes_is_asked_again(
    repository: EmbeddedRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.apply(GraphDelta(1, 1, [server("a", "paris")]))
    looked_up = PerimeterSets.seen_by
    moves = iter([PerimeterChange("id-a", "PhysicalServer", ("lyon", "paris"))])

    def meanwhile(self: PerimeterSets, sees: Any) -> list[bool]:
        found = looked_up(self, sees)
        for moved in moves:  # once, between the look-up and the question
            repository.apply(GraphDelta(2, 2, perimeters=[moved]))
        return found

    monkeypatch.setattr(PerimeterSets, "seen_by", meanwhile)
    assert seen(repository, "paris") == ["a"]


def test_what_was_written_from_outside_with_a_number_of_no_set_is_seen_by_nobody() -> None:
    sets = PerimeterSets()
    sets.replace({1: ["paris"]})
    assert sets.names(1) == ("paris",)
    assert sets.names(7) == ()
    assert sets.names(None) == ()
