"""The answer to a question, whatever became of it: one shape for every door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.producer import Choice, Language, Outcome
from agent.query.codec import to_json as query_to_json
from agent.query.model import Question
from services.cells import to_json


@dataclass(frozen=True, slots=True)
class AskedQuery:
    """A query that was run for an answer. `rows`: how many came; `purpose`: answer, evidence or emptiness."""

    purpose: str
    cypher: str
    rows: int
    elapsed_ms: float
    engine: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it, a step of the trace."""
        return {
            "step": "query",
            "purpose": self.purpose,
            "cypher": self.cypher,
            "rows": self.rows,
            "elapsed_ms": round(self.elapsed_ms, 3),
            "engine": self.engine,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a person, and what it is said from.

    `text`: in `language`, grounded. `labels`: what people call each column. `evidence`: ids of elements that the rows speak
    of, some of them where there are many. `freshness`: for each source the moment that its data is of. `ungrounded`: what a
    model wrote that no row says, which was taken out. `trace`: steps in order, JSON-ready. `understood`: for a follow-up.
    """

    outcome: Outcome
    language: Language
    text: str
    cypher: str = ""
    gsql: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    assumptions: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    missing: tuple[str, ...] = ()
    trace: tuple[Mapping[str, Any], ...] = ()
    evidence: tuple[str, ...] = ()
    freshness: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    ungrounded: tuple[str, ...] = ()
    sequence: int = 0
    understood: Question | None = None

    def to_dict(self) -> dict[str, Any]:
        """What `jumeau ask --output json` prints, and every door answers."""
        return {
            "outcome": self.outcome.value,
            "language": self.language,
            "answer": self.text,
            "cypher": self.cypher,
            "gsql": self.gsql,
            "parameters": to_json(dict(self.parameters)),
            "columns": list(self.columns),
            "labels": list(self.labels),
            "rows": [[to_json(cell) for cell in row] for row in self.rows],
            "assumptions": list(self.assumptions),
            "choices": [{"label": choice.label, "question": choice.question} for choice in self.choices],
            "missing": list(self.missing),
            "evidence": list(self.evidence),
            "freshness": dict(self.freshness),
            "notes": list(self.notes),
            "ungrounded": list(self.ungrounded),
            "sequence": self.sequence,
            "trace": [dict(step) for step in self.trace],
            "understood": None if self.understood is None else query_to_json(self.understood),
        }
