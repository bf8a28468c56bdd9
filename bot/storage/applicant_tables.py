"""The tables of who asked to be let in, where operators decide about it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

from bot.storage.columns import Moment, metadata

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
