"""Root lists: filters, ordering, pages and counts, against what is in the estate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.schema.model import Schema
from tests.api.conftest import Asking, asking
from tests.api.estate import NOW, Thing, opened, small_estate
from tests.conftest import NIGHTLY

SERVERS = ("VirtualMachine", "PhysicalServer", "Hypervisor")
ORDERED = ["name", "cpuCores", "environment", "internetExposed", "commissionedOn", "lastRestart", "memoryGb", "id"]
ATTRIBUTE = {
    "cpuCores": "cpu_cores",
    "internetExposed": "internet_exposed",
    "commissionedOn": "commissioned_on",
    "lastRestart": "last_restart",
    "memoryGb": "memory_gb",
}

LIST = """query($filter: ServerFilter, $orderBy: [ServerOrder!], $first: Int, $after: String) {
  servers(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    count pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id name } }
  }
}"""


def names(data: Any) -> list[str]:
    return [edge["node"]["name"] for edge in data["servers"]["edges"]]


def expected(ask: Asking, holds: Callable[[Thing], bool]) -> set[str]:
    return {str(thing["name"]) for thing in ask.estate.of(*SERVERS) if holds(thing)}


def above(thing: Thing, attribute: str, value: Any) -> bool:
    held: Any = thing[attribute]
    return held is not None and held > value


def nothing(_: Thing) -> bool:
    return False


def everything(_: Thing) -> bool:
    return True


CASES: list[Any] = [
    pytest.param({"name": {"eq": "srv-1-01"}}, lambda t: t["name"] == "srv-1-01", id="eq"),
    pytest.param({"name": {"startsWith": "srv-2"}}, lambda t: t["name"].startswith("srv-2"), id="startsWith"),
    pytest.param({"name": {"endsWith": "-01"}}, lambda t: t["name"].endswith("-01"), id="endsWith"),
    pytest.param({"name": {"contains": "-1-"}}, lambda t: "-1-" in t["name"], id="contains"),
    pytest.param({"name": {"gte": "srv-6", "lt": "srv-6-2"}}, lambda t: "srv-6" <= t["name"] < "srv-6-2", id="range"),
    pytest.param({"cpuCores": {"ne": 2}}, lambda t: t["cpu_cores"] not in (None, 2), id="ne leaves absent values out"),
    pytest.param({"cpuCores": {"in": [1, 64]}}, lambda t: t["cpu_cores"] in (1, 64), id="in"),
    pytest.param({"cpuCores": {"in": []}}, nothing, id="in nothing"),
    pytest.param({"cpuCores": {"isNull": True}}, lambda t: t["cpu_cores"] is None, id="isNull"),
    pytest.param({"cpuCores": {"isNull": False}}, lambda t: t["cpu_cores"] is not None, id="is not null"),
    pytest.param({"cpuCores": {"eq": None}}, lambda t: t["cpu_cores"] is None, id="eq null"),
    pytest.param({"cpuCores": {"ne": None}}, lambda t: t["cpu_cores"] is not None, id="ne null"),
    pytest.param({"environment": {"eq": "test"}}, lambda t: t["environment"] == "test", id="enum"),
    pytest.param({"internetExposed": {"eq": False}}, lambda t: t["internet_exposed"] is False, id="boolean"),
    pytest.param({"memoryGb": {"gt": 2}}, lambda t: above(t, "memory_gb", 2), id="float with an integer"),
    pytest.param(
        {"commissionedOn": {"gt": "2020-01-02"}}, lambda t: above(t, "commissioned_on", date(2020, 1, 2)), id="date"
    ),
    pytest.param(
        {"lastRestart": {"lt": "2024-12-31T00:00:00Z"}},
        lambda t: t["last_restart"] is not None and (NOW - t["last_restart"]).total_seconds() > 86_400,
        id="instant",
    ),
    pytest.param({"yearlyCost": {"gt": 3_000_000_010}}, lambda t: above(t, "yearly_cost", 3_000_000_010), id="money"),
    pytest.param({"aliases": {"contains": "alias-3"}}, lambda t: "alias-3" in (t["aliases"] or ()), id="list"),
    pytest.param({"aliases": {"isNull": True}}, lambda t: t["aliases"] is None, id="list is null"),
    pytest.param(
        {"OR": [{"cpuCores": {"eq": 1}}, {"AND": [{"cpuCores": {"eq": 2}}, {"internetExposed": {"eq": True}}]}]},
        lambda t: t["cpu_cores"] == 1 or (t["cpu_cores"] == 2 and t["internet_exposed"]),
        id="OR of AND",
    ),
    pytest.param({"NOT": {"cpuCores": {"eq": 1}}}, lambda t: t["cpu_cores"] not in (None, 1), id="NOT"),
    pytest.param({"NOT": {"NOT": {"cpuCores": {"gte": 2}}}}, lambda t: above(t, "cpu_cores", 1), id="NOT NOT"),
    pytest.param({"NOT": {}}, nothing, id="NOT of nothing"),
    pytest.param({"OR": []}, nothing, id="OR of nothing"),
    pytest.param({"AND": []}, everything, id="AND of nothing"),
    pytest.param({}, everything, id="empty"),
]


@pytest.mark.parametrize(("given_filter", "holds"), CASES)
def test_a_filter_finds_what_it_says(given_filter: Any, holds: Callable[[Thing], bool], ask: Asking) -> None:
    data = ask.graphql(LIST, filter=given_filter, first=500)
    assert set(names(data)) == expected(ask, holds)
    assert data["servers"]["count"] == len(names(data))


def test_values_of_a_filter_never_reach_the_query_as_text(ask: Asking) -> None:
    assert names(ask.graphql(LIST, filter={"name": {"eq": "x' OR true //"}})) == []


def test_a_generic_lists_every_kind_it_covers(ask: Asking) -> None:
    data = ask.graphql("{ servers(first: 500) { nodes { __typename name } } virtualMachines { count } }")
    kinds = {node["name"]: node["__typename"] for node in data["servers"]["nodes"]}
    assert kinds == {thing["name"]: thing.kind for thing in ask.estate.of(*SERVERS)}
    assert data["virtualMachines"]["count"] == len(ask.estate.of("VirtualMachine"))


def test_values_come_back_as_they_were_written(ask: Asking) -> None:
    data = ask.graphql("""{ virtualMachines(filter: {name: {eq: "srv-1-01"}}) { nodes {
        id name environment cpuCores internetExposed commissionedOn lastRestart yearlyCost memoryGb aliases biosUuid
        serialNumber } } }""")
    (thing,) = [thing for thing in ask.estate.of("VirtualMachine") if thing["name"] == "srv-1-01"]
    assert data["virtualMachines"]["nodes"] == [
        {
            "id": thing.id,
            "name": "srv-1-01",
            "environment": "test",
            "cpuCores": 1,
            "internetExposed": False,
            "commissionedOn": "2020-01-02",
            "lastRestart": None,
            "yearlyCost": 3_000_000_001,
            "memoryGb": 0.25,
            "aliases": ["alias-1", "é"],
            "biosUuid": "bios-1",
            "serialNumber": None,
        }
    ]


orders = st.lists(st.sampled_from(ORDERED), max_size=3, unique=True).flatmap(
    lambda fields: st.tuples(*(st.tuples(st.just(name), st.sampled_from(["ASC", "DESC"])) for name in fields))
)


def in_order(things: list[Thing], order: tuple[tuple[str, str], ...]) -> list[str]:
    """openCypher's order, reckoned by hand: absent values last ascending, first descending; then the id."""
    found = sorted(things, key=lambda thing: thing.id)
    for name, direction in reversed(order):
        attribute = ATTRIBUTE.get(name, name)

        def key(thing: Thing, attribute: str = attribute) -> tuple[bool, Any]:
            value = thing.id if attribute == "id" else thing[attribute]
            return value is None, value

        found.sort(key=key, reverse=direction == "DESC")
    return [thing.id for thing in found]


