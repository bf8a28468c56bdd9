"""Leaving: chats that have long been gone are erased with all that was kept of them."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from bot.model import ChatState
from bot.storage.applicants import erase_traces
from bot.storage.columns import now_ms
from bot.storage.database import Database, take_intake_lock
from bot.storage.keywords import delete_unwanted
from bot.storage.tables import IS_GONE, chat

#: So long somebody may come back to what they had; `/privacy` says so.
GONE_DAYS = 90
_DAY_MS = 86_400_000


class Leaving:
    """Storage of chats that the bot has lost."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def erase_gone(self, limit: int = 200) -> int:
        """Erase some of the chats that have been gone for too long; return how many."""

        def work(connection: Connection) -> int:
            long_gone = select(chat.c.id).where(
                IS_GONE,
                chat.c.state == ChatState.GONE,
                chat.c.gone_at < now_ms() - GONE_DAYS * _DAY_MS,
            )
            ids = list(connection.scalars(long_gone.limit(limit)))
            if ids:
                take_intake_lock(connection)
                connection.execute(delete(chat).where(chat.c.id.in_(ids)))
                erase_traces(connection, ids)
                delete_unwanted(connection)
            return len(ids)

        return await self._database.write(work)
