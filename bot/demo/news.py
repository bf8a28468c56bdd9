"""Sample news in three languages: made up for the demo, printed by publishers that do not exist."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from bot.demo.feeds import FeedItem, FeedServer

# The archive reaches back less than a day, so that it looks fresh and is still old news.
_ARCHIVE_NEWEST = timedelta(minutes=25)
_ARCHIVE_STEP = timedelta(minutes=75)


@dataclass(frozen=True, slots=True)
class SampleFeed:
    """One of the sample publishers; each has one feed."""

    name: str
    publisher: str
    language: str
    country: str
    kind: str


@dataclass(frozen=True, slots=True)
class SampleNews:
    """One piece of sample news."""

    id: str
    feed: str
    border: bool
    archive: bool
    title: str
    summary: str
    more: str


SAMPLE_FEEDS: tuple[SampleFeed, ...] = (
    SampleFeed("nmush", "Նմուշ Լրատու", "hy", "AM", "private"),
    SampleFeed("orinak", "Օրինակ Օրաթերթ", "hy", "AM", "public"),
    SampleFeed("primer", "Пример-Новости", "ru", "RU", "agency"),
    SampleFeed("obrazets", "Образец Вести", "ru", "AZ", "agency"),
    SampleFeed("herald", "Sample Herald", "en", "GB", "independent"),
    SampleFeed("wire", "Example Wire", "en", "FR", "agency"),
)


def read_sample_news() -> list[SampleNews]:
    """Return all sample news in the order of the file."""
    path = files("bot.demo") / "sample-news.json"
    return [SampleNews(**each) for each in json.loads(path.read_text("utf-8"))]


class SampleNewsroom:
    """Prints the archive at once, then one new item every *interval_s*, without end.

    After the first pass the news come round again under new guids, links and times: to a
    reader of feeds they are new articles.
    """

    def __init__(self, server: FeedServer, *, interval_s: float = 12.0) -> None:
        self._server = server
        self._interval_s = interval_s
        self._news = read_sample_news()
        self._coming = self._queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the feeds, print the archive, and begin to print new items."""
        for feed in SAMPLE_FEEDS:
            self._server.add_feed(feed.name, title=feed.publisher, language=feed.language)
        self.print_archive(datetime.now(UTC))
        self._task = asyncio.create_task(self._print_on())

    async def stop(self) -> None:
        """Print no more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def print_archive(self, now: datetime) -> list[FeedItem]:
        """Print what is older than the demo itself, oldest first."""
        archive = [news for news in self._news if news.archive]
        oldest = now - _ARCHIVE_NEWEST - _ARCHIVE_STEP * (len(archive) - 1)
        return [
            self._print(news, news.id, oldest + _ARCHIVE_STEP * place)
            for place, news in enumerate(reversed(archive))
        ]

    def print_next(self, now: datetime) -> FeedItem:
        """Print the next new item; about every second one is about the border."""
        news, guid = next(self._coming)
        return self._print(news, guid, now)

    async def _print_on(self) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            self.print_next(datetime.now(UTC))

    def _queue(self) -> Iterator[tuple[SampleNews, str]]:
        for news in self._news:
            if not news.archive:
                yield news, news.id
        round_number = 2
        while True:
            for news in _alternating(self._news):
                yield news, f"{news.id}-{round_number}"
            round_number += 1

    def _print(self, news: SampleNews, guid: str, published: datetime) -> FeedItem:
        return self._server.add_item(
            news.feed,
            news.title,
            summary=news.summary,
            published=published,
            guid=guid,
            article=f"{news.summary}\n{news.more}",
        )


def _alternating(news: list[SampleNews]) -> Iterator[SampleNews]:
    """Return *news* with those about the border and the others in turn, while both last."""
    border = [each for each in news if each.border]
    others = [each for each in news if not each.border]
    for first, second in zip(border, others, strict=False):
        yield first
        yield second
    yield from border[len(others) :] + others[len(border) :]
