"""Processes that share the database: each with a pulse, and what the dead held is freed.

On PostgreSQL a process holds an advisory lock over a connection of its own, which the server lets
go of in the instant in which the process is killed
(https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS); one that is frozen
or cut off keeps it for longer, and is known by its pulse. An SQLite file serves one process, and
what the one before it held is free when it starts.
"""

from __future__ import annotations

import asyncio
import logging
import random
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from sqlalchemy import Connection, delete, func, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import DatabaseError
from bot.storage.columns import now_ms
from bot.storage.database import Database
from bot.storage.tables import chat, feed, poller, process, waiting_update

_log = logging.getLogger(__name__)

#: How often a process gives a sign of life, and after how long without one it is dead.
BEAT_S = 5
STALE_S = 15
# A lock that is free says little of a process that has just written: it may be taking it.
_SETTLED_MS = 2_000
# After the server was away all locks are gone, and those who live take them again.
_AFTER_AN_OUTAGE_S = 12.0
_LOCKS = 0x5A13
#: A lease of a chat is a number that begins with the id of the process that holds it.
_LEASE_BITS = 40


class Processes:
    """This process among those that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        #: Stands in what it holds; 0 until it has entered, and on SQLite.
        self.id = 0
        self.name = uuid4().hex
        self._lock: Connection | None = None
        self._locking = ThreadPoolExecutor(1, thread_name_prefix="db-lock")
        self._frees_from_s = 0.0

    def make_lease(self) -> int:
        """Return a new lease of this process's, never 0."""
        return self.id << _LEASE_BITS | random.getrandbits(_LEASE_BITS) | 1

    async def enter(self) -> None:
        """Be known to the others, and free what the dead among them held. Raises DatabaseError."""
        if self._database.engine.dialect.name == "sqlite":
            await self._database.write(free_everything)
            return
        self.id = await self._database.write(self._insert)
        await self._hold_lock()
        await self._free_the_dead()

    async def refuse_others(self) -> None:
        """Raise DatabaseError while any process serves the database, ours not among them.

        Of an SQLite file, its lock says so.
        """

        def work(connection: Connection) -> int:
            alive = select(func.count()).where(process.c.beat_at > now_ms() - STALE_S * 1000)
            return connection.scalar(alive) or 0

        alive = await self._database.read(work)
        if alive:
            raise DatabaseError(
                f"{alive} Sahman processes use the database. Stop them first; one that was killed "
                f"counts for {STALE_S} seconds"
            )

    async def beat(self) -> None:
        """Give a sign of life, and free what the dead held. Raises DatabaseError.

        One that was taken for dead in the meantime (frozen, cut off) comes back as a new one: what
        it held is not its any more.
        """
        if not self.id:
            return
        if not await self._database.write(self._touch):
            _log.warning("was_taken_for_dead", extra={"id": self.id})
            await self._let_go_of_lock()
            self.id = await self._database.write(self._insert)
        await self._hold_lock()
        await self._free_the_dead()

    async def leave(self) -> None:
        """Be known as gone: nobody has to wait for what is still held."""
        if not self.id:
            return
        try:
            await self._database.write(lambda connection: _free(connection, self.id))
        except DatabaseError as error:
            _log.warning("left_unsaid", extra={"reason": str(error)})
        await self._let_go_of_lock()
        self._locking.shutdown(wait=False)

    def _insert(self, connection: Connection) -> int:
        statement = process.insert().values(name=self.name, beat_at=now_ms())
        return int(connection.scalars(statement.returning(process.c.id)).one())

    def _touch(self, connection: Connection) -> bool:
        mine = update(process).where(process.c.id == self.id).values(beat_at=now_ms())
        return connection.execute(mine.returning(process.c.id)).first() is not None

    async def _hold_lock(self) -> None:
        def hold() -> bool:
            """Take the lock unless it is held; say whether it had to be taken again."""
            again = self._lock is not None
            if self._lock is not None:
                try:
                    self._lock.execute(text("SELECT 1"))
                except SQLAlchemyError:
                    self._lock.close()
                    self._lock = None
                else:
                    return False
            engine = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
            self._lock = engine.connect()
            self._lock.detach()  # closed, not given back to the pool: the lock goes with it
            self._lock.execute(
                text("SELECT pg_advisory_lock(:kind, :id)"), {"kind": _LOCKS, "id": self.id}
            )
            return again

        loop = asyncio.get_running_loop()
        try:
            again = await loop.run_in_executor(self._locking, hold)
        except SQLAlchemyError as error:
            self._frees_from_s = loop.time() + _AFTER_AN_OUTAGE_S
            raise DatabaseError(f"the lock of this process: {type(error).__name__}") from error
        if again:
            self._frees_from_s = loop.time() + _AFTER_AN_OUTAGE_S

    async def _let_go_of_lock(self) -> None:
        def let_go() -> None:
            if self._lock is not None:
                self._lock.close()
                self._lock = None

        await asyncio.get_running_loop().run_in_executor(self._locking, let_go)

    async def _free_the_dead(self) -> None:
        if asyncio.get_running_loop().time() < self._frees_from_s:
            return

        def work(connection: Connection) -> list[int]:
            asked = {
                "me": self.id, "kind": _LOCKS, "stale": STALE_S * 1000, "settled": _SETTLED_MS,
            }  # fmt: skip
            dead = list(connection.scalars(_DEAD, asked))
            for each in dead:
                _free(connection, each)
            return dead

        dead = await self._database.write(work)
        if dead:
            _log.warning("others_died", extra={"ids": dead})


_DEAD = text(
    """
    SELECT id
    FROM process, (SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now) AS clock
    WHERE id <> :me AND (
        beat_at < now - :stale
        OR beat_at < now - :settled AND NOT EXISTS (
            SELECT FROM pg_locks
            WHERE locktype = 'advisory' AND classid = :kind AND objid = process.id
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        )
    )
    FOR UPDATE OF process SKIP LOCKED
    """
)


def _free(connection: Connection, dead: int) -> None:
    """Free what a process held, and forget it."""
    first, last = dead << _LEASE_BITS, (dead + 1) << _LEASE_BITS
    connection.execute(
        update(chat)
        .where(chat.c.lease >= first, chat.c.lease < last)
        .values(not_before=now_ms(), lease=0)
    )
    connection.execute(
        update(feed).where(feed.c.leased_by == dead).values(leased_until=None, leased_by=0)
    )
    name = select(process.c.name).where(process.c.id == dead).scalar_subquery()
    connection.execute(update(poller).where(poller.c.owner == name).values(owner="", until=0))
    connection.execute(
        update(waiting_update).where(waiting_update.c.owner == name).values(held_until=0)
    )
    connection.execute(delete(process).where(process.c.id == dead))


def free_everything(connection: Connection) -> None:
    """Free what any process held: none of them serves this database."""
    connection.execute(update(chat).where(chat.c.lease != 0).values(not_before=0, lease=0))
    connection.execute(update(feed).values(leased_until=None, leased_by=0))
    connection.execute(update(poller).values(until=0))
    connection.execute(update(waiting_update).values(held_until=0))
