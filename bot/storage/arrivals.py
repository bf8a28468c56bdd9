"""What a poll brings, stored: new items with their stories, keys, matches and fan-out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, bindparam, select, update

from bot.model import Feed, Item, NewItem
from bot.storage.columns import Moment
from bot.storage.database import insert_into, take_intake_lock
from bot.storage.polls import FetchOutcome, mark_polled
from bot.storage.tables import fanout, item, item_key, item_title, keyword, match, story, story_item


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


# Made once: every poll says it.
_LISTED = (
    update(item)
    .where(item.c.id.in_(bindparam("ids", expanding=True)))
    .values(listed_at=bindparam("at", type_=Moment()))
)
_KEYWORDS_SINCE = (
    select(keyword.c.id, keyword.c.compiled)
    .where(keyword.c.id > bindparam("newest"))
    .order_by(keyword.c.id)
)
_STORIES = select(story.c.id, story.c.key).where(story.c.key.in_(bindparam("keys", expanding=True)))


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
    ids = _save_items(connection, source.id, arrivals.new, keys_version)
    new = [entry for entry in arrivals.new if entry.key in ids]
    stories = _save_stories(connection, ids, new)
    matches = 0
    for entry in new:
        if not (entry.alerts or entry.matches):
            continue
        item_id, story_id = ids[entry.key], stories[entry.story_key]
        found = dict(matcher.find(entry, entry.source or source.config.publisher.name))
        alive = _alive(connection, found) if found else set()
        for gone in found.keys() - alive:
            matcher.forget(gone)
        _save_matches(connection, item_id, found, alive)
        if entry.alerts:
            _owe_alerts(connection, item_id, story_id, entry.gravity, alive)
            matches += len(alive)
    stored = [_to_new_item(ids[entry.key], entry, source) for entry in new]
    for known, title in arrivals.listed:
        if title != known.title:
            _save_title(connection, known, title, now)
    for known, key, link in arrivals.renamed:
        connection.execute(update(item).where(item.c.id == known.id).values(key=key, link=link))
    if arrivals.listed:
        ids_listed = [known.id for known, _ in arrivals.listed]
        connection.execute(_LISTED, {"ids": ids_listed, "at": now})
    mark_polled(connection, source.id, outcome, now)
    return TakenIn(tuple(stored), matches)


def save_keys(connection: Connection, keys: Mapping[int, Collection[str]]) -> None:
    """Store the words of items, by item, in their comparable form."""
    rows = [
        {"key": value, "item_id": item_id}
        for item_id, words in keys.items()
        for value in {*map(hash_key, words)}
    ]
    if rows:
        connection.execute(item_key.insert(), rows)


def _learn_keywords(connection: Connection, matcher: KeywordMatcher) -> None:
    """Tell the matcher of keywords that were added since it was last asked, by any process."""
    added = connection.execute(_KEYWORDS_SINCE, {"newest": matcher.newest_keyword})
    for row in added:
        matcher.learn(row.id, row.compiled)


def _save_items(
    connection: Connection, feed_id: int, new: Sequence[NewItem], keys_version: int
) -> dict[str, int]:
    """Insert what is not there yet, in few statements; return the ids by key."""
    if not new:
        return {}
    statement = (
        insert_into(connection, item).on_conflict_do_nothing().returning(item.c.id, item.c.key)
    )
    rows = [
        {
            "feed_id": feed_id,
            "key": entry.key,
            "link": entry.link,
            "title": entry.title,
            "summary": entry.summary,
            "language": entry.language,
            "published_at": entry.published_at,
            "seen_at": entry.seen_at,
            "listed_at": entry.seen_at,
            "source": entry.source,
            "keys_version": keys_version,
        }
        for entry in new
    ]
    ids = {row.key: row.id for row in connection.execute(statement, rows)}
    save_keys(connection, {ids[entry.key]: entry.keys for entry in new if entry.key in ids})
    return ids


def _save_stories(
    connection: Connection, ids: Mapping[str, int], new: Sequence[NewItem]
) -> dict[str, int]:
    """Open the stories of new items that are not open yet; return all their ids by key."""
    if not new:
        return {}
    opened = [{"key": entry.story_key, "opened_at": entry.seen_at} for entry in new]
    connection.execute(insert_into(connection, story).on_conflict_do_nothing(), opened)
    found = connection.execute(_STORIES, {"keys": [entry.story_key for entry in new]})
    stories = {row.key: row.id for row in found}
    connection.execute(
        story_item.insert(),
        [{"story_id": stories[entry.story_key], "item_id": ids[entry.key]} for entry in new],
    )
    return stories


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
        publisher=entry.source or source.config.publisher.name,
        feed=source.name,
    )
