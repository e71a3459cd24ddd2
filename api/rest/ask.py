"""`POST /api/ask`: a question in French or English."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from agent.ask import Asking
from agent.conversation import turns
from api.deps import ToRead
from api.errors import json_response
from api.rest.models import AS_OF, BRANCH, PERIMETERS
from services.moments import Asked

router = APIRouter(prefix="/api", tags=["questions"])

LONGEST = 4_000
EARLIER = 20
UNDERSTOOD = "What the answer to the latest of them said under `understood`: the intermediate query that it was."


class AskRequest(BaseModel):
    """A question, with what was asked before it in the same conversation."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"question": "Combien de serveurs par équipe ?", "language": "fr"}]},
    )

    question: str = Field(description="In French or English.", min_length=1, max_length=LONGEST)
    after: list[str] = Field(
        default_factory=list, max_length=EARLIER, description="Earlier questions, the latest last."
    )
    understood: dict[str, Any] | None = Field(default=None, description=UNDERSTOOD)
    language: Literal["fr", "en"] | None = Field(default=None, description="Of the answer; by default the question's.")
    perimeters: list[str] | None = Field(default=None, description=PERIMETERS)
    as_of: str | None = Field(default=None, description=AS_OF)
    branch: str | None = Field(default=None, description=BRANCH)


class ChoiceModel(BaseModel):
    """One of several meanings, and the question that asks for it."""

    label: str
    question: str


class AskAnswer(BaseModel):
    """What became of a question. `answer` is text; figures and names in it come from `rows`."""

    outcome: Literal["answer", "clarify", "refuse", "unanswerable"]
    language: Literal["fr", "en"]
    answer: str
    cypher: str
    gsql: str | None = Field(description="Compiled, not run; null where GSQL cannot say it.")
    parameters: dict[str, Any]
    columns: list[str]
    labels: list[str] = Field(description="What people call the columns.")
    rows: list[list[Any]]
    assumptions: list[str]
    choices: list[ChoiceModel]
    missing: list[str] = Field(description="What the twin does not hold.")
    evidence: list[str] = Field(description="Ids of elements that the answer speaks of, some where there are many.")
    freshness: dict[str, str]
    notes: list[str]
    ungrounded: list[str] = Field(description="Sentences that were taken out, since no row says them.")
    sequence: int
    trace: list[dict[str, Any]]
    understood: dict[str, Any] | None = Field(
        description="The intermediate query, to go on from; null without an answer."
    )


@router.post("/ask", response_model=AskAnswer)
def ask(body: AskRequest, services: ToRead) -> Response:
    """Answer a question from rows, ask back, refuse, or say what the twin does not hold."""
    services.check_free_question()
    services.call.asked(body.question)
    asking = Asking(
        services.principal.narrowed(body.perimeters),
        turns(body.after, body.understood),
        body.language,
        Asked(body.as_of, body.branch),
    )
    answer = services.asks.service().ask(body.question, asking)
    services.call.told(len(answer.rows), answer.sequence)
    return json_response(answer.to_dict())
