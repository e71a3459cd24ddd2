"""Every attack as the text of a query: none writes, none tells what the asker may not see, none leaves the process."""

from __future__ import annotations

from core.errors import JumeauError
from services.query import QueryService
from tests.agent.safety.attacks import Attack, sensitive
from tests.agent.safety.bank import Bank
from tests.agent.safety.quiet import Outbox


def test_no_attack_does_anything_as_a_query(bank: Bank, attacks: list[Attack], outbox: Outbox) -> None:
    queries, before = QueryService(bank.twin), bank.state()
    hidden = bank.secret_name
    answered = []
    for number, attack in enumerate(attacks):
        text = attack.filled({**sensitive(number), "hidden": hidden, "hidden_start": hidden[:4]})
        try:
            told = str(queries.cypher(text, principal=bank.asker).to_dict())
        except JumeauError:
            continue
        answered.append(attack.id)
        assert not [name for name in bank.hidden if name in told], attack.id
    assert answered == []
    assert outbox.tried == []
    assert bank.state() == before


def test_nothing_hidden_is_told_to_whoever_asks_for_it_in_cypher(bank: Bank, outbox: Outbox) -> None:
    queries, before = QueryService(bank.twin), bank.state()
    hidden = bank.secret_name
    for text in (
        f"MATCH (s:Server {{name: '{hidden}'}}) RETURN s",
        f"MATCH (s:Server) WHERE s.name STARTS WITH '{hidden}' RETURN count(s) AS n",
        "MATCH (s:Server) RETURN collect(s.name) AS names",
        "MATCH (a)-[*1..3]-(s:Server) RETURN DISTINCT s.name AS name",
        "MATCH (s:Server) RETURN max(s.name) AS last, min(s.name) AS first",
    ):
        told = str(queries.cypher(text, principal=bank.asker).to_dict()["rows"])
        assert not [name for name in bank.hidden if name in told], text
    assert outbox.tried == []
    assert bank.state() == before
