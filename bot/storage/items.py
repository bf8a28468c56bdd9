"""Items: the archive of what feeds printed, and the one transaction that takes new ones in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from bot.errors import DataRefused
from bot.model import Feed, Item, KnownItem
from bot.model.search_keys import hash_key
from bot.storage.archive import (
    Within,
    iter_bearing,
    load_newest,
    load_publishers,
    select_items,
    to_item,
)
from bot.storage.arrivals import (
    Arrivals,
    KeywordMatcher,
    TakenIn,
    save_arrivals,
)
from bot.storage.carrying import forget_uncarried
from bot.storage.database import Database, take_intake_lock
from bot.storage.polls import FetchOutcome
from bot.storage.search import drop_periods, find_borne_by, leave_periods, reserve_places
from bot.storage.search import save_keys as save_search_keys
from bot.storage.tables import (
    feed,
    item,
    story,
    story_item,
)

# Made once: every poll asks it.
_KNOWN = select(
    item.c.id,
    item.c.key,
    item.c.link_key,
    item.c.title,
    item.c.text_hash,
    item.c.published_at,
    item.c.dated_at,
    item.c.source,
).where(
    item.c.feed_id == bindparam("of_feed"),
    or_(
        item.c.key.in_(bindparam("keys", expanding=True)),
        item.c.link_key.in_(bindparam("links", expanding=True)),
    ),
)
_SAME_TITLE = select(*_KNOWN.selected_columns).where(
    item.c.feed_id == bindparam("of_feed"),
    item.c.listed,
    item.c.title.in_(bindparam("titles", expanding=True)),
)
_DATED_THE_SAME = _SAME_TITLE.where(item.c.published_at.in_(bindparam("dates", expanding=True)))
_LISTED = select(func.count()).where(item.c.feed_id == bindparam("of_feed"), item.c.listed)

_PLACED = (
    update(item)
    .where(item.c.id == bindparam("of_item"))
    .values(place=bindparam("at"), keys_version=bindparam("version"))
)


class Items:
    """Storage of items."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_known(
        self, feed_id: int, keys: Collection[str], links: Collection[str]
    ) -> tuple[dict[str, KnownItem], dict[str, list[KnownItem]]]:
        """Return the feed's stored items among these: by key, and by link the newest first.

        *links* are in comparable form.
        """
        hashed = {hash_key(link): link for link in links}

        def work(
            connection: Connection,
        ) -> tuple[dict[str, KnownItem], dict[str, list[KnownItem]]]:
            rows = connection.execute(
                _KNOWN, {"of_feed": feed_id, "keys": list(keys), "links": list(hashed)}
            ).all()
            by_key = {row.key: _to_known(row) for row in rows}
            by_link: dict[str, list[KnownItem]] = {}
            for row in sorted(rows, key=lambda row: row.id, reverse=True):
                if row.link_key in hashed:
                    by_link.setdefault(hashed[row.link_key], []).append(by_key[row.key])
            return by_key, by_link

        return await self._database.read(work)

    async def load_titled(
        self,
        feed_id: int,
        titles: Collection[str],
        dates: Collection[datetime] | None = None,
    ) -> list[KnownItem]:
        """Return the items of these titles that the feed listed when last read, newest first.

        With *dates*, only those of just these: an index finds them.
        """

        def work(connection: Connection) -> list[KnownItem]:
            asked = {"of_feed": feed_id, "titles": list(titles)}
            if dates is None:
                rows = connection.execute(_SAME_TITLE, asked)
            else:
                rows = connection.execute(_DATED_THE_SAME, asked | {"dates": list(dates)})
            return sorted(map(_to_known, rows), key=lambda known: -known.id)

        return await self._database.read(work)

    async def load_words(self, ids: Collection[int]) -> dict[int, tuple[str, str]]:
        """Return the titles and summaries of items, by id."""

        def work(connection: Connection) -> dict[int, tuple[str, str]]:
            rows = connection.execute(
                select(item.c.id, item.c.title, item.c.summary).where(item.c.id.in_(ids))
            )
            return {row.id: (row.title, row.summary) for row in rows}

        return await self._database.read(work)

    async def count_listed(self, feed_id: int) -> int:
        """Return how many items a feed listed when it was last read."""

        def work(connection: Connection) -> int:
            return int(connection.scalar(_LISTED, {"of_feed": feed_id}) or 0)

        return await self._database.read(work)

    async def count_vanished(
        self, feed_id: int, listed: Collection[int], newer_than: datetime
    ) -> int:
        """Return how many items a feed listed when it was last read that it lists no more.

        Only those *newer_than* what it lists now: old ones go as new ones come.
        """

        def work(connection: Connection) -> int:
            query = select(func.count()).where(
                item.c.feed_id == feed_id,
                item.c.listed,
                item.c.published_at > newer_than,
                item.c.id.not_in(listed),
            )
            return int(connection.scalar(query) or 0)

        return await self._database.read(work)

    async def take_in(
        self,
        source: Feed,
        arrivals: Arrivals,
        outcome: FetchOutcome,
        matcher: KeywordMatcher,
        keys_version: int,
        now: datetime,
    ) -> TakenIn:
        """Store what one poll brought, with its stories, matches and the fan-out it causes.

        One transaction under the intake lock: a crash repeats all of it or none. An item that is
        there already stays one item. What the database refuses is dropped alone, and counted.
        """

        def work(connection: Connection, *, carefully: bool = False) -> TakenIn:
            return save_arrivals(
                connection,
                source,
                arrivals,
                outcome,
                matcher,
                keys_version,
                now,
                carefully=carefully,
            )

        try:
            return await self._database.write_together(work)
        except DataRefused:
            return await self._database.write(partial(work, carefully=True))

    async def load_latest(
        self, *, before: int | None, limit: int, within: Within | None = None
    ) -> list[Item]:
        """Return the newest items, of a part of the archive or all, older than item *before*."""

        def work(connection: Connection) -> list[Item]:
            return load_newest(connection, before=before, limit=limit, within=within or Within())

        return await self._database.read(work)

    async def load_publishers(self) -> set[str]:
        """Return the names of all publishers of the archive, those too that aggregators name."""
        return await self._database.read(load_publishers)

    async def load_first_seen(self) -> datetime | None:
        """Return when the oldest item of the archive was first seen; None where there is none."""

        def work(connection: Connection) -> datetime | None:
            first: datetime | None = connection.scalar(select(func.min(item.c.seen_at)))
            return first

        return await self._database.read(work)

    async def load_titles(
        self, published_after: datetime, *, after: int, limit: int
    ) -> list[tuple[int, str]]:
        """Return ids and titles of the first items of that time behind item *after*."""

        def work(connection: Connection) -> list[tuple[int, str]]:
            query = select(item.c.id, item.c.title).where(
                item.c.published_at > published_after, item.c.id > after
            )
            rows = connection.execute(query.order_by(item.c.id).limit(limit))
            return [(row.id, row.title) for row in rows]

        return await self._database.read(work)

    async def count(self) -> int:
        """Return how many items are kept."""
        query = select(func.count()).select_from(item)
        return await self._database.read(lambda connection: connection.scalar(query) or 0)

    async def load_holding(
        self,
        anchors: Collection[str],
        holds: Callable[[Item], bool],
        *,
        before: int | None,
        limit: int,
        also: Collection[str] = (),
        within: Within | None = None,
    ) -> list[Item]:
        """Return the newest items for which *holds* says yes, among those that bear an anchor.

        And one of *also*, if given. Of *within* it heeds when they were published.
        """

        def work(connection: Connection) -> list[Item]:
            bearing = iter_bearing(
                connection, anchors, before=before, also=also, within=within or Within()
            )
            return list(islice(filter(holds, bearing), limit))

        return await self._database.read(work)

    async def load_stale(self, keys_version: int, limit: int) -> list[Item]:
        """Return the newest items whose keys another version made."""

        def work(connection: Connection) -> list[Item]:
            query = select_items().where(item.c.keys_version != keys_version)
            rows = connection.execute(query.order_by(item.c.id.desc()).limit(limit))
            return [to_item(row) for row in rows]

        return await self._database.read(work)

    async def save_keys(
        self, keys: Mapping[int, Collection[int]], keys_version: int, now: datetime
    ) -> None:
        """Store the keys of items anew; those of before are found under no item any more."""

        def work(connection: Connection) -> None:
            take_intake_lock(connection)
            query = select(item.c.id, item.c.published_at).where(item.c.id.in_(keys))
            rows = connection.execute(query).all()
            places = reserve_places(connection, [row.published_at for row in rows], now)
            placed = list(zip(rows, places, strict=True))
            hashed = {place: keys[row.id] for row, place in placed}
            save_search_keys(connection, hashed, now)
            if placed:
                connection.execute(
                    _PLACED,
                    [
                        {"of_item": row.id, "at": place, "version": keys_version}
                        for row, place in placed
                    ],
                )
            forget_uncarried(connection, keys)

        await self._database.write(work)

    async def prune(self, seen_before: datetime, limit: int) -> int:
        """Delete at most *limit* items older than the archive is kept; return how many."""

        def work(connection: Connection) -> int:
            # What its feed still lists would come back as new: it stays, however old.
            old = (
                select(item.c.id)
                .join(feed)
                .where(
                    item.c.seen_at < seen_before,
                    or_(item.c.listed.is_(False), feed.c.enabled.is_(False)),
                )
                .order_by(item.c.id)
                .limit(limit)
            )
            ids = list(connection.scalars(old))
            connection.execute(delete(item).where(item.c.id.in_(ids)))
            told = exists().where(story_item.c.story_id == story.c.id)
            connection.execute(delete(story).where(story.c.opened_at < seen_before, ~told))
            return len(ids)

        def leave(connection: Connection, ids: Collection[int]) -> None:
            take_intake_lock(connection)
            leave_periods(connection, ids, seen_before)

        def drop(connection: Connection) -> None:
            # First, as intake does: who takes in holds the list of weeks too.
            take_intake_lock(connection)
            drop_periods(connection, seen_before)

        pruned = await self._database.write(work)
        if pruned < limit:
            staying = await self._database.read(partial(find_borne_by, ended_before=seen_before))
            for start in range(0, len(staying), limit):
                await self._database.write(partial(leave, ids=staying[start : start + limit]))
            await self._database.write(drop)
        return pruned


def _to_known(row: Any) -> KnownItem:
    return KnownItem(
        id=row.id,
        key=row.key,
        title=row.title,
        text_hash=row.text_hash,
        published_at=row.published_at,
        dated_at=row.dated_at,
        source=row.source,
    )
