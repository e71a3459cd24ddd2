"""Search: names, codes, aliases and descriptions, accents and cases aside, in one query with all that is nested."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.graphql.folding import FAR, Folded, Match, plain
from api.graphql.search import LONGEST
from core.principal import Principal
from graph.cypher.regular_expressions import is_too_much
from tests.api.conftest import Asking, OpenAny, asking
from tests.api.estate import Estate

TEXT = """query($of: String!, $kinds: [KindName!], $first: Int, $asOf: String) {
  search(text: $of, kinds: $kinds, first: $first, asOf: $asOf) {
    hasMore hits { kind match attribute value node { __typename id ... on Team { name } } } } }"""


def named_estate() -> Estate:
    """Elements whose names differ by accents, cases and blanks, some of them in a perimeter."""
    estate = Estate()
    north = estate.add("Perimeter", "North")
    team = estate.add("Team", "Réseau", code="RZ")
    estate.link(team, "IN_PERIMETER", north)
    estate.add("Team", "RESEAU SUD", description="Le cœur   de réseau (sud)")
    estate.add("BusinessApplication", "Console", code="C.1+2", aliases=("mon réseau", "œuvre"))
    estate.add("BusinessApplication", "Paiements", description="Premier\nréseau de paiements")
    estate.link(estate.add("PhysicalServer", "srv-1", hostname="reseau-1"), "OWNED_BY", team)
    estate.add("Team", "Longs", description="x" * 100_000)
    estate.add("Person", "reseau", pseudonym="reseau")
    estate.add("Vulnerability", "CVE-2024-1", cve="CVE-2024-1")
    estate.add("DataSource", "reseau")
    return estate


@pytest.fixture(scope="module")
def named(open_any: OpenAny, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """The estate of names on each backend."""
    with open_any(tmp_path_factory.mktemp("named"), named_estate()) as asking:
        yield asking


def found(named: Asking, text: str, **variables: Any) -> list[tuple[str, str, str, str]]:
    by_id = {thing.id: str(thing["name"]) for thing in named.estate.things}
    hits = named.graphql(TEXT, of=text, **variables)["search"]["hits"]
    assert all(hit["node"]["__typename"] == hit["kind"] for hit in hits)
    return [(by_id[hit["node"]["id"]], hit["match"], hit["attribute"], hit["value"]) for hit in hits]


def test_what_is_called_so_comes_first_then_what_begins_so_then_what_holds_it(named: Asking) -> None:
    assert found(named, "réseau") == [
        ("Réseau", "EXACT", "name", "Réseau"),
        ("RESEAU SUD", "PREFIX", "name", "RESEAU SUD"),
        ("srv-1", "PREFIX", "hostname", "reseau-1"),
        ("Console", "CONTAINS", "aliases", "mon réseau"),
        ("Paiements", "CONTAINS", "description", "Premier\nréseau de paiements"),
    ]


@pytest.mark.parametrize("text", ["reseau", "RÉSEAU", "  Reseau ", "re\u0301seau"])
def test_accents_and_cases_make_no_difference(text: str, named: Asking) -> None:
    assert found(named, text) == found(named, "réseau")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("oeuvre", "Console"),
        ("coeur de", "RESEAU SUD"),
        ("c.1+2", "Console"),
        ("reseau (sud)", "RESEAU SUD"),
        ("cve-2024", "CVE-2024-1"),
        ("premier réseau", "Paiements"),
    ],
)
def test_ligatures_signs_and_blanks_are_found(text: str, name: str, named: Asking) -> None:
    assert [hit[0] for hit in found(named, text)] == [name]


def test_signs_mean_themselves(named: Asking) -> None:
    assert found(named, ".*") == []
    assert found(named, "r.seau") == []


def test_a_search_is_one_query_with_all_that_is_nested(named: Asking) -> None:
    text = """{ search(text: "srv-1", first: 5) { hits { node { ... on Server { name ownedBy(filter: {name: {ne: "x"}}) {
        nodes { name owns { count } } } } } } } }"""
    assert named.counted(text) == 1
    (hit,) = named.graphql(text)["search"]["hits"]
    assert hit["node"] == {"name": "srv-1", "ownedBy": {"nodes": [{"name": "Réseau", "owns": {"count": 1}}]}}


def test_it_finds_in_the_kinds_that_are_named_and_says_where_there_is_more(named: Asking) -> None:
    assert {name for name, *_ in found(named, "reseau", kinds=["Team"])} == {"Réseau", "RESEAU SUD"}
    assert [name for name, *_ in found(named, "reseau", kinds=["ConfigurationItem"])] == [
        "srv-1",
        "Console",
        "Paiements",
    ]
    assert found(named, "reseau", kinds=["DataSource"]) == [("reseau", "EXACT", "name", "reseau")]
    cut = named.graphql(TEXT, of="reseau", first=2)["search"]
    assert (cut["hasMore"], len(cut["hits"])) == (True, 2)
    assert named.graphql(TEXT, of="reseau", first=5)["search"]["hasMore"] is False


def test_people_are_not_searched_for(named: Asking) -> None:
    assert named.code('{ search(text: "reseau", kinds: [Person]) { hasMore } }') == "SEARCH"
    elements = found(named, "reseau", kinds=["Element"])
    assert len(elements) == 6, "those of bookkeeping, and no person"


@pytest.mark.parametrize("text", ["", "r", " r ", "r" * 51])
def test_too_short_and_too_long_texts_are_refused(text: str, named: Asking) -> None:
    assert named.code(TEXT, of=text) == "SEARCH"
    assert named.code(TEXT, of="reseau", first=101) == "PAGE_SIZE"


def test_what_is_outside_a_perimeter_is_not_found(named: Asking) -> None:
    twin = replace(named.twin, repository=named.repository.inner)
    north = asking(twin, named.estate, Principal("ana", frozenset({"reader"}), frozenset({"North"})))
    assert [name for name, *_ in found(north, "reseau")] == ["Réseau", "srv-1"]
    nowhere = asking(twin, named.estate, Principal("zoe", frozenset({"reader"}), frozenset()))
    assert found(nowhere, "reseau") == []
    assert len(found(nowhere, "cve-2024")) == 1, "what is public is everyone's"


def test_a_past_moment_is_searched(memory: Asking) -> None:
    text = 'query($asOf: String) { search(text: "app-", asOf: $asOf) { hits { match } } }'
    assert len(memory.any_engine(text)["search"]["hits"]) == 5
    assert memory.any_engine(text, asOf="#0")["search"]["hits"] == []


def test_a_long_text_is_looked_through_from_its_beginning() -> None:
    folded = Folded("réseau")
    assert folded.match("x" * FAR + "reseau" + "x" * 50_000) is Match.CONTAINS
    assert folded.match("x" * (FAR + 1) + "reseau") is None


WORDS = st.text(st.sampled_from("aàÀeéÉoœŒæsßñ çÇ.*+?[](){}|\\^$-'ΣσИй0"), min_size=1, max_size=LONGEST)


@given(WORDS)
@settings(max_examples=200, deadline=None)
def test_every_text_finds_itself_and_how_it_is_written_otherwise(text: str) -> None:
    folded = Folded(" ".join(text.split()))
    if not folded.text:
        return
    assert folded.match(folded.text) is Match.EXACT
    assert folded.match(plain(folded.text)) is Match.EXACT
    assert folded.match(f"{folded.text} more") is Match.PREFIX
    assert folded.match(f"some {folded.text}\n more") in (Match.CONTAINS, Match.PREFIX)
    for pattern in folded.patterns.values():
        re.compile(pattern)
        assert not is_too_much(pattern, 1_000_000)


def test_what_other_kinds_are_asked_is_left_out(named: Asking) -> None:
    text = """{ search(text: "reseau", kinds: [Team]) { hits { node { ... on Server { cpuCores runs { count } }
        ... on Team { name } } } } }"""
    assert [hit["node"]["name"] for hit in named.graphql(text)["search"]["hits"]] == ["Réseau", "RESEAU SUD"]
