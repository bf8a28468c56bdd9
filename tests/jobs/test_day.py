"""A day of publishers of every kind: what ought to alert does, once, and all is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.config import FeedEntry, FeedList
from bot.feeds.fetch import FeedFetcher
from bot.feeds.worker import ParseWorker
from bot.intake import Intake
from bot.jobs.poll import PollJob
from bot.model import DeliveryKind, Fate, Silence
from bot.storage import Storage
from bot.storage.tables import delivery, feed, item, story_item
from tests.samples import NOW, expand, feeds_config, follow, open_chat, rows_of

_START = NOW.replace(hour=0, minute=0)
_STEP = timedelta(minutes=5)
_STEPS = 24 * 12
_LISTED = 30


@dataclass
class Printed:
    """One entry as a publisher prints it."""

    number: int
    at: datetime
    title: str
    changed: str = ""  #: its title ten minutes later

    def title_at(self, now: datetime) -> str:
        return self.changed if self.changed and now - self.at >= 2 * _STEP else self.title


@dataclass
class Publisher:
    """One feed: how its entries look, and what it prints in the course of the day."""

    name: str
    every: int  #: prints something new in every so many steps
    title: Callable[[int], str] | None = None  #: of each an event of its own, where none is given
    element: Callable[[str, Printed, datetime], str] = lambda name, each, now: ""
    changed: Callable[[int], str] = lambda n: ""
    lies: bool = False  #: says "not modified" to whoever asks whether anything was
    backdated: timedelta = timedelta(0)
    printed: list[Printed] = field(default_factory=list)

    def print_until(self, now: datetime) -> None:
        step = (now - _START) // _STEP
        if step > 0 and step % self.every == 0:
            number = len(self.printed)
            at = now - self.backdated
            title = self.title(number) if self.title else f"Border {self.name}{number}"
            self.printed.append(Printed(number, at, title, self.changed(number)))

    def document(self, now: datetime) -> str:
        listed = reversed(self.printed[-_LISTED:])
        items = "".join(f"<item>{self.element(self.name, each, now)}</item>" for each in listed)
        return f'<rss version="2.0"><channel><title>{self.name}</title>{items}</channel></rss>'


def _rss(at: datetime) -> str:
    return f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} +0000</pubDate>"


def _usual(name: str, each: Printed, now: datetime) -> str:
    link = f"http://{name}.example/{each.number}"
    return (
        f"<title>{each.title_at(now)}</title><link>{link}</link><guid>{link}</guid>{_rss(each.at)}"
    )


def _live(name: str, each: Printed, now: datetime) -> str:
    link = f"http://{name}.example/live#post-{each.number}"
    return f"<title>{each.title}</title><link>{link}</link>{_rss(each.at)}"


def _status(name: str, each: Printed, now: datetime) -> str:
    return (
        f"<title>{each.title}</title><link>http://{name}.example/status</link>"
        f'<guid isPermaLink="false">{name}-{each.number}</guid>{_rss(each.at)}'
    )


def _undated(name: str, each: Printed, now: datetime) -> str:
    return f"<title>{each.title}</title><link>http://{name}.example/{each.number}</link>"


def _day_only(name: str, each: Printed, now: datetime) -> str:
    return f"{_undated(name, each, now)}<pubDate>{each.at:%d.%m.%Y}</pubDate>"


def _renaming(name: str, each: Printed, now: datetime) -> str:
    scheme = "v2" if now >= _START + timedelta(hours=12) else "v1"
    return f"<title>{each.title}</title><guid>{scheme}-{each.number}</guid>{_rss(each.at)}"


def _alarm(number: int) -> str:
    return "All clear: border villages" if number % 2 else "Air alarm: border villages"


def _found_publishers() -> list[Publisher]:
    return [
        Publisher("live", 3, element=_live),
        Publisher("status", 4, element=_status),
        Publisher("alarms", 6, _alarm, _status),
        Publisher("undated", 5, element=_undated),
        Publisher("daydated", 6, element=_day_only),
        Publisher(
            "corrected", 6, lambda n: f"Report {n}: details to follow", _usual,
            lambda n: f"Report {n}: fire at the border, details to follow",
        ),
        Publisher("renaming", 12, element=_renaming),
        Publisher("stale", 24, element=_usual, backdated=timedelta(hours=30, minutes=1)),
        Publisher("usual", 4, element=_usual),
        Publisher("lying", 12, element=_usual, lies=True),
    ]  # fmt: skip


class Newsstand:
    """Serves every publisher's document of the present instant."""

    def __init__(self) -> None:
        self.now = _START
        self.url = ""
        self.publishers = {each.name: each for each in _found_publishers()}
        for each in self.publishers.values():
            # Yesterday's, by which its rhythm is known and which nobody is told of.
            each.printed[:] = [
                Printed(n, _START - timedelta(hours=24 - n) - each.backdated, f"Border of old {n}")
                for n in range(24)
            ]

    def print_news(self, now: datetime, *, printing: bool) -> None:
        self.now = now
        for each in self.publishers.values() if printing else ():
            each.print_until(now)

    async def serve(self, request: web.Request) -> web.Response:
        publisher = self.publishers[request.match_info["name"]]
        if publisher.lies and "If-None-Match" in request.headers:
            return web.Response(status=304)
        headers = {"ETag": '"always"'} if publisher.lies else {}
        return web.Response(
            text=publisher.document(self.now), content_type="application/rss+xml", headers=headers
        )


