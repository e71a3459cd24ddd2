"""One node by its id takes a shorter road, and answers what the long one answers."""

from __future__ import annotations

from typing import Any

import pytest

from core.ids import uuid_of
from core.principal import Sight
from graph.backends.networkx.plans import Plans
from graph.backends.networkx.repository import NetworkXRepository
from graph.backends.networkx.store import GraphStore
from graph.cypher.diagnostics import MissingParameterError, ParameterTypeError
from graph.cypher.prepare import prepare
from graph.model import GraphDelta, NodeChange, Operation
from graph.schema.model import Schema
from tests.graph.backends.networkx.test_matching import CONTEXT

MACHINE, OTHER = uuid_of("machine"), uuid_of("other")
READ = (
    "MATCH (v:VirtualMachine {id: $id}) RETURN v.name AS name, v.aliases AS aliases, v.id AS id, v.cpu_cores AS cores"
)
LONG = READ.replace("RETURN", "RETURN DISTINCT")


def machine(name: str, operation: Operation = Operation.CREATE) -> NodeChange:
    return NodeChange(operation, MACHINE, "VirtualMachine", {"name": name, "aliases": ("one", "two")})


@pytest.fixture
def opened(schema: Schema) -> NetworkXRepository:
    made = NetworkXRepository(schema)
    made.apply(GraphDelta(1, 1, [machine("a"), NodeChange(Operation.CREATE, OTHER, "Team", {"name": "t"})], []))
    return made


def rows(opened: NetworkXRepository, text: str, given: Any) -> list[tuple[Any, ...]]:
    return list(opened.run(prepare(text, opened.schema), {"id": given}, CONTEXT).rows)


@pytest.mark.parametrize(
    "given", [MACHINE, OTHER, "nobody", "", None], ids=["it", "another kind", "no", "empty", "null"]
)
def test_both_roads_give_the_same_rows(opened: NetworkXRepository, given: str | None) -> None:
    assert rows(opened, READ, given) == rows(opened, LONG, given)
    assert rows(opened, READ, MACHINE) == [("a", ["one", "two"], MACHINE, None)]


def test_a_list_that_was_answered_may_be_changed_by_who_asked(opened: NetworkXRepository) -> None:
    rows(opened, READ, MACHINE)[0][1].append("three")
    assert rows(opened, READ, MACHINE)[0][1] == ["one", "two"]


def test_what_changed_is_read_by_a_query_prepared_before(opened: NetworkXRepository) -> None:
    bound = prepare(READ, opened.schema)
    assert [row[0] for row in opened.run(bound, {"id": MACHINE}, CONTEXT).rows] == ["a"]
    opened.apply(GraphDelta(2, 2, [machine("b", Operation.UPDATE)], []))
    assert [row[0] for row in opened.run(bound, {"id": MACHINE}, CONTEXT).rows] == ["b"]
    opened.reset()
    assert opened.run(bound, {"id": MACHINE}, CONTEXT).rows == []


def test_a_parameter_of_another_type_or_none_at_all_is_refused_as_elsewhere(opened: NetworkXRepository) -> None:
    with pytest.raises(ParameterTypeError):
        rows(opened, READ, 5)
    with pytest.raises(MissingParameterError):
        opened.run(prepare(READ, opened.schema), {}, CONTEXT)


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        READ + " LIMIT 1",
        READ + " ORDER BY name",
        "MATCH (v:VirtualMachine {id: $id}) WHERE v.name = 'a' RETURN v.name AS name",
        "MATCH (v:VirtualMachine {id: $id, name: 'a'}) RETURN v.name AS name",
        "OPTIONAL MATCH (v:VirtualMachine {id: $id}) RETURN v.name AS name",
        "MATCH (v:VirtualMachine {id: $id}) RETURN count(*) AS n",
        "MATCH (v:VirtualMachine {id: $id}) RETURN v.name + $more AS name",
    ],
)
def test_what_asks_for_more_takes_the_road_of_every_query(schema: Schema, text: str) -> None:
    plans = Plans(GraphStore(schema), schema)
    assert plans.point(prepare(text, schema), {"id": MACHINE, "more": ""}, CONTEXT) is None
    assert plans.point(prepare(READ, schema), {"id": MACHINE}, CONTEXT) == []


def test_an_asker_with_perimeters_takes_the_road_that_knows_them(schema: Schema) -> None:
    plans = Plans(GraphStore(schema), schema)
    restricted = CONTEXT.__class__(now=CONTEXT.now, sees=Sight(("a",)))
    assert plans.point(prepare(READ, schema), {"id": MACHINE}, restricted) is None
