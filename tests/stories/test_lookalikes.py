"""Addresses that only look like a known publisher's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stories.learnt import load_impostors
from bot.stories.lookalikes import find_imitated

KNOWN = {
    "armenpress.am": "Armenpress",
    "www.azatutyun.am": "Azatutyun",
    "news.am": "NEWS.am",
    "rus.delfi.lv": "Delfi",
    "feeds.bbci.co.uk": "BBC",
}


@pytest.mark.parametrize(
    ("host", "whose"),
    [
        ("armenpres.am", "Armenpress"),
        ("armenpress.info", "Armenpress"),
        ("armenpress.com.co", "Armenpress"),
        ("armenpress.am.latest-news.example", "Armenpress"),
        ("xn--rmenpress-zyh.am", "Armenpress"),  # a Cyrillic letter first
        ("azatutyan.am", "Azatutyun"),
        ("azatutuyn.am", "Azatutyun"),
        ("www.azatutyun.news", "Azatutyun"),
        ("news-am.com", "NEWS.am"),
        ("newsam.info", "NEWS.am"),
        ("spiegel.ltd", "Der Spiegel"),
        ("theguardian.co.com", "The Guardian"),
        ("reuters.cfd", "Reuters"),
    ],
)
def test_whose_address_is_imitated_is_known(host: str, whose: str) -> None:
    assert find_imitated(host, KNOWN, load_impostors()) == whose


@pytest.mark.parametrize(
    "host",
    [
        "armenpress.am", "www.armenpress.am", "rus.azatutyun.am", "sport.news.am", "news.example",
        "news.ge", "arka.am", "aravot.am", "www.bbc.co.uk", "panarmenian.net", "reuters.com",
        "1lurer.am", "hetq.am", "news.google.com", "", "localhost", "127.0.0.1",
    ],
)  # fmt: skip
def test_who_has_an_address_of_their_own_imitates_nobody(host: str) -> None:
    assert find_imitated(host, KNOWN, load_impostors()) == ""


@given(st.text(max_size=80))
def test_any_address_is_judged(host: str) -> None:
    find_imitated(host, KNOWN, load_impostors())
