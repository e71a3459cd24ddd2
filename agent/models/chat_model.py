"""The gateway as a chat model of LangChain: its chains ask through it, with every rule of the house, and through nothing else.

Beside `agent.graph_store.TwinGraph`, which gives a chain the twin, this gives it a model: what a chain puts into its prompts, rows of
the twin among them, is screened, counted against budgets and put on record as any call is. Needs the extra `agent-llm`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ConfigDict, Field

from agent.extra import needs_the_models
from agent.gateway.gateway import Completion, Gateway, Request
from agent.gateway.screening import Message, Speaker
from core.errors import UsageError
from core.principal import Principal

with needs_the_models():
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.outputs import ChatGeneration, ChatResult
    from langsmith import tracing_context

_SPEAKERS: Final[Mapping[str, Speaker]] = {"system": "system", "human": "user", "ai": "assistant", "tool": "tool"}


class GatewayChatModel(BaseChatModel):
    """Asks for one principal and one registered use. Which model answers, the gateway decides; tools are not bound.

    An answer's `response_metadata` tells the call, provider, cost and decision. Errors are the gateway's own.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    gateway: Gateway = Field(exclude=True)
    principal: Principal = Field(exclude=True)
    use: str
    most_tokens: int = 1_000

    @property
    def _llm_type(self) -> str:
        return "jumeau-gateway"

    def generate(self, *args: Any, **kwargs: Any) -> Any:
        """As any chat model does, but told to no tracing service: what is asked goes where the policy says and nowhere else."""
        with tracing_context(enabled=False):
            return super().generate(*args, **kwargs)

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        """One answer. Raises what `Gateway.complete` raises; UsageError for messages that are not text."""
        talk = tuple(_message(message) for message in messages)
        done = self.gateway.complete(Request(self.use, talk, self.principal, self.most_tokens))
        used = {"input_tokens": done.tokens_in, "output_tokens": done.tokens_out}
        answer = AIMessage(
            content=_until(done.text, stop or ()),
            usage_metadata={**used, "total_tokens": done.tokens_in + done.tokens_out},
            response_metadata=_provenance(done),
        )
        return ChatResult(generations=[ChatGeneration(message=answer)])


def _message(message: BaseMessage) -> Message:
    speaker = _SPEAKERS.get(message.type)
    if speaker is None or not isinstance(message.content, str):
        raise UsageError(
            f"a message of type {message.type} cannot be sent",
            where="messages",
            hint="system, human, ai or tool, as text",
        )
    return Message(speaker, message.content)


def _until(text: str, stops: Sequence[str]) -> str:
    """A text up to the first of what it was to stop at."""
    return text[: min((at for stop in stops if stop and (at := text.find(stop)) >= 0), default=len(text))]


def _provenance(done: Completion) -> dict[str, Any]:
    return {"model_name": done.model, **done.to_dict()}
