"""Items: the archive of what feeds printed, and the one transaction that takes new ones in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Row, Select, and_, delete, exists, or_, select, update

from bot.model import Feed, Item, NewItem
from bot.storage.database import Database, insert_into, take_intake_lock
from bot.storage.feeds import FetchOutcome, mark_polled
from bot.storage.tables import (
    fanout,
    feed,
    item,
    item_key,
    item_title,
    keyword,
    match,
    publisher,
    story,
    story_item,
)


class KeywordMatcher(Protocol):
    """What intake asks of the matcher; called in the writer's thread, under the intake lock."""

    @property
    def newest_keyword(self) -> int:
        """The highest keyword id that the matcher has learnt."""

    def learn(self, keyword_id: int, compiled: str) -> None:
        """Take a keyword in; called in the order of ids."""

    def forget(self, keyword_id: int) -> None:
        """Let go of a keyword that nobody asks for any more."""

    def find(self, new: NewItem, publisher: str) -> Iterable[tuple[int, tuple[str, ...]]]:
        """Return the keywords that *new* satisfies, each with the words that did."""


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An item of a feed that is stored already."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What one intake stored."""

    items: tuple[Item, ...]
    matches: int


def hash_key(key: str) -> int:
    """Return a word's comparable form as the signed 64-bit integer that is stored for it."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class Items:
    """Storage of items."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_known(
        self, feed_id: int, keys: Collection[str], links: Collection[str]
    ) -> tuple[dict[str, KnownItem], dict[str, KnownItem]]:
        """Return the feed's stored items among these, by key and by canonical link."""

        def work(
            connection: Connection,
        ) -> tuple[dict[str, KnownItem], dict[str, KnownItem]]:
            rows = connection.execute(
                select(item.c.id, item.c.key, item.c.link, item.c.title).where(
                    item.c.feed_id == feed_id, or_(item.c.key.in_(keys), item.c.link.in_(links))
                )
            ).all()
            by_key = {row.key: KnownItem(row.id, row.title) for row in rows}
            by_link = {row.link: KnownItem(row.id, row.title) for row in rows if row.link}
            return by_key, by_link

        return await self._database.read(work)

    async def take_in(
        self,
        source: Feed,
        new: Sequence[NewItem],
        listed: Sequence[tuple[KnownItem, str]],
        outcome: FetchOutcome,
        matcher: KeywordMatcher,
        keys_version: int,
        now: datetime,
    ) -> TakenIn:
        """Store what one poll brought, with its stories, matches and the fan-out it causes.

        One transaction under the intake lock: a crash repeats all of it or none. An item that is
        there already (*listed*, each with its title of today) stays one item; a changed title is
        kept beside the old one and alerts nobody.
        """

        def work(connection: Connection) -> TakenIn:
            take_intake_lock(connection)
            _learn_keywords(connection, matcher)
            stored: list[Item] = []
            matches = 0
            for entry in new:
                item_id = _save_item(connection, source.id, entry, keys_version)
                if item_id is None:
                    continue
                story_id = _save_story(connection, item_id, entry)
                if entry.alerts:
                    found = dict(matcher.find(entry, source.publisher.name))
                    alive = _alive(connection, found)
                    for gone in found.keys() - alive:
                        matcher.forget(gone)
                    _save_matches(connection, item_id, story_id, entry.gravity, found, alive)
                    matches += len(alive)
                stored.append(_to_new_item(item_id, entry, source))
            for known, title in listed:
                if title != known.title:
                    _save_title(connection, known, title, now)
            connection.execute(
                update(item)
                .where(item.c.id.in_([known.id for known, _ in listed]))
                .values(listed_at=now)
            )
            mark_polled(connection, source.id, outcome, now)
            return TakenIn(tuple(stored), matches)

        return await self._database.write(work)

    async def load_latest(self, *, before: int | None, limit: int) -> list[Item]:
        """Return the newest items, those older than item *before* when it is given."""

        def work(connection: Connection) -> list[Item]:
            query = _newest_first(select_items(), before).limit(limit)
            return [to_item(row) for row in connection.execute(query)]

        return await self._database.read(work)

    async def find_holding(
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
            for item_id, words in keys.items():
                _save_keys(connection, item_id, words)
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
        publisher=row.publisher_name,
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


def _learn_keywords(connection: Connection, matcher: KeywordMatcher) -> None:
    """Tell the matcher of keywords that were added since it was last asked, by any process."""
    added = connection.execute(
        select(keyword.c.id, keyword.c.compiled)
        .where(keyword.c.id > matcher.newest_keyword)
        .order_by(keyword.c.id)
    )
    for row in added:
        matcher.learn(row.id, row.compiled)


def _save_item(
    connection: Connection, feed_id: int, entry: NewItem, keys_version: int
) -> int | None:
    statement = (
        insert_into(connection, item)
        .values(
            feed_id=feed_id,
            key=entry.key,
            link=entry.link,
            title=entry.title,
            summary=entry.summary,
            language=entry.language,
            published_at=entry.published_at,
            seen_at=entry.seen_at,
            listed_at=entry.seen_at,
            keys_version=keys_version,
        )
        .on_conflict_do_nothing()
        .returning(item.c.id)
    )
    item_id = connection.scalars(statement).one_or_none()
    if item_id is not None:
        _save_keys(connection, item_id, entry.keys)
    return item_id


def _save_keys(connection: Connection, item_id: int, keys: Collection[str]) -> None:
    if keys:
        rows = [{"key": value, "item_id": item_id} for value in {*map(hash_key, keys)}]
        connection.execute(item_key.insert(), rows)


def _save_story(connection: Connection, item_id: int, entry: NewItem) -> int:
    opened = insert_into(connection, story).values(key=entry.story_key, opened_at=entry.seen_at)
    connection.execute(opened.on_conflict_do_nothing())
    story_id = int(
        connection.scalars(select(story.c.id).where(story.c.key == entry.story_key)).one()
    )
    connection.execute(story_item.insert().values(story_id=story_id, item_id=item_id))
    return story_id


def _alive(connection: Connection, keyword_ids: Collection[int]) -> set[int]:
    """Return those of the keywords that somebody still asks for."""
    return set(connection.scalars(select(keyword.c.id).where(keyword.c.id.in_(keyword_ids))))


def _save_matches(
    connection: Connection,
    item_id: int,
    story_id: int,
    gravity: int,
    words: Mapping[int, tuple[str, ...]],
    keyword_ids: Collection[int],
) -> None:
    if not keyword_ids:
        return
    connection.execute(
        match.insert(),
        [
            {"item_id": item_id, "keyword_id": each, "words": "\n".join(words[each])}
            for each in keyword_ids
        ],
    )
    connection.execute(
        fanout.insert(),
        [
            {"item_id": item_id, "keyword_id": each, "story_id": story_id, "gravity": gravity}
            for each in keyword_ids
        ],
    )


def _save_title(connection: Connection, known: KnownItem, title: str, now: datetime) -> None:
    connection.execute(
        insert_into(connection, item_title)
        .values(item_id=known.id, replaced_at=now, title=known.title)
        .on_conflict_do_nothing()
    )
    connection.execute(update(item).where(item.c.id == known.id).values(title=title))


def _to_new_item(item_id: int, entry: NewItem, source: Feed) -> Item:
    return Item(
        id=item_id,
        title=entry.title,
        summary=entry.summary,
        link=entry.link,
        language=entry.language,
        published_at=entry.published_at,
        seen_at=entry.seen_at,
        publisher=source.publisher.name,
        feed=source.name,
    )
