"""A house with a policy of three models, and a scripted model in place of the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from agent.gateway.gateway import Gateway, Reply, Request
from agent.gateway.policy import Policy
from agent.gateway.screening import Message
from core.clock import Clock
from core.principal import LOCAL_OPERATOR, Principal
from graph.history.ledger import Ledger
from services.audit.recorder import Recorder
from services.audit.trail import Trail

ANA = Principal("ana", frozenset({"reader"}), frozenset({"Payments"}))
BOB = Principal("bob", frozenset({"reader"}), frozenset({"Cards"}))
POLICY = """
version: 1
currency: EUR
classes:
  secret: {everywhere: block}
  payment: {everywhere: block}
  personal: {on_premises: allow, elsewhere: mask}
  internal: {on_premises: allow, elsewhere: mask}
  contract: {on_premises: mask, elsewhere: block}
members:
  ana: {team: payments, client: north}
  bob: {team: cards, client: south}
clients:
  south: {on_premises_only: true}
providers:
  house:
    kind: openai
    endpoint: http://127.0.0.1:1/v1
    location: on_premises
    level: recommended
    models: {small: {input: 1, output: 2}}
  cloud:
    kind: openai
    endpoint: https://models.example/v1
    models: {medium: {input: 10, output: 20}, large: {input: 100, output: 200}}
  banned:
    kind: openai
    endpoint: https://banned.example/v1
    level: forbidden
    criteria: trains on what it is sent
    models: {free: {input: 0, output: 0}}
"""


@dataclass
class Scripted:
    """Answers what the script says, and remembers what it was sent."""

    script: Callable[[str, str], Reply] = lambda _, model: Reply(f"from {model}", 100, 50)
    sent: list[tuple[str, str, tuple[Message, ...]]] = field(default_factory=list)

    def ask(
        self, provider: str, model: str, messages: Sequence[Message], *, most_tokens: int, within_s: float
    ) -> Reply:
        self.sent.append((provider, model, tuple(messages)))
        return self.script(provider, model)


@dataclass
class House:
    gateway: Gateway
    models: Scripted
    trail: Trail
    ledger: Ledger

    @property
    def asked(self) -> list[str]:
        return [f"{provider}/{model}" for provider, model, _ in self.models.sent]


def policy(**changes: object) -> Policy:
    return Policy.model_validate({**yaml.safe_load(POLICY), **changes})


def house(folder: Path, ledger: Ledger, clock: Clock, **changes: object) -> House:
    """A house on this ledger whose use `questions` is validated."""
    models, trail = Scripted(), Trail(f"sqlite:///{folder / 'audit.db'}")
    gateway = Gateway(policy(**changes), models, ledger, clock, Recorder(trail, clock))
    if not gateway.use_cases.all():
        gateway.use_cases.register("questions", "plain words", owner="ana", principal=LOCAL_OPERATOR, by="ana")
        gateway.use_cases.validate("questions", principal=LOCAL_OPERATOR, by="dora")
    return House(gateway, models, trail, ledger)


def asks(text: str, principal: Principal = ANA, **more: object) -> Request:
    return Request("questions", (Message("user", text),), principal, **more)  # type: ignore[arg-type]
