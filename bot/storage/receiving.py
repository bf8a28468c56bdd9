"""Who long-polls Telegram now (a lease: of several processes one does), what webhooks brought."""

from __future__ import annotations

from sqlalchemy import Connection, delete, or_, select, update

from bot.storage.columns import now_ms
from bot.storage.database import Database, insert_into
from bot.storage.tables import poller, received_update

_NAME = "bot"
_PRUNED_AT_ONCE = 1_000


class Receiving:
    """Storage of the receiver's lease and of the updates that were dealt with."""

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

    async def was_handled(self, update_id: int) -> bool:
        """Say whether this update was dealt with before, by whichever process."""

        def work(connection: Connection) -> bool:
            query = select(received_update.c.update_id).filter_by(update_id=update_id)
            return connection.execute(query).first() is not None

        return await self._database.read(work)

    async def note_handled(self, update_id: int) -> None:
        """Store that this update has been dealt with; its effects are stored already."""
        await self._database.write(
            lambda connection: connection.execute(
                insert_into(connection, received_update)
                .values(update_id=update_id, received_at=now_ms())
                .on_conflict_do_nothing()
            )
        )

    async def forget_handled(self, older_than_s: float) -> None:
        """Forget the updates dealt with so long ago that Telegram brings them no more."""

        def work(connection: Connection) -> int:
            old = (
                select(received_update.c.update_id)
                .where(received_update.c.received_at < now_ms() - int(older_than_s * 1000))
                .limit(_PRUNED_AT_ONCE)
            )
            gone = connection.execute(
                delete(received_update)
                .where(received_update.c.update_id.in_(old))
                .returning(received_update.c.update_id)
            )
            return len(gone.all())

        while await self._database.write(work) == _PRUNED_AT_ONCE:
            pass
