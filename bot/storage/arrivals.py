"""What a poll brings, stored: new items with their stories, keys, matches and fan-out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, select, update

from bot.model import Feed, Item, NewItem
from bot.storage.database import insert_into, take_intake_lock
from bot.storage.polls import FetchOutcome, mark_polled
from bot.storage.tables import (
    fanout,
    item,
    item_key,
    item_title,
    keyword,
    match,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """What one poll brought."""

    new: Sequence[NewItem]
    #: Items that are stored already, each with its title of today.
    listed: Sequence[tuple[KnownItem, str]]
    #: Those that go by another key and link now.
    renamed: Sequence[tuple[KnownItem, str, str]] = ()


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What one intake stored."""

    items: tuple[Item, ...]
    matches: int


def hash_key(key: str) -> int:
    """Return a word's comparable form as the signed 64-bit integer that is stored for it."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def save_arrivals(
    connection: Connection,
    source: Feed,
    arrivals: Arrivals,
    outcome: FetchOutcome,
    matcher: KeywordMatcher,
    keys_version: int,
    now: datetime,
) -> TakenIn:
    """Store what one poll brought, under the intake lock."""
    take_intake_lock(connection)
    _learn_keywords(connection, matcher)
    stored: list[Item] = []
    matches = 0
    for entry in arrivals.new:
        item_id = _save_item(connection, source.id, entry, keys_version)
        if item_id is None:
            continue
        story_id = _save_story(connection, item_id, entry)
        if entry.alerts or entry.matches:
            found = dict(matcher.find(entry, entry.source or source.publisher.name))
            alive = _alive(connection, found)
            for gone in found.keys() - alive:
                matcher.forget(gone)
            _save_matches(connection, item_id, found, alive)
            if entry.alerts:
                _owe_alerts(connection, item_id, story_id, entry.gravity, alive)
                matches += len(alive)
        stored.append(_to_new_item(item_id, entry, source))
    for known, title in arrivals.listed:
        if title != known.title:
            _save_title(connection, known, title, now)
    for known, key, link in arrivals.renamed:
        connection.execute(update(item).where(item.c.id == known.id).values(key=key, link=link))
    connection.execute(
        update(item)
        .where(item.c.id.in_([known.id for known, _ in arrivals.listed]))
        .values(listed_at=now)
    )
    mark_polled(connection, source.id, outcome, now)
    return TakenIn(tuple(stored), matches)


def save_keys(connection: Connection, item_id: int, keys: Collection[str]) -> None:
    """Store the words of an item in their comparable form."""
    if keys:
        rows = [{"key": value, "item_id": item_id} for value in {*map(hash_key, keys)}]
        connection.execute(item_key.insert(), rows)


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
            source=entry.source,
            keys_version=keys_version,
        )
        .on_conflict_do_nothing()
        .returning(item.c.id)
    )
    item_id = connection.scalars(statement).one_or_none()
    if item_id is not None:
        save_keys(connection, item_id, entry.keys)
    return item_id


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


def _owe_alerts(
    connection: Connection,
    item_id: int,
    story_id: int,
    gravity: int,
    keyword_ids: Collection[int],
) -> None:
    if not keyword_ids:
        return
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
        publisher=entry.source or source.publisher.name,
        feed=source.name,
    )
