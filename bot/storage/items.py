"""Items: the archive of what feeds printed, and the one transaction that takes new ones in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
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

from bot.model import Feed, Item
from bot.storage.arrivals import (
    Arrivals,
    KeywordMatcher,
    KnownItem,
    TakenIn,
    hash_key,
    save_arrivals,
    save_keys,
)
from bot.storage.database import Database
from bot.storage.polls import FetchOutcome
from bot.storage.tables import (
    feed,
    item,
    item_key,
    publisher,
    story,
    story_item,
)

# Made once: every poll asks it.
_KNOWN = select(item.c.id, item.c.key, item.c.link, item.c.title).where(
    item.c.feed_id == bindparam("of_feed"),
    or_(
        item.c.key.in_(bindparam("keys", expanding=True)),
        item.c.link.in_(bindparam("links", expanding=True)),
    ),
)


class Items:
    """Storage of items."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_known(
        self, feed_id: int, keys: Collection[str], links: Collection[str]
    ) -> tuple[dict[str, KnownItem], dict[str, KnownItem]]:
        """Return the feed's stored items among these, by key and by canonical link."""

        def work(
            connection: Connection,
        ) -> tuple[dict[str, KnownItem], dict[str, KnownItem]]:
            rows = connection.execute(
                _KNOWN, {"of_feed": feed_id, "keys": list(keys), "links": list(links)}
            ).all()
            by_key = {row.key: KnownItem(row.id, row.title) for row in rows}
            by_link = {row.link: KnownItem(row.id, row.title) for row in rows if row.link}
            return by_key, by_link

        return await self._database.read(work)

    async def load_titled(self, feed_id: int, titles: Collection[str]) -> dict[str, KnownItem]:
        """Return the feed's stored items that bear these titles, the newest of each."""

        def work(connection: Connection) -> dict[str, KnownItem]:
            rows = connection.execute(
                select(item.c.id, item.c.title)
                .where(item.c.feed_id == feed_id, item.c.title.in_(titles))
                .order_by(item.c.id)
            )
            return {row.title: KnownItem(row.id, row.title) for row in rows}

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
        there already stays one item; a changed title is kept beside the old one and alerts nobody.
        """

        def work(connection: Connection) -> TakenIn:
            return save_arrivals(connection, source, arrivals, outcome, matcher, keys_version, now)

        return await self._database.write(work)

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
            connection.execute(delete(item_key).where(item_key.c.item_id.in_(keys)))
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
