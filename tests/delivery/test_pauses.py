"""Silence for so long, as people ask for it in three languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.pauses import parse_pause

#: A Saturday, 16:00 in Yerevan.
NOW = datetime(2026, 9, 12, 12, tzinfo=UTC)
ZONE = "Asia/Yerevan"


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("8h", 8), ("8 hours", 8), ("for 90 min", 1.5), ("1h 30m", 1.5), ("an hour", 1), ("2d", 48),
        ("2 часа", 2), ("на 8 ч", 8), ("час", 1), ("3 дня", 72), ("неделю", 168),
        ("2 ժամ", 2), ("8 ժամով", 8), ("30 րոպե", 0.5), ("մեկ օր", 24), ("1 շաբաթ", 168),
    ],
)  # fmt: skip
def test_a_length_is_understood(typed: str, hours: float) -> None:
    assert parse_pause(typed, ZONE, NOW) == NOW + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("typed", "local"),
    [
        ("until tomorrow", "13 08:00"), ("до завтра", "13 08:00"), ("մինչև վաղը", "13 08:00"),
        ("until tomorrow 10:30", "13 10:30"), ("до завтра утра", "13 08:00"),
        ("until 18:00", "12 18:00"), ("до 9 утра", "13 09:00"), ("մինչև 9:00", "13 09:00"),
        ("until morning", "13 08:00"), ("until monday", "14 08:00"), ("до субботы", "19 08:00"),
        ("մինչև ուրբաթ", "18 08:00"),
    ],
)  # fmt: skip
def test_an_end_is_the_next_of_its_kind(typed: str, local: str) -> None:
    until = parse_pause(typed, ZONE, NOW)
    assert until is not None
    assert f"{until + timedelta(hours=4):%d %H:%M}" == local


@pytest.mark.parametrize(
    "typed",
    ["soon", "8 bananas", "until", "until banana", "0h", "9999 weeks", "8h or so", "-3h", "25:00"],
)
def test_what_is_not_understood_is_nothing(typed: str) -> None:
    assert parse_pause(typed, ZONE, NOW) is None


@given(st.text(max_size=40))
def test_any_words_end_in_the_future_or_nowhere(typed: str) -> None:
    until = parse_pause(typed, ZONE, NOW)
    assert until is None or NOW < until <= NOW + timedelta(days=366)
