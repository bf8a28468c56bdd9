"""The tables of what operators decide, say and are told."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

from bot.storage.columns import Moment, make_id, metadata

#: A chat that asked, and what was decided; it is no `chat` before it is let in.
applicant = Table(
    "applicant",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("standing", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("asked_at", Moment, nullable=False, index=True),
    # When somebody refused was last told so.
    Column("answered_at", Moment),
)

#: What operators were asked about it, one message each.
applicant_message = Table(
    "applicant_message",
    metadata,
    Column(
        "applicant_id",
        BigInteger,
        ForeignKey("applicant.chat_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        nullable=False,
    ),
    Column("operator_id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, nullable=False),
)

#: What an operator says to all, or to those of some languages.
broadcast = Table(
    "broadcast",
    metadata,
    make_id(),
    Column("text", Text, nullable=False),
    Column("languages", Text, nullable=False),
    Column("operator_id", BigInteger, nullable=False),
    # Under which its progress is told.
    Column("message_id", BigInteger),
    Column("stage", Text, nullable=False),
    # The last subscriber who was owed it; below 0: all are.
    Column("cursor", BigInteger, nullable=False, server_default="0"),
    Column("owed", Integer, nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

#: What is wrong with the machine, and has been told; upgrades that have been stay here.
alarm = Table(
    "alarm",
    metadata,
    Column("name", Text, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
)

#: Starts of processes that have not ended in order.
start = Table(
    "start",
    metadata,
    make_id(),
    # The machine, and what the process does there.
    Column("place", Text, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
