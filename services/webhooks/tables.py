"""Tables of webhooks, beside the ledger's: registrations, their secrets, and messages with what became of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, LargeBinary, String, Table, Text

from graph.history import tables

webhook = Table(
    "webhook",
    tables.metadata,
    Column("id", String(12), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("owner", Text),  # an account; none for the operator of the machine
    Column("perimeters", Text, nullable=False),  # JSON list; null for all that the owner sees
    Column("wants", Text, nullable=False),  # JSON
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),  # of its state
    Column("position", BigInteger, nullable=False),
    Column("mark", Text, nullable=False),  # JSON
    Column("number", BigInteger, nullable=False),  # of its last message
    Column("failures", Integer, nullable=False),
    Column("next_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

webhook_secret = Table(
    "webhook_secret",
    tables.metadata,
    Column("webhook", String(12), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("value", Text),  # one of ours, in the clear: signing needs it
    Column("variable", Text),  # of the environment, where it is not
    Column("expires_at", DateTime(timezone=True)),  # of one that was replaced
)

webhook_message = Table(
    "webhook_message",
    tables.metadata,
    Column("id", String(40), primary_key=True),
    Column("webhook", String(12), nullable=False),
    Column("number", BigInteger, nullable=False),  # the order of a webhook's messages
    Column("type", Text, nullable=False),
    Column("after", BigInteger, nullable=False),  # the webhook's position before it
    Column("sees", Text, nullable=False),  # JSON: what of the estate it was made for (outbox); null for the whole
    Column("replayed", Boolean, nullable=False),
    Column("body", LargeBinary),  # as long as it may be sent
    Column("bytes", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("status", Integer),  # the receiver's last
    Column("error", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("tried_at", DateTime(timezone=True)),
    Index("webhook_message_in_order", "webhook", "number"),
)

ALL: Final = (webhook, webhook_secret, webhook_message)
