"""Items: the archive of what feeds printed, and the one transaction that takes new ones in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
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
from bot.storage.arrivals import (
    Arrivals,
    KeywordMatcher,
    TakenIn,
    save_arrivals,
)
from bot.storage.columns import Moment
from bot.storage.database import Database
from bot.storage.polls import FetchOutcome
from bot.storage.search_keys import forget_keys, hash_key, save_keys
from bot.storage.tables import (
    feed,
    item,
    item_key,
    publisher,
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
    item.c.listed_at >= bindparam("since", type_=Moment()),
    item.c.title.in_(bindparam("titles", expanding=True)),
)
_DATED_THE_SAME = _SAME_TITLE.where(item.c.published_at.in_(bindparam("dates", expanding=True)))
_LISTED_BEFORE = select(func.count()).where(
    item.c.feed_id == bindparam("of_feed"),
    item.c.listed_at >= bindparam("since", type_=Moment()),
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
        since: datetime,
        dates: Collection[datetime] | None = None,
    ) -> list[KnownItem]:
        """Return the feed's items of these titles that it listed at *since* or later, newest first.

        With *dates*, only those of just these: an index finds them.
        """

        def work(connection: Connection) -> list[KnownItem]:
            asked = {"of_feed": feed_id, "titles": list(titles), "since": since}
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

    async def count_listed(self, feed_id: int, since: datetime) -> int:
        """Return how many items a feed listed at *since* or later."""

        def work(connection: Connection) -> int:
            asked = {"of_feed": feed_id, "since": since}
            return int(connection.scalar(_LISTED_BEFORE, asked) or 0)

        return await self._database.read(work)

    async def count_vanished(
        self, feed_id: int, listed: Collection[int], newer_than: datetime
    ) -> int:
        """Return how many items a feed listed when it was last read that it lists no more.

        Only those *newer_than* what it lists now: old ones go as new ones come.
        """

        def work(connection: Connection) -> int:
            query = (
                select(func.count())
                .select_from(item)
                .join(feed)
                .where(
                    item.c.feed_id == feed_id,
                    item.c.listed_at >= feed.c.read_at,
                    item.c.published_at > newer_than,
                    item.c.id.not_in(listed),
                )
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
            return await self._database.write(work)
        except DataRefused:
            return await self._database.write(partial(work, carefully=True))

    async def load_latest(self, *, before: int | None, limit: int) -> list[Item]:
        """Return the newest items, those older than item *before* when it is given."""

        def work(connection: Connection) -> list[Item]:
            query = _newest_first(select_items(), before).limit(limit)
            return [to_item(row) for row in connection.execute(query)]

        return await self._database.read(work)

    async def load_holding(
        self,
        anchors: Collection[str],
        holds: Callable[[Item], bool],
        *,
        before: int | None,
        limit: int,
    ) -> list[Item]:
        """Return the newest items for which *holds* says yes, among those that bear an anchor."""

        def work(connection: Connection) -> list[Item]:
            found: list[Item] = []
            below = before
            while len(found) < limit:
                page = load_candidates(connection, anchors, before=below, limit=100)
                found.extend(candidate for candidate in page if holds(candidate))
                if len(page) < 100:
                    break
                below = page[-1].id
            return found[:limit]

        return await self._database.read(work)

    async def load_stale(self, keys_version: int, limit: int) -> list[Item]:
        """Return the newest items whose keys another version made."""

        def work(connection: Connection) -> list[Item]:
            query = select_items().where(item.c.keys_version != keys_version)
            rows = connection.execute(query.order_by(item.c.id.desc()).limit(limit))
            return [to_item(row) for row in rows]

        return await self._database.read(work)

    async def save_keys(self, keys: Mapping[int, Collection[str]], keys_version: int) -> None:
        """Store the keys of items anew."""

        def work(connection: Connection) -> None:
            forget_keys(connection, keys)
            save_keys(connection, keys)
            connection.execute(
                update(item).where(item.c.id.in_(keys)).values(keys_version=keys_version)
            )

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
                    or_(item.c.listed_at < feed.c.read_at, feed.c.enabled.is_(False)),
                )
                .limit(limit)
            )
            ids = list(connection.scalars(old))
            connection.execute(delete(item).where(item.c.id.in_(ids)))
            told = exists().where(story_item.c.story_id == story.c.id)
            connection.execute(delete(story).where(story.c.opened_at < seen_before, ~told))
            return len(ids)

        return await self._database.write(work)


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


def select_items() -> Select[Any]:
    """Return the SELECT that `to_item` reads."""
    return (
        select(item, feed.c.name.label("feed_name"), publisher.c.name.label("publisher_name"))
        .select_from(item)
        .join(feed, feed.c.id == item.c.feed_id)
        .join(publisher, publisher.c.id == feed.c.publisher_id)
    )


def to_item(row: Row[Any]) -> Item:
    """Return the item that a row of `select_items` holds."""
    return Item(
        id=row.id,
        title=row.title,
        summary=row.summary,
        link=row.link,
        language=row.language,
        published_at=row.published_at,
        seen_at=row.seen_at,
        publisher=row.source or row.publisher_name,
        feed=row.feed_name,
    )


def load_candidates(
    connection: Connection,
    anchors: Collection[str],
    *,
    before: int | None = None,
    after: int = 0,
    limit: int,
) -> list[Item]:
    """Return the newest items that bear at least one of the anchors, newest first."""
    hashed = [hash_key(anchor) for anchor in anchors]
    bearing = select(item_key.c.item_id).where(item_key.c.key.in_(hashed))
    query = _newest_first(select_items().where(item.c.id.in_(bearing)), before).limit(limit)
    if after:
        query = query.where(item.c.id > after)
    return [to_item(row) for row in connection.execute(query)]


def _newest_first(query: Select[Any], before: int | None) -> Select[Any]:
    """Order items by when they were published, those older than item *before* when it is given."""
    query = query.order_by(item.c.published_at.desc(), item.c.id.desc())
    if before is None:
        return query
    at = select(item.c.published_at).where(item.c.id == before).scalar_subquery()
    return query.where(
        or_(item.c.published_at < at, and_(item.c.published_at == at, item.c.id < before))
    )
