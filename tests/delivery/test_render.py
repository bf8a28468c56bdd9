"""How messages read: everything foreign escaped, links only http(s), each story once."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from bot.delivery.digest import DIGEST_STORIES, render_digest
from bot.delivery.render import (
    render_line,
    render_plain,
    safe_link,
)
from bot.delivery.split import MAX_UNITS, count_units
from bot.delivery.story import render_alert
from bot.model import Item, MatchedStory, Role, ToldStory
from bot.texts import load_texts
from tests.samples import NOW, item, subscriber, telling, tellings

TEXTS = load_texts()
EN = TEXTS["en"]
READER = subscriber()
TITLE = Markup("<b>Your digest</b>")

HOSTILE = [
    "<b>bold</b> & <script>alert(1)</script>",
    '"><a href="https://evil.example">click</a>',
    "5 < 6 && 7 > 6",
    "{keyword} {0} %s",
    "&lt;b&gt; &amp; &#60;i&#62;",
    "<tg-spoiler>",
]


class Tags(HTMLParser):
    """Collects what a message is made of, as a strict reader sees it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self._stack: list[str] = []
        self.feed(str(html))  # str: pieces of Markup would escape what they are joined with
        self.close()
        assert not self._stack, f"not closed: {self._stack}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._stack.append(tag)
        self.opened.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self._stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def alert(*items: Item, keywords: tuple[str, ...] = ("border",)) -> str:
    told = tellings(*items)
    return render_alert(ToldStory(id=1, tellings=told), told[0], keywords, READER, EN, NOW)


def digest(*matched: MatchedStory) -> list[str]:
    return render_digest(matched, READER, EN, title=TITLE, now=NOW)


def matched(index: int, *keywords: str, **changes: object) -> MatchedStory:
    values = {"id": index, "title": f"Title {index}", "link": f"https://news.example/{index}"}
    return matched_story(item(**{**values, **changes}), keywords=keywords or ("border",))


def matched_story(*items: Item, keywords: tuple[str, ...] = ("border",)) -> MatchedStory:
    told = tellings(*items)
    story = ToldStory(id=items[0].id, tellings=told)
    return MatchedStory(story=story, lead=told[0], keywords=keywords)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_a_feed_prints_is_shown_as_it_is_and_is_never_markup(hostile: str) -> None:
    html = alert(item(title=hostile, summary=hostile, publisher=hostile), keywords=(hostile,))
    read = Tags(html)
    assert read.text.count(hostile) == 4
    assert set(read.opened) == {"b", "a", "i"}
    assert read.links == ["https://news.example/1"]
    line = Tags(render_line(item(title=hostile, publisher=hostile), READER, EN, NOW))
    assert line.text.count(hostile) == 2
    (message,) = digest(matched(1, hostile, title=hostile))
    assert Tags(message).text.count(hostile) == 2


@given(
    title=st.text(max_size=700),
    summary=st.text(max_size=700),
    link=st.text(max_size=1_200),
    publisher=st.text(max_size=200),
    keyword=st.text(max_size=200),
)
def test_whatever_a_feed_prints_one_alert_is_one_message_of_sound_markup(
    title: str, summary: str, link: str, publisher: str, keyword: str
) -> None:
    news = item(title=title, summary=summary, link=link, publisher=publisher)
    html = alert(news, keywords=(keyword,) * 12)
    assert count_units(html) <= 4_096 * 2
    read = Tags(html)
    assert count_units(read.text) <= 4_096
    assert all(re.match("https?://", each, re.IGNORECASE) for each in read.links)


