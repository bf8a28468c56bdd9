"""Feeds: what feeds.yaml says, and what polling left behind."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any

from bot.config import FeedList
from bot.storage import Storage
from bot.storage.arrivals import Arrivals
from bot.storage.poll_notes import Failed, Unchanged
from bot.storage.polls import POLL_LEASE, FetchOutcome
from bot.storage.tables import feed
from tests.samples import (
    NOW,
    PlainMatcher,
    feeds_config,
    open_feed,
    rows_of,
    second_database,
)


async def names_due(storage: Storage, at: Any = NOW) -> list[str]:
    return [each.name for each in await storage.feeds.claim_due(at, 10)]


async def polled(storage: Storage, *, etag: str = '"1"') -> None:
    """Poll the one feed there is."""
    (source,) = await storage.feeds.claim_due(NOW, 10)
    outcome = FetchOutcome(
        etag=etag, last_modified="x", body_hash="y", next_poll_at=NOW + timedelta(hours=1)
    )
    await storage.items.take_in(
        source, Arrivals(new=[], listed=[]), outcome, PlainMatcher(), 1, NOW
    )


async def fail(storage: Storage, feed_id: int, reason: str) -> None:
    """Note that a poll failed; it is due again at once."""
    note = Failed(feed_id=feed_id, at=NOW, next_poll_at=NOW, reason=reason)
    await storage.feeds.note_and_claim([note], NOW, 0)


def moved(config: FeedList, url: str) -> FeedList:
    (entry,) = config.feeds
    return FeedList(config.publishers, (entry.model_copy(update={"url": url}),))


async def test_a_listed_feed_is_due_at_once_and_held_while_it_is_asked(storage: Storage) -> None:
    await storage.feeds.save_config(feeds_config("alpha", "beta"), NOW)
    assert await names_due(storage) == ["alpha", "beta"]
    assert await names_due(storage) == []
    assert await names_due(storage, NOW + POLL_LEASE) == ["alpha", "beta"]


async def test_two_pollers_never_ask_the_same_feed(storage: Storage) -> None:
    await storage.feeds.save_config(feeds_config(*(f"feed {n}" for n in range(20))), NOW)
    other = second_database(storage)
    try:
        claims = await asyncio.gather(
            *(each.feeds.claim_due(NOW, 4) for each in (storage, Storage(other)) for _ in range(3))
        )
    finally:
        other.close()
    names = [each.name for claim in claims for each in claim]
    assert len(names) == len(set(names))
    assert len(names) >= 16


async def test_a_feed_that_was_never_polled_says_so_until_it_was(storage: Storage) -> None:
    source = await open_feed(storage, polled=False)
    assert not source.polled_before
    await fail(storage, source.id, "HTTP 500")
    (again,) = await storage.feeds.claim_due(NOW, 10)
    assert not again.polled_before, "its first good poll is still to come, and is silent"
    assert again.failures == 1
    await fail(storage, source.id, "HTTP 500")
    await polled(storage)
    (last,) = await storage.feeds.claim_due(NOW + timedelta(hours=1), 10)
    assert (last.polled_before, last.failures, last.etag) == (True, 0, '"1"')


async def test_a_feed_no_longer_listed_is_asked_no_more_and_keeps_its_history(
    storage: Storage,
) -> None:
    await storage.feeds.save_config(feeds_config("alpha"), NOW)
    await polled(storage)
    await storage.feeds.save_config(feeds_config("beta"), NOW)
    later = NOW + timedelta(days=1)
    assert await names_due(storage, later) == ["beta"]
    await storage.feeds.save_config(feeds_config("alpha"), later)
    (back,) = await storage.feeds.claim_due(later, 10)
    assert (back.name, back.polled_before) == ("alpha", True)


async def test_a_feed_switched_off_is_not_asked(storage: Storage) -> None:
    await storage.feeds.save_config(feeds_config("alpha", enabled=False), NOW)
    assert await names_due(storage) == []


async def test_a_new_address_drops_what_the_old_server_said_and_keeps_the_history(
    storage: Storage,
) -> None:
    config = feeds_config("alpha")
    await storage.feeds.save_config(config, NOW)
    await polled(storage)
    await storage.feeds.save_config(moved(config, "https://new.example/rss"), NOW)
    (source,) = await storage.feeds.claim_due(NOW, 10)
    assert (source.config.url, source.polled_before) == ("https://new.example/rss", True)
    assert (source.etag, source.last_modified, source.body_hash) == ("", "", "")


async def test_an_edit_of_something_else_keeps_the_validators(storage: Storage) -> None:
    config = feeds_config("alpha")
    await storage.feeds.save_config(config, NOW)
    await polled(storage)
    await storage.feeds.save_config(feeds_config("alpha", every_s=60, urgent=True), NOW)
    (source,) = await storage.feeds.claim_due(NOW + timedelta(hours=1), 10)
    assert (source.etag, source.config.every_s, source.config.urgent) == ('"1"', 60, True)


async def test_a_publisher_may_be_described_anew(storage: Storage) -> None:
    config = feeds_config("alpha")
    await storage.feeds.save_config(config, NOW)
    known = config.publishers["Sample Herald"]
    sources = ("https://a.example/who", "https://b.example/who")
    anew = known.model_copy(update={"country": "GE", "city": "Batumi", "source": sources})
    await storage.feeds.save_config(
        dataclasses.replace(config, publishers={"Sample Herald": anew}), NOW
    )
    (source,) = await storage.feeds.claim_due(NOW, 10)
    assert source.config.publisher == anew.named("Sample Herald")
    assert source.config.publisher.source == "https://a.example/who"
    await storage.feeds.save_config(config, NOW)
    (state,) = await storage.feeds.load_sources()
    assert state.publisher == known.named("Sample Herald")
    assert (state.publisher.city, state.publisher.source) == ("", "")


async def test_sources_are_told_with_how_they_are_and_without_those_switched_off(
    storage: Storage,
) -> None:
    await storage.feeds.save_config(feeds_config("alpha", "beta"), NOW)
    first, _ = await storage.feeds.claim_due(NOW, 10)
    await fail(storage, first.id, "HTTP 500")
    sources = await storage.feeds.load_sources()
    assert [(each.name, each.failures) for each in sources] == [("alpha", 1), ("beta", 0)]
    await storage.feeds.save_config(feeds_config("beta"), NOW)
    assert [each.name for each in await storage.feeds.load_sources()] == ["beta"]


async def test_a_long_reason_is_cut(storage: Storage) -> None:
    source = await open_feed(storage)
    await fail(storage, source.id, "x" * 9_999)
    assert rows_of(storage, feed)[0]["error"] == "x" * 500


async def test_a_clock_that_is_set_back_stops_no_feed(storage: Storage) -> None:
    await storage.feeds.save_config(feeds_config("daily", every_s=86_400), NOW)
    (daily,) = await storage.feeds.claim_due(NOW, 10)
    future = NOW + timedelta(days=300)
    note = Unchanged(
        feed_id=daily.id, at=future, next_poll_at=future + timedelta(days=1), etag="",
        last_modified="", fresh_s=0,
    )  # fmt: skip
    await storage.feeds.note_and_claim([note], future, 0)
    assert [each.name for each in await storage.feeds.claim_due(NOW, 10)] == ["daily"]
    assert await storage.feeds.claim_due(NOW, 10) == [], "and it is held as ever"


async def test_a_clock_a_little_behind_another_polls_nothing_twice(storage: Storage) -> None:
    await storage.feeds.save_config(feeds_config("alpha"), NOW)
    (alpha,) = await storage.feeds.claim_due(NOW, 10)
    ahead = NOW + timedelta(seconds=30)
    await storage.feeds.note_and_claim(
        [Failed(feed_id=alpha.id, at=ahead, next_poll_at=ahead + timedelta(hours=1), reason="x")],
        ahead,
        0,
    )
    assert await storage.feeds.claim_due(NOW, 10) == []


async def test_one_host_is_asked_by_two_at_a_time_whoever_asks(storage: Storage) -> None:
    names = [f"feed {n}" for n in range(6)]
    await storage.feeds.save_config(feeds_config(*names, host="herald.example"), NOW)
    assert len(await storage.feeds.claim_due(NOW, 10)) == 2
    other = second_database(storage)
    try:
        assert await Storage(other).feeds.claim_due(NOW, 10) == []
    finally:
        other.close()


async def test_a_feed_that_is_gone_is_asked_no_more_until_it_is_revived(storage: Storage) -> None:
    config = feeds_config("alpha")
    await storage.feeds.save_config(config, NOW)
    (alpha,) = await storage.feeds.claim_due(NOW, 10)
    gone = Failed(feed_id=alpha.id, at=NOW, next_poll_at=NOW, reason="HTTP 410", gone=True)
    await storage.feeds.note_and_claim([gone], NOW, 0)
    later = NOW + timedelta(days=30)
    await storage.feeds.save_config(config, later)
    assert await names_due(storage, later) == []
    await storage.feeds.revive("alpha", later)
    assert await names_due(storage, later) == ["alpha"]


async def test_a_new_address_brings_a_feed_back_that_was_gone(storage: Storage) -> None:
    config = feeds_config("alpha")
    await storage.feeds.save_config(config, NOW)
    (alpha,) = await storage.feeds.claim_due(NOW, 10)
    gone = Failed(feed_id=alpha.id, at=NOW, next_poll_at=NOW, reason="HTTP 410", gone=True)
    await storage.feeds.note_and_claim([gone], NOW, 0)
    await storage.feeds.save_config(moved(config, "https://new.example/rss"), NOW)
    (back,) = await storage.feeds.claim_due(NOW, 10)
    assert back.moved
