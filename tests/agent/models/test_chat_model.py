"""A chain of LangChain that asks the twin through our graph store and its model through the gateway: the rules of the house hold for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.messages import ChatMessage
from langchain_neo4j import GraphCypherQAChain

from agent.gateway.errors import DataBlockedError, UseCaseError
from agent.gateway.gateway import Reply
from agent.graph_store import TwinGraph
from agent.models.chat_model import GatewayChatModel
from core.clock import FrozenClock
from core.errors import UsageError
from core.principal import Principal
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from services.audit.trail import Wanted
from services.query import QueryService
from services.twin import Twin
from tests.agent.gateway.house import House, house
from tests.api.estate import opened, small_estate

OWNER = Principal("ana", frozenset({"owner"}), None)
COUNT = "MATCH (s:Server) RETURN count(s) AS servers"


@pytest.fixture(scope="module")
def twin(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    with opened("networkx:", schema, tmp_path_factory.mktemp("chained"), small_estate()) as twin:
        yield twin


@pytest.fixture
def made(tmp_path: Path, ledger: Ledger, clock: FrozenClock) -> Iterator[House]:
    built = house(tmp_path, ledger, clock)
    yield built
    built.trail.close()


def model(made: House, use: str = "questions") -> GatewayChatModel:
    return GatewayChatModel(gateway=made.gateway, principal=OWNER, use=use)


def test_a_chain_answers_from_the_twin_by_models_of_the_policy(made: House, twin: Twin) -> None:
    said = iter([COUNT, "There are 24."])
    made.models.script = lambda *_: Reply(next(said), 10, 5)
    graph = TwinGraph(QueryService(twin), twin.schema, OWNER)
    chain = GraphCypherQAChain.from_llm(model(made), graph=graph, allow_dangerous_requests=True)

    assert chain.invoke({"query": "how many servers?"})["result"] == "There are 24."
    assert made.asked == ["house/small", "house/small"]
    assert "servers': 24" in "".join(message.text for message in made.models.sent[1][2])
    assert [one.entry.action for one in made.trail.page(Wanted(door="model"))] == ["questions"] * 4
    assert made.gateway.calls.usage("use_case")[0]["tokens_in"] == 20


def test_an_answer_tells_its_call_and_what_its_provider_counted(made: House) -> None:
    made.models.script = lambda _, name: Reply(f"from {name}", 5, 3)
    answer = model(made).invoke("bonjour", stop=["small"])

    assert answer.content == "from "
    assert answer.usage_metadata == {"input_tokens": 5, "output_tokens": 3, "total_tokens": 8}
    assert (answer.response_metadata["provider"], answer.response_metadata["model_name"]) == ("house", "small")
    made.gateway.calls.rate(answer.response_metadata["call"], "good", "", by="ana")


@pytest.mark.parametrize(
    ("use", "text", "error"),
    [
        ("questions", "la carte 4111 1111 1111 1111", DataBlockedError),
        ("unheard of", "bonjour", UseCaseError),
    ],
)
def test_what_the_house_forbids_reaches_no_model(use: str, text: str, error: type[Exception], made: House) -> None:
    with pytest.raises(error):
        model(made, use).invoke(text)
    assert made.models.sent == []


def test_a_message_of_no_known_speaker_is_not_sent(made: House) -> None:
    with pytest.raises(UsageError, match="type chat"):
        model(made).invoke([ChatMessage(role="oracle", content="bonjour")])


def test_tracing_of_the_environment_hears_nothing(made: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from langchain_core.tracers import langchain as tracer

    told: list[object] = []
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("LANGSMITH_API_KEY", "x")
    monkeypatch.setattr(tracer.LangChainTracer, "_persist_run_single", lambda _, run: told.append(run))
    assert model(made).invoke("bonjour").content == "from small"
    assert told == []
