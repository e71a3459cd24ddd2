"""The gateway: one call of a model from who asks to what it answers, every rule of the house applied on the way.

    use registered and validated -> models that may be asked, cheapest first -> data screened for each -> kept answer, if any
      -> budgets, the most it may cost reserved -> on record -> asked, within its time -> settled, on record, answer screened

Nothing else of the project speaks to a model (tests/agent/test_only_the_gateway.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import Any, Final, Protocol

import orjson

from agent.gateway.budgets import Budgets
from agent.gateway.calls import Calls, Planned, Spent
from agent.gateway.errors import (
    BudgetExceededError,
    DataBlockedError,
    GatewayError,
    ModelError,
    ModelTimeoutError,
    NoModelError,
    UseCaseError,
)
from agent.gateway.kept import Kept, KeptAnswer, cache_key
from agent.gateway.policy import Handling, Policy, Price
from agent.gateway.screening import Message, Screened, screen
from agent.gateway.use_cases import UseCase, UseCases
from core.clock import Clock
from core.principal import LOCAL_OPERATOR, Principal
from core.sensitive import DataClass, masked
from graph.history.ledger import Ledger
from services.access.rights import Action, require
from services.audit.call import Call
from services.audit.entry import Outcome, outcome_of
from services.audit.recorder import Recorder

DOOR: Final = "model"
"""The door of the audit trail that calls of models are found under."""
MOST_MODELS: Final = 3
"""Models that one request may be carried to, one after another."""
_NEVER_TOLD: Final = frozenset({DataClass.SECRET, DataClass.PAYMENT})
_PER_MESSAGE: Final = 8  # tokens that providers put around each message


@dataclass(frozen=True, slots=True)
class Reply:
    """What an adapter brings back; tokens as the provider counts them, None where it does not say."""

    text: str
    tokens_in: int | None = None
    tokens_out: int | None = None


class Models(Protocol):
    """Whatever can ask the models of a policy. Raises ModelError."""

    def ask(
        self, provider: str, model: str, messages: Sequence[Message], *, most_tokens: int, within_s: float
    ) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of models, for whom and for which registered use. `accept` says whether an answer is good enough:
    where it is not, the next dearer model is asked. `within_s` bounds all of it, beside the policy's time of each answer."""

    use: str
    messages: tuple[Message, ...]
    principal: Principal = LOCAL_OPERATOR
    most_tokens: int = 1_000
    accept: Callable[[str], bool] = lambda _: True
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered, with what a caller may show of how it came. `saved_micro` in millionths of the currency."""

    call: str
    text: str
    provider: str
    model: str
    tokens_in: int
    tokens_out: int
    cost_micro: int
    saved_micro: int
    cached: bool
    accepted: bool
    decision: Handling
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Provenance: who wrote what was answered, without the answer."""
        return {
            "call": self.call,
            "provider": self.provider,
            "model": self.model,
            "tokens": self.tokens_in + self.tokens_out,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost": self.cost_micro / 1e6,
            "saved": self.saved_micro / 1e6,
            "cached": self.cached,
            "decision": self.decision.value,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class _Target:
    """A model that may be asked, and what the request would cost there at most."""

    provider: str
    model: str
    price: Price
    most_micro: int

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


class Gateway:
    """The gateway of one twin. `actor` is what whoever sits at this machine is called. Safe for several threads."""

    def __init__(
        self, policy: Policy, models: Models, ledger: Ledger, clock: Clock, recorder: Recorder, actor: str = "operator"
    ) -> None:
        self.policy = policy
        self.use_cases = UseCases(ledger, clock)
        self.budgets = Budgets(ledger, clock)
        self.calls = Calls(ledger, clock, self.budgets)
        self.kept = Kept(ledger, clock, policy)
        self._models = models
        self._clock = clock
        self._recorder = recorder
        self._actor = actor

    def complete(self, request: Request) -> Completion:
        """Ask models, cheapest first, until an answer is accepted; the last answer otherwise.

        Raises ForbiddenError, UseCaseError, NoModelError, DataBlockedError, BudgetExceededError, ModelError.
        """
        require(request.principal, Action.READ)
        try:
            use = self.use_cases.allowed(request.use)
            targets = self._targets(request, use)
        except (UseCaseError, NoModelError) as error:
            self._refused(request, "", error)
            raise
        end = None if request.within_s is None else monotonic() + request.within_s
        last: Completion | None = None
        refusal: JumeauFailure | None = None
        for target in targets[:MOST_MODELS]:
            try:
                last = self._ask(request, use, target, targets, _left(end, self.policy.answer_s, str(target)))
            except (DataBlockedError, ModelError) as error:  # another model may be nearer, or better of health
                refusal = error
                continue
            except BudgetExceededError as error:
                if last is None:
                    raise
                refusal = error
                break
            if last.accepted:
                return last
        if last is not None:
            return last
        assert refusal is not None
        raise refusal

    def available(self, use: str, principal: Principal) -> bool:
        """Whether anything could be asked at all for this use; nothing is noted."""
        try:
            found = self.use_cases.allowed(use)
        except UseCaseError:
            return False
        return bool(self.policy.providers_for(self.policy.member(self._who(principal)).client, found.providers))

    def _who(self, principal: Principal) -> str:
        return f"{principal.id}:{self._actor}" if principal == LOCAL_OPERATOR else principal.id

    def _targets(self, request: Request, use: UseCase) -> list[_Target]:
        client = self.policy.member(self._who(request.principal)).client
        bound = _tokens_at_most(request.messages)
        found = [
            _Target(name, model, price, price.micro(bound, request.most_tokens))
            for name in self.policy.providers_for(client, use.providers)
            for model, price in self.policy.providers[name].models.items()
        ]
        if not found:
            raise NoModelError(
                f"no model may be asked for the use {use.name!r}",
                where="policy for models",
                hint="JUMEAU_MODEL_POLICY names the file that lists providers; see docs/how-to/use-models.md",
            )
        return sorted(found, key=lambda target: target.most_micro)  # stable: the recommended first among equals

    def _ask(
        self, request: Request, use: UseCase, target: _Target, among: Sequence[_Target], within_s: float
    ) -> Completion:
        who = self._who(request.principal)
        member = self.policy.member(who)
        screened = screen(request.messages, target.provider, self.policy)
        planned = Planned(who, member, use, target.provider, target.model, screened.decision.value, screened.classes)
        if screened.decision is Handling.BLOCK:
            blocked = DataBlockedError(
                screened.reason, where=str(target), hint="leave it out; the policy says which data may go where"
            )
            self.calls.note(planned, Spent("blocked"))
            self._refused(request, str(target), blocked, screened)
            raise blocked
        key = cache_key(member.client, request.principal, use.name, str(target), screened.messages, request.most_tokens)
        kept = self.kept.answer(key)
        if kept is not None:
            return self._again(request, planned, screened, target, kept)
        call = self._call(request, str(target), screened)
        try:
            identity = self.calls.reserve(planned, target.most_micro)
        except BudgetExceededError as error:
            self.calls.note(planned, Spent("blocked"))
            self._end(call, screened, error=error)
            raise
        return self._send(request, planned, screened, target, among, key, identity, call, within_s)

    def _send(
        self,
        request: Request,
        planned: Planned,
        screened: Screened,
        target: _Target,
        among: Sequence[_Target],
        key: str,
        identity: str,
        call: Call,
        within_s: float,
    ) -> Completion:
        started = perf_counter()
        settled = False
        try:
            call.begin()  # what cannot be put on record is not sent
            reply = self._models.ask(
                target.provider,
                target.model,
                screened.messages,
                most_tokens=request.most_tokens,
                within_s=within_s,
            )
            spent = _spent(reply, screened.messages, request.most_tokens, target, among, _since(started))
            self.calls.settle(identity, spent)
            settled = True
        except ModelError as error:
            self.calls.settle(identity, _failed(screened.messages, target, _since(started)))
            settled = True
            self._end(call, screened, error=error, identity=identity)
            raise
        finally:
            if not settled:  # neither sent nor counted, or not known: what it may have cost at most stays noted
                self._end(call, screened, error=ModelError("the call was broken off"), identity=identity)
        text = masked(reply.text, _NEVER_TOLD)
        accepted = request.accept(text)
        self._end(call, screened, spent=spent, identity=identity)
        self.kept.keep_prompt(identity, planned.member.client, screened.messages, text)
        if accepted:
            kept = KeptAnswer(target.provider, target.model, text, spent.tokens_in, spent.tokens_out, spent.cost_micro)
            self.kept.keep_answer(key, planned.member.client, kept)
        return _completion(identity, text, target, spent, screened, cached=False, accepted=accepted)

    def _again(
        self, request: Request, planned: Planned, screened: Screened, target: _Target, kept: KeptAnswer
    ) -> Completion:
        """The answer that was given before; what it cost then is saved now."""
        spent = Spent("cached", saved_micro=kept.cost_micro)
        identity = self.calls.note(planned, spent)
        self._end(self._call(request, str(target), screened), screened, spent=spent, identity=identity)
        accepted = request.accept(kept.answer)
        return _completion(identity, kept.answer, target, spent, screened, cached=True, accepted=accepted)

    def _call(self, request: Request, target: str, screened: Screened | None) -> Call:
        call = Call(self._clock, self._recorder, door=DOOR, actor=self._actor)
        call.principal, call.action, call.target = request.principal, request.use, target or None
        if (
            screened is not None and screened.messages
        ):  # never the digest of a secret: a short one could be guessed from it
            call.asked("\n".join(f"{message.speaker}: {message.text}" for message in screened.messages))
        return call

    def _refused(self, request: Request, target: str, error: GatewayError, screened: Screened | None = None) -> None:
        self._end(self._call(request, target, screened), screened, error=error)

    def _end(
        self,
        call: Call,
        screened: Screened | None,
        *,
        spent: Spent | None = None,
        error: GatewayError | ModelError | None = None,
        identity: str | None = None,
    ) -> None:
        told: dict[str, Any] = {}
        if screened is not None:
            told |= {"decision": screened.decision.value, "classes": screened.classes, "why": screened.reason}
        if spent is not None:
            told |= {"state": spent.state, "tokens_in": spent.tokens_in, "tokens_out": spent.tokens_out}
            told |= {"cost_micro": spent.cost_micro, "saved_micro": spent.saved_micro}
        if identity is not None:
            told["call"] = identity
        call.reason = orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()
        outcome = Outcome.ANSWERED
        if error is not None:
            call.ended_with(error.code, error.status)
            outcome = Outcome.REFUSED if isinstance(error, GatewayError) else outcome_of(error.status)
        self._recorder.write(call.entry(outcome))


JumeauFailure = DataBlockedError | ModelError | BudgetExceededError
"""What may stand in the way of one model while another is asked."""


def _left(end: float | None, longest: float, where: str) -> float:
    """The time of one answer. Raises ModelTimeoutError where none is left."""
    left = longest if end is None else min(longest, end - monotonic())
    if left <= 0:
        raise ModelTimeoutError("no time is left to ask another model", where=where)
    return left


def _since(started: float) -> int:
    return round((perf_counter() - started) * 1_000)


def _tokens_at_most(messages: Sequence[Message]) -> int:
    """No token is shorter than a byte; in practice they have three or more, so that half of the bytes is a safe bound."""
    return sum(len(message.text.encode("utf-8", "replace")) // 2 + _PER_MESSAGE for message in messages)


def _spent(
    reply: Reply, messages: Sequence[Message], most: int, target: _Target, among: Sequence[_Target], took_ms: int
) -> Spent:
    """What a reply came to. A provider that counts beyond what was sent or asked for is not believed."""
    bound = _tokens_at_most(messages)
    tokens_in = min(bound // 2 if reply.tokens_in is None else max(0, reply.tokens_in), bound)
    said = len(reply.text.encode("utf-8", "replace"))
    tokens_out = min(-(-said // 3) if reply.tokens_out is None else max(0, reply.tokens_out), most)
    cost = target.price.micro(tokens_in, tokens_out)
    dearest = max(other.price.micro(tokens_in, tokens_out) for other in among)
    return Spent("answered", tokens_in, tokens_out, cost, dearest - cost, took_ms)


def _failed(messages: Sequence[Message], target: _Target, took_ms: int) -> Spent:
    """A call that failed is taken to have cost what was sent."""
    tokens = _tokens_at_most(messages) // 2
    return Spent("failed", tokens, 0, target.price.micro(tokens, 0), 0, took_ms)


def _completion(
    identity: str, text: str, target: _Target, spent: Spent, screened: Screened, *, cached: bool, accepted: bool
) -> Completion:
    return Completion(
        identity,
        text,
        target.provider,
        target.model,
        spent.tokens_in,
        spent.tokens_out,
        spent.cost_micro,
        spent.saved_micro,
        cached,
        accepted,
        screened.decision,
        screened.reason,
    )
