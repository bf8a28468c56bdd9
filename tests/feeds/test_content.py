"""What publishers write and what a reader is told: dates, furniture, aggregators, wishes."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

import pytest

from bot.feeds.backlog import Standing, judge
from bot.feeds.cleaning import drop_invitation, find_shared_ending
from bot.feeds.links import canonical_link, read_aggregated_link
from bot.feeds.manners import Ceilings, next_poll_at
from bot.feeds.parse import parse_feed
from bot.feeds.rhythm import find_interval_s, is_quiet, learn_rhythm
from bot.feeds.wishes import read_fresh_s, read_pace, read_retry_after_s
from bot.model import Feed, Pace, ParsedItem, Rhythm
from tests.feeds.publishers import http_date
from tests.feeds.test_parse import entry, rss
from tests.samples import NOW, feed


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("На границе тихо. Подробнее", "На границе тихо."),
        ("На границе тихо... Читать далее →", "На границе тихо"),
        ("Talks go on. Read more »", "Talks go on."),
        ("Talks […] The post Talks go on first appeared on Herald.", "Talks…"),
        ("Բանակցությունները շարունակվում են։ Կարդալ ավելին", "Բանակցությունները շարունակվում են։"),
        ("Սահմանին հանգիստ է… Ավելին", "Սահմանին հանգիստ է…"),
        ("Хотят узнать подробнее", "Хотят узнать подробнее"),
        ("They need more", "They need more"),
        ("Կառավարությունը խոսել է ավելին", "Կառավարությունը խոսել է ավելին"),
        ("Подробнее", ""),
    ],
)
def test_an_invitation_to_click_is_dropped_and_news_is_not(printed: str, told: str) -> None:
    assert drop_invitation(printed) == told


def test_what_every_summary_ends_in_is_dropped() -> None:
    ending = "Subscribe to our channel."
    summaries = [f"Event number {n} took place. {ending}" for n in range(8)]
    assert find_shared_ending(summaries) == ending
    assert find_shared_ending(summaries[:3]) == ""
    items = [entry(f"T{n}", guid=str(n), description=each) for n, each in enumerate(summaries)]
    assert not [
        i for i in parse_feed(rss(*items), "", "http://x.example/").items if ending in i.summary
    ]


class TestAggregator:
    LINK = "https://news.google.com/rss/articles/" + (
        base64.urlsafe_b64encode(b"\x08\x13\x22\x1fhttps://armenpress.am/article/1\xd2\x01\x00")
        .decode()
        .rstrip("=")
    )

    def test_an_item_belongs_to_the_publisher_it_names(self) -> None:
        body = rss(
            f"<title>Talks go on - Armenpress</title><link>{self.LINK}?oc=5</link><guid>1</guid>"
            "<source url='https://armenpress.am'>Armenpress</source>"
            "<description>&lt;a href='x'&gt;Talks go on&lt;/a&gt; Armenpress</description>"
        )
        (item,) = parse_feed(body, "", "https://news.google.com/rss/search?q=x").items
        assert (item.title, item.summary) == ("Talks go on", "")
        assert (item.source, item.source_url) == ("Armenpress", "https://armenpress.am")
        assert item.link == "https://armenpress.am/article/1"

    def test_a_link_that_hides_its_article_stays(self) -> None:
        hidden = "https://news.google.com/rss/articles/CBMiQUFBQUFBQUFBQUFBQUFBQQ"
        assert read_aggregated_link(hidden) == hidden

    def test_elsewhere_a_source_is_only_where_it_was_found(self) -> None:
        body = rss(f"{entry('Talks')}<source url='https://other.example'>Other</source>")
        (item,) = parse_feed(body, "", "https://herald.example/rss").items
        assert item.source == ""


def test_tracking_goes_and_all_else_stays() -> None:
    link = "https://x.example/a?id=7&utm_source=rss&yclid=1&b=%D5%A1#top"
    assert canonical_link(link) == "https://x.example/a?id=7&b=%D5%A1"


def test_a_guid_that_is_no_address_makes_no_link() -> None:
    (item,) = parse_feed(rss("<title>T</title><guid>tag:7</guid>"), "", "http://x.example/").items
    assert (item.guid, item.link) == ("tag:7", "")


class TestWishes:
    @pytest.mark.parametrize(
        ("headers", "fresh_s"),
        [
            ({}, None),
            ({"Cache-Control": "public, max-age=600"}, 600),
            ({"Cache-Control": 'max-age="600"', "Age": "100"}, 500),
            ({"Cache-Control": "max-age=600, no-cache"}, 0),
            ({"Cache-Control": "private"}, None),
            ({"Expires": "0"}, 0),
            ({"Expires": http_date(NOW + timedelta(hours=1))}, 3600),
            ({"Cache-Control": "max-age=60", "Expires": http_date(NOW + timedelta(hours=1))}, 60),
            ({"Cache-Control": "max-age=" + "9" * 40}, 31 * 86_400),
        ],
    )
    def test_an_answer_holds_for_as_long_as_it_says(
        self, headers: dict[str, str], fresh_s: int | None
    ) -> None:
        assert read_fresh_s(headers, NOW) == fresh_s

    @pytest.mark.parametrize(
        ("written", "wait_s"),
        [("120", 120), (http_date(NOW + timedelta(minutes=2)), 120), ("-5", None), ("soon", None)],
    )
    def test_retry_after_is_read_in_both_forms(self, written: str, wait_s: float | None) -> None:
        assert read_retry_after_s({"Retry-After": written}, NOW) == wait_s

    def test_what_stands_inside_an_item_is_no_wish(self) -> None:
        assert read_pace("<rss><channel><item><ttl>900</ttl></item></channel></rss>") == Pace()
        tail = "<rss><channel><item></item><ttl>90</ttl><skipDays><day>Sunday</day></skipDays>"
        assert read_pace(tail) == Pace(every_s=5_400, skip_days=frozenset({6}))

    def test_a_feed_that_skips_every_hour_is_asked_all_the_same(self) -> None:
        closed = feed(pace=Pace(skip_hours=frozenset(range(24))))
        assert next_poll_at(closed, NOW, 0, Ceilings()) == NOW + timedelta(seconds=300)

    def test_no_wish_lasts_for_ever(self) -> None:
        year = feed(pace=Pace(fresh_s=31_536_000))
        assert next_poll_at(year, NOW, 0, Ceilings()) == NOW + timedelta(days=1)


class TestRhythm:
    def busy(self) -> Rhythm:
        """Three weeks of an item an hour from 6 to 18 UTC, none on Sundays."""
        rhythm = Rhythm()
        for hour in range(21 * 24):
            at = NOW + timedelta(hours=hour)
            if 6 <= at.hour < 18 and at.weekday() != 6:
                rhythm = learn_rhythm(rhythm, [at], at)
        return rhythm

    def test_nights_and_sundays_are_no_silence_and_a_silent_workday_is(self) -> None:
        rhythm = self.busy()
        last = rhythm.new_at
        assert last is not None
        assert last.weekday() == 5  # its last item came on a Friday or Saturday evening
        assert not is_quiet(rhythm, last + timedelta(hours=36))
        assert is_quiet(rhythm, last + timedelta(hours=36 + 24))

    def test_who_publishes_rarely_is_asked_rarely_and_at_once_after_news(self) -> None:
        weekly = learn_rhythm(Rhythm(), [NOW - timedelta(days=7), NOW], NOW)
        assert find_interval_s(weekly, 300, 1200, NOW + timedelta(minutes=30)) == 300
        assert find_interval_s(weekly, 300, 1200, NOW + timedelta(hours=2)) == 1200
        assert find_interval_s(self.busy(), 300, 1200, NOW + timedelta(days=22)) < 1200

    def test_nothing_is_quiet_before_its_rhythm_is_known(self) -> None:
        assert not is_quiet(Rhythm(), NOW)


def _items(count: int, at: datetime | None) -> list[ParsedItem]:
    return [
        ParsedItem(guid=str(n), link="", title=str(n), summary="", published_at=at)
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("source", "unknown", "listed", "standing"),
    [
        (feed(polled_before=False), _items(9, NOW), 9, Standing.FIRST),
        (feed(polled_before=True, last_success_at=NOW), _items(9, NOW), 9, Standing.NEWS),
        (
            feed(polled_before=True, last_success_at=NOW - timedelta(hours=25)),
            _items(2, NOW), 9, Standing.RETURNED,
        ),
        (
            feed(polled_before=True, last_success_at=NOW - timedelta(hours=25), gap_s=86_400),
            _items(2, NOW), 9, Standing.NEWS,
        ),
        (
            feed(polled_before=True, last_success_at=NOW, moved=True),
            _items(9, NOW), 9, Standing.ELSEWHERE,
        ),
        (
            feed(polled_before=True, last_success_at=NOW, moved=True),
            _items(1, NOW), 9, Standing.NEWS,
        ),
        (
            feed(polled_before=True, last_success_at=NOW),
            _items(9, NOW - timedelta(hours=3)), 9, Standing.OLDER,
        ),
        (feed(polled_before=True, last_success_at=NOW), _items(9, None), 9, Standing.NEWS),
        (feed(polled_before=True), _items(30, NOW), 30, Standing.NEWS),
        (feed(polled_before=True), _items(30, NOW - timedelta(hours=3)), 30, Standing.OLDER),
        (feed(polled_before=True), _items(2, NOW), 2, Standing.NEWS),
    ],
)  # fmt: skip
def test_a_backlog_is_told_from_news(
    source: Feed, unknown: list[ParsedItem], listed: int, standing: Standing
) -> None:
    assert judge(source, unknown, listed, 9, NOW) is standing
