"""One fetched feed becomes items, stories, matches and fan-out, in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta

from bot.feeds.fetch import FetchedFeed
from bot.feeds.links import canonical_link
from bot.feeds.parse import item_key
from bot.language import detect_language
from bot.matching import (
    KEYS_VERSION,
    KeywordRefused,
    Matcher,
    Query,
    ReadText,
    holds,
    parse_keyword,
    read_text,
)
from bot.model import Feed, Item, NewItem, ParsedItem
from bot.storage import Storage
from bot.storage.feeds import FetchOutcome
from bot.storage.items import KnownItem, TakenIn
from bot.storage.keywords import CompiledKeyword
from bot.stories import find_story_key

#: An item published longer ago than this when it is first seen is stored, never alerted.
STALE_AFTER = timedelta(hours=24)
#: A clock may be a little fast; what claims to come from further ahead is dated by us.
_MAX_AHEAD = timedelta(minutes=10)


class Intake:
    """Takes in what polls bring, matching it against every keyword that is stored."""

    def __init__(self, storage: Storage, reading: Executor) -> None:
        """*reading* runs what is slow about text, so that no reply waits for it."""
        self._storage = storage
        self._reading = reading
        self._matcher = Matcher()
        self._newest_keyword = 0

    async def take_in(
        self,
        feed: Feed,
        fetched: FetchedFeed,
        parsed: Sequence[ParsedItem],
        next_poll_at: datetime,
        now: datetime,
    ) -> TakenIn:
        """Store what is new of *parsed*; what it matches is owed from the same instant on."""
        keyed = {item_key(each): each for each in reversed(parsed)}
        links = {key: canonical_link(each.link) for key, each in keyed.items()}
        by_key, by_link = await self._storage.items.find_known(
            feed.id, list(keyed), [link for link in links.values() if link]
        )
        unknown: dict[str, ParsedItem] = {}
        listed: list[tuple[KnownItem, str]] = []
        for key, each in keyed.items():
            known = by_key.get(key) or by_link.get(links[key])
            if known is None:
                unknown[key] = each
            else:
                listed.append((known, each.title))
        read = await asyncio.get_running_loop().run_in_executor(
            self._reading, _read_items, feed, unknown, links, now
        )
        return await self._storage.items.take_in(
            feed,
            [new for new, _ in read],
            listed,
            FetchOutcome(
                etag=fetched.etag,
                last_modified=fetched.last_modified,
                body_hash=fetched.body_hash,
                next_poll_at=next_poll_at,
            ),
            _Reading(self, {new.key: text for new, text in read}),
            KEYS_VERSION,
            now,
        )

    async def load(self) -> None:
        """Learn every keyword that is stored, before the first poll has to wait for it."""
        compiled = await self._storage.keywords.load_compiled(self._newest_keyword)
        await asyncio.get_running_loop().run_in_executor(self._reading, self._learn_all, compiled)

    def learn(self, keyword_id: int, compiled: str) -> None:
        """Take a keyword in; called in the order of ids."""
        self._matcher.add(keyword_id, Query.from_json(compiled))
        self._newest_keyword = keyword_id

    def _learn_all(self, keywords: Sequence[tuple[int, str]]) -> None:
        for keyword_id, compiled in keywords:
            self.learn(keyword_id, compiled)

    async def rekey(self) -> int:
        """Compile anew the keywords of an older glossary or dictionary; return how many."""
        return await self._storage.keywords.rekey(KEYS_VERSION, _compile_or_none)


def compile_keyword(typed: str) -> CompiledKeyword:
    """Return the stored forms of what was typed; raises KeywordRefused."""
    return to_stored(typed, parse_keyword(typed))


def to_stored(typed: str, query: Query) -> CompiledKeyword:
    """Return the stored forms of what was typed and has been parsed."""
    return CompiledKeyword(
        typed=typed,
        query=query.canonical,
        compiled=query.to_json(),
        keys_version=KEYS_VERSION,
        anchors=query.anchors,
    )


def find_words(query: Query, item: Item) -> tuple[str, ...] | None:
    """Return the words of a stored item that satisfy *query*, or None."""
    text = read_text(matched_text(item.title, item.summary))
    return holds(query, text, language=item.language, publisher=item.publisher)


def matched_text(title: str, summary: str) -> str:
    """Return what of an item is matched: its title and the summary, cut when it was parsed."""
    return f"{title}\n{summary}"


class _Reading:
    """What storage asks while it takes one feed in: a matcher over the texts of its new items."""

    def __init__(self, intake: Intake, texts: dict[str, ReadText]) -> None:
        self._intake = intake
        self._texts = texts

    @property
    def newest_keyword(self) -> int:
        return self._intake._newest_keyword

    def learn(self, keyword_id: int, compiled: str) -> None:
        self._intake.learn(keyword_id, compiled)

    def forget(self, keyword_id: int) -> None:
        self._intake._matcher.remove(keyword_id)

    def find(self, new: NewItem, publisher: str) -> Iterable[tuple[int, tuple[str, ...]]]:
        found = self._intake._matcher.find(
            self._texts[new.key], language=new.language, publisher=publisher
        )
        return [(each.keyword_id, each.words) for each in found]


def _read_items(
    feed: Feed, parsed: dict[str, ParsedItem], links: dict[str, str], now: datetime
) -> list[tuple[NewItem, ReadText]]:
    return [_read_item(feed, key, each, links[key], now) for key, each in parsed.items()]


def _read_item(
    feed: Feed, key: str, parsed: ParsedItem, link: str, now: datetime
) -> tuple[NewItem, ReadText]:
    text = matched_text(parsed.title, parsed.summary)
    read = read_text(text)
    hint = feed.language if feed.language in ("hy", "ru", "en") else None
    published_at = parsed.published_at or now
    if published_at > now + _MAX_AHEAD:
        published_at = now
    new = NewItem(
        key=key,
        guid=parsed.guid,
        link=link,
        title=parsed.title,
        summary=parsed.summary,
        language=detect_language(text, hint),
        published_at=published_at,
        seen_at=now,
        story_key=find_story_key(link=link, feed=feed.name, item_key=key),
        keys=read.keys,
        gravity=read.gravity,
        alerts=feed.polled_before and now - published_at <= STALE_AFTER,
    )
    return new, read


def _compile_or_none(typed: str) -> CompiledKeyword | None:
    try:
        return compile_keyword(typed)
    except KeywordRefused:
        return None
