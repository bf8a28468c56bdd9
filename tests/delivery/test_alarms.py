"""What is wrong with the machine: found once it is, and over only when it clearly is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.delivery.alarms import (
    Disk,
    Seen,
    find_alarms,
    is_patient,
    list_judged,
    say_alarm,
    say_alarm_over,
)
from bot.model import Alarm, AskedSource, Pulse, Sight, Telegram
from bot.texts import load_texts
from tests.samples import NOW

_MB = 1_000_000
_DATABASE = "disk:box:BOT_DATABASE_URL"


def _seen(**changes: Any) -> Seen:
    values: dict[str, Any] = {
        "host": "box", "place": "box, send", "disks": {}, "starts": 1, "telegram": Telegram(),
    }  # fmt: skip
    return Seen(**values | changes)


def _disk(free_mb: int, total_mb: int = 100_000) -> dict[str, Disk]:
    return {"BOT_DATABASE_URL": Disk(free=free_mb * _MB, total=total_mb * _MB)}


def _pulse(**changes: Any) -> Pulse:
    source = AskedSource(last_success_at=NOW, next_poll_at=NOW, failures=0)
    values: dict[str, Any] = {
        "sight": Sight(sources=(source,)), "last_poll_at": NOW, "last_sent_at": NOW, "waiting": 0,
        "waiting_s": 0.0, "paused_s": 0.0, "lowered_rate": 0.0, "lowered_s_ago": 0.0,
    }  # fmt: skip
    return Pulse(**values | changes)


def _names(seen: Seen, *told: str) -> list[str]:
    before = {name: Alarm(name=name, since=NOW) for name in told}
    return [each.name for each in find_alarms(seen, before, NOW)]


@pytest.mark.parametrize(
    ("free_mb", "total_mb", "told", "is_filling"),
    [
        (50_000, 100_000, False, False),
        (299, 100_000, False, True),
        (900, 100_000, False, True),
        (900, 8_000, False, False),  # a small card has never more
        (400, 100_000, True, True),
        (440, 2_000, True, True),
        (460, 2_000, True, False),
    ],
)
def test_a_disk_fills_and_has_room_again_only_with_some_more(
    free_mb: int, total_mb: int, told: bool, is_filling: bool
) -> None:
    seen = _seen(disks=_disk(free_mb, total_mb))
    assert _names(seen, *([_DATABASE] if told else [])) == ([_DATABASE] if is_filling else [])


@pytest.mark.parametrize(
    ("ahead_s", "told", "is_wrong"),
    [(None, False, False), (80, False, False), (-100, False, True), (40, True, True),
     (-20, True, False)],
)  # fmt: skip
def test_a_clock_is_wrong_beyond_what_news_can_bear(
    ahead_s: float | None, told: bool, is_wrong: bool
) -> None:
    seen = _seen(telegram=Telegram(ahead_s=ahead_s))
    assert _names(seen, *(["clock:box"] if told else [])) == (["clock:box"] if is_wrong else [])


def test_several_starts_without_an_end_are_a_loop() -> None:
    assert _names(_seen(starts=3)) == []
    assert _names(_seen(starts=4)) == ["restarts:box, send"]


def test_sending_is_stuck_when_messages_wait_and_none_goes_out() -> None:
    long_ago = NOW - timedelta(minutes=10)
    stuck = _pulse(waiting=3, waiting_s=600.0, last_sent_at=long_ago)
    assert _names(_seen(pulse=stuck)) == ["not_sent"]
    assert _names(_seen(pulse=_pulse(waiting=3, waiting_s=600.0))) == []
    asked_to_wait = replace(stuck, paused_s=30.0)
    assert _names(_seen(pulse=asked_to_wait)) == []
    assert _names(_seen(pulse=asked_to_wait), "not_sent") == ["not_sent"]
    assert _names(_seen()) == [], "who does not send does not judge it"
    assert is_patient("not_sent")
    assert not is_patient(_DATABASE)


def test_there_is_room_again_when_some_have_left() -> None:
    def full(count: int) -> Seen:
        return _seen(pulse=_pulse(), subscribers=count, most_subscribers=100)

    assert _names(full(99)) == []
    assert _names(full(100)) == ["full"]
    assert _names(full(96), "full") == ["full"]
    assert _names(full(94), "full") == []


def test_nobody_ends_what_they_cannot_see() -> None:
    judged = list_judged(_seen(disks=_disk(1)))
    assert judged == {_DATABASE, "restarts:box, send"}
    assert "not_sent" in list_judged(_seen(pulse=_pulse()))


@pytest.mark.parametrize(
    "name",
    [_DATABASE, "restarts:b<o>x, send", "clock:box", "not_sent", "not_polled", "full",
     "upgraded:0020"],
)  # fmt: skip
@pytest.mark.parametrize("language", ["hy", "ru", "en"])
def test_each_is_said_in_every_language_and_escaped(name: str, language: str) -> None:
    texts = load_texts()[language]
    facts = {"alarm": name, "since": NOW.isoformat(), "amount": "-7", "total": "9"}
    said = say_alarm(facts, texts)
    over = say_alarm_over(facts, texts, NOW + timedelta(hours=2))
    assert said[0] in "⚠⬆"
    assert over.startswith("✅")
    assert "<o>" not in f"{said}{over}"
    assert texts.duration(timedelta(hours=2)) in over
