"""Documents mutated at random: items or a FeedError, and only the damaged entry may be lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import FeedError
from bot.feeds.memory import EntryMemory
from bot.feeds.parse import parse_feed

URL = "https://news.example/rss"
_TITLES = [
    "Переговоры на границе", "Սահմանին հանգիստ է", "Talks go on", "Учения <<Щит>>", "Q&A",
    "«Գրադ» համակարգ", "Prices rise",
]  # fmt: skip
#: What damages markup most: its own pieces.
_PIECES = st.sampled_from([
    "<", ">", "&", "</item>", "<item>", "</entry>", "<title>", "</title>", "</p>", "<b>", "<!--",
    "-->", "<![CDATA[", "]]>", "&nbsp;", "&#0;", "&#xFFFF;", "&#99999999999;", "&foo;", "<!DOCTYPE",
    "<!ENTITY x 'y'>", "<?xml", "\x00", "\x1f", "\ufffe", "\u202e", "\xad", "'", '"', "</channel>",
    "</rss>", "<media:description>", "</description>", "xmlns=", "/>", "<link/>", "%", "{", "Ф",
    "<guid>", "0000-00-00", "+99:99", "]", "[",
])  # fmt: skip
_CHANGES = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 30), st.one_of(_PIECES, st.text(max_size=4))),
    min_size=1,
    max_size=4,
)


def _rss(number: int) -> str:
    title = _TITLES[number % len(_TITLES)].replace("&", "&amp;").replace("<", "&lt;")
    return (
        f"<item><title>{title} {number}</title><link>https://news.example/{number}</link>"
        f"<guid isPermaLink='false'>id-{number}</guid>"
        f"<description><![CDATA[<p>Body <b>of</b> {number}</p>]]></description>"
        f"<pubDate>Sat, 12 Sep 2026 1{number % 10}:00:00 +0400</pubDate></item>"
    )


def _atom(number: int) -> str:
    return (
        f"<entry><id>id-{number}</id><title type='html'>&lt;b&gt;News&lt;/b&gt; {number}</title>"
        f"<link href='https://news.example/{number}'/><updated>2026-09-12T1{number % 10}:00:00Z"
        f"</updated><summary>Body of {number}</summary></entry>"
    )


_RSS = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
    'xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Herald</title>',
    "</channel></rss>",
)
_ATOM = ('<feed xmlns="http://www.w3.org/2005/Atom"><title>Herald</title>', "</feed>")


def _mutate(text: str, changes: list[tuple[int, int, str]]) -> str:
    for at, length, put in changes:
        place = at % (len(text) + 1)
        text = text[:place] + put + text[place + length :]
    return text


def _check_damage(atom: bool, victim: int, changes: list[tuple[int, int, str]]) -> None:
    """Damage one entry between its own two tags; every other must be read, and read right."""
    write, around, tag = (_atom, _ATOM, "entry") if atom else (_rss, _RSS, "item")
    entries = [write(number) for number in range(7)]
    inside = entries[victim].removeprefix(f"<{tag}>").removesuffix(f"</{tag}>")
    entries[victim] = f"<{tag}>{_mutate(inside, changes)}</{tag}>"
    document = "".join((around[0], *entries, around[1]))
    parsed = parse_feed(document.encode("utf-8", "surrogatepass"), "", URL, "Asia/Yerevan")
    read = {item.guid: item for item in parsed.items}
    whole = {
        item.guid: item
        for item in parse_feed(
            "".join((around[0], *map(write, range(7)), around[1])).encode(), "", URL, "Asia/Yerevan"
        ).items
    }
    for number in range(7):
        if number != victim:
            assert read.get(f"id-{number}") == whole[f"id-{number}"], f"lost {number}: {document}"


def _check_anything(document: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    """Damage a document anywhere; what comes is items or a FeedError, and the same from memory."""
    for at, length, put in changes:
        place = at % (len(document) + 1)
        document = document[:place] + put + document[place + length :]
    memory = EntryMemory()
    told = []
    for remembered in (None, memory, memory):
        try:
            told.append(parse_feed(document, "", URL, "Asia/Yerevan", remembered))
        except FeedError as error:
            told.append(error.reason)
    assert told[0] == told[1] == told[2]
    for item in getattr(told[0], "items", ()):
        assert item.title.strip()
        (item.title + item.summary + item.link + item.guid).encode()
        assert "\x00" not in item.title + item.summary + item.link + item.guid


_BYTES = st.lists(
    st.tuples(
        st.integers(0, 100_000),
        st.integers(0, 60),
        st.one_of(st.binary(max_size=6), _PIECES.map(str.encode)),
    ),
    max_size=6,
)
_SOUND = [
    "".join((_RSS[0], *map(_rss, range(5)), _RSS[1])).encode(),
    "".join((_ATOM[0], *map(_atom, range(5)), _ATOM[1])).encode(),
    "".join((_RSS[0], *map(_rss, range(5)), _RSS[1])).encode("utf-16-le"),
    "".join((_RSS[0], *map(_rss, range(5)), _RSS[1])).encode("cp1251", "xmlcharrefreplace"),
    json.dumps(
        {"version": "https://jsonfeed.org/version/1.1",
         "items": [{"id": n, "title": f"T{n}", "url": f"/{n}"} for n in range(5)]}
    ).encode(),
]  # fmt: skip
_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(suppress_health_check=_QUIET)
@given(st.booleans(), st.integers(0, 6), _CHANGES)
def test_damage_inside_an_entry_costs_no_other(
    atom: bool, victim: int, changes: list[tuple[int, int, str]]
) -> None:
    _check_damage(atom, victim, changes)


@settings(suppress_health_check=_QUIET)
@given(st.sampled_from(_SOUND), _BYTES)
def test_damage_anywhere_gives_items_or_a_feed_error(
    document: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    _check_anything(document, changes)


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=12_000, deadline=None, suppress_health_check=_QUIET)
@given(st.booleans(), st.integers(0, 6), _CHANGES)
def test_damage_inside_an_entry_costs_no_other_twelve_thousand_times(
    atom: bool, victim: int, changes: list[tuple[int, int, str]]
) -> None:
    _check_damage(atom, victim, changes)


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=10_000, deadline=None, suppress_health_check=_QUIET)
@given(st.sampled_from(_SOUND), _BYTES)
def test_damage_anywhere_gives_items_or_a_feed_error_ten_thousand_times(
    document: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    _check_anything(document, changes)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_real_worlds_documents_mutated_give_items_or_a_feed_error(data_folder: Path) -> None:
    documents = [
        path.read_bytes()[:60_000]
        for path in sorted((data_folder / "payloads").iterdir())
        if path.suffix != ".md"
    ]

    @settings(max_examples=500, deadline=None, suppress_health_check=_QUIET)
    @given(st.sampled_from(documents), _BYTES)
    def check(document: bytes, changes: list[tuple[int, int, bytes]]) -> None:
        _check_anything(document, changes)

    check()
