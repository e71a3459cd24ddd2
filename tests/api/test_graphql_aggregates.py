"""Aggregates: groups, figures and orders, against the same computed in plain Python over the same estate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import parse_instant
from graph.schema.model import Schema
from services.access.small_groups import withheld
from tests.api.conftest import Asking, OpenAny, asking
from tests.api.estate import Estate, Thing, opened
from tests.api.random_estate import NORTH, NOWHERE, random_estate, seen_by_north
from tests.conftest import NIGHTLY

SERVERS = ("VirtualMachine", "PhysicalServer")
OWN = {"environment": "environment", "cpuCores": "cpu_cores", "internetExposed": "internet_exposed", "elementKind": ""}
NUMBERS = {"cpuCores": "cpu_cores", "memoryGb": "memory_gb", "yearlyCost": "yearly_cost"}
MOMENTS = {"commissionedOn": "commissioned_on", "lastRestart": "last_restart"}
FIGURES = """count keys { %s }
    cpuCores { count countDistinct min max avg sum } memoryGb { count countDistinct min max avg sum }
    yearlyCost { count countDistinct min max avg sum } environment { count countDistinct }
    commissionedOn { count countDistinct min max } lastRestart { count countDistinct min max }"""
TEXT = """query($by: [ServerGroupBy!], $order: [ServerAggregateOrder!], $first: Int, $filter: ServerFilter) {
  serversAggregate(groupBy: $by, orderBy: $order, first: $first, filter: $filter) { hasMore groups { %s } } }"""


@pytest.fixture(scope="module")
def drawn(open_any: OpenAny, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """A random estate on each backend."""
    with open_any(tmp_path_factory.mktemp("drawn"), random_estate()) as asking:
        yield asking


def asked_by(drawn: Asking, principal: Any) -> Asking:
    return asking(replace(drawn.twin, repository=drawn.repository.inner), seen_by_north(drawn.estate), principal)


# --- the same in plain Python ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """A key as the test writes it: an attribute of a server, or of its owners."""

    name: str
    owner: bool = False

    @property
    def asked(self) -> dict[str, str]:
        return {"ownedBy" if self.owner else "attribute": self.name}


def key_rows(estate: Estate, server: Thing, keys: Sequence[Key]) -> set[tuple[Any, ...]]:
    """The groups that a server is in: its keys, and whether it has an owner at all."""
    owners: list[Thing | None] = [*estate.out(server, "OWNED_BY")] or [None]
    rows = set()
    for owner in owners if any(key.owner for key in keys) else [None]:
        row = tuple(
            (owner[key.name] if owner else None)
            if key.owner
            else server[OWN[key.name]]
            if OWN[key.name]
            else server.kind
            for key in keys
        )
        rows.add((*row, owner is not None))
    return rows


def plain_groups(
    estate: Estate, keys: Sequence[Key], holds: Any = lambda _: True
) -> dict[tuple[Any, ...], list[Thing]]:
    groups: dict[tuple[Any, ...], list[Thing]] = {} if keys else {(False,): []}
    for server in estate.of(*SERVERS):
        if holds(server):
            for row in key_rows(estate, server, keys):
                groups.setdefault(row, []).append(server)
    return groups


def plain_figures(members: Sequence[Thing], attribute: str) -> dict[str, Any]:
    values: list[Any] = [value for thing in members if (value := thing[attribute]) is not None]
    told: dict[str, Any] = {"count": len(values), "countDistinct": len(set(values))}
    if attribute != "environment":
        told |= {"min": min(values, default=None), "max": max(values, default=None)}
    if attribute in NUMBERS.values():
        told |= {"avg": sum(values) / len(values) if values else None, "sum": sum(values)}
    return told


def read_moments(group: dict[str, Any]) -> dict[str, Any]:
    """Dates and instants of an answer as Python has them."""
    found = dict(group)
    for field, read in (("commissionedOn", date.fromisoformat), ("lastRestart", parse_instant)):
        found[field] = {
            name: read(value) if name in ("min", "max") and value is not None else value
            for name, value in group[field].items()
        }
    return found


def ordered(rows: list[tuple[Any, ...]], columns: Sequence[tuple[Any, bool]]) -> list[tuple[Any, ...]]:
    """Absent values last ascending, first descending."""
    for value_of, descending in reversed(columns):
        rows.sort(key=lambda row, of=value_of: ((value := of(row)) is None, value), reverse=descending)  # type: ignore[misc]
    return rows


KEYS = st.lists(
    st.sampled_from([*(Key(name) for name in OWN), Key("name", owner=True), Key("code", owner=True)]),
    max_size=3,
    unique=True,
)
ORDERS = st.lists(
    st.one_of(
        st.builds(lambda d: {"count": d}, st.sampled_from(["ASC", "DESC"])),
        st.builds(lambda d: {"keys": d}, st.sampled_from(["ASC", "DESC"])),
        st.builds(
            lambda a, f, d: {a: {f: d}},
            st.sampled_from(["cpuCores", "yearlyCost"]),
            st.sampled_from(["count", "countDistinct", "min", "max", "sum"]),
            st.sampled_from(["ASC", "DESC"]),
        ),
    ),
    max_size=2,
)


def test_groups_are_what_plain_python_says(drawn: Asking) -> None:
    @given(KEYS, ORDERS, st.integers(0, 12), st.sampled_from([None, "production", "test"]))
    @settings(max_examples=40 if NIGHTLY else 15, deadline=None)
    def holds(keys: list[Key], orders: list[dict[str, Any]], first: int, environment: str | None) -> None:
        agree(drawn, keys, orders, first, environment)

    holds()


def agree(drawn: Asking, keys: list[Key], orders: list[dict[str, Any]], first: int, environment: str | None) -> None:
    """An aggregate as the twin answers it and as plain Python does."""
    estate = drawn.estate
    wanted = plain_groups(estate, keys, lambda server: environment in (None, server["environment"]))
    own = " ".join(key.name for key in keys if not key.owner)
    related = " ".join(key.name for key in keys if key.owner)
    text = TEXT % (FIGURES % (f"{own} {f'ownedBy {{ {related} }}' if related else ''}".strip() or "__typename"))
    filter_ = None if environment is None else {"environment": {"eq": environment}}
    by = [key.asked for key in keys]
    answer = drawn.graphql(text, by=by, order=orders, first=first, filter=filter_)["serversAggregate"]

    columns: list[tuple[Any, bool]] = []
    for order in (*orders, {"keys": "ASC"}):
        ((name, content),) = order.items()
        if name == "keys":
            places = range(len(keys) + 1)
            columns += [(lambda row, at=at: row[at], content == "DESC") for at in places]
        elif name == "count":
            columns.append((lambda row: len(wanted[row]), content == "DESC"))
        else:
            ((figure, direction),) = content.items()
            at = NUMBERS[name]
            columns.append((lambda row, a=at, f=figure: plain_figures(wanted[row], a)[f], direction == "DESC"))
    rows = ordered(list(wanted), columns)
    assert answer["hasMore"] is (len(rows) > first)
    assert len(answer["groups"]) == min(first, len(rows))
    for row, group in zip(rows, answer["groups"], strict=False):
        told = read_moments(group)
        assert told["count"] == len(wanted[row])
        for key, value in zip(keys, row, strict=False):
            owner = group["keys"].get("ownedBy")
            assert (owner and owner[key.name] if key.owner else group["keys"][key.name]) == value
        if related:
            assert (group["keys"]["ownedBy"] is not None) is row[-1]
        for field, attribute in {**NUMBERS, **MOMENTS, "environment": "environment"}.items():
            expected = plain_figures(wanted[row], attribute)
            if attribute == "last_restart":
                expected = {n: v.astimezone(UTC) if isinstance(v, datetime) else v for n, v in expected.items()}
            expected["avg"] = pytest.approx(expected.get("avg"))
            assert told[field] == {name: expected[name] for name in told[field]}, (row, field)


# --- one query, whoever asks -----------------------------------------------------------------------------------------


def test_an_aggregate_is_one_query(drawn: Asking) -> None:
    text = "{ serversAggregate(groupBy: [{ownedBy: name}, {attribute: environment}]) { groups { count } } }"
    assert drawn.counted(text) == 1
    assert drawn.counted("{ serversAggregate { groups { count cpuCores { avg } } } }") == 1


def test_servers_are_counted_by_owning_team(memory: Asking) -> None:
    text = "{ serversAggregate(groupBy: [{ownedBy: name}]) { groups { keys { ownedBy { name } } count } } }"
    assert memory.graphql(text)["serversAggregate"]["groups"] == [
        {"keys": {"ownedBy": {"name": "Données"}}, "count": 7},
        {"keys": {"ownedBy": {"name": "Réseau"}}, "count": 7},
        {"keys": {"ownedBy": {"name": "Socle"}}, "count": 7},
        {"keys": {"ownedBy": None}, "count": 3},
    ]


def test_what_is_outside_a_perimeter_is_in_no_group(drawn: Asking) -> None:
    north = asked_by(drawn, NORTH)
    keys = (Key("environment"), Key("name", owner=True))
    text = TEXT % "count keys { environment ownedBy { name } } cpuCores { sum }"
    groups = north.graphql(text, by=[key.asked for key in keys])["serversAggregate"]["groups"]
    found = {
        (group["keys"]["environment"], (group["keys"]["ownedBy"] or {}).get("name"), bool(group["keys"]["ownedBy"])): (
            group["count"],
            group["cpuCores"]["sum"],
        )
        for group in groups
    }
    wanted = plain_groups(north.estate, keys)
    assert found == {row: (len(members), plain_figures(members, "cpu_cores")["sum"]) for row, members in wanted.items()}
    assert len(found) > 3
    assert sum(count for count, _ in found.values()) < len(plain_groups(drawn.estate, keys)) * 60


def test_who_sees_nothing_is_told_of_nothing(drawn: Asking) -> None:
    nowhere = asked_by(drawn, NOWHERE)
    data = nowhere.graphql(
        "{ serversAggregate { groups { count cpuCores { max sum } } } "
        "grouped: serversAggregate(groupBy: [{attribute: environment}]) { groups { count } } }"
    )
    assert data["serversAggregate"]["groups"] == [{"count": 0, "cpuCores": {"max": None, "sum": 0}}]
    assert data["grouped"]["groups"] == []


def test_a_past_moment_has_its_own_groups(memory: Asking) -> None:
    data = memory.any_engine(
        '{ then: serversAggregate(asOf: "#0") { groups { count } } now: serversAggregate { groups { count } } }'
    )
    assert (data["then"]["groups"], data["now"]["groups"]) == ([{"count": 0}], [{"count": 24}])


# --- what does not go together ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "selection", "code"),
    [
        pytest.param("groupBy: [{attribute: name}]", "keys { environment }", "GROUPING", id="another key"),
        pytest.param("groupBy: [{ownedBy: name}]", "keys { ownedBy { code } }", "GROUPING", id="another related key"),
        pytest.param(
            "groupBy: [{attribute: name}]", "keys { ownedBy { name } }", "GROUPING", id="a relation not followed"
        ),
        pytest.param("groupBy: [{ownedBy: name}, {locatedIn: name}]", "count", "GROUPING", id="two relations"),
        pytest.param("first: 501", "count", "PAGE_SIZE", id="too many"),
        pytest.param("groupBy: [{attribute: aliases}]", "count", "GRAPHQL_VALIDATION", id="a list"),
        pytest.param("groupBy: [{ownedBy: name, attribute: name}]", "count", "GRAPHQL_VALIDATION", id="two in one"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: str, selection: str, code: str, memory: Asking) -> None:
    assert memory.code(f"{{ serversAggregate({arguments}) {{ groups {{ {selection} }} }} }}") == code


def test_fragments_and_aliases_ask_for_figures_too(memory: Asking) -> None:
    data = memory.graphql(
        """{ serversAggregate { groups { ...F most: cpuCores { max } } } }
        fragment F on ServerGroup { cpuCores { ... on LongAggregate { min __typename } } __typename }"""
    )
    (group,) = data["serversAggregate"]["groups"]
    assert group == {
        "cpuCores": {"min": 0, "__typename": "LongAggregate"},
        "most": {"max": 64},
        "__typename": "ServerGroup",
    }


# --- people ----------------------------------------------------------------------------------------------------------

BY_ROLE = "{ peopleAggregate(groupBy: [{attribute: role}]%s) { groups { keys { role } count suppressed } } }"

BY_TEAM = """{ peopleAggregate(groupBy: [{memberOfTeam: name}], orderBy: [{count: DESC}]) {
    groups { keys { memberOfTeam { name } } count suppressed role { count } } } }"""


def by_role(asking: Asking, more: str = "") -> list[tuple[Any, Any, bool]]:
    groups = asking.graphql(BY_ROLE % more)["peopleAggregate"]["groups"]
    return [(group["keys"]["role"], group["count"], group["suppressed"]) for group in groups]


def test_small_groups_of_people_are_told_as_suppressed(drawn: Asking) -> None:
    plain: dict[Any, int] = {}
    for person in drawn.estate.of("Person"):
        plain[person["role"]] = plain.get(person["role"], 0) + 1
    assert plain["operator"] >= 5 > plain["director"]
    found = by_role(drawn)
    assert {role for role, _, _ in found} == set(plain), "none is dropped"
    assert [(role, count) for role, count, hidden in found if not hidden] == [("operator", plain["operator"])]
    assert all(count is None for _, count, hidden in found if hidden)


def test_a_group_that_alone_is_small_hides_another_with_it(drawn: Asking) -> None:
    found = by_role(drawn, ', filter: {role: {in: ["director", "operator"]}}')
    assert found == [("director", None, True), ("operator", None, True)], "their total is known from `people { count }`"


def test_people_by_team_are_told_where_there_are_enough(drawn: Asking) -> None:
    groups = drawn.graphql(BY_TEAM)["peopleAggregate"]["groups"]
    assert [(g["keys"]["memberOfTeam"]["name"], g["count"], g["suppressed"]) for g in groups] == [
        ("team-0", 14, False),
        ("team-1", 13, False),
        ("team-2", 13, False),
    ]


def test_people_are_counted_as_far_as_they_are_seen(drawn: Asking) -> None:
    north = asked_by(drawn, NORTH)
    groups = north.graphql(BY_TEAM)["peopleAggregate"]["groups"]
    teams: dict[Any, int] = {}
    for person in north.estate.of("Person"):
        of = [team["name"] for team in north.estate.out(person, "MEMBER_OF_TEAM")] or [None]
        teams.update({name: teams.get(name, 0) + 1 for name in of})
    assert {(g["keys"]["memberOfTeam"] or {}).get("name"): g["count"] for g in groups} == teams
    assert set(teams) == {"team-0", "team-2", None}, "the members of a team outside are in none"
    assert asked_by(drawn, NOWHERE).graphql(BY_ROLE % "")["peopleAggregate"]["groups"] == []


@pytest.mark.parametrize(
    "given_filter",
    ['{pseudonym: {eq: "p001"}}', '{NOT: {id: {eq: "x"}}}', '{OR: [{role: {eq: "a"}}, {name: {eq: "p"}}]}'],
)
def test_an_aggregate_of_people_is_not_filtered_by_what_tells_one_from_another(
    given_filter: str, drawn: Asking
) -> None:
    assert drawn.code(f"{{ peopleAggregate(filter: {given_filter}) {{ groups {{ count }} }} }}") == "GROUPING"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{ peopleAggregate(groupBy: [{attribute: pseudonym}]) { groups { count } } }", "a pseudonym is no key"),
        ("{ incidentsAggregate(groupBy: [{attribute: assignee}]) { groups { count } } }", "nor is one of an incident"),
        ("{ incidentsAggregate { groups { caller { countDistinct } } } }", "nor has it figures"),
        ("{ elementsAggregate(groupBy: [{attribute: name}]) { groups { count } } }", "a name may be a person's"),
    ],
)
def test_personal_data_is_in_no_key_and_no_figure(text: str, why: str, memory: Asking) -> None:
    assert memory.code(text) == "GRAPHQL_VALIDATION", why


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ([], set()),
        ([5, 9], set()),
        ([0, 9], set()),
        ([4], {0}),
        ([4, 9, 7], {0, 2}),
        ([1, 1, 9, 8], {0, 1, 3}),
        ([3, 2, 9], {0, 1}),
        ([1, 1, 1], {0, 1, 2}),
    ],
)
def test_withheld_groups_are_two_at_least_and_five_people(counts: list[int], hidden: set[int]) -> None:
    assert withheld(counts) == hidden


def test_an_average_of_few_people_is_not_told(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> None:
    estate = Estate()
    for n in range(6):
        estate.add("Feedback", f"f{n}", score=float(n) if n < 2 else None, level="satisfied")
    with opened("networkx", schema, tmp_path_factory.mktemp("feedback"), estate) as twin:
        text = "{ feedbacksAggregate { groups { count suppressed score { avg count } } } }"
        (group,) = asking(twin, estate).graphql(text)["feedbacksAggregate"]["groups"]
    assert group == {"count": 6, "suppressed": False, "score": None}
