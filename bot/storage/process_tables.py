"""The tables by which processes share one database, and what they receive."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from bot.storage.columns import make_id, metadata

#: The processes that share this database, and when each last gave a sign of life.
process = Table(
    "process",
    metadata,
    make_id(),
    Column("name", Text, nullable=False),
    Column("beat_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

#: Who long-polls Telegram now.
poller = Table(
    "poller",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)

#: Updates that a webhook brought and that have been dealt with: Telegram may bring one twice.
received_update = Table(
    "received_update",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("received_at", BigInteger, nullable=False, index=True),
)

#: Updates that are confirmed to Telegram and wait behind others of their chat (see chat/inbox.py).
waiting_update = Table(
    "waiting_update",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("wire", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("held_until", BigInteger, nullable=False),
    Index("ix_waiting_update_chat", "chat_id", "update_id"),
)
