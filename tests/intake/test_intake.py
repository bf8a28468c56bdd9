"""Intake: one fetched feed becomes items, matches and alerts; the first poll is silent."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.errors import FeedError
from bot.feeds.fetch import FetchedFeed
from bot.intake import Intake, compile_keyword
from bot.intake import reading as intake_reading
from bot.model import DeliveryKind, Feed, ParsedFeed, ParsedItem
from bot.storage import Storage
from bot.storage.arrivals import TakenIn
from bot.storage.tables import delivery, item, keyword, match
from tests.samples import (
    NOW,
    change_rows,
    count_rows,
    expand,
    follow,
    open_chat,
    open_feed,
    rows_of,
    second_database,
)

FETCHED = FetchedFeed(url="", body=b"", content_type="", etag="", last_modified="")


def parsed(title: str, **changes: Any) -> ParsedItem:
    values: dict[str, Any] = {
        "guid": title,
        "link": "",
        "summary": "",
        "published_at": NOW - timedelta(minutes=5),
    }
    return ParsedItem(title=title, **{**values, **changes})


async def poll(intake: Intake, source: Feed, *entries: ParsedItem, now: datetime = NOW) -> TakenIn:
    """Take one poll in, and owe what it brings."""
    taken = await intake.take_in(
        source, FETCHED, ParsedFeed(items=entries), lambda _: now + timedelta(minutes=5), now
    )
    await expand(intake._storage)
    return taken


async def test_the_first_poll_of_a_feed_is_stored_in_silence(
    storage: Storage, intake: Intake
) -> None:
    await follow(storage, await open_chat(storage), "border")
    source = await open_feed(storage, polled=False)
    first = await poll(intake, source, parsed("Border one"), parsed("Border two"))
    assert (len(first.items), first.matches) == (2, 0)
    assert count_rows(storage, delivery) == 0
    (source,) = await storage.feeds.claim_due(NOW + timedelta(hours=1), 1)
    later = NOW + timedelta(minutes=5)
    second = await poll(intake, source, parsed("Border one"), parsed("Border three"), now=later)
    assert [each.title for each in second.items] == ["Border three"]
    assert count_rows(storage, delivery) == 1


async def test_who_followed_a_word_before_a_feeds_first_reading_sees_what_others_do(
    storage: Storage, intake: Intake
) -> None:
    before, after = await open_chat(storage), await open_chat(storage, 102)
    await follow(storage, before, "border")
    source = await open_feed(storage, polled=False)
    old = parsed("Border long ago", published_at=NOW - timedelta(days=9))
    await poll(
        intake, source, parsed("Border one"), old, parsed("Border undated", published_at=None)
    )
    added = await follow(storage, after, "border")
    assert added is not None
    seen = [
        sorted(each.lead.item.title for each in await storage.matches.load_digest(who.id, after=0))
        for who in (before, after)
    ]
    assert seen == [["Border one", "Border undated"]] * 2
    assert count_rows(storage, delivery) == 0, "it alerts nobody"


async def test_an_item_listed_by_every_poll_alerts_once(storage: Storage, intake: Intake) -> None:
    await follow(storage, await open_chat(storage), "border")
    source = await open_feed(storage)
    for minutes in range(0, 30, 5):
        await poll(intake, source, parsed("Border"), now=NOW + timedelta(minutes=minutes))
    assert count_rows(storage, item) == 1
    assert count_rows(storage, delivery) == 1


async def test_a_corrected_title_alerts_nobody_again(storage: Storage, intake: Intake) -> None:
    await follow(storage, await open_chat(storage), "border")
    source = await open_feed(storage)
    await poll(intake, source, parsed("Border calm", guid="1"))
    taken = await poll(intake, source, parsed("Border not calm", guid="1"))
    assert taken.items == ()
    assert rows_of(storage, item)[0]["title"] == "Border not calm"
    assert count_rows(storage, delivery, kind=DeliveryKind.ALERT) == 1
    assert count_rows(storage, delivery, kind=DeliveryKind.RING) == 1, "it says the opposite"


async def test_without_guids_the_link_decides_however_it_is_spelt(
    storage: Storage, intake: Intake
) -> None:
    source = await open_feed(storage)
    link = "https://news.example/1?utm_source=rss"
    await poll(intake, source, parsed("Border", guid="", link=link))
    await poll(intake, source, parsed("Border", guid="", link="http://www.news.example/1/#top"))
    assert count_rows(storage, item) == 1
    assert rows_of(storage, item)[0]["link"] == "https://news.example/1"


async def test_old_news_is_stored_and_alerts_nobody(storage: Storage, intake: Intake) -> None:
    await follow(storage, await open_chat(storage), "border")
    source = await open_feed(storage)
    ages = {"Border fresh": 23, "Border stale": 25}
    entries = [
        parsed(title, published_at=NOW - timedelta(hours=hours)) for title, hours in ages.items()
    ]
    taken = await poll(intake, source, *entries)
    assert (len(taken.items), taken.matches) == (2, 1)


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        (None, NOW),
        (NOW + timedelta(days=300), NOW),
        (NOW + timedelta(minutes=9), NOW + timedelta(minutes=9)),
        (NOW - timedelta(hours=3), NOW - timedelta(hours=3)),
    ],
)
async def test_a_date_that_cannot_be_is_ours(
    storage: Storage, intake: Intake, claimed: datetime | None, kept: datetime
) -> None:
    source = await open_feed(storage)
    taken = await poll(intake, source, parsed("Border", published_at=claimed))
    assert taken.items[0].published_at == kept


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Կառավարությունը քննարկել է սահմանի հարցը", "hy"),
        ("Правительство обсудило вопрос границы", "ru"),
        ("The government discussed the question of the border", "en"),
    ],
)
async def test_each_item_bears_its_own_language_whatever_its_feed_says(
    storage: Storage, intake: Intake, title: str, language: str
) -> None:
    source = await open_feed(storage)
    await follow(storage, await open_chat(storage), "border")
    taken = await poll(intake, source, parsed(title))
    assert taken.items[0].language == language
    assert taken.matches == 1


async def test_the_summary_is_matched_as_well(storage: Storage, intake: Intake) -> None:
    await follow(storage, await open_chat(storage), "border")
    source = await open_feed(storage)
    taken = await poll(intake, source, parsed("Evening news", summary="Calm on the border"))
    assert taken.matches == 1


async def test_one_document_may_list_an_item_twice(storage: Storage, intake: Intake) -> None:
    source = await open_feed(storage)
    await poll(intake, source, parsed("Border", guid="1"), parsed("Border", guid="1"))
    assert count_rows(storage, item) == 1


async def test_keywords_added_before_after_and_elsewhere_all_count(
    storage: Storage, reading: ThreadPoolExecutor
) -> None:
    await follow(storage, await open_chat(storage, 1), "border")
    intake = Intake(storage, reading)
    await intake.load()
    source = await open_feed(storage)
    await follow(storage, await open_chat(storage, 2), "talks")
    other = second_database(storage)
    try:
        elsewhere = Storage(other)
        who = await elsewhere.subscribers.load(2, 0)
        assert who is not None
        await follow(elsewhere, who, "commission")
    finally:
        other.close()
    taken = await poll(intake, source, parsed("Border commission holds talks"))
    assert taken.matches == 3
    assert count_rows(storage, delivery) == 2


async def test_keywords_of_an_older_glossary_are_compiled_anew_at_start(
    storage: Storage, intake: Intake
) -> None:
    await follow(storage, await open_chat(storage), "railway")
    change_rows(storage, keyword, keys_version=1, query="railway of old")
    assert await intake.rekey() == 1
    assert rows_of(storage, keyword)[0]["query"] == compile_keyword("railway").query
    source = await open_feed(storage)
    assert (await poll(intake, source, parsed("Железная дорога закрыта"))).matches == 1


async def test_a_keyword_that_was_stored_narrow_is_not_widened_when_it_is_compiled_anew(
    storage: Storage, intake: Intake
) -> None:
    first, second = await open_chat(storage, 1), await open_chat(storage, 2)
    await follow(storage, first, "ceasefire")
    change_rows(storage, keyword, keys_version=1, query="ceasefire")
    await follow(storage, second, "ceasefire")
    assert await intake.rekey() == 1
    source = await open_feed(storage)
    taken = await poll(intake, source, parsed("Объявлено перемирие"))
    assert [row["subscriber_id"] for row in rows_of(storage, delivery)] == [second.id]
    assert taken.matches == 1


async def test_a_feed_that_renames_everything_floods_nobody(
    storage: Storage, intake: Intake
) -> None:
    await follow(storage, await open_chat(storage), "border")
    source = await open_feed(storage)
    old = [parsed(f"Border {n}", guid=f"a{n}", link=f"https://old.example/{n}") for n in range(8)]
    await poll(intake, source, *old)
    before = count_rows(storage, delivery)
    (source,) = await storage.feeds.claim_due(NOW + timedelta(hours=1), 1)
    new = [parsed(f"Border {n}", guid=f"b{n}", link=f"https://new.example/{n}") for n in range(8)]
    taken = await poll(intake, source, parsed("Border today"), *new, now=NOW + timedelta(hours=1))
    assert [each.title for each in taken.items] == ["Border today"]
    assert count_rows(storage, item) == 9
    assert count_rows(storage, delivery) == before + 1
    (source,) = await storage.feeds.claim_due(NOW + timedelta(hours=2), 1)
    again = await poll(intake, source, *new, now=NOW + timedelta(hours=2))
    assert again.items == (), "they are known by their new names"


async def test_a_feed_back_after_a_day_alerts_nobody_and_waits_for_the_digest(
    storage: Storage, intake: Intake
) -> None:
    await follow(storage, await open_chat(storage), "border")
    source = await open_feed(storage)
    await poll(intake, source, parsed("Border one"))
    before = count_rows(storage, delivery)
    back = NOW + timedelta(hours=30)
    (source,) = await storage.feeds.claim_due(back, 1)
    fresh = back - timedelta(hours=1)
    taken = await poll(
        intake, source, parsed("Border one"), parsed("Border two", published_at=fresh), now=back
    )
    assert (len(taken.items), taken.matches) == (1, 0)
    assert count_rows(storage, delivery) == before
    assert count_rows(storage, match) == 2


async def test_a_feed_that_went_backwards_is_a_failure_until_it_insists(
    storage: Storage, intake: Intake
) -> None:
    source = await open_feed(storage)
    items = [parsed(f"Border {n}", published_at=NOW - timedelta(minutes=10 * n)) for n in range(6)]
    await poll(intake, source, *items)
    (source,) = await storage.feeds.claim_due(NOW + timedelta(hours=1), 1)
    with pytest.raises(FeedError, match="backwards"):
        await poll(intake, source, *items[3:], now=NOW + timedelta(hours=1))
    stubborn = dataclasses.replace(source, failures=3)
    taken = await poll(intake, stubborn, *items[3:], now=NOW + timedelta(hours=2))
    assert taken.items == ()


async def test_an_item_that_meets_a_bug_of_ours_costs_itself_only(
    storage: Storage, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = intake_reading.read_text

    def broken(text: str) -> Any:
        if "two" in text:
            raise KeyError("a bug of ours")
        return read(text)

    monkeypatch.setattr(intake_reading, "read_text", broken)
    source = await open_feed(storage)
    taken = await poll(intake, source, parsed("One"), parsed("two"), parsed("Three"))
    assert sorted(each.title for each in taken.items) == ["One", "Three"]


async def test_an_aggregators_item_is_its_publishers(storage: Storage, intake: Intake) -> None:
    await follow(storage, await open_chat(storage), "border source:armenpress")
    source = await open_feed(storage)
    entry = parsed("Border", source="Armenpress", source_url="https://armenpress.am")
    taken = await poll(intake, source, entry)
    assert (taken.items[0].publisher, taken.matches) == ("Armenpress", 1)
