"""Telegram's HTML: what it makes of a text, and the words it refuses one with."""

from __future__ import annotations

from typing import Any

import pytest

from bot.demo.markup import parse_html
from bot.demo.refusal import Refusal
from bot.demo.text import with_found_entities


@pytest.mark.parametrize(
    ("html", "text", "entities"),
    [
        ("plain", "plain", []),
        ("<b>Ani</b>", "Ani", [("bold", 0, 3)]),
        ("<STRONG>x</strong>", "x", [("bold", 0, 1)]),
        ("a &lt;b&gt; &amp; &quot;c&quot;", 'a <b> & "c"', []),
        ("&#1357;&#x565;", "Սե", []),
        ("&nbsp;&apos;", "&nbsp;&apos;", []),
        ("👍<i>սահման</i>", "👍սահման", [("italic", 2, 6)]),
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ('<span class="tg-spoiler">x</span>', "x", [("spoiler", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", 0, 1)]),
        ("<blockquote>x</blockquote>", "x", [("blockquote", 0, 1)]),
        ('<a href="not a link">x</a>', "x", []),
        ("<b></b>x", "x", []),
    ],
)
def test_html_becomes_text_and_entities(
    html: str, text: str, entities: list[tuple[str, int, int]]
) -> None:
    """Offsets count UTF-16 units."""
    parsed, found = parse_html(html)
    assert parsed == text
    assert [(each["type"], each["offset"], each["length"]) for each in found] == entities


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("12345<br>", 'Unsupported start tag "br" at byte offset 5'),
        ("սահ<br/>", 'Unsupported start tag "br/" at byte offset 6'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("a<b", "Unclosed start tag at byte offset 1"),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        (
            "<b><i>x</b></i>",
            'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"',
        ),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        (
            "<a href>x</a>",
            'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0',
        ),
        ("<a href=http://x.am>x</a>", "Unexpected end of name token at byte offset 8"),
        ('<a href="x>y', "Unclosed start tag at byte offset 0"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_bad_html_is_refused_in_telegrams_words_with_byte_offsets(html: str, reason: str) -> None:
    """A bot finds its slip by these words, so they must be the real ones."""
    with pytest.raises(Refusal) as caught:
        parse_html(html)
    assert caught.value.description == f"Bad Request: can't parse entities: {reason}"


def test_a_link_keeps_its_decoded_address_and_code_its_language() -> None:
    """Attributes are decoded as text is; a block of code keeps the language of its class."""
    _, found = parse_html('<a href="https://x.am/?a=1&amp;b=2">x</a>')
    assert found[0]["url"] == "https://x.am/?a=1&b=2"
    _, found = parse_html('<pre><code class="language-python">x</code></pre>')
    assert found == [{"type": "pre", "offset": 0, "length": 1, "language": "python"}]
    _, found = parse_html('<code class="language-python">x</code>')
    assert found == [{"type": "code", "offset": 0, "length": 1}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/add սահման", [("bot_command", 0, 4)]),
        ("/add@sahman_demo_bot x", [("bot_command", 0, 20)]),
        ("see https://x.am/a.", [("url", 4, 14)]),
        ("#սահման @sahman_demo_bot", [("hashtag", 0, 7), ("mention", 8, 16)]),
        ("24/7 and/or", []),
    ],
)
def test_telegram_marks_commands_links_and_tags_by_itself(text: str, expected: Any) -> None:
    """In what people write as in what bots write."""
    found = with_found_entities(text, [])
    assert [(each["type"], each["offset"], each["length"]) for each in found] == expected
