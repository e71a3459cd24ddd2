"""Who may have impact go through what is hidden is told exactly what they see of the unrestricted answer, and how much they do not.

Expected are plain walks over what was written, and the answers of somebody who sees everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from agent.workflow.report import report
from agent.workflow.tools import rows_of
from core.principal import Principal
from graph.queries.catalogue import load_catalogue
from graph.queries.through import load_crossings
from graph.schema.model import Schema
from services.access.rights import RIGHTS, Action, Role
from services.catalogue import CatalogueService
from services.impact_through import NOT_SEEN, crosses
from tests.api.conftest import Asking, OpenAny, asking
from tests.api.estate import Estate, Thing, opened
from tests.conftest import NIGHTLY
from tests.security.impact.estate import ITEMS, downstream, layered_estate, seen_ids, upstream

MANAGER = Principal("mona", frozenset({Role.CHANGE_MANAGER.value}), frozenset({"North"}))
READER = replace(MANAGER, roles=frozenset({Role.OWNER.value}))
SEEDS = (3, *range(6, 14)) if NIGHTLY else (3,)
CLOSURE = """query($id: ID!, $kinds: [KindName!], $depth: Int) {
  %s(id: $id, kinds: $kinds, depth: $depth, first: 500, filter: {}) { count hidden nodes { id } } }"""
PATH = """query($from: ID!, $to: ID!) { pathTo(from: $from, to: $to) {
  length nodes { __typename id ... on HiddenElement { id } } relations { id type start end forward } } }"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """An estate, its catalogue, and it asked in GraphQL as the manager."""

    estate: Estate
    seen: frozenset[str]
    whole: Asking
    manager: Asking
    catalogue: CatalogueService

    def items(self) -> list[Thing]:
        """The configuration items that may be asked about."""
        return [thing for thing in self.estate.of(*ITEMS) if thing.id in self.seen]

    def names(self, ids: frozenset[str]) -> list[str]:
        """The names of what is seen of these."""
        return sorted(str(thing["name"]) for thing in self.estate.things if thing.id in ids & self.seen)

    def run(self, name: str, principal: Principal = MANAGER, /, **parameters: Any) -> Any:
        return self.catalogue.run(name, parameters, principal)

    def everything(self, name: str, /, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows for somebody who sees all there is."""
        return [tuple(row) for row in self.catalogue.run(name, parameters).answer.rows]

    def is_told(self, name: Any) -> bool:
        """Whether somebody of North sees what is called so."""
        return name is None or any(thing["name"] == name and thing.id in self.seen for thing in self.estate.things)


@pytest.fixture(scope="module", params=SEEDS)
def drawn(
    request: pytest.FixtureRequest, open_any: OpenAny, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Drawn]:
    estate = layered_estate(request.param)
    with open_any(tmp_path_factory.mktemp("layers"), estate) as whole:
        manager = asking(replace(whole.twin, repository=whole.repository.inner), estate, MANAGER)
        yield Drawn(estate, seen_ids(estate), whole, manager, CatalogueService(whole.twin))


def test_something_lies_behind_what_is_hidden(drawn: Drawn) -> None:
    """Else these tests would show nothing."""
    gained = 0
    for item in drawn.items():
        told, reduced = (len(drawn.run("downstream_impact", who, ci=item.id).answer.rows) for who in (MANAGER, READER))
        assert told >= reduced
        gained += told > reduced
    assert gained >= 2


@pytest.mark.parametrize("name", ["downstream_impact", "upstream_dependencies"])
def test_what_is_seen_of_the_whole_answer_is_told_and_the_rest_counted(name: str, drawn: Drawn) -> None:
    for item in drawn.items():
        reached = (
            downstream(drawn.estate, {item.id}) if name == "downstream_impact" else upstream(drawn.estate, item.id)
        )
        result = drawn.run(name, ci=item.id)
        rows = [tuple(row) for row in result.answer.rows]
        assert rows == [row for row in drawn.everything(name, ci=item.id) if drawn.is_told(row[1])]
        assert sorted(row[1] for row in rows) == drawn.names(reached - {item.id})
        assert result.hidden == len(reached - drawn.seen)
        assert (NOT_SEEN.format(result.hidden) in result.answer.notes) is (result.hidden > 0)


