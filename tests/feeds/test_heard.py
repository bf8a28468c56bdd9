"""Whether sources are heard: most of those that answer at all do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.feeds.health import are_heard, find_outages
from bot.model import FeedHealth, Publisher, PublisherKind, Rhythm
from tests.samples import NOW

WELL: dict[str, Any] = {}
DOWN: dict[str, Any] = {"failures": 3, "last_success_at": NOW - timedelta(hours=1)}
LONG_DOWN: dict[str, Any] = {"failures": 90, "last_success_at": NOW - timedelta(days=9)}
NEVER: dict[str, Any] = {"failures": 9, "last_success_at": None}
STUCK: dict[str, Any] = {"last_success_at": NOW - timedelta(hours=3)}
OFF: dict[str, Any] = {"enabled": False}
NEW: dict[str, Any] = {"polled_at": None, "last_success_at": None}


def health(name: str, **changes: Any) -> FeedHealth:
    """Return how a feed does that answered a minute ago."""
    lately: datetime = NOW - timedelta(minutes=1)
    facts: dict[str, Any] = {
        "name": name,
        "url": "https://news.example/rss",
        "publisher": Publisher(name="Herald", country="AM", kind=PublisherKind.INDEPENDENT),
        "language": "en",
        "enabled": True,
        "failures": 0,
        "error": "",
        "polled_at": lately,
        "next_poll_at": lately,
        "last_success_at": lately,
        "last_new_at": lately,
        "failed_since": None,
        "gone_at": None,
        "moved_to": "",
        "rhythm": Rhythm(),
        **changes,
    }
    return FeedHealth(**facts)


@pytest.mark.parametrize(
    ("feeds", "heard"),
    [
        ([WELL, WELL, WELL], True),
        ([WELL, WELL, DOWN], True),
        ([WELL, DOWN], True),
        ([DOWN, DOWN, WELL], False),
        ([WELL, LONG_DOWN, LONG_DOWN, NEVER, NEVER], True),
        ([LONG_DOWN, NEVER], False),
        ([STUCK, STUCK], False),
        ([OFF, NEW], False),
        ([], False),
    ],
)
def test_sources_are_heard_when_most_that_work_answer(
    feeds: list[dict[str, Any]], heard: bool
) -> None:
    judged = [health(str(number), **each) for number, each in enumerate(feeds)]
    assert are_heard(judged, find_outages(judged, NOW), NOW) is heard
