"""The archive read: items newest first, all of them or those that bear certain words."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    func,
    literal_column,
    or_,
    select,
    true,
)

from bot.model import Item
from bot.model.search_keys import hash_key
from bot.storage.carrying import iter_uncarried
from bot.storage.search import find_places, find_places_among, place_after
from bot.storage.tables import feed, item, publisher

# Most who ask want few; who reads on is given more at a time.
_FIRST_PAGE, _LARGEST_PAGE = 32, 400

# Literals: with a bound parameter no planner can prove that the partial index serves.
_NAMES_SOURCE = item.c.source != literal_column("''")
_NAMES_NO_SOURCE = item.c.source == literal_column("''")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Which part of the archive is read: all of it, if nothing is said."""

    languages: Collection[str] = ()
    publishers: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None  #: what was published then is not in it


_EVERYTHING = Within()


def select_newest(before: int | None, within: Within = _EVERYTHING) -> Select[Any]:
    """Return the SELECT of items, newest first, those older than item *before*, if given.

    Of *within* it heeds when they were published.
    """
    query = select_items().order_by(item.c.published_at.desc(), item.c.id.desc())
    if within.since is not None:
        query = query.where(item.c.published_at >= within.since)
    if within.until is not None:
        query = query.where(item.c.published_at < within.until)
    if before is None:
        return query
    at = select(item.c.published_at).where(item.c.id == before).scalar_subquery()
    # The first condition is what an index is entered by.
    return query.where(item.c.published_at <= at, or_(item.c.published_at < at, item.c.id < before))


def load_newest(
    connection: Connection, *, before: int | None, limit: int, within: Within = _EVERYTHING
) -> list[Item]:
    """Return the newest items of a part of the archive, older than item *before*, if given.

    Each language and each publisher is asked by itself: so an index gives its newest at once.
    """
    query = select_newest(before, within).limit(limit)
    if within.publishers:
        parts = _of_publishers(connection, within.publishers)
        if within.languages:
            parts = [part & item.c.language.in_(within.languages) for part in parts]
    else:
        parts = [item.c.language == each for each in within.languages] or [true()]
    found = [to_item(row) for part in parts for row in connection.execute(query.where(part))]
    found.sort(key=lambda each: (each.published_at, each.id), reverse=True)
    return found[:limit]


def load_publishers(connection: Connection) -> set[str]:
    """Return the names of all publishers of the archive, those too that aggregators name."""
    first = select(func.min(item.c.source).label("name")).where(_NAMES_SOURCE).cte(recursive=True)
    following = (
        select(func.min(item.c.source))
        .where(_NAMES_SOURCE, item.c.source > first.c.name)
        .scalar_subquery()
    )
    # From one name to the next by the index: there are few, and very many items.
    names = first.union_all(select(following).where(first.c.name.is_not(None)))
    named = connection.scalars(select(names.c.name).where(names.c.name.is_not(None)))
    return {*named, *connection.scalars(select(publisher.c.name))}


def _of_publishers(connection: Connection, names: Collection[str]) -> list[ColumnElement[bool]]:
    feeds = connection.scalars(select(feed.c.id).join(publisher).where(publisher.c.name.in_(names)))
    return [
        *((item.c.feed_id == each) & _NAMES_NO_SOURCE for each in feeds),
        *((item.c.source == each) & _NAMES_SOURCE for each in names),
    ]


def iter_bearing(
    connection: Connection,
    anchors: Collection[str],
    *,
    before: int | None = None,
    also: Collection[str] = (),
    within: Within = _EVERYTHING,
) -> Iterator[Item]:
    """Yield the items that bear one of the anchors, newest first, read as they are asked.

    With *also*, those that bear one of these too, as far as that is known without reading them.
    Of *within* it heeds when they were published.
    """
    keys = {hash_key(anchor) for anchor in anchors}
    others = {hash_key(anchor) for anchor in also}
    uncarried = iter_uncarried(connection, keys, select_newest(before, within))
    newer = heapq.merge(
        _iter_placed(connection, keys, before, others, within),
        (to_item(row) for row in uncarried),
        key=lambda each: each.published_at,
        reverse=True,
    )
    if within.since is not None:
        since = within.since
        yield from takewhile(lambda each: each.published_at >= since, newer)
    else:
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
    connection: Connection,
    keys: Collection[int],
    before: int | None,
    also: Collection[int],
    within: Within,
) -> Iterator[Item]:
    below = None if within.until is None else place_after(within.until)
    above = -1 if within.since is None else place_after(within.since) - 1
    size = _FIRST_PAGE
    if before is not None:
        older = select(item.c.place, item.c.published_at).where(item.c.id == before)
        row = connection.execute(older).one_or_none()
        if row is None:
            return
        below = row.place if row.place is not None else place_after(row.published_at)
    while True:
        places = find_places(connection, keys, below=below, limit=size, above=above, also=also)
        # Places of old may be borne by nobody any more.
        rows = {
            row.place: row
            for row in connection.execute(select_items().where(item.c.place.in_(places)))
        }
        yield from (to_item(rows[place]) for place in places if place in rows)
        if len(places) < size:
            return
        below, size = places[-1], min(2 * size, _LARGEST_PAGE)
