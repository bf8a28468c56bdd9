"""Pauses: nothing unasked goes out; what came meanwhile is in the next digest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, select, true, update

from bot.model import Subscriber
from bot.storage.database import Database
from bot.storage.holding import hold_back
from bot.storage.subscribers import to_subscriber
from bot.storage.tables import subscriber

NextAt = Callable[[Subscriber], datetime | None]


class Pausing:
    """Storage of pauses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pause(self, subscriber_id: int, until: datetime | None) -> None:
        """Hold all unasked messages *until* then, or for good; who is paused goes on being so."""

        def work(connection: Connection) -> None:
            since = hold_back(connection, subscriber_id, "paused", true())
            this = subscriber.c.id == subscriber_id
            connection.execute(
                update(subscriber)
                .where(this, subscriber.c.paused.is_(False))
                .values(paused_item=since)
            )
            connection.execute(
                update(subscriber).where(this).values(paused=True, paused_until=until)
            )

        await self._database.write(work)

    async def resume(self, subscriber_id: int, next_at: NextAt) -> int | None:
        """End a pause; return the last item before it, None for who was not paused."""

        def work(connection: Connection) -> int | None:
            row = connection.execute(
                select(subscriber).where(subscriber.c.id == subscriber_id, subscriber.c.paused)
            ).one_or_none()
            if row is None:
                return None
            connection.execute(
                update(subscriber)
                .where(subscriber.c.id == subscriber_id)
                .values(paused=False, paused_until=None, next_digest_at=next_at(to_subscriber(row)))
            )
            return int(row.paused_item)

        return await self._database.write(work)

    async def resume_due(self, now: datetime, next_at: NextAt) -> int:
        """End the silence of those who asked for so much of it and no more; return how many."""

        def work(connection: Connection) -> int:
            rows = connection.execute(
                select(subscriber).where(subscriber.c.paused, subscriber.c.paused_until <= now)
            ).all()
            for row in rows:
                connection.execute(
                    update(subscriber)
                    .where(subscriber.c.id == row.id)
                    .values(
                        paused=False, paused_until=None, next_digest_at=next_at(to_subscriber(row))
                    )
                )
            return len(rows)

        return await self._database.write(work)

    async def load_pause(self, subscriber_id: int) -> tuple[datetime | None, int]:
        """Return until when a subscriber is paused, if that is said, and the last item before."""

        def work(connection: Connection) -> tuple[datetime | None, int]:
            row = connection.execute(
                select(subscriber.c.paused_until, subscriber.c.paused_item).where(
                    subscriber.c.id == subscriber_id
                )
            ).one_or_none()
            return (row.paused_until, row.paused_item) if row else (None, 0)

        return await self._database.read(work)