def test_services_owners_and_figures_are_of_what_is_seen(drawn: Drawn) -> None:
    kinds = {str(thing["name"]): thing.kind for thing in drawn.estate.things}
    for item in drawn.items():
        rows = drawn.run("impacted_business_services", ci=item.id).answer.rows
        whole = drawn.everything("impacted_business_services", ci=item.id)
        masked = [(*row[:3], row[3] if drawn.is_told(row[3]) else None) for row in whole if drawn.is_told(row[0])]
        assert [tuple(row) for row in rows] == masked
        counted = drawn.run("dependents_by_kind", ci=item.id)
        reached = downstream(drawn.estate, {item.id}, realised=False) - {item.id}
        assert {row[0]: row[1] for row in counted.answer.rows} == Counter(kinds[n] for n in drawn.names(reached))
        assert counted.hidden == len(reached - drawn.seen)


def test_owners_of_a_change_are_those_of_what_is_seen_of_what_it_touches_and_stops(drawn: Drawn) -> None:
    asked = 0
    for change in (thing for thing in drawn.estate.of("Change") if thing.id in drawn.seen):
        touched = {thing.id for thing in drawn.estate.out(change, "TOUCHES")}
        reached = downstream(drawn.estate, touched)
        owned: dict[str, set[str]] = {}
        for link in drawn.estate.links:
            if link.type == "OWNED_BY" and link.start.id in reached & drawn.seen and link.end.id in drawn.seen:
                owned.setdefault(str(link.end["name"]), set()).add(link.start.id)
        result = drawn.run("change_owners", change=change.id)
        wanted = [(team, None, len(ids & touched), len(ids)) for team, ids in sorted(owned.items())]
        assert [tuple(row) for row in result.answer.rows] == wanted
        assert result.hidden == len(reached - drawn.seen)
        asked += 1
    assert asked


def test_changes_on_the_way_are_found_behind_what_is_hidden(drawn: Drawn) -> None:
    for item in drawn.items():
        rows = drawn.run("upstream_changes", ci=item.id).answer.rows
        whole = drawn.everything("upstream_changes", ci=item.id)
        seen = {str(thing["number"]) for thing in drawn.estate.of("Change") if thing.id in drawn.seen}
        assert [tuple(row) for row in rows] == [row for row in whole if row[0] in seen and drawn.is_told(row[7])]
    for incident in (thing for thing in drawn.estate.of("Incident") if thing.id in drawn.seen):
        result = drawn.run("changes_before_incident", incident=incident.id)
        whole = drawn.everything("changes_before_incident", incident=incident.id)
        told = [row for row in whole if row[0] in seen and drawn.is_told(row[6])]
        masked = [(*row[:7], row[7] if drawn.is_told(row[7]) else None) for row in told]
        assert sorted(map(tuple, result.answer.rows), key=str) == sorted(masked, key=str)
        assert result.hidden is not None


def test_a_path_has_a_number_for_each_element_that_is_hidden(drawn: Drawn) -> None:
    items, passed = drawn.items(), 0
    for start, end in zip(items, items[3:], strict=False):
        whole = drawn.everything("path_between", **{"from": start.id, "to": end.id})
        result = drawn.run("path_between", **{"from": start.id, "to": end.id})
        rows = [tuple(row) for row in result.answer.rows]
        assert [row for row in rows if row[1] is not None] == [row for row in whole if drawn.is_told(row[2])]
        assert Counter(row[0] for row in rows) == Counter(row[0] for row in whole)
        numbers = [row[2] for row in rows if row[1] is None]
        assert numbers == [f"hidden-{n}" for n in range(1, len(numbers) + 1)]
        assert result.hidden == len(numbers)
        passed += len(numbers)
        path = drawn.manager.any_engine(PATH, **{"from": start.id, "to": end.id})["pathTo"]
        one = drawn.whole.any_engine(PATH, **{"from": start.id, "to": end.id})["pathTo"]
        assert (path is None) == (one is None) == (not whole)
        if path is not None:
            _hangs_together(drawn, path, one["length"])
    assert passed, "no path went through what is hidden"


