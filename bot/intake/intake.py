"""One fetched feed becomes items, stories, matches and fan-out, in one transaction."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.errors import FeedError
from bot.feeds.backlog import FEW, Standing, judge
from bot.feeds.fetch import FetchedFeed
from bot.feeds.identity import By, identify
from bot.feeds.links import canonical_link
from bot.feeds.rhythm import learn_rhythm
from bot.intake.keywords import KeywordBook, compile_again
from bot.intake.reading import HeldAgainst, ReadDocument, read_document
from bot.intake.recognition import (
    Entry,
    Recognised,
    recognise,
    tell_renamed,
    tell_reused,
)
from bot.intake.stories import FoundStories, StoryBook
from bot.matching import KEYS_VERSION
from bot.model import Feed, KnownItem, NewItem, ParsedFeed, ParsedItem, Silence, Tally
from bot.storage import Storage
from bot.storage.arrivals import STORIES_REACH, Arrivals, Renamed, TakenIn
from bot.storage.polls import FetchOutcome
from bot.stories.learnt import load_impostors
from bot.stories.lookalikes import find_imitated

_FEWEST_VANISHED = 2
#: So many failures in a row, and a feed that went backwards is believed.
_BACKWARD_TIMES = 3

#: A story that is alone after this is looked at again, for as long; beside what came so lately.
_LOOKS_AGAIN_AFTER, _LOOKS_BACK = timedelta(minutes=10), timedelta(hours=3)

_log = logging.getLogger(__name__)


class Intake:
    """Takes in what polls bring, matching it against every keyword that is stored."""

    def __init__(self, storage: Storage, reading: Executor) -> None:
        """*reading* runs what is slow about text, so that no reply waits for it."""
        self._storage = storage
        self._reading = reading
        self._book = KeywordBook()
        self._stories = StoryBook()

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
        recognised, shared = await self._recognise(feed, parsed.items, now)
        arrived = [entry.item for entry in recognised.unknown]
        arrived += [entry.item for entry, _ in recognised.reused]
        if not arrived:
            await self._refuse_older(feed, parsed.items, recognised.stored)
        standing = await self._judge(feed, arrived, recognised.total, now)
        sources = await self._name_sources(arrived)

        imitated = await self._find_imitated(feed, arrived)

        def read_and_match() -> tuple[ReadDocument, HeldAgainst]:
            read = read_document(feed, recognised, shared, sources, standing, now, imitated)
            found = FoundStories(self._stories, [new for _, new in read.new], now)
            return read, HeldAgainst(self._book, found, read, feed.config.publisher.name)

        read, held = await asyncio.get_running_loop().run_in_executor(self._reading, read_and_match)
        after = _after(feed, fetched, parsed, read.new, now)
        return await self._storage.items.take_in(
            feed,
            Arrivals(
                new=[new for _, new in read.new],
                listed={known.id for known in recognised.stored},
                changed=read.changed,
                renamed=[_rename(entry, known) for entry, known in recognised.renamed],
                silences=_count_silences(parsed, recognised, read),
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
            held,
            KEYS_VERSION,
            now,
        )

    async def _recognise(
        self, feed: Feed, items: Sequence[ParsedItem], now: datetime
    ) -> tuple[Recognised, frozenset[str]]:
        """Tell what is new of a document, and the addresses that several of its items share."""
        recognised, shared = await self._look_up(feed, items, use_guids=True)
        if recognised.is_shifted():
            # Guids that are places in a list tell nothing: go by links and titles.
            recognised, shared = await self._look_up(feed, items, use_guids=False)
        if feed.read_at is not None and recognised.unknown:
            previous = await self._load_previous(feed, recognised.unknown)
            recognised = tell_renamed(recognised, previous, now)
        if recognised.changed:
            ids = [known.id for _, known in recognised.changed]
            recognised = tell_reused(recognised, await self._storage.items.load_words(ids))
        return recognised, shared

    async def _look_up(
        self, feed: Feed, items: Sequence[ParsedItem], *, use_guids: bool
    ) -> tuple[Recognised, frozenset[str]]:
        identities = identify(items, use_guids=use_guids)
        by_key, by_link = await self._storage.items.load_known(
            feed.id,
            [key for each in identities for key in (each.key, *each.older_keys)],
            [each.link for each in identities if each.link],
        )
        entries = [Entry(*pair) for pair in zip(items, identities, strict=True)]
        return recognise(entries, by_key, by_link), frozenset(by_link)

    async def _load_previous(self, feed: Feed, unknown: Collection[Entry]) -> list[KnownItem]:
        """Return what the last document listed under the titles of unknown entries."""
        weak = [
            entry
            for entry in unknown
            if entry.item.published_at is None
            or entry.item.day_only
            or entry.identity.by is By.TITLE
        ]
        dates = {entry.item.published_at for entry in unknown if entry.item.published_at}
        titles = {entry.item.title for entry in unknown}
        items = self._storage.items
        found = await items.load_titled(feed.id, titles, dates) if dates else []
        if weak:
            found += await items.load_titled(feed.id, {each.item.title for each in weak})
        return list({known.id: known for known in found}.values())

    async def _judge(
        self, feed: Feed, arrived: Sequence[ParsedItem], listed: int, now: datetime
    ) -> Standing:
        listed_before = 0
        if feed.read_at is not None and len(arrived) >= FEW and 2 * len(arrived) > listed:
            listed_before = await self._storage.items.count_listed(feed.id)
        standing = judge(feed, arrived, listed, listed_before, now)
        if arrived and standing not in (Standing.NEWS, Standing.FIRST):
            _log.info(
                "backlog_stored",
                extra={"feed": feed.name, "why": standing.name.lower(), "items": len(arrived)},
            )
        return standing

    async def _refuse_older(
        self, feed: Feed, entries: Collection[ParsedItem], listed: Sequence[KnownItem]
    ) -> None:
        if feed.failures >= _BACKWARD_TIMES:
            return  # it means it: what vanished was taken back
        newest = max((each.published_at for each in entries if each.published_at), default=None)
        if newest is None:
            return
        vanished = await self._storage.items.count_vanished(
            feed.id, [known.id for known in listed], newest
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

    async def _find_imitated(self, feed: Feed, entries: Collection[ParsedItem]) -> dict[str, str]:
        """Return whose addresses items imitate, by the hosts at which they or their sources are."""
        hosts = {
            host
            for each in entries
            for link in (each.link, each.source_url)
            if (host := urlsplit(link).hostname)
        }
        if not hosts:
            return {}
        known = await self._storage.feeds.load_publishers_by_host()
        found = {host: find_imitated(host, known, load_impostors()) for host in hosts}
        # Of its own addresses a publisher may have more than its feeds tell.
        return {
            host: whose
            for host, whose in found.items()
            if whose and whose != feed.config.publisher.name
        }

    async def load(self) -> None:
        """Learn every keyword that is stored, before the first poll has to wait for it."""
        compiled = await self._storage.keywords.load_compiled(self._book.newest)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._reading, self._book.learn_all, compiled)

    async def recall_stories(self, now: datetime) -> None:
        """Know the stories of the last days again, and how often words stood in the news."""
        kept = await self._storage.stories.load_counts(KEYS_VERSION)
        heads = await self._storage.stories.load_heads(now - STORIES_REACH)
        loop = asyncio.get_running_loop()
        if kept is not None or not heads or await self._storage.stories.has_counted():
            await loop.run_in_executor(self._reading, self._stories.recall, kept, heads)
            return
        # Nothing was counted before: what is stored is of a Sahman that put no stories together.
        pairs = await loop.run_in_executor(self._reading, self._stories.gather, heads)
        for into, merged in pairs:
            await self._storage.merging.merge(into, merged, quietly=True)
        await self.keep_counts(now)

    async def look_again(self, now: datetime) -> int:
        """Put stories together that are still alone ten minutes on; return how many."""
        merging = self._storage.merging
        alone = await merging.load_alone(now - 2 * _LOOKS_AGAIN_AFTER, now - _LOOKS_AGAIN_AFTER)
        if not alone:
            return 0
        told = await merging.load_told_since(now - _LOOKS_BACK)
        loop = asyncio.get_running_loop()
        pairs = await loop.run_in_executor(self._reading, self._stories.look_again, alone, told)
        merged = [await merging.merge(*pair) for pair in pairs]
        if any(merged):
            _log.info("stories_merged", extra={"stories": sum(merged)})
        return sum(merged)

    async def keep_counts(self, now: datetime) -> None:
        """Keep how often words stood in the news; each day older news counts for less."""
        packed, aged_at = await asyncio.get_running_loop().run_in_executor(
            self._reading, self._stories.pack_counts, now
        )
        await self._storage.stories.save_counts(KEYS_VERSION, packed, aged_at=aged_at, now=now)

    async def rekey(self) -> int:
        """Compile anew the keywords of an older glossary or dictionary; return how many."""
        return await self._storage.keywords.rekey(KEYS_VERSION, compile_again)


def _rename(entry: Entry, known: KnownItem) -> Renamed:
    identity = entry.identity
    return Renamed(
        id=known.id,
        key=identity.key,
        link=canonical_link(entry.item.link),
        link_key=identity.link if identity.own else "",
    )


def _count_silences(
    parsed: ParsedFeed, recognised: Recognised, read: ReadDocument
) -> dict[Silence, Tally]:
    """Return what of a document reaches nobody, besides new items that are silent."""
    unreadable = (*parsed.skipped, *read.unreadable)
    found = {
        Silence.RENAMED: [entry.item.title for entry, _ in recognised.renamed],
        Silence.REWRITTEN: list(read.too_late),
        Silence.UNREADABLE: list(unreadable),
    }
    tallies = {
        silence: Tally(count=len(examples), example=examples[-1])
        for silence, examples in found.items()
        if examples
    }
    if parsed.left_out:
        tallies[Silence.OVER_LIMIT] = Tally(count=parsed.left_out)
    return tallies


def _after(
    feed: Feed,
    fetched: FetchedFeed,
    parsed: ParsedFeed,
    new: Sequence[tuple[Entry, NewItem]],
    now: datetime,
) -> Feed:
    """Return the feed as this poll leaves it: with its pace and its rhythm of today."""
    # Before its rhythm is known, dates that are ours would make all its archive look like today's.
    first = not feed.rhythm.hours
    times = [
        item.published_at
        for entry, item in new
        if not first or (entry.item.published_at and not entry.item.day_only)
    ]
    return replace(
        feed,
        failures=0,
        pace=replace(parsed.pace, fresh_s=fetched.fresh_s or 0),
        rhythm=learn_rhythm(feed.rhythm, times, now),
    )
