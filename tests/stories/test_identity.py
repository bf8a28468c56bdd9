"""What makes two items one story."""

from __future__ import annotations

from bot.stories import find_story_key


def test_items_that_lead_to_one_page_are_one_story_whatever_their_feeds() -> None:
    first = find_story_key(link="https://news.example/1", feed="a", item_key="x")
    assert first == find_story_key(link="https://news.example/1", feed="b", item_key="y")


def test_items_that_lead_to_different_pages_are_different_stories() -> None:
    first = find_story_key(link="https://news.example/1", feed="a", item_key="x")
    assert first != find_story_key(link="https://news.example/2", feed="a", item_key="x")


def test_items_without_links_are_stories_of_their_own_even_with_one_key() -> None:
    first = find_story_key(link="", feed="a", item_key="x")
    assert first != find_story_key(link="", feed="b", item_key="x")
    assert first != find_story_key(link="", feed="a", item_key="y")
