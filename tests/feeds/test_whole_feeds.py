"""Odd and damaged feeds are read whole: document types, characters, charsets, markup, length."""

from __future__ import annotations

import codecs
import json

import pytest

from bot.errors import FeedEmpty, FeedError
from bot.feeds.cleaning import clean_text
from bot.feeds.parse import parse_feed
from bot.model import ParsedFeed
from tests.feeds.test_parse import URL, entry, rss


def read(body: bytes | str, content_type: str = "") -> ParsedFeed:
    return parse_feed(body.encode() if isinstance(body, str) else body, content_type, URL, "UTC")


def titles(body: bytes | str) -> list[str]:
    return [item.title for item in read(body).items]


class TestDocumentTypes:
    @pytest.mark.parametrize(
        "head",
        [
            "<!DOCTYPE rss [<!ENTITY nbsp \"&#160;\"><!ENTITY paper 'Herald'>]>",
            '<!DOCTYPE rss PUBLIC "-//Netscape//DTD" "http://x.example/rss.dtd" [\n'
            '<!ENTITY nbsp "&#xA0;">\n<!ENTITY paper "Herald"> ]>',
            '<!doctype rss [<!-- "it\'s" --><!ELEMENT rss (channel)><!ENTITY nbsp " ">'
            '<!ENTITY % HTMLlat1 PUBLIC "-//W3C//ENTITIES Latin 1//EN" "lat1.ent"> %HTMLlat1;'
            '<!ENTITY paper "Herald">]>',
        ],
    )
    def test_plain_entities_that_a_document_declares_are_read(self, head: str) -> None:
        body = rss(entry("PLACE"), head=head).replace(b"PLACE", b"The&nbsp;&paper; &laquo;x&raquo;")
        assert titles(body) == ["The Herald «x»"]

    def test_an_article_that_prints_a_declaration_is_an_article(self) -> None:
        body = rss(
            "<title>How bombs work</title><description><![CDATA[<!DOCTYPE x [<!ENTITY a 'b'>]>]]>"
            "</description>"
        )
        assert titles(body) == ["How bombs work"]

    @pytest.mark.parametrize(
        "subset",
        [
            '<!ENTITY a "x"><!ENTITY b "&a;&a;">',
            '<!ENTITY a SYSTEM "file:///etc/passwd">',
            '<!ENTITY % a "x"> %a;',
            f'<!ENTITY a "{"x" * 300}">',
            '<!ENTITY a "<b>x</b>">',
            "".join(f'<!ENTITY a{n} "x">' for n in range(400)),
            '<!ENTITY a "&#60;!ENTITY b">' + "<!ENTITY",
        ],
    )
    def test_entities_that_grow_or_lead_elsewhere_are_refused(self, subset: str) -> None:
        with pytest.raises(FeedError, match="entit"):
            read(rss(entry("T"), head=f"<!DOCTYPE rss [{subset}]>"))

    def test_many_uses_of_a_plain_entity_do_not_grow_without_bound(self) -> None:
        body = rss(entry("PLACE"), head=f'<!DOCTYPE rss [<!ENTITY a "{"x" * 250}">]>')
        with pytest.raises(FeedError, match="grow"):
            read(body.replace(b"PLACE", b"&a;" * 100_000))

    def test_a_document_type_that_never_ends_is_refused(self) -> None:
        with pytest.raises(FeedError, match="does not end"):
            read('<!DOCTYPE rss [<!ENTITY a "x">' + " " * 100_000)


class TestDamage:
    @pytest.mark.parametrize(
        "damage",
        [
            "&#0;", "&#x1F;", "&#xD800;", "&#1114112;", "&#99999999999999999999;", "\x0b", "\ufffe",
            "&nosuch;", "&", "& b;", "&#;", "&#x;", "&#150;",
        ],
    )  # fmt: skip
    def test_an_impossible_character_costs_nothing(self, damage: str) -> None:
        body = rss(entry("One PLACE", guid="1"), entry("Two", guid="2")).decode()
        first, second = titles(body.replace("PLACE", damage))
        assert (first[:3], second) == ("One", "Two")

    @pytest.mark.parametrize(
        "stray",
        [
            "</p>",
            "</item>",
            "</channel>",
            "<b>",
            "<item>",
            "<title>",
            "<![CDATA[",
            "<!--",
            "<<",
            "]]>",
        ],
    )
    def test_a_stray_tag_costs_its_own_entry_at_most(self, stray: str) -> None:
        body = rss(*(entry(f"T{n}", guid=f"g{n}") for n in range(5))).decode()
        damaged = body.replace("<title>T2</title>", f"{stray}<title>T2</title>")
        assert {"T0", "T1", "T3", "T4"} <= set(titles(damaged))

    def test_a_stray_tag_beside_the_entries_costs_none(self) -> None:
        body = rss(*(entry(f"T{n}", guid=f"g{n}") for n in range(3))).decode()
        assert titles(body.replace("<title>Herald</title>", "<title>Her</b>ald</p>")) == [
            "T0", "T1", "T2",
        ]  # fmt: skip

    def test_what_is_lost_is_counted(self) -> None:
        body = rss(entry("T0", guid="g0"), "<title>Half", entry("T2", guid="g2"))
        parsed = read(body)
        assert [item.title for item in parsed.items] == ["T0", "T2"]
        assert len(parsed.skipped) == 1

    def test_an_entry_cut_off_before_its_name_is_left_for_the_next_poll(self) -> None:
        body = rss(entry("T0", guid="g0")).decode().replace("</channel></rss>", "<item><title>Ha")
        assert titles(body) == ["T0"]


