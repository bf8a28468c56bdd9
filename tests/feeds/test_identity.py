"""What tells an item from the others: its guid, else its link, else its title and date."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.feeds.identity import By, identify
from bot.feeds.parse import parse_feed
from bot.model import ParsedItem
from tests.feeds.test_parse import entry, rss
from tests.samples import NOW

SITE = "https://news.example"


def item(title: str = "T", **changes: Any) -> ParsedItem:
    values: dict[str, Any] = {"guid": "", "link": "", "summary": "", "published_at": NOW}
    return ParsedItem(title=title, **{**values, **changes})


def keys(*items: ParsedItem) -> list[str]:
    return [identity.key for identity in identify(items)]


@pytest.mark.parametrize(
    "spelling",
    [
        f"{SITE}/a",
        f"{SITE}/a/",
        "http://news.example/a",
        "https://www.news.example/a/",
        "http://www.news.example/a?utm_source=rss&utm_medium=feed",
        "HTTPS://News.Example/a#xtor=RSS-3",
        f"{SITE}/a?fbclid=x#utm_campaign=feed",
    ],
)
def test_a_guid_that_is_an_address_is_the_same_however_it_is_spelt(spelling: str) -> None:
    assert keys(item(guid=spelling)) == keys(item(guid=f"{SITE}/a"))


@pytest.mark.parametrize(
    "other",
    [
        f"{SITE}/b",
        f"{SITE}/A",
        f"{SITE}/a?id=2",
        f"{SITE}/a#post-7",
        f"{SITE}/#/a",
        f"{SITE}:8080/a",
    ],
)
def test_a_guid_that_is_another_address_is_another_item(other: str) -> None:
    assert keys(item(guid=other)) != keys(item(guid=f"{SITE}/a"))


def test_two_spellings_side_by_side_are_two_items_after_all() -> None:
    first, second = keys(item(guid=f"{SITE}/a"), item(guid=f"{SITE}/a/"))
    assert first != second


def test_a_guid_of_its_own_decides_whatever_its_link() -> None:
    page = f"{SITE}/live"
    first, second = identify([item(guid="1", link=page), item(guid="2", link=page)])
    assert (first.by, second.by, first.own) == (By.GUID, By.GUID, False)
    assert first.key != second.key


def test_a_guid_that_several_items_bear_tells_nothing_and_their_links_do() -> None:
    same = [item(guid="x", link=f"{SITE}/1"), item(guid="x", link=f"{SITE}/2")]
    assert [each.by for each in identify(same)] == [By.LINK, By.LINK]


@pytest.mark.parametrize("nothing", ["N/A", "-", "#", "none", "null", "  ", "—", "?"])
def test_a_guid_or_link_that_carries_nothing_is_none(nothing: str) -> None:
    body = rss(entry("One", guid=nothing, link=nothing), entry("Two", guid=nothing, link=nothing))
    items = parse_feed(body, "", f"{SITE}/rss").items
    assert [each.by for each in identify(items)] == [By.TITLE, By.TITLE]
    assert {(each.guid, each.link) for each in items} == {("", "")}


@pytest.mark.parametrize("home", [SITE, f"{SITE}/", "http://www.news.example/"])
def test_a_sites_first_page_is_nobodys_address(home: str) -> None:
    first, second = identify([item("A", guid=home, link=home), item("B", link=home)])
    assert (first.by, second.by) == (By.TITLE, By.TITLE)


def test_a_fragment_is_part_of_a_link_unless_it_only_tracks() -> None:
    posts = [item(link=f"{SITE}/live#p1"), item(link=f"{SITE}/live#p2")]
    assert [each.by for each in identify(posts)] == [By.LINK, By.LINK]
    tracked = keys(item(link=f"{SITE}/1#ref=rss"))
    assert tracked == keys(item(link=f"{SITE}/1")) == keys(item(link=f"{SITE}/1#:~:text=war"))


def test_without_guid_and_link_the_title_with_its_date_tells() -> None:
    first, again, later = keys(
        item("Alert"), item("Alert"), item("Alert", published_at=NOW + timedelta(hours=1))
    )
    assert first == again != later


def test_long_names_are_compared_whole_and_stored_short() -> None:
    long = "Հ" * 900
    first, second = keys(item(guid=f"{long}1"), item(guid=f"{long}2"))
    assert first != second
    assert max(len(first.encode()), len(second.encode())) < 500
    cut = parse_feed(
        rss(entry("A", guid="g" * 3_000), entry("B", guid="g" * 2_999 + "h")), "", SITE
    )
    assert len({each.guid for each in cut.items}) == 2
    assert all(len(each.guid) <= 1_000 for each in cut.items)
