"""A machine that is offline is told of once; a feed that is away, by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.errors import FeedError, FeedUnreached
from bot.feeds.health import find_unreached
from bot.jobs.reach import Reach

_GONE = FeedUnreached("Name or service not known")


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level("INFO")

    def events() -> list[str]:
        found = [f"{each.message} {vars(each).get('feed', '')}".strip() for each in caplog.records]
        caplog.clear()
        return found

    return events


def test_many_that_nobody_reaches_are_told_in_one_line(logged: Callable[[], list[str]]) -> None:
    reach = Reach()
    for number in range(29):
        reach.note_failure(f"feed {number}", _GONE)
    reach.end_round()
    assert logged() == ["machine_offline"]
    reach.note_failure("feed 1", _GONE)
    reach.end_round()
    assert logged() == [], "it is known"
    reach.note_answer()
    reach.note_answer()
    assert logged() == ["machine_online"]
    reach.note_failure("feed 1", _GONE)
    reach.end_round()
    assert logged() == ["feed_failed feed 1"]


def test_two_of_two_are_told_together_at_the_end_of_a_round(
    logged: Callable[[], list[str]],
) -> None:
    reach = Reach()
    reach.note_failure("alpha", _GONE)
    reach.note_failure("beta", _GONE)
    assert logged() == []
    reach.end_round()
    assert logged() == ["machine_offline"]


def test_once_anybody_answers_each_is_told_by_itself(logged: Callable[[], list[str]]) -> None:
    reach = Reach()
    reach.note_failure("alpha", _GONE)
    reach.note_failure("beta", _GONE)
    reach.note_failure("gamma", FeedError("HTTP 500"))
    assert logged() == ["feed_failed alpha", "feed_failed beta", "feed_failed gamma"]


def test_one_that_is_not_reached_says_nothing_of_the_machine() -> None:
    assert find_unreached([_GONE.reason]) == ""
    assert find_unreached([_GONE.reason, "HTTP 500"]) == ""
    assert find_unreached([_GONE.reason] * 2) == "Name or service not known"
