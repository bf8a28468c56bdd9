"""Lists of keywords behind links: kept by a mark that nobody can guess, without who made them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from bot.storage.database import Database
from bot.storage.tables import shared_list


class Sharing:
    """Storage of shared lists."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, keywords: Sequence[str], now: datetime) -> str:
        """Keep keywords, as typed, for whoever has the mark that is returned."""
        mark = secrets.token_urlsafe(16)

        def work(connection: Connection) -> None:
            connection.execute(
                shared_list.insert().values(mark=mark, words="\n".join(keywords), shared_at=now)
            )

        await self._database.write(work)
        return mark

    async def load(self, mark: str) -> list[str]:
        """Return the keywords of a mark; none for one that is unknown or too old."""

        def work(connection: Connection) -> list[str]:
            words = connection.scalar(select(shared_list.c.words).where(shared_list.c.mark == mark))
            return words.split("\n") if words else []

        return await self._database.read(work)

    async def prune(self, shared_before: datetime) -> None:
        """Forget lists that were shared long ago."""

        def work(connection: Connection) -> None:
            connection.execute(delete(shared_list).where(shared_list.c.shared_at < shared_before))

        await self._database.write(work)
