"""The archive read: items newest first, all of them or those that bear certain words."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, or_, select

from bot.model import Item
from bot.model.search_keys import hash_key
from bot.storage.carrying import iter_uncarried
from bot.storage.search import find_places, find_places_among, place_after
from bot.storage.tables import feed, item, publisher

# Most who ask want few; who reads on is given more at a time.
_FIRST_PAGE, _LARGEST_PAGE = 32, 400


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


def select_newest(before: int | None) -> Select[Any]:
    """Return the SELECT of items, newest first, those older than item *before*, if given."""
    query = select_items().order_by(item.c.published_at.desc(), item.c.id.desc())
    if before is None:
        return query
    at = select(item.c.published_at).where(item.c.id == before).scalar_subquery()
    return query.where(
        or_(item.c.published_at < at, and_(item.c.published_at == at, item.c.id < before))
    )


def iter_bearing(
    connection: Connection, anchors: Collection[str], *, before: int | None = None
) -> Iterator[Item]:
    """Yield the items that bear one of the anchors, newest first, read as they are asked."""
    keys = {hash_key(anchor) for anchor in anchors}
    newer = heapq.merge(
        _iter_placed(connection, keys, before),
        (to_item(row) for row in iter_uncarried(connection, keys, select_newest(before))),
        key=lambda each: each.published_at,
        reverse=True,
    )
    yield from newer


def load_bearing_since(
    connection: Connection, anchors: Collection[str], after: int, limit: int
) -> list[Item]:
    """Return what was stored after item *after* and bears an anchor, of the newest *limit*."""
    stored = select(item.c.place).where(item.c.id > after).order_by(item.c.id.desc()).limit(limit)
    places = {place for place in connection.scalars(stored) if place is not None}
    bearing = find_places_among(connection, {hash_key(anchor) for anchor in anchors}, places)
    rows = connection.execute(select_items().where(item.c.place.in_(bearing), item.c.id > after))
    return [to_item(row) for row in rows]


def _iter_placed(
    connection: Connection, keys: Collection[int], before: int | None
) -> Iterator[Item]:
    below, size = None, _FIRST_PAGE
    if before is not None:
        older = select(item.c.place, item.c.published_at).where(item.c.id == before)
        row = connection.execute(older).one_or_none()
        if row is None:
            return
        below = row.place if row.place is not None else place_after(row.published_at)
    while True:
        places = find_places(connection, keys, below=below, limit=size)
        # Places of old may be borne by nobody any more.
        rows = {
            row.place: row
            for row in connection.execute(select_items().where(item.c.place.in_(places)))
        }
        yield from (to_item(rows[place]) for place in places if place in rows)
        if len(places) < size:
            return
        below, size = places[-1], min(2 * size, _LARGEST_PAGE)
