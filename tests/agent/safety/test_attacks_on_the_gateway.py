"""Attacks as prompts: what is secret, pays or tells who somebody is goes to no model of others and stays in no trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.gateway.errors import GatewayError, ModelError
from agent.gateway.gateway import Reply
from tests.agent.gateway.conftest import at_home, ledger, made_once  # noqa: F401  # fixtures
from tests.agent.gateway.house import House, asks
from tests.agent.safety.attacks import Attack, sensitive
from tests.agent.safety.quiet import Outbox

BLOCKED = ("cloud_key", "token", "password", "private_key", "card", "iban")
"""Secrets and means of payment: by the policy of the house, no model gets them."""
MASKED = ("nir", "mail")
"""Who somebody is: models elsewhere do not learn it."""


def held(attacks: list[Attack], names: tuple[str, ...]) -> Iterator[tuple[Attack, str, list[str]]]:
    """The attacks that hold one of these, their filled text, and what it must not give away."""
    for number, attack in enumerate(attacks):
        values = sensitive(number)
        found = [values[name] for name in names if "{" + name + "}" in attack.text]
        if found:
            yield attack, attack.filled(values), found


def test_no_secret_reaches_a_model_or_stays_in_a_trace(
    at_home: House,  # noqa: F811
    attacks: list[Attack],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    outbox: Outbox,
) -> None:
    told, kept = [], []
    for attack, text, secrets in held(attacks, BLOCKED):
        with pytest.raises(GatewayError) as refused:
            at_home.gateway.complete(asks(text))
        told.append(f"{attack.id}: {refused.value}")
        kept += secrets
    assert len(told) >= 15
    assert at_home.models.sent == []
    captured = capsys.readouterr()
    traces = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    traces["told"] = "\n".join([*told, captured.out, captured.err]).encode()
    assert {"ledger.db", "audit.db"} <= traces.keys()
    assert [name for name, trace in traces.items() for secret in kept if secret.encode() in trace] == []
    assert outbox.tried == []


def test_no_model_elsewhere_learns_who_somebody_is(
    at_home: House,  # noqa: F811
    attacks: list[Attack],
    outbox: Outbox,
) -> None:
    def script(provider: str, model: str) -> Reply:
        if provider == "house":
            raise ModelError("the house does not answer", where=model, hint="")
        return Reply("done", 10, 10)

    at_home.models.script = script
    asked = 0
    for attack, text, persons in held(attacks, MASKED):
        at_home.gateway.complete(asks(text))
        abroad = str([entry for entry in at_home.models.sent if entry[0] != "house"])
        assert not [person for person in persons if person in abroad], attack.id
        asked += 1
    assert asked >= 4
    assert {provider for provider, _, _ in at_home.models.sent} == {"house", "cloud"}
    assert outbox.tried == []


def test_a_prompt_cannot_talk_the_gateway_out_of_its_rules(
    at_home: House,  # noqa: F811
    attacks: list[Attack],
    outbox: Outbox,
) -> None:
    """Whatever the words, nobody is sent to a forbidden provider, and what is asked stands on the trail."""
    asked = [attack for attack in attacks if attack.kind in {"injection", "jailbreak", "exfiltration"}][::4]
    for attack in asked:
        at_home.gateway.complete(asks(attack.text))
    assert len(at_home.models.sent) == len(asked)
    assert {provider for provider, _, _ in at_home.models.sent} == {"house"}
    assert outbox.tried == []
