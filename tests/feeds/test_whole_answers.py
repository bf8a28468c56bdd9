"""Servers that answer "not modified" for ever are asked for the whole document now and then."""

from __future__ import annotations

from datetime import timedelta

from bot.feeds.manners import is_asked_whole
from bot.feeds.rhythm import count_overdue, learn_rhythm
from bot.model import Rhythm
from tests.samples import NOW, feed

HOUR = timedelta(hours=1)


def hourly() -> Rhythm:
    """A feed that printed once an hour for two weeks, up to now."""
    return learn_rhythm(Rhythm(), [NOW - n * HOUR for n in range(14 * 24)], NOW)


def test_once_a_day_every_feed_is_asked_whole() -> None:
    asked = feed(etag='"1"', answered_at=NOW - 23 * HOUR)
    assert not is_asked_whole(asked, NOW)
    assert is_asked_whole(asked, NOW + HOUR)
    assert is_asked_whole(feed(etag='"1"'), NOW), "nobody knows when it last was"


def test_a_feed_whose_items_are_overdue_is_asked_whole_once_an_hour() -> None:
    later = NOW + 5 * HOUR
    assert 4 < count_overdue(hourly(), later) < 6
    assert is_asked_whole(feed(rhythm=hourly(), answered_at=NOW), later)
    assert not is_asked_whole(feed(rhythm=hourly(), answered_at=later - HOUR / 2), later)
    assert not is_asked_whole(feed(rhythm=hourly(), answered_at=NOW), NOW + HOUR)
