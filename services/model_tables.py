"""Tables of the gateway to models, beside the ledger's: registered uses, budgets, calls, and what is kept of them for a while.

No secret lies in any: prompts and answers are kept masked. The audit trail has the entries that nobody can change.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, String, Table, Text

from graph.history import tables

use_case = Table(
    "model_use_case",
    tables.metadata,
    Column("name", String(64), primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("providers", Text, nullable=False),  # JSON list; null for all that the policy allows
    Column("evaluation", Text, nullable=False),  # where its figures are; needed for production
    Column("state", Text, nullable=False),
    Column("registered_by", Text, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("note", Text, nullable=False),
)

budget = Table(
    "model_budget",
    tables.metadata,
    Column("scope", String(16), primary_key=True),  # user, team, client
    Column("name", String(200), primary_key=True),
    Column("monthly_micro", BigInteger, nullable=False),  # millionths of the policy's currency
    Column("set_by", Text, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False),
)

call = Table(
    "model_call",
    tables.metadata,
    Column("id", String(36), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("month", String(7), nullable=False),  # 2025-01, UTC
    Column("who", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("use_case", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("classes", Text, nullable=False),  # JSON object: class to count
    Column("tokens_in", BigInteger, nullable=False),
    Column("tokens_out", BigInteger, nullable=False),
    Column("cost_micro", BigInteger, nullable=False),  # of a call under way, what it may cost at most
    Column("saved_micro", BigInteger, nullable=False),  # against the dearest model that it could have gone to
    Column("duration_ms", BigInteger, nullable=False),
    Index("model_call_by_month", "month", "who"),
)

prompt = Table(
    "model_prompt",
    tables.metadata,
    Column("call", String(36), primary_key=True),
    Column("client", Text, nullable=False),
    Column("prompt", Text, nullable=False),  # masked, whatever the provider was sent
    Column("answer", Text, nullable=False),  # masked
    Column("at", DateTime(timezone=True), nullable=False, index=True),
)

cache = Table(
    "model_cache",
    tables.metadata,
    Column("key", String(64), primary_key=True),  # digest over client, perimeters, use and messages
    Column("client", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("tokens_in", BigInteger, nullable=False),
    Column("tokens_out", BigInteger, nullable=False),
    Column("cost_micro", BigInteger, nullable=False),
    Column("hits", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
)

feedback = Table(
    "model_feedback",
    tables.metadata,
    Column("call", String(36), primary_key=True),
    Column("who", String(200), primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

ALL: Final = (use_case, budget, call, prompt, cache, feedback)
