"""Questions in French and English: `ask` answers at once, `askSteps` tells each step as it is done, and the answer last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import nullcontext
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLString,
)
from starlette.concurrency import run_in_threadpool

from agent.ask import Asking, Told
from agent.conversation import turns
from api.deps import Services
from api.graphql.context import GraphQLContext
from api.graphql.ledger_types import NUMBER, TEXT, list_of, object_of
from api.graphql.operation_fields import WHEN
from api.graphql.scalars import JSON, LONG
from api.rest.ask import EARLIER, LONGEST, UNDERSTOOD
from core.errors import JumeauError, UsageError
from services.moments import Asked

Info = GraphQLResolveInfo[GraphQLContext]
LANGUAGES: Final = ("fr", "en")
ASK, ASK_STEPS = "ask", "askSteps"

_TEXTS: Final = GraphQLNonNull(GraphQLList(TEXT))
ASK_CHOICE: Final = object_of(
    "AskChoice", "One of several meanings, and the question that asks for it.", label=TEXT, question=TEXT
)
ASK_ANSWER: Final = object_of(
    "AskAnswer",
    "What became of a question: `outcome` is answer, clarify, refuse or unanswerable. Figures and names of `answer` come from `rows`.",
    outcome=TEXT,
    language=TEXT,
    answer=TEXT,
    cypher=TEXT,
    gsql=GraphQLField(GraphQLString, description="Compiled, not run; null where GSQL cannot say it."),
    parameters=JSON,
    columns=_TEXTS,
    labels=_TEXTS,
    rows=JSON,
    assumptions=_TEXTS,
    choices=list_of(ASK_CHOICE),
    missing=_TEXTS,
    evidence=_TEXTS,
    freshness=JSON,
    notes=_TEXTS,
    ungrounded=_TEXTS,
    sequence=LONG,
    trace=JSON,
    understood=JSON,
)
ASK_STEP: Final[GraphQLObjectType] = object_of(
    "AskStep",
    "A step on the way to an answer (understand, check, query), or the answer: one of `step` and `answer` is null.",
    number=NUMBER,
    step=JSON,
    answer=ASK_ANSWER,
)
_ARGUMENTS: Final = {
    "question": GraphQLArgument(TEXT, description="In French or English."),
    "conversation": GraphQLArgument(
        GraphQLList(TEXT), description=f"Earlier questions, the latest last; at most {EARLIER}."
    ),
    "understood": GraphQLArgument(JSON, description=UNDERSTOOD),
    "language": GraphQLArgument(GraphQLString, description="Of the answer, fr or en; by default the question's."),
    **WHEN,
}


def ask_fields() -> dict[str, GraphQLField]:
    """The root field that answers."""
    return {
        "ask": GraphQLField(
            GraphQLNonNull(ASK_ANSWER),
            args=_ARGUMENTS,
            resolve=lambda _, info, **given: _answer(info.context.services, given),
            description="A question in French or English, answered from rows, asked back, refused, or told what the twin does "
            "not hold.",
        )
    }


def ask_subscriptions() -> dict[str, GraphQLField]:
    """The subscription that tells the steps."""
    return {
        "askSteps": GraphQLField(
            GraphQLNonNull(ASK_STEP),
            args=_ARGUMENTS,
            subscribe=_subscribe,
            resolve=lambda step, _info, **_given: step,
            description="The steps of a question, each as it is done, then its answer.",
        )
    }


def _answer(services: Services, given: Mapping[str, Any], field: str = ASK, tell: Told | None = None) -> dict[str, Any]:
    """What the question road says, with the rights of who asks. The question leaves an entry of its own, whatever comes of it.

    Raises ForbiddenError, UsageError, IntermediateQueryError, AuditUnavailableError.
    """
    call = services.call.within(field)
    call.asked(given["question"])
    try:
        services.check_free_question()
        question, conversation = _checked(given)
        language = given.get("language")
        if language not in (None, *LANGUAGES):
            raise UsageError(f"answers are not in {language!r}", where="language", hint="fr or en")
        earlier = turns(conversation, given.get("understood"))
        asking = Asking(services.principal, earlier, language, Asked(given.get("asOf"), given.get("branch")))
        answer = services.asks.service().ask(question, asking, tell)
        for one in (call, services.call):
            one.told(len(answer.rows), answer.sequence)
    except Exception as error:
        known = error if isinstance(error, JumeauError) else JumeauError("unexpected")
        call.ended_with(known.code, known.status)
        raise
    finally:
        call.close()
    return answer.to_dict()


def _checked(given: Mapping[str, Any]) -> tuple[str, list[str]]:
    question, conversation = given["question"], given.get("conversation") or []
    if not question.strip() or max(map(len, [question, *conversation])) > LONGEST:
        raise UsageError(f"a question has 1 to {LONGEST:,} signs", where="question", hint="ask one thing")
    if len(conversation) > EARLIER:
        raise UsageError(f"{len(conversation)} earlier questions", where="conversation", hint=f"at most {EARLIER}")
    return question, conversation


async def _subscribe(_root: Any, info: Info, **given: Any) -> AsyncIterator[dict[str, Any]]:
    context = info.context
    services = await run_in_threadpool(context.admit)
    services.check_free_question()
    _checked(given)
    return _steps(context, given)


async def _steps(context: GraphQLContext, given: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """Steps come from a worker thread, which ends by itself where nobody listens any more: every query is bounded."""
    loop = asyncio.get_running_loop()
    coming: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue()

    def tell(step: Mapping[str, Any]) -> None:
        loop.call_soon_threadsafe(coming.put_nowait, step)

    def ask() -> dict[str, Any]:
        return _answer(context.admit(), given, ASK_STEPS, tell)

    async def answer() -> dict[str, Any]:
        """In its turn among all requests: a question is work, whatever it is asked over."""
        try:
            place = nullcontext() if context.gate is None else context.gate.place(context.services.principal.id)
            async with place:
                return await run_in_threadpool(ask)
        finally:
            coming.put_nowait(None)

    answering = asyncio.ensure_future(answer())
    number = 0
    while (step := await coming.get()) is not None:
        number += 1
        yield {"number": number, "step": dict(step), "answer": None}
    yield {"number": number + 1, "step": None, "answer": await answering}
