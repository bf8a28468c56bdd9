"""Whose chats these are: one database serves one bot, until its operator gives it another."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, delete, func, select, update

from bot.model import AWAY, ChatState
from bot.storage.chats import mark_gone
from bot.storage.database import Database, insert_into
from bot.storage.tables import (
    applicant_message,
    budget,
    chat,
    delivery,
    poller,
    received_update,
    typed_words,
    waiting_update,
)

_NAME = "bot"
_REASON = "another bot took over"
_CHATS_AT_ONCE = 500


class Bots:
    """Storage of which bot the chats have written to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, bot_id: int) -> int:
        """Note which bot serves this database, if none did; return which one does."""

        def work(connection: Connection) -> int:
            row = insert_into(connection, budget).values(name=_NAME, tat=0)
            connection.execute(row.on_conflict_do_nothing())
            nobody = update(budget).where(budget.c.name == _NAME, budget.c.bot_id == 0)
            connection.execute(nobody.values(bot_id=bot_id))
            return connection.scalar(select(budget.c.bot_id).where(budget.c.name == _NAME)) or 0

        return await self._database.write(work)

    async def load(self) -> int:
        """Return the id of the bot that serves this database, 0 for none yet."""
        return await self._database.read(load_bot)

    async def count_chats(self) -> int:
        """Return how many chats have to write to another bot before they hear from it."""
        query = select(func.count()).where(chat.c.state.not_in(AWAY))
        return await self._database.read(lambda connection: connection.scalar(query) or 0)

    async def replace(self, bot_id: int, passed: Callable[[int], None]) -> int:
        """Give the chats to another bot; return how many wait for them to write to it.

        Settings and keywords stay; what a chat was owed is in its next digest once it writes. No
        message of the old bot's is edited or answered any more. *passed* is told of chats done.
        """

        def work(connection: Connection) -> int:
            for some in _split(list(connection.scalars(select(chat.c.id)))):
                for chat_id in some:
                    mark_gone(connection, chat_id, _REASON)
                passed(len(some))
            connection.execute(
                update(chat).values(
                    state=ChatState.NOT_STARTED, state_reason="", refused_at=0, closed_at=0,
                    closed_told=False, gone_at=0, lease=0, not_before=0,
                )
            )  # fmt: skip
            connection.execute(
                update(delivery).where(delivery.c.message_id.is_not(None)).values(message_id=None)
            )
            # Updates are numbered by each bot anew, and buttons hang under the old one's messages.
            for table in (
                waiting_update, received_update, typed_words, applicant_message, poller, budget,
            ):  # fmt: skip
                connection.execute(delete(table))
            connection.execute(budget.insert().values(name=_NAME, tat=0, bot_id=bot_id))
            return connection.scalar(select(func.count()).select_from(chat)) or 0

        return await self._database.write(work)


def load_bot(connection: Connection) -> int:
    """Return the id of the bot that serves this database, 0 for none yet."""
    return connection.scalar(select(budget.c.bot_id).where(budget.c.name == _NAME)) or 0


def _split(ids: list[int]) -> list[list[int]]:
    return [ids[at : at + _CHATS_AT_ONCE] for at in range(0, len(ids), _CHATS_AT_ONCE)]
