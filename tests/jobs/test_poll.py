"""Polling over loopback: a broken feed harms no other, and every poll ends in a row."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from bot.config import FeedEntry, FeedList
from bot.demo.feeds import FeedServer
from bot.errors import DatabaseError
from bot.feeds.fetch import FeedFetcher
from bot.feeds.worker import ParseWorker
from bot.intake import Intake
from bot.jobs.poll import CONCURRENCY, PollJob
from bot.storage import Storage
from bot.storage.polls import PER_HOST
from bot.storage.tables import delivery, feed
from tests.samples import (
    NOW,
    count_rows,
    expand,
    feeds_config,
    follow,
    open_chat,
    rows_of,
)


@pytest.fixture(scope="module")
def worker() -> Iterator[ParseWorker]:
    worker = ParseWorker()
    yield worker
    worker.close()


@dataclass
class Newsrooms:
    """Feeds on loopback, and our polling of them."""

    server: FeedServer
    storage: Storage
    job: PollJob
    names: list[str] = field(default_factory=list)

    async def open(self, *names: str, **changes: Any) -> None:
        """List these feeds in feeds.yaml."""
        self.names += names
        publishers = feeds_config("x").publishers
        feeds = tuple(
            FeedEntry(
                name=name, url=self.server.feed_url(name), publisher="Sample Herald",
                language="en", allow_private=True, **changes,
            )
            for name in self.names
        )  # fmt: skip
        await self.storage.feeds.save_config(FeedList(publishers, feeds), NOW)

    def row(self, name: str) -> dict[str, Any]:
        return next(row for row in rows_of(self.storage, feed) if row["name"] == name)


@pytest.fixture
async def newsrooms(sqlite_storage: Storage, worker: ParseWorker) -> AsyncIterator[Newsrooms]:
    server, fetcher = FeedServer(), FeedFetcher()
    await server.start()
    with ThreadPoolExecutor(1) as reading:
        job = PollJob(sqlite_storage, fetcher, worker, Intake(sqlite_storage, reading))
        yield Newsrooms(server, sqlite_storage, job)
        await job.finish(1)
    await fetcher.close()
    await server.stop()


async def test_a_round_tells_what_each_feed_brought(newsrooms: Newsrooms) -> None:
    newsrooms.server.add_item("alpha", "Border one", published=NOW)
    newsrooms.server.add_item("beta", "Weather", published=NOW)
    await newsrooms.open("alpha", "beta")
    first = await newsrooms.job.run_round(NOW)
    assert [(each.feed, len(each.items), each.first) for each in first] == [
        ("alpha", 1, True), ("beta", 1, True),
    ]  # fmt: skip
    assert await newsrooms.job.run_round(NOW) == [], "none of them is due"
    await follow(newsrooms.storage, await open_chat(newsrooms.storage), "border")
    newsrooms.server.add_item("alpha", "Border two", published=NOW)
    later = NOW + timedelta(hours=1)
    alpha, beta = await newsrooms.job.run_round(later)
    assert ([each.title for each in alpha.items], alpha.matches) == (["Border two"], 1)
    assert beta.not_modified
    assert newsrooms.job.matched.is_set()
    await expand(newsrooms.storage)
    assert count_rows(newsrooms.storage, delivery) == 1


async def test_one_broken_feed_harms_no_other(newsrooms: Newsrooms) -> None:
    server = newsrooms.server
    server.set_raw("gone", b"", 410)
    server.set_raw("page", b"<!doctype html><html></html>", headers={"Content-Type": "text/html"})
    server.set_raw("bomb", b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><rss/>')
    server.set_raw("noise", bytes(range(256)) * 50)
    server.add_item("sound", "Border", published=NOW)
    await newsrooms.open("gone", "page", "bomb", "noise", "sound")
    results = {each.feed: each for each in await newsrooms.job.run_round(NOW)}
    assert {name for name, each in results.items() if each.failed} == {
        "gone", "page", "bomb", "noise",
    }  # fmt: skip
    assert results["gone"].failed == "HTTP 410"
    assert len(results["sound"].items) == 1
    for name in ("gone", "page", "bomb", "noise"):
        row = newsrooms.row(name)
        assert (row["failures"], row["error"]) == (1, results[name].failed)
        assert row["first_polled_at"] is None


async def test_a_failing_feed_is_asked_ever_more_rarely_and_at_least_hourly(
    newsrooms: Newsrooms,
) -> None:
    newsrooms.server.set_raw("gone", b"", 500)
    await newsrooms.open("gone")
    at, gaps = NOW, []
    for _ in range(6):
        await newsrooms.job.run_round(at)
        due = newsrooms.row("gone")["next_poll_at"]
        gaps.append((due - at).total_seconds())
        at = due
    assert gaps[0] < gaps[1] < gaps[2]
    assert 600 <= gaps[0] <= 660
    assert all(3600 <= gap <= 3960 for gap in gaps[3:])
    newsrooms.server.add_item("gone", "Back again", published=NOW)
    (back,) = await newsrooms.job.run_round(at)
    assert len(back.items) == 1
    assert newsrooms.row("gone")["failures"] == 0


async def test_the_same_bytes_again_are_not_parsed(
    newsrooms: Newsrooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b"<rss version='2.0'><channel><item><title>Border</title></item></channel></rss>"
    newsrooms.server.set_raw("stubborn", body)
    await newsrooms.open("stubborn")
    await newsrooms.job.run_round(NOW)
    (again,) = await newsrooms.job.run_round(NOW + timedelta(hours=1))
    assert again.not_modified


async def test_a_bug_in_one_poll_ends_no_other(
    newsrooms: Newsrooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in = newsrooms.job._intake.take_in

    async def broken(source: Any, *rest: Any) -> Any:
        if source.name == "alpha":
            raise KeyError("a bug of ours")
        return await take_in(source, *rest)

    monkeypatch.setattr(newsrooms.job._intake, "take_in", broken)
    for name in ("alpha", "beta"):
        newsrooms.server.add_item(name, "Border", published=NOW)
    await newsrooms.open("alpha", "beta")
    alpha, beta = await newsrooms.job.run_round(NOW)
    assert "error of ours" in alpha.failed
    assert len(beta.items) == 1


async def test_what_could_not_be_stored_is_asked_for_again(
    newsrooms: Newsrooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> Any:
        raise DatabaseError("the database is away")

    newsrooms.server.add_item("alpha", "Border", published=NOW)
    await newsrooms.open("alpha")
    with monkeypatch.context() as patched:
        patched.setattr(newsrooms.job._intake, "take_in", away)
        (lost,) = await newsrooms.job.run_round(NOW)
        assert "away" in lost.failed
    (found,) = await newsrooms.job.run_round(NOW + timedelta(minutes=3))
    assert len(found.items) == 1
    assert found.first


async def test_no_more_feeds_than_agreed_are_asked_at_a_time(newsrooms: Newsrooms) -> None:
    names = [f"feed{n}" for n in range(CONCURRENCY + 4)]
    for name in names:
        newsrooms.server.add_item(name, f"Border {name}", published=NOW)
    await newsrooms.open(*names)
    most = 0
    for _ in range(1_000):
        await newsrooms.job.start_due(NOW)
        most = max(most, len(newsrooms.job._polling))
        await asyncio.sleep(0.01)
        if all(newsrooms.row(name)["first_polled_at"] for name in names):
            break
    await newsrooms.job.finish(5)
    # They are all on one host; one that is stored already may still be at its last step.
    assert most <= 2 * PER_HOST < CONCURRENCY
    polled = [row for row in rows_of(newsrooms.storage, feed) if row["first_polled_at"]]
    assert len(polled) == len(names)


async def test_a_poll_that_takes_too_long_to_stop_is_dropped(
    newsrooms: Newsrooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def hang(*_: Any) -> None:
        asked.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(newsrooms.job._fetcher, "fetch", hang)
    await newsrooms.open("alpha")
    await newsrooms.job.start_due(NOW)
    await asyncio.wait_for(asked.wait(), 20)
    await asyncio.wait_for(newsrooms.job.finish(0.05), 10)
    # It is not held either: who starts next asks it at once.
    assert newsrooms.row("alpha")["leased_until"] is None
    assert newsrooms.row("alpha")["polled_at"] is None
