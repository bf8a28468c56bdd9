"""One fetched feed becomes items, stories, matches and fan-out, in one transaction."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from bot.errors import FeedError
from bot.feeds.backlog import Standing, judge
from bot.feeds.fetch import FetchedFeed
from bot.feeds.links import canonical_link
from bot.feeds.parse import item_key
from bot.feeds.rhythm import learn_rhythm
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
from bot.model import Feed, Item, NewItem, ParsedFeed, ParsedItem
from bot.storage import Storage
from bot.storage.arrivals import Arrivals, KnownItem, TakenIn
from bot.storage.keywords import CompiledKeyword
from bot.storage.polls import FetchOutcome
from bot.stories import find_story_key

#: An item published longer ago than this when it is first seen is stored, never alerted.
STALE_AFTER = timedelta(hours=24)
#: A clock may be a little fast; what claims to come from further ahead is dated by us.
_MAX_AHEAD = timedelta(minutes=10)
#: No feed is older than feeds are: what claims to be has a date that was never set.
_FIRST_NEWS = datetime(1995, 1, 1, tzinfo=UTC)
_FEWEST_RENAMED = 2
_FEWEST_VANISHED = 2
#: So many failures in a row, and a feed that went backwards is believed.
_BACKWARD_TIMES = 3

_log = logging.getLogger(__name__)


class KeywordBook:
    """Every keyword that was learnt so far, held against one text in one pass."""

    def __init__(self) -> None:
        self._matcher = Matcher()
        self.newest = 0  #: the highest id that was learnt

    def learn(self, keyword_id: int, compiled: str) -> None:
        """Take a keyword in; called in the order of ids."""
        self._matcher.add(keyword_id, Query.from_json(compiled))
        self.newest = keyword_id

    def learn_all(self, keywords: Iterable[tuple[int, str]]) -> None:
        """Take keywords in, each with its id, in the order of ids."""
        for keyword_id, compiled in keywords:
            self.learn(keyword_id, compiled)

    def forget(self, keyword_id: int) -> None:
        """Let go of a keyword that nobody asks for any more."""
        self._matcher.remove(keyword_id)

    def find(
        self, text: ReadText, *, language: str, publisher: str
    ) -> list[tuple[int, tuple[str, ...]]]:
        """Return the keywords that *text* satisfies, each with the words that did."""
        found = self._matcher.find(text, language=language, publisher=publisher)
        return [(each.keyword_id, each.words) for each in found]


class Intake:
    """Takes in what polls bring, matching it against every keyword that is stored."""

    def __init__(self, storage: Storage, reading: Executor) -> None:
        """*reading* runs what is slow about text, so that no reply waits for it."""
        self._storage = storage
        self._reading = reading
        self._book = KeywordBook()

    async def take_in(
        self,
        feed: Feed,
        fetched: FetchedFeed,
        parsed: ParsedFeed,
        next_poll_at: Callable[[Feed], datetime],
        now: datetime,
    ) -> TakenIn:
        """Store what is new of *parsed*; what it matches is owed from the same instant on.

        *next_poll_at* is asked with the feed as it is after this poll. Raises FeedError for a feed
        that went backwards: a stale copy must not pass for "nothing new".
        """
        keyed = {item_key(each): each for each in reversed(parsed.items)}
        links = {key: canonical_link(each.link) for key, each in keyed.items()}
        by_key, by_link = await self._storage.items.load_known(
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
        if unknown:
            renamed = await self._load_renamed(feed, unknown, len(keyed))
        else:
            await self._refuse_older(feed, keyed.values(), listed)
            renamed = {}
        for key in renamed:
            del unknown[key]
        standing = judge(feed, list(unknown.values()), len(keyed), now)
        if unknown and standing not in (Standing.NEWS, Standing.FIRST):
            _log.info(
                "backlog_stored", extra={"feed": feed.name, "why": standing.name.lower(),
                                         "items": len(unknown)}
            )  # fmt: skip
        sources = await self._name_sources(unknown.values())
        read = await asyncio.get_running_loop().run_in_executor(
            self._reading, _read_items, feed, unknown, links, sources, standing, now
        )
        after = _after(feed, fetched, parsed, [(unknown[new.key], new) for new, _ in read], now)
        return await self._storage.items.take_in(
            feed,
            Arrivals(
                new=[new for new, _ in read],
                listed=[*listed, *((known, known.title) for known in renamed.values())],
                renamed=[(known, key, links[key]) for key, known in renamed.items()],
            ),
            FetchOutcome(
                etag=fetched.etag,
                last_modified=fetched.last_modified,
                body_hash=fetched.body_hash,
                next_poll_at=next_poll_at(after),
                moved_to=fetched.moved_to,
                pace=after.pace,
                rhythm=after.rhythm,
            ),
            _Reading(self._book, {new.key: text for new, text in read}),
            KEYS_VERSION,
            now,
        )

    async def _load_renamed(
        self, feed: Feed, unknown: Mapping[str, ParsedItem], listed: int
    ) -> dict[str, KnownItem]:
        """Return items that are stored under other names: their feed changed its guids and links.

        Only when most of a document is unknown and most of that bears titles of old: a title alone
        ("The weather today") tells nothing.
        """
        if not feed.polled_before or len(unknown) < _FEWEST_RENAMED or 2 * len(unknown) <= listed:
            return {}
        titled = await self._storage.items.load_titled(
            feed.id, [each.title for each in unknown.values()]
        )
        found = {key: titled[each.title] for key, each in unknown.items() if each.title in titled}
        return found if 2 * len(found) > len(unknown) else {}

    async def _refuse_older(
        self,
        feed: Feed,
        entries: Collection[ParsedItem],
        listed: Sequence[tuple[KnownItem, str]],
    ) -> None:
        if feed.failures >= _BACKWARD_TIMES:
            return  # it means it: what vanished was taken back
        newest = max((each.published_at for each in entries if each.published_at), default=None)
        if newest is None:
            return
        vanished = await self._storage.items.count_vanished(
            feed.id, [known.id for known, _ in listed], newest
        )
        if vanished >= _FEWEST_VANISHED:
            raise FeedError(f"it went backwards: its {vanished} newest items are gone")

    async def _name_sources(self, entries: Collection[ParsedItem]) -> dict[str, str]:
        """Return the publishers behind an aggregator's items, by the names it has for them."""
        named = {each.source: each.source_url for each in entries if each.source}
        if not named:
            return {}
        by_host = await self._storage.feeds.load_publishers_by_host()
        hosts = {source: (urlsplit(url).hostname or "") for source, url in named.items()}
        return {
            source: by_host.get(host.removeprefix("www."), source) for source, host in hosts.items()
        }

    async def load(self) -> None:
        """Learn every keyword that is stored, before the first poll has to wait for it."""
        compiled = await self._storage.keywords.load_compiled(self._book.newest)
        await asyncio.get_running_loop().run_in_executor(
            self._reading, self._book.learn_all, compiled
        )

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
    """What storage asks while it takes one feed in: the book over the texts of its new items."""

    def __init__(self, book: KeywordBook, texts: dict[str, ReadText]) -> None:
        self._book = book
        self._texts = texts

    @property
    def newest_keyword(self) -> int:
        return self._book.newest

    def learn(self, keyword_id: int, compiled: str) -> None:
        self._book.learn(keyword_id, compiled)

    def forget(self, keyword_id: int) -> None:
        self._book.forget(keyword_id)

    def find(self, new: NewItem, publisher: str) -> Iterable[tuple[int, tuple[str, ...]]]:
        text = self._texts[new.key]
        return self._book.find(text, language=new.language, publisher=publisher)


