"""What an investigation knows, as JSON-ready values: it is kept on disk after each step, and taken up from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypedDict

Language = Literal["fr", "en"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one investigation: queries, tokens of models, seconds, rows that are kept of each answer, replications."""

    queries: int = 16
    tokens: int = 4_000
    seconds: float = 60.0
    rows: int = 20
    replications: int = 30


class Investigation(TypedDict, total=False):
    """The state. `trace` has one entry for each thing done; `findings` what was found, each with the query that it rests on;
    `actions` what could be done; `accepted` numbers of actions that a person chose, `proposals` what became of them."""

    id: str
    asker: list[Any]
    waiting: bool
    question: str
    language: Language
    intent: str
    subject: dict[str, str] | None
    plan: list[str]
    answers: dict[str, dict[str, Any]]
    related: list[str]
    findings: list[dict[str, Any]]
    simulated: list[dict[str, Any]]
    effects: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    accepted: list[int]
    proposals: list[dict[str, Any]]
    trace: list[dict[str, Any]]
    notes: list[str]
    queries: int
    tokens: int
    spent_s: float