@settings(max_examples=15 if NIGHTLY else 6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=orders, size=st.integers(1, 9))
def test_pages_put_together_are_the_whole_list_in_order(
    ask: Asking, order: tuple[tuple[str, str], ...], size: int
) -> None:
    keys = [{name: direction} for name, direction in order]
    seen: list[str] = []
    after = None
    while True:
        page = ask.graphql(LIST, orderBy=keys, first=size, after=after)["servers"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert page["count"] == len(ask.estate.of(*SERVERS))
        if not page["pageInfo"]["hasNextPage"]:
            break
        assert len(page["edges"]) == size
        after = page["pageInfo"]["endCursor"]
        assert after == page["edges"][-1]["cursor"]
    assert seen == in_order(ask.estate.of(*SERVERS), order)


def test_pages_cut_by_the_row_cap_still_lead_to_the_whole_list(schema: Schema, tmp_path: Path) -> None:
    estate = small_estate()
    with opened("networkx", schema, tmp_path, estate, {"row_cap": 3}) as twin:
        ask = asking(twin, estate)
        seen, after, more = [], None, True
        while more:
            page = ask.graphql(LIST, first=10, after=after)["servers"]
            assert len(page["edges"]) <= 3
            seen += [edge["node"]["id"] for edge in page["edges"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == in_order(estate.of(*SERVERS), ())


def test_a_page_of_no_rows_still_counts(ask: Asking) -> None:
    page = ask.graphql(LIST, first=0)["servers"]
    assert page["edges"] == []
    assert page["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert page["count"] == len(ask.estate.of(*SERVERS))


def test_the_page_that_ends_with_the_list_has_no_next(ask: Asking) -> None:
    total = len(ask.estate.of(*SERVERS))
    assert ask.graphql(LIST, first=total)["servers"]["pageInfo"]["hasNextPage"] is False
    assert ask.graphql(LIST, first=total - 1)["servers"]["pageInfo"]["hasNextPage"] is True


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"first": 501}, "PAGE_SIZE"),
        ({"first": -1}, "PAGE_SIZE"),
        ({"after": "nonsense"}, "CURSOR"),
        ({"after": "W10"}, "CURSOR"),
        ({"filter": {"name": {"gt": None}}}, "FILTER"),
        ({"filter": {"nam": {"eq": "a"}}}, "GRAPHQL_VALIDATION"),
        ({"filter": {"cpuCores": {"eq": "many"}}}, "GRAPHQL_VALIDATION"),
        ({"filter": {"cpuCores": {"eq": 2**63}}}, "GRAPHQL_VALIDATION"),
        ({"filter": {"commissionedOn": {"eq": "2025-13-01"}}}, "GRAPHQL_VALIDATION"),
        ({"filter": {"lastRestart": {"eq": "yesterday"}}}, "GRAPHQL_VALIDATION"),
        ({"filter": {"environment": {"eq": "moon"}}}, "GRAPHQL_VALIDATION"),
        ({"orderBy": [{"name": "ASC", "cpuCores": "ASC"}]}, "GRAPHQL_VALIDATION"),
    ],
)
def test_what_is_wrong_with_a_list_is_told_with_a_code(variables: dict[str, Any], code: str, memory: Asking) -> None:
    assert memory.code(LIST, **variables) == code


def test_a_cursor_is_refused_by_another_ordering(memory: Asking) -> None:
    cursor = memory.graphql(LIST, orderBy=[{"name": "ASC"}], first=1)["servers"]["pageInfo"]["endCursor"]
    assert memory.code(LIST, orderBy=[{"name": "DESC"}], after=cursor) == "CURSOR"
    assert memory.code(LIST, after=cursor) == "CURSOR"
