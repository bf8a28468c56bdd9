"""Who long-polls Telegram now: a lease, so that of several processes one does."""

from __future__ import annotations

from sqlalchemy import Connection, or_, update

from bot.storage.database import Database, insert_into
from bot.storage.tables import now_ms, poller

_NAME = "bot"


class Receiving:
    """Storage of the receiver's lease."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hold(self, owner: str, for_s: float) -> bool:
        """Take or renew the lease for *owner*; False while another holds it."""

        def work(connection: Connection) -> bool:
            connection.execute(
                insert_into(connection, poller)
                .values(name=_NAME, owner="", until=0)
                .on_conflict_do_nothing()
            )
            held = connection.execute(
                update(poller)
                .where(
                    poller.c.name == _NAME,
                    or_(poller.c.owner == owner, poller.c.until < now_ms()),
                )
                .values(owner=owner, until=now_ms() + int(for_s * 1000))
                .returning(poller.c.name)
            )
            return held.first() is not None

        return await self._database.write(work)

    async def release(self, owner: str) -> None:
        """Give the lease up, so that another need not wait for its end."""
        await self._database.write(
            lambda connection: connection.execute(
                update(poller)
                .where(poller.c.name == _NAME, poller.c.owner == owner)
                .values(owner="", until=0)
            )
        )
