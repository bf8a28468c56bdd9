"""What the database refuses is dropped alone, logged and counted; polls of others go on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.model import Feed, Pace, Silence
from bot.storage import Storage
from bot.storage.arrivals import Arrivals
from bot.storage.poll_notes import Failed, Unchanged
from bot.storage.polls import FetchOutcome
from bot.storage.tables import delivery, feed, item
from tests.samples import (
    KEYS_VERSION,
    NOW,
    PlainMatcher,
    count_rows,
    expand,
    feeds_config,
    follow,
    new_item,
    open_chat,
    open_feed,
    rows_of,
    take_in,
)

LATER = NOW + timedelta(minutes=5)


async def claim(storage: Storage, *notes: Unchanged | Failed) -> list[Feed]:
    return await storage.feeds.note_and_claim(notes, LATER, 10)


def unchanged(feed_id: int, **changes: object) -> Unchanged:
    values: dict[str, object] = {"etag": "", "last_modified": "", "fresh_s": 0, **changes}
    return Unchanged(feed_id=feed_id, at=NOW, next_poll_at=LATER, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "odd",
    [{"fresh_s": 10**12}, {"etag": '"a\x00b"'}, {"last_modified": "\udcff"}],
    ids=["a number out of range", "a zero byte", "half a letter"],
)
async def test_a_note_that_the_database_refuses_stops_no_other_feed(
    postgres_storage: Storage, odd: dict[str, object]
) -> None:
    storage = postgres_storage
    await storage.feeds.save_config(feeds_config("odd", "sound"), NOW)
    odd_feed, sound = await storage.feeds.claim_due(NOW, 10)
    good = unchanged(sound.id, etag='"good"')
    claimed = await claim(storage, unchanged(odd_feed.id, **odd), good)
    assert sorted(each.name for each in claimed) == ["odd", "sound"]
    rows = {row["name"]: row for row in rows_of(storage, feed)}
    assert (rows["sound"]["etag"], rows["sound"]["failures"]) == ('"good"', 0)
    assert rows["odd"]["failures"] == 1
    (day,) = await storage.silences.load_days("odd", 1)
    assert day.tallies[Silence.REFUSED].count == 1


async def test_an_outcome_that_the_database_refuses_costs_the_items_nothing(
    postgres_storage: Storage,
) -> None:
    storage = postgres_storage
    source = await open_feed(storage)
    await follow(storage, await open_chat(storage), "border")
    outcome = FetchOutcome(
        etag='"\x00"', last_modified="", body_hash="", next_poll_at=LATER,
        pace=Pace(fresh_s=10**15),
    )  # fmt: skip
    taken = await storage.items.take_in(
        source, Arrivals(new=[new_item("Border")]), outcome, PlainMatcher(), KEYS_VERSION, NOW
    )
    await expand(storage)
    assert (len(taken.items), count_rows(storage, delivery)) == (1, 1)
    (row,) = rows_of(storage, feed)
    assert (row["etag"], row["failures"], row["next_poll_at"]) == ("", 0, LATER)


@pytest.mark.parametrize(
    "odd", [{"summary": "a\x00b"}, {"title": "\udfff"}], ids=["a zero byte", "half a letter"]
)
async def test_an_item_that_the_database_refuses_is_dropped_alone_and_counted(
    postgres_storage: Storage, odd: dict[str, str]
) -> None:
    storage = postgres_storage
    source = await open_feed(storage)
    await follow(storage, await open_chat(storage), "border")
    sound = new_item("Border news")
    refused = new_item(**{"title": "Border odd", "key": "odd", **odd})
    taken = await take_in(storage, source, sound, refused)
    await expand(storage)
    assert [each.title for each in taken.items] == ["Border news"]
    assert (count_rows(storage, item), count_rows(storage, delivery)) == (1, 1)
    (day,) = await storage.silences.load_days("alpha", 1)
    assert day.tallies[Silence.REFUSED].count == 1


async def test_long_links_and_guids_blind_no_feed(storage: Storage) -> None:
    source = await open_feed(storage)
    await follow(storage, await open_chat(storage), "border")
    link = f"https://news.example/{'%D5%AC' * 650}"
    taken = await take_in(
        storage,
        source,
        new_item("Border far", key="a" * 400, link=link, story_key="sha256:1"),
        new_item("Border near", key="b"),
    )
    assert len(taken.items) == 2
    by_key, by_link = await storage.items.load_known(source.id, [], [link.split("://")[1]])
    assert [each.title for each in by_link[link.split("://")[1]]] == ["Border far"]
    assert len(by_key) == 1


class TestSilentFeeds:
    TOMORROW = NOW + timedelta(days=1)

    async def told(self, storage: Storage, days: int = 1) -> list[dict[str, str]]:
        now = NOW + timedelta(days=days)
        await storage.health.save_outages([], {}, [7], now)
        notices = await storage.health.claim_notices()
        for each in notices:
            await storage.health.settle_notice(each.id)
        return [dict(each.facts) for each in notices if each.kind == "silent"]

    async def test_operators_hear_once_of_a_feed_whose_news_of_a_day_were_all_silent(
        self, storage: Storage
    ) -> None:
        source = await open_feed(storage)
        await take_in(storage, source, new_item("Old one", silence=Silence.STALE))
        assert await self.told(storage, days=0) == [], "the day is not over"
        (facts,) = await self.told(storage)
        assert (facts["feed"], facts["day"], facts["stale"]) == ("alpha", "2026-09-12", "1")
        assert await self.told(storage) == []
        later = NOW + timedelta(days=1)
        await take_in(storage, source, new_item("Old two", silence=Silence.STALE), now=later)
        assert await self.told(storage, days=2) == [], "nothing has changed since"

    async def test_a_feed_that_speaks_again_is_told_of_anew(self, storage: Storage) -> None:
        source = await open_feed(storage)
        await take_in(storage, source, new_item("Old one", silence=Silence.STALE))
        assert len(await self.told(storage)) == 1
        for days, silence in ((1, None), (2, Silence.BACKLOG)):
            at = NOW + timedelta(days=days)
            await take_in(storage, source, new_item(f"T{days}", silence=silence), now=at)
            told = await self.told(storage, days=days + 1)
        assert len(told) == 1

    async def test_a_first_reading_and_news_that_could_alert_are_no_silence(
        self, storage: Storage
    ) -> None:
        source = await open_feed(storage)
        await take_in(storage, source, new_item("First", silence=Silence.FIRST_READING))
        assert await self.told(storage) == []
        old = new_item("Old", silence=Silence.STALE)
        await take_in(storage, source, old, new_item("New"), now=NOW + timedelta(days=1))
        assert await self.told(storage, days=2) == []

    async def test_days_are_forgotten_after_a_while(self, storage: Storage) -> None:
        source = await open_feed(storage)
        await take_in(storage, source, new_item("One"))
        await storage.silences.prune((NOW + timedelta(days=1)).date())
        assert await storage.silences.load_days("alpha", 9) == []


async def test_what_another_feed_told_already_is_counted_as_repeated(storage: Storage) -> None:
    await storage.feeds.save_config(feeds_config("alpha", "beta"), NOW)
    first, second = await storage.feeds.claim_due(NOW, 2)
    await follow(storage, await open_chat(storage), "border")
    for source in (first, second):
        entry = new_item("Border", link="https://news.example/1", story_key="news.example/1")
        await take_in(storage, source, entry)
    await expand(storage)
    assert count_rows(storage, delivery) == 1
    (day,) = await storage.silences.load_days(second.name, 1)
    assert day.tallies[Silence.REPEATED].count == 1
    assert [row["silence"] for row in rows_of(storage, item)] == ["", "repeated"]