@pytest.mark.parametrize(
    ("link", "safe"),
    [
        ("https://news.example/1", True),
        ("http://news.example/?a=1&b=2", True),
        ("HTTPS://News.Example/1", True),
        ("https://հայերեն.հայ/լուր", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        ("tg://resolve?domain=x", False),
        ("//news.example/1", False),
        ("/1", False),
        ("https://", False),
        ("http://[broken", False),
        ("", False),
        ("https://news.example/" + "x" * 1_000, False),
    ],
)
def test_people_are_sent_to_pages_of_the_web_only(link: str, safe: bool) -> None:
    assert safe_link(link) == (link if safe else "")
    assert Tags(alert(item(link=link))).links == ([link] if safe else [])


def test_a_link_cannot_leave_its_attribute() -> None:
    read = Tags(alert(item(link='https://news.example/?q="><b>x</b>')))
    assert read.links == ['https://news.example/?q="><b>x</b>']


def test_an_alert_names_the_keywords_the_publisher_the_language_and_the_local_time() -> None:
    html = alert(item(), keywords=("border", "talks"))
    read = Tags(html)
    assert read.text.splitlines() == [
        "🔔 border, talks",
        "Talks on the border go on",
        "Both sides met again.",
        "Sample Herald (Armenia, independent) · English · 11:55 (Yerevan)",
        "👥 only one source so far",
    ]


def test_what_is_not_of_today_bears_its_day_in_the_readers_zone_and_language() -> None:
    yesterday = item(published_at=NOW - timedelta(hours=24), language="ru")
    said = {
        language: Tags(render_line(yesterday, READER, texts, NOW)).text
        for language, texts in TEXTS.items()
    }
    assert said["en"].endswith("Russian · 11 September, 12:00")
    assert said["ru"].endswith("русский · 11 сентября, 12:00")
    assert said["hy"].endswith("ռուսերեն · սեպտեմբերի 11, 12:00")
    in_honolulu = subscriber(zone="Pacific/Honolulu")
    assert render_line(yesterday, in_honolulu, EN, NOW).endswith("10 September, 22:00</i>")


def test_a_digest_stands_by_keyword_newest_first() -> None:
    (message,) = digest(
        matched(5, "border"), matched(4, "talks"), matched(3, "border"), matched(2, "talks")
    )
    read = Tags(message).text
    heads = [line for line in read.splitlines() if " · 2" in line]
    assert heads == ["border · 2", "talks · 2"]
    order = [int(number) for number in re.findall(r"Title (\d)", read)]
    assert order == [5, 3, 4, 2]


def test_a_digest_tells_each_story_once_and_counts_it_under_each_of_its_keywords() -> None:
    (message,) = digest(matched(5, "border", "talks"), matched(3, "talks"))
    read = Tags(message).text
    assert read.count("Title 5") == 1
    assert "border · 1" in read
    assert "talks · 2" in read
    assert "1 of them above" in read


def test_what_many_tell_and_what_is_grave_comes_first_in_a_digest() -> None:
    told_by_two = matched_story(item(id=1, title="Two"), item(id=2, publisher="B", title="It"))
    alone = matched(9, published_at=NOW)
    grave = dataclasses.replace(
        matched(4), story=ToldStory(id=4, tellings=(telling(matched(4).lead.item, gravity=3),))
    )
    (message,) = digest(alone, told_by_two, grave)
    read = Tags(message).text
    assert read.index("Title 4") < read.index("Two") < read.index("Title 9")
    assert "2 publishers" in read


def test_the_others_of_a_story_are_folded_below_in_the_readers_language_first() -> None:
    russian = item(id=1, language="ru", title="Обстрел", publisher="Газета")
    english = item(id=2, title="Shelling", publisher="Gazette")
    same = item(id=3, title="Shelling", publisher="Mirror")
    denied = telling(item(id=4, title="Baku denies shelling", publisher="B"), role=Role.DENIAL)
    story = ToldStory(id=1, tellings=(*tellings(russian, english, same), denied))
    (message,) = digest(MatchedStory(story=story, lead=story.tellings[0], keywords=("border",)))
    read = Tags(message)
    assert "• Shelling\n   Gazette" in read.text
    assert "denied" in read.text
    folded = message.split("<blockquote expandable>")[1]
    assert folded.index("Baku denies shelling") < folded.index("Обстрел")
    assert "Mirror" not in folded


def test_a_digest_counts_what_it_does_not_list() -> None:
    (message,) = digest(*(matched(index) for index in range(DIGEST_STORIES + 7)))
    read = Tags(message).text
    assert read.count("Title") == DIGEST_STORIES
    assert f"border · {DIGEST_STORIES + 7}" in read
    assert "and 7 more" in read


def test_a_digest_without_news_says_so() -> None:
    (message,) = digest()
    assert message.startswith("<b>Your digest</b>")
    assert "Nothing new" in message


def test_a_long_digest_is_several_messages_of_whole_items() -> None:
    messages = digest(*(matched(index, f"word {index}", title="Ս" * 290) for index in range(50)))
    assert len(messages) > 2
    for message in messages:
        assert count_units(message) <= MAX_UNITS
        Tags(message)
    assert sum(message.count("Ս" * 290) for message in messages) == 50
    # A heading never stands alone at the end of a message.
    assert not any(message.splitlines()[-1].startswith("<b>word") for message in messages)


@pytest.mark.parametrize("language", ["hy", "ru", "en"])
def test_the_worst_that_feeds_can_print_still_fits(language: str) -> None:
    worst = item(
        title="&" * 500, summary="<" * 600, publisher='"' * 300, link="https://x.am/" + "&" * 900
    )
    keywords = ("'" * 200,) * 10
    told = tellings(worst, *(item(id=n, publisher="&" * 90 + str(n)) for n in range(2, 14)))
    story = ToldStory(id=1, tellings=told)
    html = render_alert(story, told[0], keywords, READER, TEXTS[language], NOW)
    assert count_units(Tags(html).text) <= 4_096
    every = [
        matched_story(*(dataclasses.replace(worst, id=n) for n in ids), keywords=keywords)
        for ids in ((1, 2, 3), (4,), (5, 6, 7, 8, 9, 10))
    ]
    for message in render_digest(every, READER, TEXTS[language], title=TITLE, now=NOW):
        assert count_units(message) <= MAX_UNITS


def test_plain_text_is_the_message_without_its_markup_and_shorter() -> None:
    html = alert(item(title="5 < 6 & 7", summary="x" * 400))
    plain = render_plain(html)
    assert "5 < 6 & 7" in plain
    assert "<b>" not in plain
    assert count_units(render_plain("Ս" * 5_000)) == 2_000


def test_links_as_long_as_messages_break_no_list() -> None:
    long = [
        item(id=n, title=f"Shelling {n}", link="https://news.example/" + "x" * 900)
        for n in range(1, 9)
    ]
    messages = digest(matched_story(*long), matched(20))
    assert all(count_units(message) <= MAX_UNITS for message in messages)
    assert sum(message.count("Shelling 1<") for message in messages) == 1


@pytest.mark.parametrize("language", ["hy", "ru", "en"])
@pytest.mark.parametrize("code", ["other", "mixed"])
def test_a_language_without_a_name_is_passed_over(code: str, language: str) -> None:
    news, texts = item(language=code), TEXTS[language]
    line = Tags(render_line(news, READER, texts, NOW)).text
    assert line.endswith("\n   Sample Herald · 11:55")
    told = tellings(news)
    html = render_alert(ToldStory(id=1, tellings=told), told[0], (), READER, texts, NOW)
    assert code not in Tags(html).text
    assert ") · 11:55" in Tags(html).text
