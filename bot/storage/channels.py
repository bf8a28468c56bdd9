"""Channels: who sets them up from a private chat. Whether they still may is asked of Telegram."""

from __future__ import annotations

from sqlalchemy import Connection, select

from bot.model import AWAY, ChatKind
from bot.storage.database import Database, insert_into
from bot.storage.tables import channel_admin, chat

_MOST = 50


class Channels:
    """Storage of who sets up which channel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note_admin(self, channel_id: int, person_id: int) -> None:
        """Note that a person sets a channel up; not of one who has no chat with the bot."""

        def work(connection: Connection) -> None:
            known = select(chat.c.id).where(chat.c.id == person_id)
            if connection.execute(known).first() is None:
                return
            connection.execute(
                insert_into(connection, chat)
                .values(id=channel_id, kind=str(ChatKind.CHANNEL))
                .on_conflict_do_nothing()
            )
            connection.execute(
                insert_into(connection, channel_admin)
                .values(chat_id=channel_id, person_id=person_id)
                .on_conflict_do_nothing()
            )

        await self._database.write(work)

    async def load_of(self, person_id: int) -> list[int]:
        """Return the channels that a person has set up, as far as they can be written to."""

        def work(connection: Connection) -> list[int]:
            query = (
                select(chat.c.id)
                .join(channel_admin, channel_admin.c.chat_id == chat.c.id)
                .where(channel_admin.c.person_id == person_id, chat.c.state.not_in(AWAY))
                .order_by(chat.c.id.desc())
            )
            return list(connection.scalars(query.limit(_MOST)))

        return await self._database.read(work)

    async def load_admins(self, channel_id: int) -> list[int]:
        """Return who sets a channel up and can be written to."""

        def work(connection: Connection) -> list[int]:
            query = (
                select(chat.c.id)
                .join(channel_admin, channel_admin.c.person_id == chat.c.id)
                .where(channel_admin.c.chat_id == channel_id, chat.c.state.not_in(AWAY))
                .order_by(chat.c.id)
            )
            return list(connection.scalars(query.limit(_MOST)))

        return await self._database.read(work)
