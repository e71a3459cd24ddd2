"""`/v1/chat/completions` and `/v1/models`: the chat interface that front ends of the OpenAI kind speak, answered by the twin.

The answer is Markdown in one message; the whole of it, as `/api/ask` gives it, stands beside under `jumeau`. What a client says
as system, about temperature or about tools changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final, Literal

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from agent.answer.markdown import to_markdown
from agent.answer.value import Answer
from agent.ask import Asking
from agent.producer import Turn
from api.deps import Services, ToRead
from api.errors import json_response
from api.job_events import MEDIA_TYPE
from api.rest.ask import EARLIER, LONGEST
from core.errors import UsageError

router = APIRouter(prefix="/v1", tags=["questions"])

MODEL: Final = "jumeau"


class TextPart(BaseModel):
    """A part of a message; those that are no text are left out."""

    model_config = ConfigDict(extra="allow")

    type: str
    text: str = Field(default="", max_length=LONGEST)


class Message(BaseModel):
    """A message of the conversation."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = None

    @property
    def text(self) -> str:
        """What was written."""
        if isinstance(self.content, list):
            return " ".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    """How a stream is told."""

    model_config = ConfigDict(extra="allow")

    include_usage: bool = Field(default=False, description="End with a part that holds the usage and nothing else.")


class ChatRequest(BaseModel):
    """A conversation whose last user message is the question. Other settings of models are accepted, and mean nothing here."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [{"model": MODEL, "messages": [{"role": "user", "content": "Combien de serveurs ?"}]}]
        },
    )

    model: str = MODEL
    messages: list[Message] = Field(min_length=1, max_length=200)
    stream: bool = False
    stream_options: StreamOptions | None = None


class ModelEntry(BaseModel):
    """A model that may be asked."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = MODEL


class ModelList(BaseModel):
    """The models that may be asked."""

    object: Literal["list"] = "list"
    data: list[ModelEntry]


@router.get("/models")
def models(services: ToRead) -> ModelList:
    """The one model there is: the twin."""
    del services
    return ModelList(data=[ModelEntry(id=MODEL)])


@router.post(
    "/chat/completions",
    response_model=None,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "An answer, or its parts where `stream` is set."}},
)
def completions(body: ChatRequest, services: ToRead) -> Response:
    """Answer the last user message, after those before it; as server-sent events where `stream` is set."""
    services.check_free_question()
    asked = [message.text.strip() for message in body.messages if message.role == "user" and message.text.strip()]
    if not asked:
        raise UsageError("no message of the user holds a question", where="messages", hint="end with a user message")
    if len(asked[-1]) > LONGEST:
        raise UsageError(f"a question has at most {LONGEST} signs", where="messages", hint="ask less at once")
    services.call.asked(asked[-1])
    earlier = tuple(Turn(text[:LONGEST]) for text in asked[:-1][-EARLIER:])
    answer = services.asks.service().ask(asked[-1], Asking(services.principal, earlier))
    services.call.told(len(answer.rows), answer.sequence)
    head = _head(services, asked[-1], answer, body.model)
    if body.stream:
        usage = body.stream_options is not None and body.stream_options.include_usage
        return StreamingResponse(_chunks(head, answer, usage), media_type=MEDIA_TYPE)
    message = {"role": "assistant", "content": to_markdown(answer)}
    return json_response(
        {
            **head,
            "object": "chat.completion",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": _usage(answer),
            "jumeau": answer.to_dict(),
        }
    )


def _head(services: Services, question: str, answer: Answer, model: str) -> dict[str, Any]:
    """What every part of a completion begins with; `id` is known by the question and the moment."""
    now = services.twin.clock.now()
    digest = sha256(f"{question}\n{answer.sequence}\n{now.isoformat()}".encode()).hexdigest()[:24]
    return {"id": f"chatcmpl-{digest}", "created": int(now.timestamp()), "model": model}


def _usage(answer: Answer) -> dict[str, int]:
    """Tokens of the models that were asked beside the grammar, as the gateway counts them; none where none was asked."""
    calls = [step for step in answer.trace if step["step"] == "model" and not step["cached"]]
    said, given = (sum(int(call[name]) for call in calls) for name in ("tokens_in", "tokens_out"))
    return {"prompt_tokens": said, "completion_tokens": given, "total_tokens": said + given}


def _chunks(head: dict[str, Any], answer: Answer, usage: bool) -> Iterator[bytes]:
    """The answer line by line, then the end, and behind it the usage where it was asked for."""
    whole = {**head, "object": "chat.completion.chunk", **({"usage": None} if usage else {})}
    yield _event({**whole, "choices": [_delta({"role": "assistant", "content": ""})]})
    for line in to_markdown(answer).splitlines(keepends=True):
        yield _event({**whole, "choices": [_delta({"content": line})]})
    yield _event({**whole, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "jumeau": answer.to_dict()})
    if usage:
        yield _event({**whole, "choices": [], "usage": _usage(answer)})
    yield b"data: [DONE]\n\n"


def _delta(delta: dict[str, str]) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": None}


def _event(content: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(content) + b"\n\n"
