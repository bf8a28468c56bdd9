"""Which items tell one story: for now, those that lead to one page of their own."""

from __future__ import annotations

from typing import Any

from bot.stories import find_story_key


def key(**changes: Any) -> str:
    values: dict[str, Any] = {
        "link": "news.example/1", "own": True, "guid": "7", "feed": "a", "item_key": "7",
    }  # fmt: skip
    return find_story_key(**{**values, **changes})


def test_items_that_lead_to_one_page_are_one_story_whatever_their_feeds_and_guids() -> None:
    assert key() == key(feed="b", guid="8", item_key="8")


def test_items_that_lead_to_different_pages_are_different_stories() -> None:
    assert key() != key(link="news.example/2")


def test_several_items_of_one_page_are_stories_of_their_own_told_apart_by_guid() -> None:
    assert len({key(own=False), key(own=False, guid="8"), key()}) == 3
    assert key(own=False) == key(own=False, feed="b"), "two feeds may list the same live blog"


def test_items_without_links_are_stories_of_their_own_even_with_one_key() -> None:
    assert key(link="") != key(link="", feed="b")
    assert key(link="") != key(link="", item_key="y")
