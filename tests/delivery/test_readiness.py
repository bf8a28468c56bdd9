"""Whether Sahman works: each trouble by itself, and what is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.delivery.readiness import Trouble, find_troubles, say_troubles
from bot.model import AskedSource, Pulse, Sight, Telegram
from bot.texts import load_texts
from tests.samples import NOW

_MINUTE = timedelta(minutes=1)
_WORKING = AskedSource(last_success_at=NOW - _MINUTE, next_poll_at=NOW + _MINUTE, failures=0)
_AWAY = replace(_WORKING, failures=3)
_OVERDUE = replace(_WORKING, next_poll_at=NOW - 11 * _MINUTE)


def pulse(*sources: AskedSource, **changes: Any) -> Pulse:
    """Return the pulse of a Sahman that works, but for these changes."""
    return replace(
        Pulse(
            sight=Sight(sources=sources or (_WORKING,)),
            last_poll_at=NOW - _MINUTE,
            last_sent_at=NOW - _MINUTE,
            waiting_s=0.0,
            waiting=0,
            paused_s=0.0,
            lowered_rate=0.0,
            lowered_s_ago=0.0,
        ),
        **changes,
    )


_LATE = {"last_poll_at": NOW - 11 * _MINUTE}
_STUCK = {"waiting": 3, "waiting_s": 301.0}


@pytest.mark.parametrize(
    ("beats", "expected"),
    [
        (pulse(), ()),
        (None, (Trouble.DATABASE,)),
        (pulse(sight=Sight(sources=())), (Trouble.NO_FEEDS,)),
        (pulse(_OVERDUE, **_LATE), (Trouble.NOT_POLLED,)),
        (pulse(_OVERDUE, last_poll_at=None), (Trouble.NOT_POLLED,)),
        (pulse(**_LATE), ()),  # nothing was due: all of them wish to be left alone
        (pulse(_OVERDUE, _WORKING), ()),  # one that hangs while others are asked
        (pulse(_AWAY, _AWAY), (Trouble.NO_FEED_ANSWERS,)),
        (pulse(_AWAY, _WORKING), ()),
        (pulse(**_STUCK), ()),  # many wait, and they go out
        (pulse(**_STUCK, last_sent_at=NOW - 6 * _MINUTE), (Trouble.NOT_SENT,)),
        (pulse(**_STUCK, last_sent_at=None), (Trouble.NOT_SENT,)),
        (pulse(waiting=1, waiting_s=200.0, last_sent_at=None), ()),
        (pulse(last_sent_at=NOW - timedelta(days=3)), ()),  # nothing was owed
        (
            pulse(_AWAY, **_STUCK, last_sent_at=None),
            (Trouble.NO_FEED_ANSWERS, Trouble.NOT_SENT),
        ),
    ],
)
def test_what_keeps_it_from_its_work_is_named(
    beats: Pulse | None, expected: tuple[Trouble, ...]
) -> None:
    assert find_troubles(beats, Telegram(answered_at=NOW), NOW) == expected


@pytest.mark.parametrize(("minutes", "expected"), [(1, ()), (3, (Trouble.TELEGRAM,))])
def test_telegram_may_be_away_for_as_long_as_a_restart(
    minutes: int, expected: tuple[Trouble, ...]
) -> None:
    telegram = Telegram(failing_since=NOW - minutes * _MINUTE)
    assert find_troubles(pulse(), telegram, NOW) == expected
    assert find_troubles(None, telegram, NOW) == (Trouble.DATABASE, *expected)


def test_every_trouble_is_said_in_every_language() -> None:
    telegram = Telegram(failing_since=NOW - 9 * _MINUTE)
    late = pulse(**_LATE, **_STUCK)
    for texts in load_texts().values():
        said = {say_troubles((each,), late, telegram, texts, NOW) for each in Trouble}
        assert len(said) == len(Trouble)
        everything = say_troubles(tuple(Trouble), late, telegram, texts, NOW)
        assert everything.count(";") == len(Trouble) - 1
