"""Questions for doors: what is asked, and what an answer says of the estate, without what it says of itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from fastapi import FastAPI

from agent.ask import LIMITED_TO, LIMITED_TO_KINDS
from graph.cypher.passes.perimeter import LIMITED, LIMITED_KINDS
from tests.services.export.readers import parquet

MID, LAST, MINE, OTHERS = "#mid", "#last", "#mine", "#others"
"""What questions write for the end of the first load and of the second one, which each ledger has its own numbers for, for a branch that
the asker began, and for one that somebody else did.
"""

VOLATILE: Final = frozenset(
    {
        "extensions",
        "sequence",
        "ledger_sequence",
        "ledgerSequence",
        "elapsed_ms",
        "sources",
        "backend",
        "engine",
        "moment",
        "endCursor",
        "startCursor",
        "cursor",
        "cost",
        "lag",
        "estimate",
        "details",
        "trend",
        "restricted",
        "base",
        "behind",
        "events",
    }
)
"""What an answer says of itself and of the ledger, not of the estate."""
OF_THE_ASKER: Final = frozenset({LIMITED, LIMITED_KINDS, *LIMITED_TO.values(), *LIMITED_TO_KINDS.values()})
"""Notes that somebody limited is given with every answer."""
NOTES: Final = ("**Remarques**", "**Notes**")
"""What a chat writes above notes, where there are any."""


class Client:
    """Asks an application in this process, without a network."""

    def __init__(self, app: FastAPI) -> None:
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._http.request(method, path, **options))

    def close(self) -> None:
        self._runner.run(self._http.aclose())
        self._runner.close()


@dataclass(frozen=True, slots=True)
class Question:
    """A request. `named` are the ids that it names itself."""

    door: str
    method: str
    path: str
    body: Mapping[str, Any] | None
    named: frozenset[str] = field(default=frozenset())

    @property
    def moment(self) -> str:
        """Which state it is about: questions about one follow each other, so that its graph is made once."""
        text = json.dumps(self.body)
        return next((word for word in (MID, LAST, MINE, OTHERS) if word in text), "")


def graphql(text: str, door: str = "graphql", named: frozenset[str] = frozenset(), **variables: Any) -> Question:
    return Question(door, "POST", "/graphql", {"query": text, "variables": variables}, named)


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody at a server: the headers of their requests, and what moments and branches are called there."""

    http: httpx.Client
    headers: Mapping[str, str]
    marks: Mapping[str, str]

    def filled(self, body: Any) -> Any:
        """A body with what moments and branches are called here."""
        text = json.dumps(body)
        for mark, name in self.marks.items():
            text = text.replace(mark, name)
        return json.loads(text)

    def ask(self, question: Question) -> tuple[int, Any, str]:
        """The status, what is told of the estate, and the whole text."""
        body = self.filled(question.body)
        found = self.http.request(question.method, question.path, json=body, headers=dict(self.headers))
        return found.status_code, told_by(question, found), found.text


def told_by(question: Question, answer: httpx.Response) -> Any:
    """What an answer tells of the estate."""
    kind = answer.headers.get("content-type", "")
    if answer.status_code != httpx.codes.OK:
        return settled(answer.json())
    if question.door == "chat":
        lines = answer.text.splitlines() if "stream" in kind else [answer.text]
        parts = [json.loads(line.removeprefix("data: ")) for line in lines if line.strip() not in ("", "data: [DONE]")]
        return _chat(parts)
    if question.door.startswith("tool"):
        result = answer.json()["result"]
        return settled({"refused": result.get("isError", False), **result["structuredContent"]})
    if question.door.startswith("export"):
        if "parquet" in kind:
            return sorted(map(str, parquet(answer.content).to_pylist()))
        if "jsonl" in kind:
            return sorted(json.dumps(json.loads(line), sort_keys=True) for line in answer.text.splitlines())
        return sorted(answer.text.splitlines())
    return settled(answer.json())


def _chat(parts: list[Any]) -> Any:
    """The answer of a chat, in one piece or in many, without its notes of the asker's limits."""
    said = [choice.get("message") or choice["delta"] for part in parts for choice in part["choices"]]
    lines = "".join(one.get("content") or "" for one in said).splitlines()
    kept = [line for line in lines if line and line.removeprefix("- ") not in OF_THE_ASKER and line not in NOTES]
    return {"text": kept, "jumeau": settled(parts[-1]["jumeau"]), "parts": len(parts) > 1}


def codes(told: Any) -> set[str]:
    """The codes of the errors in an answer."""
    if not isinstance(told, dict):
        return set()
    errors = [error.get("code") or "GRAPHQL" for error in told.get("errors") or ()]
    return {*errors, *([told["error"]["code"]] if "error" in told else [])}


def settled(value: Any) -> Any:
    """An answer without what it says of itself, and of errors of GraphQL their words and codes alone."""
    if isinstance(value, dict):
        if "errors" in value:
            told = [{"code": e.get("extensions", {}).get("code"), "message": e.get("message")} for e in value["errors"]]
            return {"data": settled(value.get("data")), "errors": told}
        return {
            key: _notes(item) if key == "notes" else settled(item) for key, item in value.items() if key not in VOLATILE
        }
    if isinstance(value, list):
        return [settled(item) for item in value]
    return value


def _notes(notes: Any) -> Any:
    """Without those that tell an asker of their limits."""
    return [note for note in notes if note not in OF_THE_ASKER] if isinstance(notes, list) else notes


def leaks(text: str, hidden: Collection[str], question: Question) -> list[str]:
    """What of what is hidden is in an answer, and was not in the question."""
    asked = question.path + json.dumps(question.body, ensure_ascii=False)
    return [name for name in hidden if name in text and name not in asked]
