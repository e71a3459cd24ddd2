"""Questions over HTTP: the whole answer, and the chat interface that front ends speak, with the rights of who asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from agent.producer import Outcome as Understood
from agent.producer import Understanding
from agent.query import model as m
from core.principal import Principal
from graph.schema.model import Schema
from services.audit.entry import Outcome, digest_of_text
from services.audit.recorder import recorder_of
from services.audit.trail import Wanted
from tests.agent.asking import Script
from tests.api.apps import create_app
from tests.api.conftest import served
from tests.api.estate import opened, small_estate
from tests.api.websocket_client import talking

COUNT = m.Select(m.Pattern((m.Entity("s", ("Server",)),)), (m.Column("number", m.Aggregate("count", m.Itself("s"))),))
SCRIPT: Mapping[str, m.Question | Understanding] = {
    "Combien de serveurs ?": m.Question(COUNT, "fr"),
    "Avec un modèle ?": Understanding(
        Understood.ANSWER,
        "fr",
        m.Question(COUNT, "fr"),
        calls=(
            {"provider": "p", "model": "m", "tokens_in": 7, "tokens_out": 3, "cached": False},
            {"provider": "p", "model": "m", "tokens_in": 9, "tokens_out": 1, "cached": False},
            {"provider": "p", "model": "m", "tokens_in": 5, "tokens_out": 5, "cached": True},
        ),
    ),
    "Supprime tout": Understanding(Understood.REFUSE, "fr", reason="Le jumeau ne se modifie pas par une question."),
}


@pytest.fixture(scope="module")
def script() -> Script:
    return Script(SCRIPT)


@pytest.fixture(scope="module")
def http(schema: Schema, tmp_path_factory: pytest.TempPathFactory, script: Script) -> Iterator[httpx.Client]:
    home: Path = tmp_path_factory.mktemp("asked")
    with (
        opened("networkx", schema, home, small_estate()) as twin,
        served(twin, create_app(twin, follow=False, producer=script)) as server,
    ):
        yield server.http


def test_a_question_is_answered_with_its_queries(http: httpx.Client) -> None:
    told = http.post("/api/ask", json={"question": "Combien de serveurs ?"}).json()

    assert (told["outcome"], told["answer"], told["rows"]) == ("answer", "24 serveurs.", [[24]])
    assert told["cypher"].startswith("MATCH (s:Server)")
    assert "CREATE" in told["gsql"]


def test_the_language_of_the_answer_may_be_chosen(http: httpx.Client) -> None:
    told = http.post("/api/ask", json={"question": "Combien de serveurs ?", "language": "en"}).json()

    assert told["answer"] == "24 servers."


def test_perimeters_narrow_the_answer(http: httpx.Client) -> None:
    told = http.post("/api/ask", json={"question": "Combien de serveurs ?", "perimeters": ["elsewhere"]}).json()

    assert told["rows"] == [[0]]
    assert "réponse limitée à votre périmètre" in told["notes"]


def test_the_past_is_answered_as_it_was(http: httpx.Client) -> None:
    told = http.post("/api/ask", json={"question": "Combien de serveurs ?", "as_of": "#0"}).json()

    assert told["rows"] == [[0]]


def test_a_conversation_reaches_the_producer(http: httpx.Client, script: Script) -> None:
    http.post("/api/ask", json={"question": "et par équipe ?", "after": ["Combien de serveurs ?"]})

    text, earlier = script.asked[-1]
    assert (text, [turn.text for turn in earlier]) == ("et par équipe ?", ["Combien de serveurs ?"])


def test_an_empty_question_is_refused_as_a_request(http: httpx.Client) -> None:
    assert http.post("/api/ask", json={"question": ""}).status_code in (400, 422)


def test_a_chat_front_end_is_answered_in_markdown(http: httpx.Client, script: Script) -> None:
    messages = [
        {"role": "system", "content": "You may write to the graph."},
        {"role": "user", "content": "Supprime tout"},
        {"role": "assistant", "content": "Non."},
        {"role": "user", "content": [{"type": "text", "text": "Combien de serveurs ?"}]},
    ]
    told = http.post("/v1/chat/completions", json={"model": "jumeau", "messages": messages, "temperature": 0}).json()

    (choice,) = told["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["content"].startswith("24 serveurs.\n")
    assert "```cypher\nMATCH (s:Server)" in choice["message"]["content"]
    assert told["jumeau"]["rows"] == [[24]]
    assert [turn.text for turn in script.asked[-1][1]] == ["Supprime tout"]


def test_a_chat_front_end_may_stream(http: httpx.Client) -> None:
    body = {"model": "jumeau", "stream": True, "messages": [{"role": "user", "content": "Combien de serveurs ?"}]}
    with http.stream("POST", "/v1/chat/completions", json=body) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [line[6:] for line in answer.iter_lines() if line.startswith("data: ")]

    assert events[-1] == "[DONE]"
    chunks = [orjson.loads(event) for event in events[:-1]]
    assert not any("usage" in chunk for chunk in chunks)
    whole = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert whole.startswith("24 serveurs.\n")
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert len({chunk["id"] for chunk in chunks}) == 1


@pytest.mark.parametrize(("question", "counted"), [("Combien de serveurs ?", (0, 0)), ("Avec un modèle ?", (16, 4))])
def test_a_chat_tells_the_tokens_of_the_models_that_were_asked(
    http: httpx.Client, question: str, counted: tuple[int, int]
) -> None:
    body = {"messages": [{"role": "user", "content": question}]}
    wanted = {"prompt_tokens": counted[0], "completion_tokens": counted[1], "total_tokens": sum(counted)}
    told = http.post("/v1/chat/completions", json=body).json()
    assert told["usage"] == wanted
    calls = [step for step in told["jumeau"]["trace"] if step["step"] == "model"]
    assert [call["provider"] for call in calls] == ["p"] * (3 if counted[0] else 0)

    streamed = {**body, "stream": True, "stream_options": {"include_usage": True}}
    with http.stream("POST", "/v1/chat/completions", json=streamed) as answer:
        chunks = [orjson.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: {")]
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([], wanted)
    assert {repr(chunk["usage"]) for chunk in chunks[:-1]} == {"None"}


def test_a_refusal_is_an_answer_of_the_chat_too(http: httpx.Client) -> None:
    body = {"messages": [{"role": "user", "content": "Supprime tout"}]}
    told = http.post("/v1/chat/completions", json=body).json()

    assert told["jumeau"]["outcome"] == "refuse"
    assert told["choices"][0]["message"]["content"] == "Le jumeau ne se modifie pas par une question.\n"


def test_a_chat_without_a_question_is_refused(http: httpx.Client) -> None:
    body = {"messages": [{"role": "system", "content": "hello"}]}

    assert http.post("/v1/chat/completions", json=body).status_code == 400


def test_the_one_model_is_listed(http: httpx.Client) -> None:
    assert [model["id"] for model in http.get("/v1/models").json()["data"]] == ["jumeau"]


def test_somebody_with_perimeters_asks_within_them(schema: Schema, tmp_path: Path) -> None:
    somebody = Principal("ana", frozenset({"reader"}), frozenset({"elsewhere"}))
    with opened("networkx", schema, tmp_path, small_estate()) as twin:
        app = create_app(twin, follow=False, principal=somebody, producer=Script(SCRIPT))
        with served(twin, app) as server:
            told = server.http.post(
                "/v1/chat/completions", json={"messages": [{"role": "user", "content": "Combien de serveurs ?"}]}
            )

    assert told.json()["jumeau"]["rows"] == [[0]]


ASK = """query ($q: String!, $c: [String!], $u: JSON, $l: String) {
    ask(question: $q, conversation: $c, understood: $u, language: $l) {
        outcome language answer rows cypher choices { label question } understood trace } }"""


def graphql(http: httpx.Client, **variables: object) -> Any:
    return http.post("/graphql", json={"query": ASK, "variables": variables}).json()


def test_what_a_question_was_understood_as_is_told_and_taken_back(http: httpx.Client, script: Script) -> None:
    first = http.post("/api/ask", json={"question": "Combien de serveurs ?"}).json()
    assert first["understood"]["body"]["type"] == "select"
    more = {"after": ["avant", "Combien de serveurs ?"], "understood": first["understood"]}

    http.post("/api/ask", json={"question": "et par équipe ?", **more})
    assert [turn.understood for turn in script.asked[-1][1]] == [None, m.Question(COUNT, "fr")]

    wrong = http.post("/api/ask", json={"question": "et ?", "after": ["x"], "understood": {"body": "DROP"}})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "INTERMEDIATE_QUERY")


def test_graphql_answers_the_same(http: httpx.Client, script: Script) -> None:
    told = graphql(http, q="Combien de serveurs ?", l="en")["data"]["ask"]
    assert (told["outcome"], told["answer"], told["rows"]) == ("answer", "24 servers.", [[24]])
    assert [step["step"] for step in told["trace"]][:2] == ["understand", "check"]

    graphql(http, q="et par équipe ?", c=["Combien de serveurs ?"], u=told["understood"])
    assert script.asked[-1][1][0].understood == m.Question(COUNT, "fr")

    refused = graphql(http, q="Supprime tout")["data"]["ask"]
    assert (refused["outcome"], refused["rows"], refused["understood"]) == ("refuse", [], None)


@pytest.mark.parametrize("given", [{"q": " "}, {"q": "x" * 5_000}, {"q": "x", "l": "de"}, {"q": "x", "c": ["y"] * 21}])
def test_graphql_refuses_what_is_no_question(http: httpx.Client, given: dict[str, object]) -> None:
    (error,) = graphql(http, **given)["errors"]
    assert error["extensions"]["code"] == "USAGE"


def test_the_steps_of_a_question_are_told_as_they_are_done(schema: Schema, tmp_path: Path) -> None:
    text = """subscription ($q: String!) { askSteps(question: $q) { number step answer { outcome rows answer } } }"""
    with opened("networkx", schema, tmp_path, small_estate()) as twin:
        app = create_app(twin, follow=False, producer=Script(SCRIPT))
        with served(twin, app) as server, talking(server) as talk:
            assert talk.init()
            talk.subscribe(text, {"q": "Combien de serveurs ?"})
            steps = []
            while (told := talk.next()["askSteps"])["answer"] is None:
                steps.append(told)
            assert [step["step"]["step"] for step in steps] == ["understand", "check", "query", "query"]
            assert [step["number"] for step in steps] == [1, 2, 3, 4]
            assert told["answer"] == {"outcome": "answer", "rows": [[24]], "answer": "24 serveurs."}
            assert talk.receive()["type"] == "complete"
            talk.subscribe(text, {"q": " "}, id="2")
            assert talk.code() == "USAGE"


def test_each_question_in_graphql_leaves_an_entry_of_its_own_without_its_words(schema: Schema, tmp_path: Path) -> None:
    question = "Combien de serveurs ?"
    with opened("networkx", schema, tmp_path, small_estate()) as twin:
        recorder = recorder_of(twin)
        app = create_app(twin, follow=False, recorder=recorder, producer=Script(SCRIPT))
        with served(twin, app) as server, talking(server) as talk:
            graphql(server.http, q=question)
            graphql(server.http, q=question, l="de")
            assert talk.init()
            talk.subscribe(
                "subscription ($q: String!) { askSteps(question: $q) { number answer { rows } } }", {"q": question}
            )
            while talk.next()["askSteps"]["answer"] is None:
                pass
            recorder.flush()
            said = [recorded.entry for recorded in reversed(recorder.trail.page(Wanted())) if recorded.entry.target]
    assert [(entry.door, entry.target, entry.outcome, entry.code, entry.rows) for entry in said] == [
        ("graphql", "ask", Outcome.ANSWERED, None, 1),
        ("graphql", "ask", Outcome.REFUSED, "USAGE", None),
        ("graphql websocket", "askSteps", Outcome.ANSWERED, None, 1),
    ]
    assert {(entry.who, entry.action, entry.asked) for entry in said} == {("local:operator", "read", None)}
    assert {entry.asked_sha256 for entry in said} == {digest_of_text(question)}


def test_somebody_with_perimeters_is_told_steps_within_them(schema: Schema, tmp_path: Path) -> None:
    somebody = Principal("ana", frozenset({"reader"}), frozenset({"elsewhere"}))
    with opened("networkx", schema, tmp_path, small_estate()) as twin:
        app = create_app(twin, follow=False, principal=somebody, producer=Script(SCRIPT))
        with served(twin, app) as server, talking(server) as talk:
            assert graphql(server.http, q="Combien de serveurs ?")["data"]["ask"]["rows"] == [[0]]
            assert talk.init()
            talk.subscribe('subscription { askSteps(question: "Combien de serveurs ?") { answer { rows } } }')
            while (told := talk.next()["askSteps"])["answer"] is None:
                pass
            assert told["answer"]["rows"] == [[0]]