def _read_items(
    feed: Feed,
    parsed: dict[str, ParsedItem],
    links: dict[str, str],
    sources: Mapping[str, str],
    standing: Standing,
    now: datetime,
) -> list[tuple[NewItem, ReadText]]:
    read = []
    for key, each in parsed.items():
        try:
            new = _read_item(feed, key, each, links[key], sources, standing, now)
        except Exception:
            # A bug of ours in reading one item must not cost the others, nor the feed.
            _log.exception("item_not_read", extra={"feed": feed.name, "item": key[:200]})
            continue
        read.append(new)
    return read


def _read_item(
    feed: Feed,
    key: str,
    parsed: ParsedItem,
    link: str,
    sources: Mapping[str, str],
    standing: Standing,
    now: datetime,
) -> tuple[NewItem, ReadText]:
    text = matched_text(parsed.title, parsed.summary)
    read = read_text(text)
    language = feed.config.language
    hint = language if language in ("hy", "ru", "en") else None
    published_at = parsed.published_at or now
    if published_at > now + _MAX_AHEAD or published_at < _FIRST_NEWS:
        published_at = now
    fresh = now - published_at <= STALE_AFTER
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
        alerts=fresh and standing is Standing.NEWS,
        # A backlog floods nobody, and is not lost: the next digest tells of it.
        matches=fresh and standing not in (Standing.NEWS, Standing.FIRST),
        source=sources.get(parsed.source, ""),
    )
    return new, read


def _after(
    feed: Feed,
    fetched: FetchedFeed,
    parsed: ParsedFeed,
    new: Sequence[tuple[ParsedItem, NewItem]],
    now: datetime,
) -> Feed:
    """Return the feed as this poll leaves it: with its pace and its rhythm of today."""
    # Before its rhythm is known, dates that are ours would make all its archive look like today's.
    first = not feed.rhythm.hours
    times = [item.published_at for each, item in new if each.published_at or not first]
    return replace(
        feed,
        failures=0,
        pace=replace(parsed.pace, fresh_s=fetched.fresh_s or 0),
        rhythm=learn_rhythm(feed.rhythm, times, now),
    )


def _compile_or_none(typed: str) -> CompiledKeyword | None:
    try:
        return compile_keyword(typed)
    except KeywordRefused:
        return None
