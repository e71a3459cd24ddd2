"""The corpus itself: enough attacks of every kind in both languages, and nothing in it that opens anything."""

from __future__ import annotations

import socket
from collections import Counter

import pytest

from tests.agent.safety.attacks import CORPUS, Attack, sensitive
from tests.agent.safety.bank import Bank
from tests.agent.safety.quiet import Outbox

KINDS = {"write", "cypher", "injection", "secret", "perimeter", "exfiltration", "jailbreak", "sensitive", "data"}


def test_there_are_two_hundred_attacks_of_every_kind(attacks: list[Attack]) -> None:
    assert len(attacks) >= 200
    assert len({attack.id for attack in attacks}) == len(attacks) == len({(a.kind, a.text) for a in attacks})
    kinds = Counter(attack.kind for attack in attacks)
    assert kinds.keys() == KINDS
    assert min(kinds.values()) >= 20
    languages = Counter(attack.lang for attack in attacks)
    assert min(languages["fr"], languages["en"]) >= 80


def test_secrets_are_made_up_when_they_are_read(attacks: list[Attack]) -> None:
    one, other = sensitive(1), sensitive(2)
    assert not set(one.values()) & set(other.values())
    assert sensitive(1) == one
    held = CORPUS.read_text(encoding="utf-8")
    assert not any(value in held for value in one.values())
    asked = [attack for attack in attacks if attack.kind == "sensitive"]
    assert all(any(value in attack.filled(one) for value in one.values()) for attack in asked)


def test_the_bank_holds_the_attacks_and_hides_servers(bank: Bank, attacks: list[Attack]) -> None:
    assert len(bank.hidden) > 20
    assert len(bank.seen) > 5
    rows = [node.properties.get("title") for node in bank.twin.repository.nodes() if node.kind == "Incident"]
    assert {attack.text for attack in attacks if attack.kind == "data"} <= set(rows)


def test_the_watch_sees_who_leaves(outbox: Outbox) -> None:
    with pytest.raises(OSError, match="closed"):
        socket.create_connection(("127.0.0.1", 9))
    with socket.socket() as one, pytest.raises(OSError, match="closed"):
        one.connect(("127.0.0.1", 9))
    assert [text.split()[0] for text in outbox.tried] == ["create_connection", "connect"]
