"""What is kept of conversations, for a while: answers to be given again, and masked prompts to be looked at.

An answer is given again to the same client, with the same perimeters, for the same use and the same words only: nothing that
one client asked can be felt by another, not even by how fast it is answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import orjson
from sqlalchemy import delete, insert, select, update

from agent.gateway.policy import Policy
from agent.gateway.screening import Message
from core.clock import Clock, in_utc
from core.principal import Principal
from core.sensitive import masked
from graph.history.ledger import Ledger
from services.model_tables import cache, prompt

_PURGED_EVERY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer of a model that was paid for once."""

    provider: str
    model: str
    answer: str
    tokens_in: int
    tokens_out: int
    cost_micro: int


def cache_key(client: str, principal: Principal, use: str, target: str, messages: Sequence[Message], most: int) -> str:
    """What an answer is found by: a digest over all that it may depend on."""
    sees = principal.outlook
    said = [[message.speaker, message.text] for message in messages]
    content = [client, sees, sorted(principal.roles), use, target, said, most]
    return sha256(orjson.dumps(content)).hexdigest()


class Kept:
    """Of one ledger, for as long as the policy says."""

    def __init__(self, ledger: Ledger, clock: Clock, policy: Policy) -> None:
        self._ledger = ledger
        self._clock = clock
        self._policy = policy
        self._purged: datetime | None = None
        for table in (cache, prompt):
            ledger.prepare(table)

    def answer(self, key: str) -> KeptAnswer | None:
        """The answer that was given before, if it is not too old."""
        since = self._clock.now() - timedelta(hours=self._policy.cache_hours)
        with self._ledger.reading() as connection:
            row = connection.execute(select(cache).where(cache.c.key == key)).one_or_none()
        if row is None or self._policy.cache_hours == 0 or in_utc(row.at) < since:
            return None
        with self._ledger.writing() as connection:
            connection.execute(update(cache).where(cache.c.key == key).values(hits=cache.c.hits + 1))
        return KeptAnswer(row.provider, row.model, row.answer, row.tokens_in, row.tokens_out, row.cost_micro)

    def keep_answer(self, key: str, client: str, answer: KeptAnswer) -> None:
        """Keep an answer that was accepted."""
        self._purge_when_due()
        if self._policy.cache_hours == 0:
            return
        values: dict[str, Any] = {
            "client": client,
            "provider": answer.provider,
            "model": answer.model,
            "answer": answer.answer,
            "tokens_in": answer.tokens_in,
            "tokens_out": answer.tokens_out,
            "cost_micro": answer.cost_micro,
            "hits": 0,
            "at": self._clock.now(),
        }
        with self._ledger.writing() as connection:
            connection.execute(delete(cache).where(cache.c.key == key))
            connection.execute(insert(cache).values(key=key, **values))

    def keep_prompt(self, call: str, client: str, messages: Sequence[Message], answer: str) -> None:
        """Keep a conversation, masked whatever the provider was sent."""
        self._purge_when_due()
        if self._policy.retention_days == 0:
            return
        said = orjson.dumps([[message.speaker, masked(message.text)] for message in messages]).decode()
        values = {"client": client, "prompt": said, "answer": masked(answer), "at": self._clock.now()}
        with self._ledger.writing() as connection:
            connection.execute(insert(prompt).values(call=call, **values))

    def prompts(self, client: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """The latest conversations that may still be kept, of one client or of all."""
        since = self._clock.now() - timedelta(days=self._policy.retention_days)
        query = select(prompt).where(prompt.c.at >= since).order_by(prompt.c.at.desc(), prompt.c.call).limit(limit)
        if client is not None:
            query = query.where(prompt.c.client == client)
        with self._ledger.reading() as connection:
            rows = connection.execute(query).all()
        return [
            {
                "call": row.call,
                "client": row.client,
                "at": in_utc(row.at).isoformat(),
                "prompt": orjson.loads(row.prompt),
                "answer": row.answer,
            }
            for row in rows
        ]

    def _purge_when_due(self) -> None:
        """What is too old goes as new is kept: nobody has to remember to purge."""
        now = self._clock.now()
        if self._purged is None or now - self._purged >= _PURGED_EVERY:
            self._purged = now
            self.purge()

    def purge(self) -> dict[str, int]:
        """Take away what is older than the policy keeps it; how many of each. Digests in the audit trail stay."""
        now = self._clock.now()
        with self._ledger.writing() as connection:
            prompts = connection.execute(
                delete(prompt).where(prompt.c.at < now - timedelta(days=self._policy.retention_days))
            )
            answers = connection.execute(
                delete(cache).where(cache.c.at < now - timedelta(hours=self._policy.cache_hours))
            )
            return {"prompts": prompts.rowcount, "answers": answers.rowcount}