def _hangs_together(drawn: Drawn, path: Mapping[str, Any], length: int) -> None:
    ids = [node["id"] for node in path["nodes"]]
    assert path["length"] == length == len(ids) - 1
    links = {link.id: link for link in drawn.estate.links}
    for node in path["nodes"]:
        assert (node["__typename"] == "HiddenElement") is (node["id"] not in drawn.seen)
        assert (node["id"] in drawn.seen) is not node["id"].startswith("hidden-")
    for near, far, relation in zip(ids, ids[1:], path["relations"], strict=False):
        assert (relation["start"], relation["end"]) == ((near, far) if relation["forward"] else (far, near))
        if {near, far} <= drawn.seen:
            assert (links[relation["id"]].start.id, links[relation["id"]].end.id) == (
                relation["start"],
                relation["end"],
            )
        else:
            assert relation["type"] == "HIDDEN"
            assert relation["id"] not in links


@pytest.mark.parametrize("field", ["dependsOn", "impactedBy"])
def test_a_closure_counts_what_is_hidden_whatever_is_asked_of_the_rest(field: str, drawn: Drawn) -> None:
    for item in drawn.items()[::3]:
        for depth in (1, 20):
            whole = drawn.whole.any_engine(CLOSURE % field, id=item.id, depth=depth)[field]
            page = drawn.manager.any_engine(CLOSURE % field, id=item.id, depth=depth)[field]
            reached = {node["id"] for node in whole["nodes"]}
            assert whole["hidden"] is None, "nothing is hidden from whoever sees everything"
            assert {node["id"] for node in page["nodes"]} == reached & drawn.seen
            assert (page["count"], page["hidden"]) == (len(reached & drawn.seen), len(reached - drawn.seen))
            filtered = CLOSURE.replace("filter: {}", 'filter: {name: {eq: "nothing"}}') % field
            narrowed = drawn.manager.any_engine(filtered, id=item.id, depth=depth, kinds=["ServiceInstance"])[field]
            assert (narrowed["count"], narrowed["hidden"]) == (0, page["hidden"]), "a filter is no way to guess values"


def test_of_an_element_that_is_hidden_nothing_is_told(drawn: Drawn) -> None:
    hidden = next(thing for thing in drawn.estate.of(*ITEMS) if thing.id not in drawn.seen)
    seen = drawn.items()[0]
    page = drawn.manager.any_engine(CLOSURE % "impactedBy", id=hidden.id)["impactedBy"]
    assert page == {"count": 0, "hidden": 0, "nodes": []}
    assert drawn.manager.any_engine(PATH, **{"from": hidden.id, "to": seen.id})["pathTo"] is None
    asked = 'query($given: JSON) { runCatalogue(name: "downstream_impact", parameters: $given) }'
    codes = {drawn.manager.code(asked, given={"ci": of}) for of in (hidden.id, "nobody")}
    assert codes == {"NOT_FOUND"}


def test_cypher_of_ones_own_keeps_to_what_is_seen(drawn: Drawn) -> None:
    for name in ("downstream_impact", "path_between"):
        text = load_catalogue()[name].text
        one, other = drawn.items()[0].id, drawn.items()[5].id
        given = {"ci": one} if "$ci" in text else {"from": one, "to": other}
        queries = drawn.manager.services.queries
        rows = [queries.cypher(text, given, who).answer.rows for who in (MANAGER, READER)]
        assert rows[0] == rows[1]


