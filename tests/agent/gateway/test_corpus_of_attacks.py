"""The corpus of attacks, sent to models through the gateway: no key, card or account leaves or is kept, whoever asks what."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import text

from agent.gateway.errors import DataBlockedError
from agent.gateway.gateway import Request
from agent.gateway.screening import Message
from core.clock import FrozenClock
from core.sensitive import masked
from graph.history.ledger import Ledger
from services.audit.trail import Wanted
from tests.agent.gateway.house import ANA, House, asks, house
from tests.agent.safety.attacks import Attack, read_attacks, sensitive

STRICT = ("cloud_key", "token", "password", "private_key", "card", "iban")
"""Of these classes nothing goes anywhere; of the others nothing goes out of the house, and nothing is kept."""


def holds(attack: Attack, values: Mapping[str, str]) -> set[str]:
    return {name for name in values if f"{{{name}}}" in attack.text}


def test_every_attack_that_holds_something_sensitive_is_masked_whatever_its_values() -> None:
    seen = 0
    for seed in range(3):
        values = sensitive(seed)
        for attack in read_attacks():
            for name in holds(attack, values):
                seen += 1
                assert values[name] not in masked(attack.filled(values)), (attack.id, name)
    assert seen >= 60


def test_none_of_it_reaches_a_model_that_may_not_have_it_or_is_kept(
    tmp_path: Path, ledger: Ledger, clock: FrozenClock
) -> None:
    made, values = house(tmp_path, ledger, clock), sensitive(7)
    blocked = 0
    for attack in read_attacks():
        if not holds(attack, values):
            continue
        told = Message("tool", attack.filled(values))  # as a ticket's text would come
        for request in (asks(attack.filled(values)), Request("questions", (Message("user", "résume"), told), ANA)):
            try:
                made.gateway.complete(request)
            except DataBlockedError:
                blocked += 1
    assert blocked >= 20
    for provider, _, messages in made.models.sent:
        said = " ".join(message.text for message in messages)
        never = STRICT if provider == "house" else tuple(values)
        assert [name for name in never if values[name] in said] == []
    kept = _everything_kept(made)
    assert [name for name, value in values.items() if value in kept] == []
    assert made.trail.verify().whole
    made.trail.close()


def _everything_kept(made: House) -> str:
    with made.ledger.reading() as connection:
        tables = ("model_call", "model_prompt", "model_cache")
        rows = [list(map(tuple, connection.execute(text(f"SELECT * FROM {name}")))) for name in tables]
    return repr(rows) + repr([one.to_dict() for one in made.trail.page(Wanted(), limit=1_000)])