class TestCharsets:
    @pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
    @pytest.mark.parametrize("marked", [True, False])
    def test_wide_charsets_are_read_with_and_without_a_mark(
        self, charset: str, marked: bool
    ) -> None:
        mark = {
            "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE,
            "utf-32-le": codecs.BOM_UTF32_LE, "utf-32-be": codecs.BOM_UTF32_BE,
        }[charset]  # fmt: skip
        body = rss(entry("Սահման")).decode().encode(charset)
        assert titles(mark + body if marked else body) == ["Սահման"]


class TestJsonFeed:
    def test_it_is_read_as_other_feeds_are(self) -> None:
        document = {
            "version": "https://jsonfeed.org/version/1.1",
            "items": [
                {"id": 7, "url": "/7", "title": "Seven", "content_html": "<p>On <b>it</b></p>",
                 "date_published": "2026-09-12T08:00:00+04:00"},
                {"id": "8", "content_text": "No title here"},
                "nonsense", {"title": ["a"]}, {},
            ],
        }  # fmt: skip
        seven, eight = read(json.dumps(document), "application/feed+json").items
        assert (seven.guid, seven.link, seven.summary) == ("7", "https://news.example/7", "On it")
        assert seven.published_at is not None
        assert seven.published_at.isoformat() == "2026-09-12T04:00:00+00:00"
        assert eight.title == "No title here"

    @pytest.mark.parametrize(
        "text", ['{"items": []}', "{", '{"version": 1, "items": 2}', "{" * 50_000]
    )
    def test_other_json_is_a_failure(self, text: str) -> None:
        with pytest.raises(FeedError):
            read(text)

    def test_one_that_lists_nothing_is_empty(self) -> None:
        with pytest.raises(FeedEmpty):
            read('{"version": "https://jsonfeed.org/version/1", "items": []}')


class TestLength:
    def test_of_too_many_the_newest_by_date_are_read_wherever_they_stand(self) -> None:
        entries = [
            entry(f"T{n}", guid=str(n), pubDate=f"Sat, 12 Sep 2026 {n // 60:02}:{n % 60:02}:00 GMT")
            for n in range(600)
        ]
        parsed = read(rss(*entries))
        assert len(parsed.items) == 500
        assert parsed.left_out == 100
        assert {item.title for item in parsed.items} == {f"T{n}" for n in range(100, 600)}

    def test_of_too_many_without_dates_both_ends_are_read(self) -> None:
        read_titles = titles(rss(*(entry(f"T{n}", guid=str(n)) for n in range(700))))
        assert (len(read_titles), read_titles[0], read_titles[-1]) == (500, "T0", "T699")

    def test_a_link_is_kept_up_to_what_a_message_holds(self) -> None:
        long = f"https://news.example/{'a' * 3_000}"
        first, second = read(
            rss(entry("A", guid="1", link=long), entry("B", guid="2", link=long * 2))
        ).items
        assert (first.link, second.link) == (long, "")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("гра<b>ни</b>це", "границе"),
        ("гра<wbr>ни<wbr/>це", "границе"),
        ("гра&shy;ни\u200bце", "границе"),
        ("сах<span class='x'>ман</span>ом", "сахманом"),
        ("one<br>two<br/>three", "one two three"),
        ("<p>one</p><p>two</p>", "one two"),
        ("<li>one</li><li>two</li>", "one two"),
        ("<td>one</td><td>two</td>", "one two"),
        ("<![x]> stays", "<![x]> stays"),
        ("&lt;Grad&gt; fired", "<Grad> fired"),
        ("<<Գրադ>> համակարգ", "<<Գրադ>> համակարգ"),
        ("5 < 6 > 4", "5 < 6 > 4"),
        ("<o:p></o:p>Word", "Word"),
        ("<figure><img><figcaption>A street</figcaption></figure>It happened", "It happened"),
        ("<figcaption>A street</figcaption>", "A street"),
        ("\u202eevil\u202c and \u2066isolated\u2069", "evil and isolated"),
        ("&amp;lt;b&amp;gt;", "<b>"),
        ("<script>x</script>seen", "seen"),
    ],
)
def test_markup_is_read_as_a_person_sees_it(markup: str, text: str) -> None:
    assert clean_text(markup, 200) == text


@pytest.mark.parametrize(
    "order",
    [
        "{media}<description>It happened.</description>",
        "<description>It happened.</description>{media}",
    ],
)  # fmt: skip
def test_a_pictures_caption_never_stands_in_for_the_description(order: str) -> None:
    media = (
        "<m:content url='x'><m:title>Photo</m:title><m:description>A street</m:description>"
        "</m:content>"
    )
    body = rss(f"<title>Two hurt</title>{order.format(media=media)}").replace(
        b'<rss version="2.0">', b'<rss version="2.0" xmlns:m="http://search.yahoo.com/mrss/">'
    )
    (item,) = read(body).items
    assert (item.title, item.summary) == ("Two hurt", "It happened.")


def test_a_caption_serves_where_there_is_no_other_text() -> None:
    body = rss("<title>Film</title><media:group><media:description>All of it</media:description>"
               "</media:group>").replace(
        b"<rss ", b'<rss xmlns:media="http://search.yahoo.com/mrss/" '
    )  # fmt: skip
    (item,) = read(body).items
    assert item.summary == "All of it"
