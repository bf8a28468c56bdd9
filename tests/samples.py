"""Nouns for tests, with everything filled in that a test does not care about."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, func, select, update

from bot.config import FeedEntry, FeedList, PublisherEntry
from bot.feeds.links import same_address
from bot.intake import KeywordBook, compile_keyword, find_words, matched_text
from bot.intake.stories import FoundStories, StoryBook
from bot.matching import KEYS_VERSION, parse_keyword, read_text
from bot.model import (
    ChangedItem,
    ChatKind,
    Feed,
    FeedConfig,
    Item,
    NewItem,
    Publisher,
    PublisherKind,
    Subscriber,
    Telling,
)
from bot.storage import Storage
from bot.storage.arrivals import Arrivals, KeywordMatcher, TakenIn
from bot.storage.database import Database, make_engine
from bot.storage.keywords import Added
from bot.storage.polls import FetchOutcome

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
    """Return a feed as it is claimed for its first poll; *changes* of it or its configuration."""
    publisher = Publisher(name="Sample Herald", country="AM", kind=PublisherKind.INDEPENDENT)
    written = {each.name for each in dataclasses.fields(FeedConfig)}
    config = {name: changes.pop(name) for name in written & changes.keys()}
    return Feed(
        id=changes.pop("id", 1),
        config=dataclasses.replace(
            FeedConfig(
                name="Sample Herald (English)",
                url="https://news.example/rss",
                publisher=publisher,
                language="en",
            ),
            **config,
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


def telling(told: Item, **changes: Any) -> Telling:
    """Return an item as its story has it, by an independent publisher of Armenia."""
    by = {"country": "AM", "kind": PublisherKind.INDEPENDENT}
    return Telling(**{"item": told, **by, **changes})


def tellings(*items: Item) -> tuple[Telling, ...]:
    """Return items as one story has them."""
    return tuple(map(telling, items))


def feeds_config(*names: str, host: str = "", **changes: Any) -> FeedList:
    """Return a feeds.yaml of one publisher with these feeds, each of its own host or all of one."""
    feeds = tuple(
        FeedEntry(
            name=name,
            url=f"https://{host or f'{zlib.crc32(name.encode()):x}.example'}/{name}.xml",
            publisher="Sample Herald",
            language="en",
            **changes,
        )
        for name in names
    )
    kind = PublisherKind.INDEPENDENT
    return FeedList({"Sample Herald": PublisherEntry(country="AM", kind=kind)}, feeds)


async def open_feed(
    storage: Storage,
    name: str = "alpha",
    *,
    polled: bool = True,
    publisher: str = "Sample Herald",
    **described: Any,
) -> Feed:
    """Return a stored feed; *polled* says that its first, silent poll is over."""
    (entry,) = feeds_config(name).feeds
    by = PublisherEntry(**{"country": "AM", "kind": PublisherKind.INDEPENDENT, **described})
    feeds = (entry.model_copy(update={"publisher": publisher}),)
    await storage.feeds.save_config(FeedList({publisher: by}, feeds), NOW)
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
    asked = compile_keyword(typed)

    def find(each: Item) -> tuple[str, ...] | None:
        return find_words(query, each)

    looked_back = await storage.keywords.look_back(asked.anchors, find, now)
    return await storage.keywords.add(who.id, asked, looked_back, find, now)


class PlainMatcher:
    """The matcher that intake uses, without its executor."""

    def __init__(self) -> None:
        self._book = KeywordBook()
        self.learn = self._book.learn
        self.forget = self._book.forget
        self.stories = FoundStories(StoryBook(), (), NOW)
        #: The words that changed items bore before, by their ids.
        self.before: dict[int, str] = {}

    @property
    def newest_keyword(self) -> int:
        return self._book.newest

    def find(self, new: NewItem, publisher: str) -> list[tuple[int, tuple[str, ...]]]:
        text = read_text(matched_text(new.title, new.summary))
        return self._book.find(text, language=new.language, publisher=publisher)

    def find_added(self, changed: ChangedItem, publisher: str) -> list[tuple[int, tuple[str, ...]]]:
        old, now = (
            self._book.find(read_text(text), language=changed.language, publisher=publisher)
            for text in (self.before[changed.id], matched_text(changed.title, changed.summary))
        )
        return [each for each in now if each[0] not in dict(old)]


def new_item(title: str, **changes: Any) -> NewItem:
    """Return an item that is not stored yet."""
    key = changes.pop("key", title)
    link = changes.pop("link", f"https://news.example/{abs(hash(key))}")
    values = {
        "summary": "",
        "language": "en",
        "published_at": NOW,
        "seen_at": NOW,
        "story_key": link or key,
        **changes,
    }
    values.setdefault("link_key", same_address(link))
    read = read_text(matched_text(title, values["summary"]))
    values.setdefault("gravity", read.gravity)
    return NewItem(key=key, guid=key, link=link, title=title, keys=read.numbers, **values)


def change(item_id: int, title: str, *, alerts: bool = True) -> ChangedItem:
    """Return a stored item that bears another title now."""
    read = read_text(title)
    return ChangedItem(
        id=item_id,
        title=title,
        summary="",
        language="en",
        source="",
        keys=read.numbers,
        text_hash=1,
        gravity=read.gravity,
        alerts=alerts,
    )


async def take_in(
    storage: Storage,
    feed: Feed,
    *new: NewItem,
    now: datetime = NOW,
    listed: Collection[int] = (),
    changed: Sequence[ChangedItem] = (),
    matcher: KeywordMatcher | None = None,
) -> TakenIn:
    """Store new items as one poll does."""
    outcome = FetchOutcome(
        etag="", last_modified="", body_hash="", next_poll_at=now + timedelta(minutes=5)
    )
    return await storage.items.take_in(
        feed,
        Arrivals(new=new, listed=listed, changed=changed),
        outcome,
        matcher or PlainMatcher(),
        KEYS_VERSION,
        now,
    )


async def expand(storage: Storage) -> None:
    """Owe everything that is to be owed."""
    while await storage.deliveries.expand(1_000):
        pass


async def owe_alert(storage: Storage, who: Subscriber, title: str = "Talks on the border") -> None:
    """Let one item be printed that *who* is owed an alert for."""
    source = await open_feed(storage, f"feed of {title}")
    await follow(storage, who, "border")
    await take_in(storage, source, new_item(title))
    await expand(storage)


def count_rows(storage: Storage, table: Table, **wanted: Any) -> int:
    """Return how many rows of a table bear these values."""
    query = select(func.count()).select_from(table).filter_by(**wanted)
    with storage.database.engine.connect() as connection:
        return int(connection.scalar(query) or 0)


def rows_of(storage: Storage, table: Table) -> list[dict[str, Any]]:
    """Return a table's rows by their primary key."""
    with storage.database.engine.connect() as connection:
        query = select(table).order_by(*table.primary_key.columns)
        return [dict(row) for row in connection.execute(query).mappings()]


def change_rows(storage: Storage, table: Table, **values: Any) -> None:
    """Set columns of every row: time that passes, or a process that died."""
    with storage.database.engine.begin() as connection:
        connection.execute(update(table).values(**values))


def second_database(storage: Storage) -> Database:
    """Return what another process has of the same database; the test closes it."""
    url = storage.database.engine.url.set(drivername=storage.database.engine.dialect.name)
    return Database(make_engine(url.render_as_string(hide_password=False)))
