"""Nouns for tests, with everything filled in that a test does not care about."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.config import FeedConfig, FeedsConfig, PublisherConfig
from bot.intake import compile_keyword, find_words, matched_text
from bot.language import KEYS_VERSION
from bot.matching import Matcher, Query, parse_keyword, read_text
from bot.model import (
    ChatKind,
    Feed,
    Item,
    NewItem,
    Publisher,
    PublisherKind,
    Subscriber,
)
from bot.storage import Storage
from bot.storage.feeds import FetchOutcome
from bot.storage.items import TakenIn
from bot.storage.keywords import Added

NOW = datetime(2026, 9, 12, 8, 0, tzinfo=UTC)


def subscriber(**changes: Any) -> Subscriber:
    """Return a subscriber in Yerevan who reads English."""
    return dataclasses.replace(
        Subscriber(
            id=1,
            chat_id=101,
            topic=0,
            language="en",
            zone="Asia/Yerevan",
            digest_times=("09:00",),
            digest_when_empty=True,
            paused=False,
            next_digest_at=NOW + timedelta(hours=1),
            created_at=NOW,
        ),
        **changes,
    )


def feed(**changes: Any) -> Feed:
    """Return a feed as it is claimed for its first poll."""
    publisher = Publisher(name="Sample Herald", country="AM", kind=PublisherKind.INDEPENDENT)
    return dataclasses.replace(
        Feed(
            id=1,
            name="Sample Herald (English)",
            url="https://news.example/rss",
            publisher=publisher,
            language="en",
            every_s=300,
            timezone="UTC",
            user_agent="",
            urgent=False,
            allow_private=False,
            etag="",
            last_modified="",
            body_hash="",
            polled_before=False,
            failures=0,
        ),
        **changes,
    )


def item(**changes: Any) -> Item:
    """Return a stored item."""
    return dataclasses.replace(
        Item(
            id=1,
            title="Talks on the border go on",
            summary="Both sides met again.",
            link="https://news.example/1",
            language="en",
            published_at=NOW - timedelta(minutes=5),
            seen_at=NOW,
            publisher="Sample Herald",
            feed="Sample Herald (English)",
        ),
        **changes,
    )


def feeds_config(*names: str, **changes: Any) -> FeedsConfig:
    """Return a feeds.yaml of one publisher with these feeds."""
    feeds = tuple(
        FeedConfig(
            name=name,
            url=f"https://news.example/{name}.xml",
            publisher="Sample Herald",
            language="en",
            **changes,
        )
        for name in names
    )
    kind = PublisherKind.INDEPENDENT
    return FeedsConfig({"Sample Herald": PublisherConfig(country="AM", kind=kind)}, feeds)


async def open_feed(storage: Storage, name: str = "alpha", *, polled: bool = True) -> Feed:
    """Return a stored feed; *polled* says that its first, silent poll is over."""
    await storage.feeds.save_config(feeds_config(name), NOW)
    (feed,) = await storage.feeds.claim_due(NOW, 10)
    if polled:
        await take_in(storage, feed)
    return dataclasses.replace(feed, polled_before=polled)


async def open_chat(
    storage: Storage, chat_id: int = 101, *, kind: ChatKind = ChatKind.PRIVATE, **changes: Any
) -> Subscriber:
    """Return a stored subscriber."""
    wanted = subscriber(chat_id=chat_id, **changes)
    return await storage.subscribers.open(wanted, kind)


async def follow(storage: Storage, who: Subscriber, typed: str, now: datetime = NOW) -> Added:
    """Add a keyword as /add does."""
    query = parse_keyword(typed)
    return await storage.keywords.add(
        who.id, compile_keyword(typed), lambda each: find_words(query, each), now
    )


class PlainMatcher:
    """The matcher that intake uses, without its executor."""

    def __init__(self) -> None:
        self.newest_keyword = 0
        self._matcher = Matcher()

    def learn(self, keyword_id: int, compiled: str) -> None:
        self._matcher.add(keyword_id, Query.from_json(compiled))
        self.newest_keyword = keyword_id

    def forget(self, keyword_id: int) -> None:
        self._matcher.remove(keyword_id)

    def find(self, new: NewItem, publisher: str) -> list[tuple[int, tuple[str, ...]]]:
        text = read_text(matched_text(new.title, new.summary))
        return [
            (found.keyword_id, found.words)
            for found in self._matcher.find(text, language=new.language, publisher=publisher)
        ]


def new_item(title: str, **changes: Any) -> NewItem:
    """Return an item that is not stored yet."""
    key = changes.pop("key", title)
    link = changes.pop("link", f"https://news.example/{abs(hash(key))}")
    values = {
        "summary": "",
        "language": "en",
        "published_at": NOW,
        "seen_at": NOW,
        "alerts": True,
        "story_key": link or key,
        **changes,
    }
    keys = read_text(matched_text(title, values["summary"])).keys
    return NewItem(key=key, guid=key, link=link, title=title, keys=keys, **values)


async def take_in(storage: Storage, feed: Feed, *new: NewItem, now: datetime = NOW) -> TakenIn:
    """Store new items as one poll does."""
    outcome = FetchOutcome(
        etag="", last_modified="", body_hash="", next_poll_at=now + timedelta(minutes=5)
    )
    return await storage.items.take_in(feed, new, [], outcome, PlainMatcher(), KEYS_VERSION, now)


async def expand(storage: Storage) -> None:
    """Owe everything that is to be owed."""
    while await storage.deliveries.expand():
        pass
