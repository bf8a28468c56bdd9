"""Who long-polls Telegram now (a lease), what webhooks brought, and which updates still wait."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, or_, select, update

from bot.storage.columns import now_ms
from bot.storage.database import Database, insert_into
from bot.storage.tables import poller, received_update, waiting_update

_NAME = "bot"
_PRUNED_AT_ONCE = 1_000
#: How long stored updates are held by the process that stored them without a sign of its life.
WAITING_LEASE_S = 15


@dataclass(frozen=True, slots=True)
class WaitingUpdate:
    """One update that is confirmed to Telegram and not dealt with yet, in JSON."""

    update_id: int
    chat_id: int
    wire: str = field(repr=False)


class Receiving:
    """Storage of the receiver's lease, of updates that were dealt with, of those that wait."""

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

    async def store_waiting(self, updates: Sequence[WaitingUpdate], owner: str) -> None:
        """Store updates for *owner* to deal with; one that is stored already stays as it is."""

        def work(connection: Connection) -> None:
            connection.execute(
                insert_into(connection, waiting_update)
                .values(owner=owner, held_until=now_ms() + WAITING_LEASE_S * 1000)
                .on_conflict_do_nothing(),
                [
                    {"update_id": each.update_id, "chat_id": each.chat_id, "wire": each.wire}
                    for each in updates
                ],
            )

        await self._database.write(work)

    async def load_waiting(self, chat_id: int, owner: str, limit: int) -> list[WaitingUpdate]:
        """Return the first stored updates of a chat that are *owner*'s to deal with."""

        def work(connection: Connection) -> list[WaitingUpdate]:
            columns = waiting_update.c
            query = (
                select(columns.update_id, columns.chat_id, columns.wire)
                .where(columns.chat_id == chat_id, columns.owner == owner)
                .order_by(columns.update_id)
                .limit(limit)
            )
            return [WaitingUpdate(*row) for row in connection.execute(query)]

        return await self._database.read(work)

    async def forget_waiting(self, update_ids: Collection[int]) -> None:
        """Forget updates that have been dealt with."""
        await self._database.write(
            lambda connection: connection.execute(
                delete(waiting_update).where(waiting_update.c.update_id.in_(update_ids))
            )
        )

    async def adopt_waiting(self, owner: str) -> set[int]:
        """Hold on to *owner*'s stored updates, take over those of the dead; return their chats."""
        columns = waiting_update.c

        def any_is_stored(connection: Connection) -> bool:
            return connection.execute(select(columns.update_id).limit(1)).first() is not None

        def work(connection: Connection) -> set[int]:
            held = connection.scalars(
                update(waiting_update)
                .where(or_(columns.owner == owner, columns.held_until < now_ms()))
                .values(owner=owner, held_until=now_ms() + WAITING_LEASE_S * 1000)
                .returning(columns.chat_id)
            )
            return set(held)

        if not await self._database.read(any_is_stored):
            return set()
        return await self._database.write(work)

    async def release_waiting(self, owner: str) -> None:
        """Let others deal with what *owner* has stored."""
        await self._database.write(
            lambda connection: connection.execute(
                update(waiting_update)
                .where(waiting_update.c.owner == owner)
                .values(held_until=0, owner="")
            )
        )