@pytest.fixture
async def newsstand() -> AsyncIterator[Newsstand]:
    stand, app = Newsstand(), web.Application()
    app.router.add_get("/{name}", stand.serve)
    async with TestServer(app) as server:
        stand.url = str(server.make_url("/"))
        yield stand


@pytest.fixture
async def job(storage: Storage) -> AsyncIterator[PollJob]:
    worker, fetcher = ParseWorker(), FeedFetcher()
    with ThreadPoolExecutor(1) as reading:
        yield PollJob(storage, fetcher, worker, Intake(storage, reading))
    await fetcher.close()
    worker.close()


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_a_day_of_news_alerts_everybody_once_and_every_silence_is_counted(
    storage: Storage, newsstand: Newsstand, job: PollJob
) -> None:
    feeds = tuple(
        FeedEntry(
            name=each.name, url=f"{newsstand.url}{each.name}", publisher="Sample Herald",
            language="en", every_s=1, allow_private=True,
        )
        for each in newsstand.publishers.values()
    )  # fmt: skip
    await storage.feeds.save_config(FeedList(feeds_config("x").publishers, feeds), _START)
    await follow(storage, await open_chat(storage), "border", _START)
    for step in range(_STEPS + 13):  # an hour more, in which nothing is printed
        now = _START + step * _STEP
        newsstand.print_news(now, printing=step <= _STEPS)
        results = await job.run_round(now)
        assert not [each.failed for each in results if each.failed]
        await expand(storage)
    printed = {each.name: len(each.printed) - 24 for each in newsstand.publishers.values()}
    assert sum(printed.values()) >= 500
    told = _count_alerts(storage)
    assert told == {name: count for name, count in printed.items() if name != "stale"}
    for each in newsstand.publishers.values():
        assert await _count(storage, each.name) == _expected(each.name, printed[each.name])
    await job.finish(5)


def _expected(name: str, printed: int) -> dict[str, int]:
    counts: dict[str, int] = {
        Fate.NEW: printed + 24, Silence.FIRST_READING: 24, Fate.ALERTED: printed,
    }  # fmt: skip
    match name:
        case "stale":
            counts[Silence.STALE] = counts.pop(Fate.ALERTED)
        case "corrected":
            counts[Fate.CHANGED] = counts.pop(Fate.ALERTED)
        case "renaming":
            counts[Silence.RENAMED] = _LISTED - 1  # at noon, one of those listed is new
    return counts


def _count_alerts(storage: Storage) -> Counter[str]:
    """Return how many alerts are owed of each feed, each of a story of its own."""
    by_story: dict[int, set[int]] = {}
    for row in rows_of(storage, story_item):
        by_story.setdefault(row["story_id"], set()).add(row["item_id"])
    names = {row["id"]: row["feed_id"] for row in rows_of(storage, item)}
    feeds = _feed_names(storage)
    told: Counter[str] = Counter()
    for row in rows_of(storage, delivery):
        if row["kind"] != DeliveryKind.ALERT:
            continue
        (item_id,) = by_story[row["story_id"]]
        told[feeds[names[item_id]]] += 1
    return told


def _feed_names(storage: Storage) -> dict[int, str]:
    return {row["id"]: row["name"] for row in rows_of(storage, feed)}


async def _count(storage: Storage, name: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for day in await storage.silences.load_days(name, 9):
        counts.update({fate: tally.count for fate, tally in day.tallies.items()})
    return dict(counts)