@pytest.mark.parametrize("unread", ["BusinessService", "VirtualMachine"])
def test_nothing_goes_through_kinds_that_may_not_be_read_and_none_of_them_are_counted(
    unread: str, drawn: Drawn
) -> None:
    kinds = frozenset(ITEMS) - {unread}
    who = replace(MANAGER, reads=frozenset({kinds}))
    left = Estate(drawn.estate.of(*kinds))
    left.links = [link for link in drawn.estate.links if {link.start.kind, link.end.kind} <= kinds]
    counted = 0
    for item in (thing for thing in drawn.items() if thing.kind != unread):
        reached = downstream(left, {item.id}) - {item.id}
        told = drawn.run("downstream_impact", who, ci=item.id)
        assert sorted(row[1] for row in told.answer.rows) == drawn.names(reached)
        assert told.hidden == len(reached - drawn.seen)
        counted += told.hidden
    assert counted
    everywhere = replace(who, perimeters=None)
    assert drawn.run("downstream_impact", everywhere, ci=left.of("Hypervisor")[0].id).hidden is None


def test_an_investigation_says_how_much_may_not_be_seen(drawn: Drawn) -> None:
    item = max(drawn.items(), key=lambda item: drawn.run("impacted_business_services", ci=item.id).hidden)
    for who, said in ((MANAGER, True), (READER, False)):
        result = drawn.run("impacted_business_services", who, ci=item.id)
        state = {"language": "en", "answers": {"impacted_business_services": rows_of(result, 5)}}
        text = report(state)  # type: ignore[arg-type]
        assert (f"Elements that you may not see: {result.hidden}." in text) is said


def test_a_scope_without_the_right_is_answered_as_a_role_without_it(schema: Schema, tmp_path: Path) -> None:
    estate = layered_estate(3)
    scoped = replace(MANAGER, scope=frozenset(Action) - {Action.IMPACT_THROUGH})
    with opened("networkx", schema, tmp_path, estate) as twin:
        catalogue = CatalogueService(twin)
        for item in (thing for thing in estate.of(*ITEMS) if thing.id in seen_ids(estate)):
            told = [catalogue.run("downstream_impact", {"ci": item.id}, who).to_dict() for who in (scoped, READER)]
            assert told[0]["rows"] == told[1]["rows"]
            assert "hidden" not in told[0]
            assert told[0]["notes"] == told[1]["notes"]


def test_the_right_is_of_those_who_change_and_repair() -> None:
    holders = {role for role, actions in RIGHTS.items() if Action.IMPACT_THROUGH in actions}
    assert holders == {Role.OPERATOR, Role.CHANGE_MANAGER}
    assert crosses(MANAGER)
    assert not crosses(READER)
    assert not crosses(replace(MANAGER, perimeters=None)), "nothing is hidden from them"


def test_whoever_sees_everything_in_perimeters_gets_the_answers_of_the_catalogue_itself(
    schema: Schema, tmp_path: Path
) -> None:
    """Each question in two is held to the one that it stands for."""
    estate = layered_estate(5)
    both = replace(MANAGER, perimeters=frozenset({"North", "South"}))
    first = {kind: estate.of(kind)[0].id for kind in ("Hypervisor", "Change", "Incident", "BusinessService")}
    first["ServiceInstance"] = next(link.start.id for link in estate.links if link.type == "RUNS_ON")
    first["VirtualMachine"] = next(link.end.id for link in estate.links if link.type == "RUNS_ON")
    given = {
        "ci": "Hypervisor",
        "change": "Change",
        "incident": "Incident",
        "from": "ServiceInstance",
        "to": "VirtualMachine",
    }
    with opened("networkx", schema, tmp_path, estate) as twin:
        catalogue = CatalogueService(twin)
        for name in load_crossings():
            asked = {p.name: first[given[p.name]] for p in load_catalogue()[name].parameters if p.name in given}
            if name.startswith("upstream"):
                asked["ci"] = estate.of("BusinessService")[0].id
            whole, told = catalogue.run(name, asked), catalogue.run(name, asked, both)
            assert told.answer.columns == whole.answer.columns
            assert told.answer.rows == whole.answer.rows != [], name
            assert told.hidden == 0
