"""Trends in words: by hour or local day, with surges and silence, in three languages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.split import count_units
from bot.delivery.trends import (
    begin_span,
    is_stale,
    make_chart,
    make_trend,
    render_caption,
    render_surge,
    render_table,
)
from bot.model import HourCount, Span, Surge, Theme, Trend
from bot.stories.surge import hour_of
from bot.texts import load_texts
from tests.samples import NOW

YEREVAN = "Asia/Yerevan"
THIS = hour_of(NOW)
SURGE = Surge(keyword_id=1, at=NOW - timedelta(hours=2), stories=12, families=3, usual=2.2)
COUNTS = [
    HourCount(THIS, "en", 1),
    HourCount(THIS - 3, "hy", 8),
    HourCount(THIS - 3, "ru", 4),
    HourCount(THIS - 30, "en", 2),
    HourCount(THIS - 31, "fr", 1),
]


def trend(span: Span = Span.HOURS, **changes: Any) -> Trend:
    """Return what is counted above."""
    silent = {THIS - 10, THIS - 11}
    how: dict[str, Any] = {"zone": YEREVAN, "since": NOW - timedelta(days=60), "now": NOW}
    return make_trend(COUNTS, [SURGE], silent, span=span, **how | changes)


def test_hours_are_counted_by_language_with_surges_and_silence() -> None:
    made = trend()
    assert len(made.starts) == 48
    assert (made.starts[0], made.starts[-1]) == (NOW - timedelta(hours=47), NOW)
    assert list(made.counts) == ["hy", "ru", "en", "other"]
    assert made.counts["hy"][44] == 8
    assert made.totals[44] == 12
    assert made.surges == {44}
    assert (made.silent, made.silent_hours) == ({37, 36}, 2)


@pytest.mark.parametrize(("span", "days"), [(Span.DAYS, 14), (Span.MONTH, 30)])
def test_days_are_the_readers_own_and_whole(span: Span, days: int) -> None:
    made = trend(span)
    assert len(made.starts) == days
    assert made.starts[-1] == datetime(2026, 9, 11, 20, tzinfo=UTC)
    assert made.totals[-2:] == (3, 13)
    assert made.surges == {days - 1}
    assert made.silent == frozenset()
    assert made.silent_hours == 2


def test_a_day_is_silent_when_half_of_its_hours_are() -> None:
    day = range(hour_of(datetime(2026, 9, 9, 20, tzinfo=UTC)), THIS)
    for count, silent in ((11, set()), (12, {11})):
        made = make_trend(
            [],
            [],
            set(day[:count]),
            span=Span.DAYS,
            zone=YEREVAN,
            since=NOW - timedelta(60),
            now=NOW,
        )
        assert made.silent == silent


def test_what_is_followed_since_yesterday_begins_there() -> None:
    made = trend(since=NOW - timedelta(hours=26, minutes=3))
    assert len(made.starts) == 28
    assert trend(since=NOW - timedelta(hours=26), span=Span.DAYS).totals == (0, 13)


@given(
    st.sampled_from(list(Span)),
    st.sampled_from([YEREVAN, "Europe/Berlin", "Asia/Kolkata", "America/New_York"]),
    st.integers(0, 366 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
)
def test_no_hour_is_lost_in_any_zone_and_season(span: Span, zone: str, now: datetime) -> None:
    since = begin_span(span, zone, now)
    hours = range(hour_of(since), hour_of(now) + 1)
    counts = [HourCount(hour, "en", 1) for hour in hours]
    made = make_trend(counts, [], (), span=span, zone=zone, since=since, now=now)
    assert sum(made.totals) == len(hours)
    assert len(made.starts) in ((span.hours,) if span.hours else (span.days, span.days + 1))
    assert list(made.starts) == sorted(made.starts)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "📈 <b>border</b> · the last 48 hours\n"
            "16 stories (Armenian 8, Russian 4, English 3, other 1).\n"
            "The most: 12 (12 September, 09:00–10:00).\n"
            "▼ Unusually many: 12 September, 09:00–10:00.\n"
            "▨ Sources were silent for 2 hours.",
        ),
        (
            "ru",
            "📈 <b>border</b> · последние 48 часов\n"
            "16 новостей (армянский 8, русский 4, английский 3, другие 1).\n"
            "Больше всего: 12 (12 сентября, 09:00–10:00).\n"
            "▼ Необычно много: 12 сентября, 09:00–10:00.\n"
            "▨ Источники молчали 2 часа.",
        ),
        (
            "hy",
            "📈 <b>border</b> · վերջին 48 ժամը\n"
            "16 լուր (հայերեն 8, ռուսերեն 4, անգլերեն 3, այլ 1)։\n"
            "Ամենաշատը՝ 12 (սեպտեմբերի 12, 09:00–10:00)։\n"
            "▼ Անսովոր շատ՝ սեպտեմբերի 12, 09:00–10:00։\n"
            "▨ Աղբյուրները լռել են 2 ժամ։",
        ),
    ],
)
def test_a_caption_says_what_the_picture_shows(language: str, said: str) -> None:
    assert render_caption(trend(), "border", YEREVAN, load_texts()[language]) == said


@pytest.mark.parametrize("language", ["hy", "ru", "en"])
@pytest.mark.parametrize("span", list(Span))
def test_a_caption_and_a_table_fit_and_escape_whatever_was_typed(language: str, span: Span) -> None:
    texts = load_texts()[language]
    made = make_trend(
        [HourCount(THIS - hour, "hy", 900) for hour in range(800)],
        [
            Surge(keyword_id=1, at=NOW - timedelta(hours=n), stories=9, families=2, usual=0)
            for n in range(1, 700, 6)
        ],
        set(range(THIS - 800, THIS)),
        span=span,
        zone=YEREVAN,
        since=NOW - timedelta(days=60),
        now=NOW,
    )
    caption = render_caption(made, "<&>" * 200, YEREVAN, texts)
    assert count_units(re.sub(r"&\w+;", "&", caption)) < 1024
    table = render_table(made, caption, YEREVAN, texts)
    assert count_units(table) < 4000
    assert "<&" not in table


def test_a_table_draws_bars_and_marks() -> None:
    table = render_table(trend(), "caption", YEREVAN, load_texts()["en"])
    lines = table.splitlines()
    assert lines[:2] == ["caption", "<pre>10 Sep"]
    assert "09:00  12 ████████ ▼" in lines
    assert "12:00   1 ▋</pre>" in lines
    assert "02:00   0  ▨" in lines
    days = render_table(trend(Span.DAYS), "caption", YEREVAN, load_texts()["en"]).splitlines()
    assert days[-1] == " 12 Sep  13 ████████ ▼</pre>"


def test_nothing_is_said_to_be_nothing() -> None:
    made = make_trend([], [], (), span=Span.HOURS, zone=YEREVAN, since=NOW, now=NOW)
    assert render_caption(made, "border", YEREVAN, load_texts()["en"]).endswith("\nNo stories.")
    assert "   0" in render_table(made, "", YEREVAN, load_texts()["en"])


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "📈 Unusually many stories on <b>a &amp; b</b>: 12 in the last hour, usually 2.\n"
            "<code>/trends a &amp; b</code>",
        ),
        (
            "ru",
            "📈 <b>a &amp; b</b> — необычно много: 12 новостей за последний час, обычно 2.\n"
            "<code>/trends a &amp; b</code>",
        ),
        (
            "hy",
            "📈 <b>a &amp; b</b>․ անսովոր շատ լուրեր՝ 12 վերջին մեկ ժամում, սովորաբար՝ 2։\n"
            "<code>/trends a &amp; b</code>",
        ),
    ],
)
def test_word_of_a_surge(language: str, said: str) -> None:
    assert render_surge(SURGE, "a & b", load_texts()[language]) == said


@pytest.mark.parametrize(
    ("stories", "word"), [(5, "5 новостей"), (21, "21 новость"), (22, "22 новости")]
)
def test_russian_counts_a_surge_in_three_forms(stories: int, word: str) -> None:
    surge = Surge(keyword_id=1, at=NOW, stories=stories, families=2, usual=0.3, left_out=1)
    said = render_surge(surge, "x" * 99, load_texts()["ru"])
    assert word in said
    assert "обычно ни одной" in said
    assert "1 час, когда источники молчали, в сравнение не вошёл" in said
    assert said.endswith("<code>/trends</code>")


def test_word_of_a_surge_is_true_for_an_hour() -> None:
    assert not is_stale(SURGE, SURGE.at + timedelta(minutes=60))
    assert is_stale(SURGE, SURGE.at + timedelta(minutes=61))


@pytest.mark.parametrize("span", list(Span))
def test_a_chart_bears_all_its_words(span: Span) -> None:
    chart = make_chart(trend(span), "սահման", YEREVAN, load_texts()["hy"], Theme.DARK)
    spans = {Span.HOURS: "48 ժամը", Span.DAYS: "14 օրը", Span.MONTH: "30 օրը"}
    assert chart.title == f"սահման · վերջին {spans[span]}"
    assert [name for _, name, _ in chart.bars] == ["հայերեն", "ռուսերեն", "անգլերեն", "այլ"]
    assert chart.ticks[-1][1] in ("12:00", "սեպ 12")
    assert len(chart.ticks) <= 9
    assert all(0 <= place < chart.size for place, _ in chart.ticks)
