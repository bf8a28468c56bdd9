"""The sample news: enough of it, in three languages, much of it about the border."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import aiohttp
import feedparser
import pytest

from bot.demo.feeds import FeedServer
from bot.demo.news import SAMPLE_FEEDS, SampleNewsroom, read_sample_news

NOW = datetime(2026, 9, 12, 12, 0, tzinfo=UTC)
SCRIPTS = {
    "hy": re.compile("[\u0561-\u0587]"),
    "ru": re.compile("[а-яё]"),
    "en": re.compile("[a-z]"),
}
BORDER = {"hy": "սահման", "ru": "границ", "en": "border"}


def test_there_is_enough_news_in_each_language_by_known_feeds() -> None:
    """At least 25 in all; each written in the language of its feed."""
    news = read_sample_news()
    languages = {feed.name: feed.language for feed in SAMPLE_FEEDS}
    assert len(news) >= 25
    assert len({each.id for each in news}) == len(news)
    for each in news:
        language = languages[each.feed]
        assert SCRIPTS[language].search(each.title), each.id
        text = f"{each.title} {each.summary}".lower()
        assert (BORDER[language] in text) == each.border, each.id
        assert len(text) < 600, each.id


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("hy", ("Փաշինյան", "Պուտին", "Մակրոն", "Միշել")),
        ("ru", ("Пашинян", "Путин", "Макрон", "Мишел")),
        ("en", ("Pashinyan", "Putin", "Macron", "Michel")),
    ],
)
def test_the_first_calls_are_told_in_each_language(language: str, names: tuple[str, ...]) -> None:
    """The story that the project began with."""
    (told,) = [each for each in read_sample_news() if each.id == f"first-calls-{language}"]
    assert all(name in f"{told.title} {told.summary}" for name in names)


def test_the_border_is_written_in_various_cases() -> None:
    """So that endings are seen to be understood."""
    text = " ".join(f"{each.title} {each.summary} {each.more}" for each in read_sample_news())
    forms = set(re.findall(r"\b(?:սահման|границ)\w*", text.lower()))
    assert len([form for form in forms if form.startswith("границ")]) >= 4
    assert len([form for form in forms if form.startswith("սահման")]) >= 6


def test_news_never_dries_up_and_every_second_item_is_about_the_border(
    feeds: FeedServer,
) -> None:
    """Round after round with new guids and links."""
    newsroom = SampleNewsroom(feeds)
    items = [newsroom.print_next(NOW + timedelta(seconds=place)) for place in range(100)]
    assert len({item.guid for item in items}) == 100
    assert len({item.link for item in items}) == 100
    border = {each.title for each in read_sample_news() if each.border}
    assert items[0].title in border
    for place in range(96):
        assert any(item.title in border for item in items[place : place + 4])


async def test_the_archive_is_there_at_once_and_new_items_follow(
    feeds: FeedServer, http: aiohttp.ClientSession
) -> None:
    """All of the archive within the last day."""
    newsroom = SampleNewsroom(feeds, interval_s=0.05)
    await newsroom.start()
    try:
        before = await _entries(feeds, http)
        oldest = min(entry.published_parsed for entry in before)
        assert datetime(*oldest[:6], tzinfo=UTC) > datetime.now(UTC) - timedelta(hours=23)
        await asyncio.sleep(0.2)
        assert len(await _entries(feeds, http)) > len(before)
    finally:
        await newsroom.stop()


async def _entries(
    feeds: FeedServer, http: aiohttp.ClientSession
) -> list[feedparser.FeedParserDict]:
    entries = []
    for feed in SAMPLE_FEEDS:
        async with http.get(feeds.feed_url(feed.name)) as response:
            entries += feedparser.parse(await response.read()).entries
    return entries
