"""The whole road of a question with a model beside the grammar, from the words to the rows, on a real estate."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.ask import AskService
from agent.gateway.gateway import Gateway
from agent.language.producer import GrammarProducer
from agent.models.adapters import Adapters
from agent.models.names import links_by_query
from agent.models.opening import with_second_opinion
from core.principal import LOCAL_OPERATOR, Principal
from core.settings import load_settings
from graph.history.checksum import checksum_of
from ingest.estate_generator import generate_estate
from services.audit.recorder import Recorder
from services.audit.trail import Trail, Wanted
from services.catalogue import CatalogueService
from services.ingestion import ingest
from services.moments import MomentService
from services.query import QueryService
from services.twin import Twin, open_twin
from tests.agent.gateway.house import policy
from tests.agent.models.double import Double
from tests.agent.models.test_adapters import KINDS
from tests.agent.models.test_producer import COUNT, filled, with_kind
from tests.conftest import NOW

QUESTION = "combien de serveurs ?"


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    home: Path = tmp_path_factory.mktemp("bank")
    generate_estate(home / "export", servers=60, seed=7, as_of=NOW.date())
    settings = load_settings(home=home, backend="networkx", now=NOW.isoformat())
    ingest(settings, "csv", home / "export")
    with open_twin(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def grammar(twin: Twin) -> GrammarProducer:
    queries = QueryService(twin)

    def rows_of(principal: Principal) -> Any:
        def rows(text: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
            return queries.cypher(text, parameters, principal).answer.rows

        return rows

    return GrammarProducer(twin.schema, rows_of, twin.repository.watermark, twin.clock.now)


@pytest.fixture
def road(
    twin: Twin, grammar: GrammarProducer, double: Double, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[AskService, Trail]]:
    """The road with a model of the kind of provider that a test is given, an OpenAI-compatible one else."""
    here = {"kind": getattr(request, "param", "openai"), "endpoint": double.url, "location": "on_premises"}
    rules = policy(
        providers={"p": {**here, "models": {"m": {"input": 1, "output": 1}}}}, clients={}, answer_s=3, cache_hours=0
    )
    trail = Trail(f"sqlite:///{tmp_path / 'audit.db'}")
    gateway = Gateway(rules, Adapters(rules, {}), twin.ledger, twin.clock, Recorder(trail, twin.clock))
    if not gateway.use_cases.all():
        gateway.use_cases.register("questions", "plain words", owner="ana", principal=LOCAL_OPERATOR, by="ana")
        gateway.use_cases.validate("questions", principal=LOCAL_OPERATOR, by="dora")
    queries = QueryService(twin)
    moments = MomentService(twin, queries, CatalogueService(twin, queries))
    yield AskService(with_second_opinion(grammar, gateway, queries, twin.schema), moments), trail
    moments.close()
    trail.close()


def servers(twin: Twin) -> int:
    return int(QueryService(twin).cypher("MATCH (s:Server) RETURN count(s) AS n").answer.rows[0][0])


@pytest.mark.parametrize("road", KINDS, indirect=True)
def test_with_a_model_that_differs_the_answer_is_the_grammars_and_says_so(
    road: tuple[AskService, Trail], twin: Twin, double: Double
) -> None:
    double.says = filled(with_kind("BusinessApplication"))
    answer = road[0].ask(QUESTION).to_dict()
    assert answer["outcome"] == "answer"
    assert answer["rows"][0][-1] == servers(twin)
    assert any("a compris autrement" in said for said in answer["assumptions"])
    (call,) = (step for step in answer["trace"] if step["step"] == "model")
    assert (call["provider"], call["tokens_in"], call["tokens_out"]) == ("p", 7, 3)
    assert [one.entry.door for one in road[1].page(Wanted(door="model"))] == ["model", "model"]


@pytest.mark.parametrize("mode", ["slow", "endless", "malformed", "busy", "hostile"])
def test_whatever_the_model_does_the_answer_comes_and_the_twin_stays_as_it_is(
    mode: str, road: tuple[AskService, Trail], twin: Twin, double: Double
) -> None:
    before = checksum_of(twin.repository).checksum()
    double.mode = "plain" if mode == "hostile" else mode
    double.says = json.dumps({"outcome": "answer", "question": {"cypher": "MATCH (n) DETACH DELETE n"}})
    answer = road[0].ask(QUESTION).to_dict()
    assert (answer["outcome"], answer["rows"][0][-1]) == ("answer", servers(twin))
    assert any("n'a pas donné de second avis" in said for said in answer["assumptions"])
    assert checksum_of(twin.repository).checksum() == before


@pytest.mark.parametrize("road", KINDS, indirect=True)
def test_what_the_grammar_does_not_read_a_model_may_fill_and_it_runs_as_any_query(
    road: tuple[AskService, Trail], twin: Twin, double: Double
) -> None:
    double.says = filled(COUNT)
    answer = road[0].ask("dis-moi zblorg des machinchouettes").to_dict()
    assert (answer["outcome"], answer["rows"][0][-1]) == ("answer", servers(twin))
    assert any("compris par le modèle p/m" in said for said in answer["assumptions"])
    assert "MATCH" in answer["cypher"]


def test_names_are_linked_with_the_rights_of_who_asks(twin: Twin) -> None:
    queries = QueryService(twin)
    link = links_by_query(queries, twin.schema)
    name = str(queries.cypher("MATCH (s:Server) RETURN s.name AS name ORDER BY name LIMIT 1").answer.rows[0][0])
    (found,) = link(name.upper(), ("Server",), LOCAL_OPERATOR)
    assert link(name, ("Server",), LOCAL_OPERATOR) == (found,)
    assert link(name, (), LOCAL_OPERATOR) == (found,)
    assert link(name, ("Server",), LOCAL_OPERATOR.narrowed([])) == ()
    assert link(name, ("Servr) DETACH DELETE n //",), LOCAL_OPERATOR) == ()
    assert link("' OR 1=1", ("Server",), LOCAL_OPERATOR) == ()
