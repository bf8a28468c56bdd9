"""Which entries are news: on status pages, in live blogs, under old titles and old guids."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.feeds.fetch import FetchedFeed
from bot.intake import Intake
from bot.model import DeliveryKind, Fate, Feed, ParsedFeed, ParsedItem, Silence
from bot.storage import Storage
from bot.storage.tables import delivery, item, item_version
from tests.samples import NOW, count_rows, expand, follow, open_chat, open_feed, rows_of

SITE = "https://news.example"
MINUTE = timedelta(minutes=1)


def entry(title: str, **changes: Any) -> ParsedItem:
    values: dict[str, Any] = {
        "guid": title, "link": "", "summary": "", "published_at": NOW - 5 * MINUTE,
    }  # fmt: skip
    return ParsedItem(title=title, **{**values, **changes})


class Reader:
    """Someone who follows a word, and a feed whose documents are taken in one after another."""

    def __init__(self, storage: Storage, intake: Intake) -> None:
        self.storage, self.intake, self.now = storage, intake, NOW

    async def open(self, *first: ParsedItem, follows: str = "border") -> None:
        self.source = await open_feed(self.storage, polled=False)
        await follow(self.storage, await open_chat(self.storage), follows)
        await self.reads(*first)

    async def reads(self, *entries: ParsedItem, after: timedelta = 5 * MINUTE) -> list[str]:
        """Take one document in; return the titles that anybody was alerted to by it."""
        before = {row["id"] for row in rows_of(self.storage, delivery)}
        parsed = ParsedFeed(items=entries)
        await self.intake.take_in(
            self.source, _FETCHED, parsed, lambda _: self.now + 5 * MINUTE, self.now
        )
        await expand(self.storage)
        self.now += after
        (self.source,) = await self.claim()
        stories = {
            row["story_id"] for row in rows_of(self.storage, delivery) if row["id"] not in before
        }
        return [row["title"] for row in await self._titles(stories)]

    async def _titles(self, stories: set[int]) -> list[dict[str, Any]]:
        from bot.storage.tables import story_item

        ids = [r["item_id"] for r in rows_of(self.storage, story_item) if r["story_id"] in stories]
        return [row for row in rows_of(self.storage, item) if row["id"] in ids]

    async def claim(self) -> list[Feed]:
        return await self.storage.feeds.claim_due(self.now + timedelta(hours=1), 1)

    async def counts(self) -> dict[str, int]:
        days = await self.storage.silences.load_days("alpha", 9)
        total: dict[str, int] = {}
        for day in days:
            for fate, tally in day.tallies.items():
                total[fate] = total.get(fate, 0) + tally.count
        return total


_FETCHED = FetchedFeed(url="", body=b"", content_type="", etag="", last_modified="")


@pytest.fixture
def reader(storage: Storage, intake: Intake) -> Reader:
    return Reader(storage, intake)


async def test_two_new_items_of_one_page_are_two_alerts(reader: Reader) -> None:
    page = f"{SITE}/status"
    calm = entry("All calm", guid="s1", link=page)
    await reader.open(calm)
    closed = entry("The border is closed", guid="s2", link=page)
    assert await reader.reads(closed, calm) == ["The border is closed"]
    opened = entry("The border is open again", guid="s3", link=page)
    reopened = entry("Traffic at the border flows", guid="s4", link=page)
    told = await reader.reads(reopened, opened, closed, calm)
    assert sorted(told) == ["The border is open again", "Traffic at the border flows"]


async def test_posts_of_a_live_blog_are_news_each_and_link_to_themselves(reader: Reader) -> None:
    first = entry("Morning", guid="", link=f"{SITE}/live#p1")
    await reader.open(first)
    post = entry("Fire at the border", guid="", link=f"{SITE}/live#p2")
    assert await reader.reads(post, first) == ["Fire at the border"]
    assert rows_of(reader.storage, item)[-1]["link"] == f"{SITE}/live#p2"


async def test_a_guid_that_comes_and_goes_does_not_make_an_item_new(reader: Reader) -> None:
    await reader.open(entry("Old", guid="o"))
    twice = [entry("Border talks", guid="x", link=f"{SITE}/1"), entry("B", guid="x", link="")]
    assert await reader.reads(*twice) == ["Border talks"]
    assert await reader.reads(twice[0]) == [], "its guid is its own by now, its page is known"


class TestRepeatedHeadlines:
    async def test_an_alarm_of_another_date_is_news_under_its_old_title(
        self, reader: Reader
    ) -> None:
        await reader.open(entry("Alarm at the border", guid="a1"), entry("All clear", guid="a2"))
        later = NOW + 3 * MINUTE
        again = [
            entry("All clear", guid="a4", published_at=later),
            entry("Alarm at the border", guid="a3", published_at=later),
        ]
        assert await reader.reads(*again) == ["Alarm at the border"]

    @pytest.mark.parametrize("dated", [NOW - MINUTE, None])
    async def test_a_feed_that_renames_its_guids_floods_nobody(
        self, reader: Reader, dated: datetime | None
    ) -> None:
        titles = [f"Border report {n}" for n in range(4)]
        await reader.open(*(entry(t, guid=f"old-{t}", published_at=dated) for t in titles))
        assert (
            await reader.reads(*(entry(t, guid=f"new-{t}", published_at=dated) for t in titles))
            == []
        )
        assert count_rows(reader.storage, item) == 4
        assert (await reader.counts())[Silence.RENAMED] == 4

    async def test_one_item_whose_address_was_mended_is_the_same(self, reader: Reader) -> None:
        others = [entry(f"Other {n}") for n in range(5)]
        await reader.open(entry("Border fnece", guid=f"{SITE}/fnece"), *others)
        old = entry("Border fence", guid=f"{SITE}/fence")
        await reader.reads(entry("Border fence", guid=f"{SITE}/fnece"), *others)
        assert await reader.reads(old, *others) == []

    async def test_a_title_that_left_the_list_long_ago_is_news(self, reader: Reader) -> None:
        await reader.open(entry("Border alarm", guid="1", published_at=None))
        await reader.reads(entry("All clear", guid="2", published_at=None))
        assert await reader.reads(entry("Border alarm", guid="3", published_at=None)) == [
            "Border alarm"
        ]

    async def test_without_guids_and_links_a_server_that_dates_all_anew_repeats_nothing(
        self, reader: Reader
    ) -> None:
        def nameless(title: str, at: datetime) -> ParsedItem:
            return entry(title, guid="", published_at=at)

        await reader.open(nameless("Border one", NOW), nameless("Border two", NOW))
        told = []
        for minutes in (5, 10, 15):
            at = NOW + minutes * MINUTE
            told += await reader.reads(
                nameless("Border three", at), nameless("Border one", at), nameless("Border two", at)
            )
        assert told == ["Border three"]

    async def test_without_guids_and_links_a_headline_of_another_hour_is_news(
        self, reader: Reader
    ) -> None:
        first = entry("Border alarm", guid="", published_at=NOW - timedelta(hours=3))
        await reader.open(first, entry("Old", guid=""))
        again = entry("Border alarm", guid="", published_at=NOW - timedelta(hours=1))
        assert await reader.reads(again, first, entry("Old", guid="")) == ["Border alarm"]


class TestChangedItems:
    async def test_new_words_alert_whom_only_they_satisfy(self, reader: Reader) -> None:
        await reader.open()
        other = await open_chat(reader.storage, 202)
        await follow(reader.storage, other, "explosion")
        first = entry("Explosion heard, details to follow", guid="k")
        assert await reader.reads(first) == ["Explosion heard, details to follow"]
        mended = entry("Explosion heard at the border, details to follow", guid="k")
        await reader.reads(mended)
        owed = rows_of(reader.storage, delivery)
        alerted = [row["chat_id"] for row in owed if row["kind"] == DeliveryKind.ALERT]
        assert sorted(alerted) == [101, 202], "nobody twice"
        (version,) = rows_of(reader.storage, item_version)
        assert version["title"] == "Explosion heard, details to follow"
        assert (await reader.counts())[Fate.CHANGED] == 1

    async def test_a_changed_summary_counts_as_well(self, reader: Reader) -> None:
        await reader.open(entry("Two hurt", guid="k", summary="It is not known where."))
        mended = entry("Two hurt", guid="k", summary="It happened near the border.")
        assert await reader.reads(mended) == ["Two hurt"]

    async def test_numbers_in_a_summary_are_no_change(self, reader: Reader) -> None:
        await reader.open(entry("News", guid="k", summary="Read by 17"))
        await reader.reads(entry("News", guid="k", summary="Read by 180"))
        assert count_rows(reader.storage, item_version) == 0

    async def test_what_changes_after_six_hours_is_stored_and_alerts_nobody(
        self, reader: Reader
    ) -> None:
        await reader.open(entry("Talks", guid="k", published_at=NOW - timedelta(hours=7)))
        late = entry("Talks on the border", guid="k", published_at=NOW - timedelta(hours=7))
        assert await reader.reads(late) == []
        assert rows_of(reader.storage, item)[0]["title"] == "Talks on the border"
        assert (await reader.counts())[Silence.REWRITTEN] == 1

    async def test_a_document_that_changes_all_at_once_alerts_nobody(self, reader: Reader) -> None:
        before = [entry(f"Item {n}", guid=str(n), summary="Short") for n in range(9)]
        await reader.open(*before)
        full = [
            entry(f"Item {n}", guid=str(n), summary="The full text, the border in it")
            for n in range(9)
        ]
        assert await reader.reads(*full) == []
        assert (await reader.counts())[Silence.REWRITTEN] == 9

    async def test_versions_are_bounded_in_number(self, reader: Reader) -> None:
        await reader.open(entry("Count 0", guid="k"))
        for number in range(1, 24):
            await reader.reads(entry(f"Count of the river {number}", guid="k"), after=MINUTE)
        assert count_rows(reader.storage, item_version) == 20

    @pytest.mark.parametrize("dates", [(NOW - MINUTE, NOW), (None, None)])
    async def test_a_guid_used_for_another_story_is_a_new_item(
        self, reader: Reader, dates: tuple[datetime | None, datetime | None]
    ) -> None:
        await reader.open(entry("Nothing to report", guid="now", published_at=dates[0]))
        alarm = entry("Shelling of border villages", guid="now", published_at=dates[1])
        assert await reader.reads(alarm) == ["Shelling of border villages"]
        assert count_rows(reader.storage, item) == 2
        assert await reader.reads(alarm) == []

    async def test_guids_that_are_places_in_a_list_hide_no_news(self, reader: Reader) -> None:
        def listed(*titles: str) -> list[ParsedItem]:
            return [
                entry(title, guid=f"item-{place}", link=f"{SITE}/{title.replace(' ', '-')}")
                for place, title in enumerate(titles)
            ]

        await reader.open(*listed("River", "Market", "Weather", "Football", "Concert"))
        shifted = listed("Fire on the border", "River", "Market", "Weather", "Football")
        assert await reader.reads(*shifted) == ["Fire on the border"]
        assert await reader.reads(*shifted) == []


class TestBursts:
    async def test_undated_items_are_news_in_a_burst_too(self, reader: Reader) -> None:
        old = [entry(f"Old {n}", published_at=None) for n in range(8)]
        await reader.open(*old)
        burst = [entry(f"Border {n}", published_at=None) for n in range(6)]
        assert len(await reader.reads(*burst, *old[:2])) == 6

    async def test_an_undated_archive_that_opens_at_once_floods_nobody(
        self, reader: Reader
    ) -> None:
        old = [entry(f"Old {n}", published_at=None) for n in range(5)]
        await reader.open(*old)
        archive = [entry(f"Border {n}", published_at=None) for n in range(60)]
        assert await reader.reads(*old, *archive) == []
        assert (await reader.counts())[Silence.BACKLOG] == 60

    async def test_a_day_without_an_hour_is_not_stale_before_it_ends(self, reader: Reader) -> None:
        await reader.open(entry("Old"))
        day = (NOW - timedelta(days=1)).replace(hour=0, minute=0)
        news = entry("Border shots", published_at=day, day_only=True)
        assert await reader.reads(news) == ["Border shots"]


async def test_why_an_item_was_silent_stands_on_it_and_is_counted(reader: Reader) -> None:
    await reader.open(entry("First"))
    stale = entry("Border of old", published_at=NOW - timedelta(hours=30))
    await reader.reads(entry("Border news"), entry("Unasked"), stale, entry("First"))
    reasons = {row["title"]: row["silence"] for row in rows_of(reader.storage, item)}
    assert reasons == {
        "First": "first_reading", "Border news": "", "Unasked": "", "Border of old": "stale",
    }  # fmt: skip
    (day,) = await reader.storage.silences.load_days("alpha", 3)
    counts = {fate: tally.count for fate, tally in day.tallies.items()}
    assert counts == {"new": 4, "alerted": 1, "first_reading": 1, "stale": 1}
    assert (day.unasked, day.tallies["stale"].example) == (1, "Border of old")
