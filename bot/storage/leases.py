"""Leases that a killed process left behind."""

from __future__ import annotations

from sqlalchemy import Connection, update

from bot.storage.database import Database
from bot.storage.tables import chat, feed, poller, waiting_update


async def free_leases(database: Database) -> None:
    """Free what the process before this one held, so that nobody waits for it to run out.

    Only where that process cannot live any more: an SQLite file serves one. On PostgreSQL a lease
    may be another's, and ends by itself.
    """

    def work(connection: Connection) -> None:
        if connection.dialect.name != "sqlite":
            return
        connection.execute(update(chat).where(chat.c.lease != 0).values(not_before=0, lease=0))
        connection.execute(update(feed).values(leased_until=None))
        connection.execute(update(poller).values(until=0))
        connection.execute(update(waiting_update).values(held_until=0))

    await database.write(work)
