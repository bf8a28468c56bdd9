"""From a feed's bytes to its items: plain titles, absolute links, honest dates, or FeedError."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.render import safe_link
from bot.errors import FeedEmpty, FeedError
from bot.feeds.cleaning import clean_text
from bot.feeds.entries import SUMMARY_CHARS
from bot.feeds.identity import identify
from bot.feeds.parse import parse_feed
from bot.model import ParsedItem

URL = "https://news.example/rss/all.xml"


def rss(*entries: str, head: str = "") -> bytes:
    """Return a feed of entries that are written out."""
    items = "".join(f"<item>{entry}</item>" for entry in entries)
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{head}<rss version="2.0"><channel>'
        f"<title>Herald</title>{items}</channel></rss>"
    ).encode()


def entry(title: str = "Title", **more: str) -> str:
    """Return an entry of elements, their text escaped once as XML asks."""
    elements = {"title": title, "link": "https://news.example/1", "guid": "1", **more}
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in elements.items())


def parse(body: bytes, timezone: str = "UTC") -> tuple[ParsedItem, ...]:
    return parse_feed(body, "application/rss+xml; charset=utf-8", URL, timezone).items


def only(*entries: str, timezone: str = "UTC") -> ParsedItem:
    (item,) = parse(rss(*entries), timezone)
    return item


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Talks on the border", "Talks on the border"),
        ("  Talks \n on\tthe border ", "Talks on the border"),
        ("<b>Breaking</b> &amp; news", "Breaking & news"),
        ("Q&amp;A", "Q&A"),
        ("Q&amp;amp;A", "Q&A"),
        ("&#1344;այաստան", "Հայաստան"),
        ("&lt;b&gt;Twice&lt;/b&gt; escaped", "Twice escaped"),
        ("Before<script>alert(1)</script> after", "Before after"),
        ("Before&lt;script&gt;alert(1)&lt;/script&gt; after", "Before after"),
        ("<style>p{}</style>Styled", "Styled"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("Ի՞նչ է «սահմանը»", "Ի՞նչ է «սահմանը»"),
        ("a\u00a0b", "a b"),
        ("https://news.example/", "https://news.example/"),
    ],
)
def test_a_title_is_what_a_person_would_read(written: str, read: str) -> None:
    assert only(entry(written)).title == read
    assert clean_text(written, 500) == read


def test_a_summary_is_cleaned_and_cut() -> None:
    item = only(entry(description="<p>First.</p><p>Second&nbsp;one.</p><img src='x'>" + "x" * 900))
    assert item.summary.startswith("First. Second one.")
    assert len(item.summary) <= SUMMARY_CHARS


def test_a_summary_that_repeats_the_title_is_dropped() -> None:
    assert only(entry("Same", description="<b>Same</b>")).summary == ""


def test_an_entry_without_a_title_is_called_by_its_summary() -> None:
    item = only("<description>What happened</description><guid>1</guid>")
    assert (item.title, item.summary) == ("What happened", "")


def test_an_entry_without_any_text_is_left_out() -> None:
    items = parse(rss(entry("Title"), "<link>https://news.example/2</link>"))
    assert [item.title for item in items] == ["Title"]


def test_a_feed_of_which_no_entry_has_a_text_is_a_failure() -> None:
    with pytest.raises(FeedError, match="title"):
        parse(rss("<link>https://news.example/2</link>"))


def test_a_feed_without_entries_is_a_failure_of_its_own_kind() -> None:
    with pytest.raises(FeedEmpty, match="lists nothing"):
        parse(rss())


class TestLinks:
    def test_a_relative_link_is_made_absolute(self) -> None:
        assert only(entry(link="/news/1")).link == "https://news.example/news/1"
        assert only(entry(link="1.html")).link == "https://news.example/rss/1.html"

    @pytest.mark.parametrize(
        "link", ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", " javascript:x"]
    )
    def test_a_link_that_runs_code_reaches_nobody(self, link: str) -> None:
        assert safe_link(only(entry(link=link)).link) == ""

    def test_a_guid_that_is_a_link_serves_where_there_is_none(self) -> None:
        item = only("<title>T</title><guid>https://news.example/7</guid>")
        assert item.link == "https://news.example/7"

    def test_a_link_that_cannot_be_read_spoils_neither_its_item_nor_the_feed(self) -> None:
        items = parse(rss(entry("A", guid="1", link="http://[broken"), entry("B", guid="2")))
        assert [item.title for item in items] == ["A", "B"]


class TestIdentity:
    def test_a_guid_stays_the_same_when_the_feed_moves_to_another_address(self) -> None:
        body = rss(entry("A", guid="tag/1"))
        (here,) = parse_feed(body, "", "https://news.example/rss", "UTC").items
        (there,) = parse_feed(body, "", "https://www.news.example/feeds/all", "UTC").items
        assert identify([here])[0].key == identify([there])[0].key == "tag/1"


class TestDates:
    @pytest.mark.parametrize(
        ("written", "utc"),
        [
            ("Sat, 12 Sep 2026 12:00:00 +0400", "2026-09-12 08:00"),
            ("Sat, 12 Sep 2026 08:00:00 GMT", "2026-09-12 08:00"),
            ("2026-09-12T08:00:00Z", "2026-09-12 08:00"),
            ("2026-09-12T12:00:00+04:00", "2026-09-12 08:00"),
            ("Sat, 12 Sep 2026 11:00:00 MSK", "2026-09-12 08:00"),
            ("Sat, 12 Sep 2026 12:00:00 AMT", "2026-09-12 08:00"),
            ("Sat, 12 Sep 2026 04:00:00 EDT", "2026-09-12 08:00"),
            ("Sat, 12 Sep 2026 12:00:00", "2026-09-12 08:00"),
            ("2026-09-12T12:00:00", "2026-09-12 08:00"),
            ("2026-09-12 12:00:00", "2026-09-12 08:00"),
            ("12.09.2026 12:00", "2026-09-12 08:00"),
            ("09.06.2026 17:42", "2026-06-09 13:42"),
            ("12.09.2026", "2026-09-11 20:00"),
        ],
    )
    def test_a_date_is_read_in_its_own_zone_or_the_feeds(self, written: str, utc: str) -> None:
        item = only(entry(pubDate=written), timezone="Asia/Yerevan")
        assert item.published_at == datetime.fromisoformat(utc).replace(tzinfo=UTC)

    @pytest.mark.parametrize(
        "written",
        ["0000-00-00", "0000-00-00 00:00:00", "31.02.2026 10:00", "yesterday", "-1", "99.99.9999"],
    )
    def test_an_impossible_date_is_no_date(self, written: str) -> None:
        assert only(entry(pubDate=written), timezone="Asia/Yerevan").published_at is None

    @pytest.mark.parametrize("written", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
    @pytest.mark.parametrize("timezone", ["Asia/Yerevan", "America/New_York"])
    def test_the_edges_of_the_calendar_break_nothing(self, written: str, timezone: str) -> None:
        at = only(entry(pubDate=written), timezone=timezone).published_at
        assert at is None or at.tzinfo is UTC

    def test_without_a_date_there_is_none(self) -> None:
        assert only(entry()).published_at is None


class TestWhatIsNoFeed:
    @pytest.mark.parametrize(
        "body",
        [
            b"<!DOCTYPE html><html><head><title>Checking your browser</title></head></html>",
            b"\n\n<html><body><h1>404</h1></body></html>",
            "<!doctype HTML><html><body>Հայաստան</body></html>".encode(),
        ],
    )
    def test_a_web_page_is_a_failure_and_never_no_news(self, body: bytes) -> None:
        with pytest.raises(FeedError, match="web page"):
            parse(body)

    @pytest.mark.parametrize("body", [b"", b"  \n", b"\xef\xbb\xbf", b"\xff\xfe"])
    def test_an_empty_answer_is_a_failure(self, body: bytes) -> None:
        with pytest.raises(FeedError, match="empty"):
            parse(body)

    @pytest.mark.parametrize("body", [b"hello", b"{}", b'{"items": []}', b"\x00\x01\x02", b"<"])
    def test_what_is_something_else_is_a_failure(self, body: bytes) -> None:
        with pytest.raises(FeedError):
            parse(body)

    @pytest.mark.parametrize(
        "head",
        [
            '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>',
            '\n<!doctype rss [\n<!entity x SYSTEM "file:///etc/hostname">\n]>\n',
        ],
    )
    def test_a_document_that_declares_entities_is_refused_unread(self, head: str) -> None:
        with pytest.raises(FeedError, match="entities"):
            parse(rss(entry("&b;"), head=head))


class TestDamage:
    def test_a_feed_cut_short_gives_the_items_that_can_be_read(self) -> None:
        whole = rss(*(entry(f"Title {n}", guid=str(n)) for n in range(10)))
        items = parse(whole[: len(whole) * 3 // 4])
        assert len(items) >= 5
        assert items[0].title == "Title 0"

    def test_a_stray_ampersand_spoils_no_item(self) -> None:
        body = rss(entry("A", guid="1"), entry("B", guid="2")).replace(b"A<", b"A & A<")
        assert [item.title for item in parse(body)] == ["A & A", "B"]

    def test_an_emoji_written_as_two_halves_is_one_and_a_half_alone_is_no_crash(self) -> None:
        body = rss(entry("PLACE")).replace(b"PLACE", b"Fire &#55357;&#56613; &#xD83D; &#55000;")
        (item,) = parse(body)
        assert item.title == f"Fire \U0001f525 {chr(55000)}"

    def test_bytes_before_the_declaration_do_no_harm(self) -> None:
        assert parse(b"\n\n " + rss(entry("A")))[0].title == "A"

    def test_an_old_charset_is_read_though_the_document_names_it(self) -> None:
        body = rss(entry("На границе прошли переговоры сторон")).decode()
        old = body.replace("utf-8", "windows-1251").encode("cp1251")
        (item,) = parse_feed(old, "text/xml", URL).items
        assert item.title == "На границе прошли переговоры сторон"

    def test_no_more_than_five_hundred_items_are_taken(self) -> None:
        assert len(parse(rss(*(entry(f"T{n}", guid=str(n)) for n in range(700))))) == 500


def test_atom_is_read_as_well() -> None:
    body = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>Herald</title><entry><id>tag:1</id>'
        b'<title type="html">A &amp;amp; B</title><link href="https://news.example/1"/>'
        b"<content>The text itself</content><updated>2026-09-12T08:00:00Z</updated></entry></feed>"
    )
    (item,) = parse_feed(body, "application/atom+xml", URL).items
    assert (item.title, item.summary, item.guid) == ("A & B", "The text itself", "tag:1")
    assert item.published_at == datetime(2026, 9, 12, 8, 0, tzinfo=UTC)


_PIECES = st.sampled_from([
    b"<item>", b"</item>", b"<title>", b"</title>", b"<link>", b"http://[", b"<guid>1</guid>",
    b"<pubDate>", b"</pubDate>", b"0000-00-00", b"9999-12-31", b"&amp;", b"&", b"<![CDATA[", b"]]>",
    b"<script>", b"\xff", b"\x00", b"<content:encoded>", b"<div><p", b"&#xD800;", b"&#99999999;",
    "Հայաստան".encode(), b"<updated>-1</updated>", b"<!DOCTYPE rss>", b"<enclosure url=''/>",
    b"12.09.2026 12:00", b"<media:group>", b"<link rel='self' href='x'/>", b"<!--", b"<?xml",
])  # fmt: skip


@given(st.lists(st.one_of(_PIECES, st.binary(max_size=12)), max_size=25), st.booleans())
def test_any_bytes_give_items_or_a_feed_error(pieces: list[bytes], inside: bool) -> None:
    body = b"".join(pieces)
    if inside:
        body = b'<rss version="2.0"><channel><item><title>T</title>' + body + b"</item></channel>"
    try:
        items = parse_feed(body, "", URL, "Asia/Yerevan").items
    except FeedError:
        return
    for item in items:
        assert item.title.strip()
        assert "\x00" not in item.title + item.summary
        (item.title + item.summary + item.link + item.guid).encode()
    assert all(each.key.encode() for each in identify(items))


def test_every_sample_of_the_real_world_gives_items_or_a_feed_error(data_folder: Path) -> None:
    counts = {}
    for path in sorted((data_folder / "payloads").iterdir()):
        if path.suffix == ".md":
            continue
        try:
            items = parse_feed(path.read_bytes(), "", URL, "UTC").items
        except FeedError as error:
            counts[path.name] = error.reason
            continue
        counts[path.name] = str(len(items))
        assert items, path.name
        assert all(item.title and "<" not in item.title[:1] for item in items), path.name
        assert all("\ufffd" not in item.title for item in items), path.name
    assert len(counts) >= 29
    failed = {name for name, said in counts.items() if not said.isdecimal()}
    assert len(failed) <= 1, counts
