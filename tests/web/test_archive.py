"""The archive for everybody: stories, how they came about, feeds; nothing of readers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest
from bs4 import BeautifulSoup

from bot.config import Settings
from bot.storage import Storage
from bot.storage.tables import story
from tests.samples import NOW, follow, new_item, open_chat, open_feed, rows_of, take_in
from tests.web.conftest import Operator, opened

_HOSTILE = '<script>alert(1)</script> & "Goris" \x0b\x00border'
_KINDS = ("rss", "atom", "json")


@pytest.fixture
async def reader(sqlite_storage: Storage, tmp_path: Path) -> AsyncIterator[Operator]:
    """Somebody who reads the archive; a publisher has printed two stories, one hostile."""
    source = await open_feed(sqlite_storage, publisher="A <b>& Co")
    await take_in(
        sqlite_storage, source,
        new_item("Harvest near the border", published_at=NOW - timedelta(days=1)),
        new_item(_HOSTILE, link="https://news.example/?a=1&b=<2>"),
    )  # fmt: skip
    async with opened(sqlite_storage, tmp_path, archive=True, page=False) as whoever:
        yield whoever


def read_links(html: str) -> list[str]:
    """Return the links of a page."""
    return [str(each["href"]) for each in BeautifulSoup(html, "html.parser").find_all("a")]


async def test_it_is_there_only_where_it_is_switched_on(
    sqlite_storage: Storage, tmp_path: Path
) -> None:
    async with opened(sqlite_storage, tmp_path) as whoever:
        assert (await whoever.get("/archive"))[0] == 404
    assert not Settings(archive=False, page=False).serves
    assert Settings(archive=True, page=False).must_listen


async def test_stories_are_found_by_words_in_any_language_without_a_token(
    reader: Operator,
) -> None:
    status, html = await reader.get("/archive?q=граница&lang=en")
    assert status == 200
    assert "Harvest near the border" in html
    assert (await reader.get("/archive?q=earthquake&lang=en"))[1].count("Nothing found.") == 1
    assert (await reader.get('/archive?q="&lang=ru'))[1].count("Ничего не нашлось.") == 1


async def test_what_a_feed_prints_is_text_and_no_markup(
    reader: Operator, sqlite_storage: Storage
) -> None:
    _, html = await reader.get("/archive?lang=en")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "A &lt;b&gt;&amp; Co" in html
    numbers = [row["id"] for row in rows_of(sqlite_storage, story)]
    for number in numbers:
        _, page = await reader.get(f"/archive/story/{number}")
        assert "<script" not in page


async def test_a_day_and_its_neighbours_are_pages(reader: Operator) -> None:
    _, html = await reader.get(f"/archive/day/{(NOW - timedelta(days=1)).date()}?lang=en")
    assert "Harvest near the border" in html
    assert "script" not in html
    assert f"/archive/day/{NOW.date()}?lang=en" in read_links(html)
    assert (await reader.get("/archive/day/2026-99-99"))[0] == 404
    assert (await reader.get("/archive/day/0001-01-01"))[0] == 200


async def test_a_story_tells_who_printed_it_when(reader: Operator) -> None:
    _, html = await reader.get("/archive?q=harvest&lang=en")
    (link,) = [each for each in read_links(html) if each.startswith("/archive/story/")]
    status, page = await reader.get(link)
    assert status == 200
    assert "A <b>& Co (Armenia, independent)" in BeautifulSoup(page, "html.parser").get_text()
    assert (await reader.get("/archive/story/999999"))[0] == 404


@pytest.mark.parametrize("kind", _KINDS)
async def test_any_search_is_a_feed_that_programs_read(reader: Operator, kind: str) -> None:
    status, text = await reader.get(f"/archive/feed.{kind}?q=harvest")
    assert status == 200
    if kind == "json":
        read = json.loads(text)
        assert read["version"] == "https://jsonfeed.org/version/1.1"
        assert [each["title"] for each in read["items"]] == ["Harvest near the border"]
        return
    ElementTree.fromstring(text)  # noqa: S314 - ours, and what is tested
    parsed = feedparser.parse(text)
    assert not parsed.bozo
    (entry,) = parsed.entries
    assert entry.title == "Harvest near the border"
    assert entry.link.startswith(f"{reader.url}/archive/story/")
    assert entry.published_parsed[:3] == (NOW - timedelta(days=1)).timetuple()[:3]


@pytest.mark.parametrize("kind", ["rss", "atom"])
async def test_what_no_xml_may_hold_is_left_out_of_a_feed(reader: Operator, kind: str) -> None:
    _, text = await reader.get(f"/archive/feed.{kind}")
    ElementTree.fromstring(text)  # noqa: S314 - ours, and what is tested
    titles = [each.title for each in feedparser.parse(text, sanitize_html=False).entries]
    assert any("Goris" in each for each in titles)
    assert len(titles) == 2


async def test_a_search_that_cannot_be_a_feed_says_so(reader: Operator) -> None:
    assert (await reader.get('/archive/feed.rss?q="'))[0] == 400


async def test_whoever_has_a_page_already_is_not_sent_it_again(reader: Operator) -> None:
    async with reader.session.get(f"{reader.url}/archive?lang=en") as answer:
        mark, cached = answer.headers["ETag"], answer.headers["Cache-Control"]
        assert "script" not in answer.headers["Content-Security-Policy"].replace("script-src", "")
    assert "public" in cached
    status, text = await reader.get("/archive?lang=en", **{"If-None-Match": mark})
    assert (status, text) == (304, "")


async def test_nothing_of_any_reader_is_in_it(reader: Operator, sqlite_storage: Storage) -> None:
    who = await open_chat(sqlite_storage, 990_099_009)
    await follow(sqlite_storage, who, "secretword")
    for path in ("/archive", "/archive/feed.json", "/archive/feed.rss", "/archive?q=secretword"):
        _, text = await reader.get(path.replace("?q=secretword", ""))
        assert "secretword" not in text
        assert "990099009" not in text


async def test_whoever_asks_too_much_waits(reader: Operator) -> None:
    answers = {(await reader.get("/archive/day/2020-01-01"))[0] for _ in range(130)}
    assert answers == {200, 429}


async def test_the_operators_page_is_not_opened_with_it(reader: Operator) -> None:
    for path in ("/", "/feed?name=alpha", "/metrics", "/live"):
        assert (await reader.get(path))[0] in (401, 403, 404), path


@pytest.mark.parametrize(
    "path",
    ["/archive?q=" + "x" * 5_000, "/archive?before=" + "9" * 40, "/archive?q=%00", "/archive?q=%ff",
     "/archive?lang=xx", "/archive/story/" + "9" * 18, "/archive/feed.exe"],
)  # fmt: skip
async def test_odd_addresses_harm_nothing(reader: Operator, path: str) -> None:
    assert (await reader.get(path))[0] in (200, 400, 404)
