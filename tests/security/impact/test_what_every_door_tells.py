"""At every door impact goes through what is hidden, and no word of it comes out: not in answers, notes, traces, exports or refusals."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet
import pytest

from agent.ask import Asking, AskService
from agent.query import model as m
from core.principal import Principal
from graph.cypher.cost import TooCostlyError
from graph.history.branches import Branches
from graph.history.events import Event
from graph.model import Operation
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.access.rights import Role
from services.catalogue import CatalogueService
from services.cost import costs_too_much
from services.moments import Asked, MomentService
from services.query import QueryService
from tests.agent.asking import Script
from tests.api.apps import create_app
from tests.api.conftest import served
from tests.api.estate import Estate, opened, write
from tests.security.impact.estate import ITEMS, NORTH, downstream, layered_estate, seen_ids, words_of_the_hidden
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

LISTED = ("fr", "Qu'est-ce qui tombe ?"), ("en", "What stops?")
COUNTED = ("fr", "Combien d'éléments tombent ?"), ("en", "How many servers stop?")
WAY = ("en", "Which way?")
MANAGER = Principal("mona", frozenset({Role.CHANGE_MANAGER.value}), frozenset({NORTH}))


@dataclass(frozen=True, slots=True)
class Door:
    """A twin behind its doors, asked by a change manager of North and by a reader of North."""

    estate: Estate
    http: httpx.Client
    headers: Mapping[str, Mapping[str, str]]
    item: str
    ends: tuple[str, str]
    hidden: int
    moments: MomentService

    def ask(self, method: str, path: str, body: Any, who: str = "mona") -> Any:
        return self.http.request(method, path, json=body, headers=dict(self.headers[who]))


@pytest.fixture(scope="module")
def door(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    estate = layered_estate(3)
    seen = seen_ids(estate)
    items = [thing for thing in estate.of(*ITEMS) if thing.id in seen]
    stopped = {thing.id: downstream(estate, {thing.id}) - {thing.id} for thing in items}
    item = max(items, key=lambda thing: (len(stopped[thing.id] - seen) > 1, len(stopped[thing.id] & seen)))
    with opened("networkx", schema, tmp_path_factory.mktemp("doors"), estate) as twin:
        catalogue = CatalogueService(twin)
        ends = next(
            (one.id, other.id)
            for one in items
            for other in items
            if one is not other and catalogue.run("path_between", {"from": one.id, "to": other.id}, MANAGER).hidden
        )
        keeper, headers = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP), {}
        for name, role in (("mona", "change_manager"), ("rea", "reader")):
            account = keeper.accounts.create(name, PASSWORD, [role], [NORTH], by="test")
            secret, _ = keeper.tokens.issue(account, timedelta(days=1))
            headers[name] = {"Authorization": f"Bearer {secret}"}
        app = create_app(twin, follow=False, doorkeeper=keeper, producer=Script(_questions(item.id, ends)))
        with served(twin, app) as server:
            yield Door(
                estate, server.http, headers, item.id, ends, len(stopped[item.id] - seen), app.state.services.moments
            )


def _questions(item: str, ends: tuple[str, str]) -> dict[str, m.Question]:
    named = {"ci": m.Named((item,), ("this",))}
    counted = (m.Column("count", m.Aggregate("count")),)
    found = {text: m.Question(m.Recipe("downstream_impact", elements=named), _of(lang)) for lang, text in LISTED}
    kinds = m.Compare(m.ColumnOf("kind"), "in", m.Constant(["VirtualMachine", "ServiceInstance"]))
    for language, text in COUNTED:
        recipe = m.Recipe("downstream_impact", elements=named, where=kinds, columns=counted)
        found[text] = m.Question(recipe, _of(language))
    between = {"from": m.Named((ends[0],), ("one",)), "to": m.Named((ends[1],), ("other",))}
    found[WAY[1]] = m.Question(m.Recipe("path_between", elements=between), "en")
    return found


def _of(language: str) -> Any:
    return language


def asked_everywhere(door: Door) -> dict[str, tuple[str, str, Any]]:
    """Every door that tells of impact: its method, path and body."""
    ci, way = {"ci": door.item}, {"from": door.ends[0], "to": door.ends[1]}
    change = next(thing.id for thing in door.estate.of("Change") if thing.id in seen_ids(door.estate))
    incident = next(thing.id for thing in door.estate.of("Incident") if thing.id in seen_ids(door.estate))
    given = {
        **dict.fromkeys(("downstream_impact", "upstream_dependencies", "impacted_business_services"), ci),
        **dict.fromkeys(("dependents_by_kind", "upstream_changes"), ci),
        "path_between": way,
        "change_owners": {"change": change},
        "changes_before_incident": {"incident": incident},
    }
    graphql = """query($id: ID!, $from: ID!, $to: ID!, $given: JSON) {
      impactedBy(id: $id) { hidden count nodes { id ... on ConfigurationItem { name description ownedBy { nodes { name } } } } }
      dependsOn(id: $id) { hidden nodes { id __typename } }
      pathTo(from: $from, to: $to) { nodes { id __typename ... on ConfigurationItem { name } } relations { id type start end } }
      runCatalogue(name: "downstream_impact", parameters: $given) }"""
    found: dict[str, tuple[str, str, Any]] = {
        f"catalogue {name}": ("POST", f"/api/catalogue/{name}", {"parameters": one}) for name, one in given.items()
    }
    for form in ("csv", "jsonl", "parquet"):
        for name in ("downstream_impact", "path_between", "change_owners"):
            body = {"catalogue": name, "parameters": given[name], "format": form}
            found[f"export {form} {name}"] = ("POST", "/api/exports", body)
    found["graphql"] = ("POST", "/graphql", {"query": graphql, "variables": {"id": door.item, **way, "given": ci}})
    for _, text in (*LISTED, *COUNTED, WAY):
        found[f"ask {text}"] = ("POST", "/api/ask", {"question": text})
        messages = [{"role": "user", "content": text}]
        found[f"chat {text}"] = ("POST", "/v1/chat/completions", {"model": "jumeau", "messages": messages})
    for tool, arguments in (("impact", {"of": door.item}), ("ask", {"question": LISTED[0][1]})):
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        found[f"tool {tool}"] = ("POST", "/mcp", call)
    return found


def _text(answer: Any) -> str:
    """What an answer says, its headers too."""
    body = answer.content
    if "parquet" in answer.headers.get("content-type", ""):
        return str(pyarrow.parquet.read_table(io.BytesIO(body)).to_pylist()) + str(answer.headers)
    return str(body.decode()) + str(answer.headers)


def test_no_word_of_what_is_hidden_comes_out_of_any_door(door: Door) -> None:
    words, wrong = words_of_the_hidden(door.estate), []
    for name, (method, path, body) in asked_everywhere(door).items():
        answer = door.ask(method, path, body)
        text = _text(answer)
        if answer.status_code != 200 or '"errors"' in text or 'isError":true' in text.replace(" ", ""):
            wrong.append((name, answer.status_code, text[:500]))
        if found := [word for word in words if word in text]:
            wrong.append((name, found, text[:500]))
    assert wrong == []


def test_every_door_says_how_much_may_not_be_seen(door: Door) -> None:
    note = f"and {door.hidden} that you may not see"
    assert door.hidden > 1
    asked = asked_everywhere(door)
    told = {name: _text(door.ask(*asked[name])) for name in asked}
    for name in ("catalogue downstream_impact", "export csv downstream_impact", "export parquet downstream_impact"):
        assert note in told[name], name
    for name in ("graphql", "tool impact"):
        assert note in told[name], name
    rows = json.loads(door.ask(*asked["catalogue downstream_impact"]).content)
    assert rows["hidden"] == door.hidden
    for (_, text), sentence in zip((*LISTED, *COUNTED), (_FRENCH, _ENGLISH, _FRENCH, _ENGLISH), strict=True):
        said = json.loads(door.ask(*asked[f"ask {text}"]).content)
        assert sentence.format(door.hidden) in said["answer"], said["answer"]
        assert "reached" not in json.dumps(said["parameters"]), "what is asked is the catalogue's own question"
        assert sentence.format(door.hidden) in told[f"chat {text}"]
    assert "hidden-1" in told[f"ask {WAY[1]}"]
    assert "hidden-1" in told["export csv path_between"]


_FRENCH = "Et {} éléments que vous ne pouvez pas voir."
_ENGLISH = "And {} elements that you may not see."


def test_a_count_of_a_kind_is_of_what_is_seen_of_it(door: Door) -> None:
    seen, stopped = seen_ids(door.estate), downstream(door.estate, {door.item}) - {door.item}
    kinds = ("VirtualMachine", "ServiceInstance")
    wanted = sum(thing.id in stopped & seen and thing.kind in kinds for thing in door.estate.things)
    said = json.loads(door.ask("POST", "/api/ask", {"question": COUNTED[1][1]}).content)
    assert said["rows"] == [[wanted]]


def test_who_has_not_the_right_is_told_nothing_of_it(door: Door) -> None:
    for name, (method, path, body) in asked_everywhere(door).items():
        answer = door.ask(method, path, body, who="rea")
        text = _text(answer)
        assert "may not see" not in text, name
        assert "hidden-1" not in text, name
        assert "pouvez pas voir" not in text, name
    graphql = door.ask(*asked_everywhere(door)["graphql"], who="rea").json()
    assert graphql["data"]["impactedBy"]["hidden"] is None


@pytest.mark.parametrize("recipe", ["downstream_impact", "upstream_dependencies", "path_between"])
def test_a_question_that_was_understood_elsewhere_begins_at_nothing_hidden(recipe: str, door: Door) -> None:
    """What a question was understood as is handed back by clients, who may write another element into it."""
    seen = seen_ids(door.estate)
    hidden = [thing.id for thing in door.estate.of("Hypervisor", "BusinessService") if thing.id not in seen]
    assert hidden
    for id_ in hidden:
        named = m.Named((id_,), ("it",))
        elements = (
            {"from": named, "to": m.Named((door.item,), ("that",))} if recipe == "path_between" else {"ci": named}
        )
        question = m.Question(m.Recipe(recipe, elements=elements), "en")
        answer = AskService(Script({}), door.moments).answer(question, Asking(MANAGER))
        assert answer.rows == ()
        assert "may not see" not in answer.text


def test_a_question_that_costs_too_much_is_refused_without_a_figure(schema: Schema, tmp_path: Path) -> None:
    with opened("networkx", schema, tmp_path, layered_estate(3), {"query_cost_limit": 1}) as twin:
        item = next(thing for thing in layered_estate(3).of(*ITEMS) if thing.id in seen_ids(layered_estate(3)))
        with pytest.raises(TooCostlyError) as refused:
            CatalogueService(twin).run("downstream_impact", {"ci": item.id}, MANAGER)
    assert refused.value.to_dict() == costs_too_much().to_dict()
    assert not any(sign.isdigit() for sign in str(refused.value))


def test_past_states_and_branches_have_their_own_impact(schema: Schema, tmp_path: Path) -> None:
    estate = Estate()
    sides = {name: estate.add("Perimeter", name) for name in (NORTH, "South")}
    first, middle, last = (estate.add("BusinessApplication", name) for name in ("first", "middle", "last"))
    estate.link(first, "DEPENDS_ON", middle)
    link = estate.link(middle, "DEPENDS_ON", last)
    for thing, side in ((first, NORTH), (middle, "South"), (last, NORTH)):
        estate.link(thing, "IN_PERIMETER", sides[side])
    gone = Event(Operation.DELETE, link.id, True, link.type, {}, None, middle.id, last.id)
    with opened("networkx", schema, tmp_path) as twin:
        then = write(twin.ledger, estate.events(), "then")
        branches = Branches(twin.ledger, schema, twin.clock)
        branches.create("kept", base=then, actor="mona")
        write(twin.ledger, [gone], "now")
        twin.catch_up()
        queries = QueryService(twin)
        moments = MomentService(twin, queries, CatalogueService(twin, queries))

        def impact(asked: Asked, principal: Principal = MANAGER) -> tuple[list[Any], int | None]:
            with moments.reading(asked, principal) as (_, catalogue):
                found = catalogue.run("downstream_impact", {"ci": last.id}, principal)
                return [row[1] for row in found.answer.rows], found.hidden

        assert impact(Asked()) == ([], 0)
        assert impact(Asked(as_of=f"#{then}")) == (["first"], 1)
        assert impact(Asked(branch="kept")) == (["first"], 1)
        assert impact(Asked(branch="kept"), replace(MANAGER, roles=frozenset({"owner"}))) == ([], None)
        moments.close()
