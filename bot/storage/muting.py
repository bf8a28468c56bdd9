"""Muting: publishers whose news a subscriber does not want, keywords that are silent a while."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from bot.storage.database import Database, insert_into
from bot.storage.tables import muted_publisher, subscription

#: Of one subscriber: there are fewer publishers than that.
_MOST_MUTED = 500


class Muting:
    """Storage of what is muted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_publishers(self, subscriber_id: int) -> list[str]:
        """Return whose news a subscriber does not want, by name."""

        def work(connection: Connection) -> list[str]:
            theirs = muted_publisher.c.subscriber_id == subscriber_id
            query = select(muted_publisher.c.name).where(theirs).order_by(muted_publisher.c.name)
            return list(connection.scalars(query))

        return await self._database.read(work)

    async def mute_publisher(self, subscriber_id: int, name: str) -> None:
        """Tell a subscriber nothing that this publisher printed."""

        def work(connection: Connection) -> None:
            theirs = select(muted_publisher.c.name).where(
                muted_publisher.c.subscriber_id == subscriber_id
            )
            if len(connection.scalars(theirs.limit(_MOST_MUTED)).all()) < _MOST_MUTED:
                connection.execute(
                    insert_into(connection, muted_publisher)
                    .values(subscriber_id=subscriber_id, name=name)
                    .on_conflict_do_nothing()
                )

        await self._database.write(work)

    async def unmute_publisher(self, subscriber_id: int, name: str) -> None:
        """Tell a subscriber again what this publisher prints."""

        def work(connection: Connection) -> None:
            connection.execute(
                delete(muted_publisher).where(
                    muted_publisher.c.subscriber_id == subscriber_id,
                    muted_publisher.c.name == name,
                )
            )

        await self._database.write(work)

    async def mute_keyword(
        self, subscriber_id: int, keyword_id: int, until: datetime | None
    ) -> None:
        """Let a keyword alert nobody *until* then; None: it does again."""
        await self._change(subscriber_id, keyword_id, muted_until=until)

    async def set_sound(self, subscriber_id: int, keyword_id: int, *, sound: bool) -> None:
        """Let the alerts of a keyword be heard, or come without a sound."""
        await self._change(subscriber_id, keyword_id, sound=sound)

    async def _change(self, subscriber_id: int, keyword_id: int, **values: Any) -> None:
        def work(connection: Connection) -> None:
            connection.execute(
                update(subscription)
                .where(
                    subscription.c.subscriber_id == subscriber_id,
                    subscription.c.keyword_id == keyword_id,
                )
                .values(values)
            )

        await self._database.write(work)
