"""One spelling for every link."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.links import canonical_link


@pytest.mark.parametrize(
    ("link", "canonical"),
    [
        ("https://news.example/1", "https://news.example/1"),
        (" https://news.example/1 \n", "https://news.example/1"),
        ("https://news.example/1#comments", "https://news.example/1"),
        ("https://news.example/1?utm_source=rss&utm_medium=x", "https://news.example/1"),
        ("https://news.example/1?id=7&utm_source=rss", "https://news.example/1?id=7"),
        ("https://news.example/1?at_medium=RSS&at_campaign=rss", "https://news.example/1"),
        ("https://news.example/1?fbclid=x&yclid=y&ysclid=z&gclid=w", "https://news.example/1"),
        ("https://news.example/?p=7&page=2", "https://news.example/?p=7&page=2"),
        ("https://news.example/?a=2&a=1&utm_id=3", "https://news.example/?a=2&a=1"),
        ("HTTPS://News.Example/Path", "https://news.example/Path"),
        ("https://news.example:443/1", "https://news.example/1"),
        ("https://news.example/լուր", "https://news.example/%D5%AC%D5%B8%D6%82%D6%80"),
        ("javascript:alert(1)", ""),
        ("mailto:a@news.example", ""),
        ("ftp://news.example/1", ""),
        ("/1", ""),
        ("", ""),
        ("http://", ""),
        ("http://[broken", ""),
        ("http://news.example:port/", ""),
    ],
)
def test_the_same_page_is_spelt_the_same(link: str, canonical: str) -> None:
    assert canonical_link(link) == canonical


@given(st.text(max_size=200))
def test_any_text_gives_a_link_or_nothing(text: str) -> None:
    for link in (canonical_link(text), canonical_link(f"https://news.example/{text}")):
        assert link == "" or link.startswith(("http://", "https://"))
        assert canonical_link(link) == link
