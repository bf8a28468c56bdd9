"""Carrying over: keys of an archive of before the weekly tables, moved there a little at a time.

Until all are moved `item_key`, a row for each word of each item, is searched beside them; then it
is dropped, and is not made anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    Row,
    Select,
    Table,
    bindparam,
    delete,
    func,
    inspect,
    select,
    update,
)

from bot.storage.database import Database, take_intake_lock
from bot.storage.search import reserve_places, save_keys, searched_by_nobody
from bot.storage.tables import item

_item_key = Table(
    "item_key",
    MetaData(),
    Column("key", BigInteger, primary_key=True),
    Column("item_id", BigInteger, primary_key=True),
)


class Carrying:
    """The archive's keys of before, as long as there are any."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._done = False

    async def carry_some(self, limit: int, now: datetime) -> int:
        """Move the keys of the newest *limit* items; return how many there were, 0 at the end."""

        def work(connection: Connection) -> int:
            take_intake_lock(connection)
            if not _is_there(connection):
                return 0
            newest = (
                select(_item_key.c.item_id)
                .distinct()
                .order_by(_item_key.c.item_id.desc())
                .limit(limit)
            )
            ids = list(connection.scalars(newest))
            if ids:
                _carry(connection, ids, now)
            else:
                with searched_by_nobody(connection):
                    _item_key.drop(connection)
            return len(ids)

        if self._done:
            return 0
        carried = await self._database.write(work)
        self._done = not carried
        return carried

    async def count_left(self) -> int:
        """Return how many items, at most, are still to be moved."""
        return await self._database.read(_count_left)


def _count_left(connection: Connection) -> int:
    if not _is_there(connection):
        return 0
    newest = connection.scalar(select(func.max(_item_key.c.item_id)))
    # The newest go first: what is left is older.
    return connection.scalar(select(func.count()).where(item.c.id <= (newest or 0))) or 0


def iter_uncarried(
    connection: Connection, keys: Collection[int], newest: Select[Any]
) -> Iterator[Row[Any]]:
    """Yield those rows of *newest* that bear a key and were not moved yet."""
    if not _is_there(connection):
        return
    bearing = select(_item_key.c.item_id).where(_item_key.c.key.in_(keys))
    yield from connection.execute(newest.where(item.c.id.in_(bearing)))


def forget_uncarried(connection: Connection, item_ids: Collection[int]) -> None:
    """Forget the keys of items that stand in a weekly table by now."""
    if _is_there(connection):
        connection.execute(delete(_item_key).where(_item_key.c.item_id.in_(item_ids)))


def _carry(connection: Connection, ids: Collection[int], now: datetime) -> None:
    keys: dict[int, list[int]] = defaultdict(list)
    of_items = _item_key.c.item_id.in_(ids)
    for row in connection.execute(select(_item_key.c.item_id, _item_key.c.key).where(of_items)):
        keys[row.item_id].append(row.key)
    unplaced = select(item.c.id, item.c.published_at).where(
        item.c.id.in_(ids), item.c.place.is_(None)
    )
    rows = connection.execute(unplaced).all()
    places = reserve_places(connection, [row.published_at for row in rows], now)
    save_keys(
        connection,
        {place: keys[row.id] for row, place in zip(rows, places, strict=True)},
        now,
    )
    if rows:
        connection.execute(
            update(item).where(item.c.id == bindparam("of_item")).values(place=bindparam("at")),
            [{"of_item": row.id, "at": place} for row, place in zip(rows, places, strict=True)],
        )
    connection.execute(delete(_item_key).where(of_items))


def _is_there(connection: Connection) -> bool:
    return inspect(connection).has_table(_item_key.name)
