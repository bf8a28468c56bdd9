"""The feed server, as a poller and as a reader meet it."""

from __future__ import annotations

from datetime import UTC, datetime

import aiohttp
import feedparser

from bot.demo.feeds import FeedServer

NOON = datetime(2026, 9, 12, 12, 0, tzinfo=UTC)


async def test_items_are_served_as_rss_newest_first(
    feeds: FeedServer, http: aiohttp.ClientSession
) -> None:
    """Foreign characters are escaped; dates, links and guids are there."""
    feeds.add_feed("alpha", title="Sample Herald", language="en")
    feeds.add_item("alpha", "Old", published=NOON, summary="x")
    feeds.add_item("alpha", "Սահման <&>", published=NOON, summary="a & b", guid="g2")
    async with http.get(feeds.feed_url("alpha")) as response:
        parsed = feedparser.parse(await response.read())
    assert parsed.version == "rss20"
    assert not parsed.bozo
    assert parsed.feed.title == "Sample Herald"
    assert [entry.title for entry in parsed.entries] == ["Սահման <&>", "Old"]
    assert parsed.entries[0].id == "g2"
    assert parsed.entries[0].published_parsed[:5] == (2026, 9, 12, 12, 0)


async def test_an_unchanged_feed_answers_304(
    feeds: FeedServer, http: aiohttp.ClientSession
) -> None:
    """By tag and by date, until something is printed."""
    feeds.add_item("alpha", "One", published=NOON)
    url = feeds.feed_url("alpha")
    async with http.get(url) as response:
        tag, modified = response.headers["ETag"], response.headers["Last-Modified"]
    for headers in ({"If-None-Match": tag}, {"If-Modified-Since": modified}):
        async with http.get(url, headers=headers) as response:
            assert response.status == 304
            assert await response.read() == b""
    feeds.add_item("alpha", "Two", published=NOON)
    async with http.get(url, headers={"If-None-Match": tag}) as response:
        assert response.status == 200
    assert [each.status for each in feeds.requests] == [200, 304, 304, 200]


async def test_items_can_be_printed_over_http_and_read_as_pages(
    feeds: FeedServer, http: aiohttp.ClientSession
) -> None:
    """The link of an item without a link of its own leads to a page here."""
    item = {"title": "At the <border>", "summary": "Quiet.", "published": NOON.isoformat()}
    async with http.post(f"{feeds.url}/_items/beta", json=item) as response:
        link = (await response.json())["link"]
    async with http.get(link) as response:
        page = await response.text()
        assert response.content_type == "text/html"
    assert "At the &lt;border&gt;" in page
    async with http.post(f"{feeds.url}/_items/beta", json={"summary": "no title"}) as response:
        assert response.status == 400


async def test_strangers_in_the_browser_print_nothing(
    feeds: FeedServer, http: aiohttp.ClientSession
) -> None:
    """A foreign page's form bears another type."""
    async with http.post(f"{feeds.url}/_items/alpha", data={"title": "x"}) as response:
        assert response.status == 415
    async with http.get(feeds.feed_url("alpha")) as response:
        assert response.status == 404


async def test_broken_feeds_can_be_served_as_they_are(
    feeds: FeedServer, http: aiohttp.ClientSession
) -> None:
    """Any bytes, any status, any headers, until the next item."""
    feeds.set_raw("alpha", b"<html>", status=503, headers={"Retry-After": "60"})
    async with http.get(feeds.feed_url("alpha")) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "60")
        assert await response.read() == b"<html>"
    feeds.add_item("alpha", "Back")
    async with http.get(feeds.feed_url("alpha")) as response:
        assert response.status == 200
    async with http.get(feeds.feed_url("nothing")) as response:
        assert response.status == 404
