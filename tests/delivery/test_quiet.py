"""Quiet hours: in every zone of the world, across midnight and both changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.quiet import is_quiet, name_morning, next_quiet_change_at
from bot.delivery.schedule import current_slot, next_digest_at
from bot.model import Subscriber
from tests.samples import NOW

_ZONES = st.sampled_from(sorted(available_timezones()))
_TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from((0, 15, 30, 45)))
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_INSTANTS = st.integers(0, 2 * 365 * 24 * 60).map(lambda n: _FIRST + timedelta(minutes=n))


def who_sleeps(begin: str, end: str, zone: str = "Asia/Yerevan") -> Subscriber:
    return Subscriber(
        id=1,
        chat_id=1,
        topic=0,
        language="en",
        zone=zone,
        digest_times=(),
        digest_when_empty=True,
        paused=False,
        next_digest_at=None,
        created_at=NOW,
        quiet_from=begin,
        quiet_until=end,
    )


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "quiet"),
    [("22:59", False), ("23:00", True), ("02:00", True), ("06:59", True), ("07:00", False)],
)
def test_a_night_goes_round_midnight(local: str, quiet: bool) -> None:
    now = datetime.fromisoformat(f"2026-09-12T{local}").replace(tzinfo=ZoneInfo("Asia/Yerevan"))
    assert is_quiet(who_sleeps("23:00", "07:00"), now) is quiet


def test_a_rest_within_a_day_is_quiet_only_then() -> None:
    reader = who_sleeps("13:00", "15:00", "UTC")
    assert is_quiet(reader, at("2026-09-12T14:00"))
    assert not is_quiet(reader, at("2026-09-12T23:00"))
    assert next_quiet_change_at(reader, at("2026-09-12T15:00")) == at("2026-09-13T13:00")


def test_without_quiet_hours_nothing_changes() -> None:
    reader = who_sleeps("", "")
    assert not is_quiet(reader, NOW)
    assert next_quiet_change_at(reader, NOW) is None


def test_the_night_in_which_clocks_go_back_lasts_an_hour_longer() -> None:
    reader = who_sleeps("23:00", "07:00", "Europe/Paris")
    begins = next_quiet_change_at(reader, at("2026-10-24T18:00"))
    assert begins is not None
    ends = next_quiet_change_at(reader, begins)
    assert ends is not None
    assert ends - begins == timedelta(hours=9)
    assert name_morning(reader, ends) == "2026-10-25T07:00"


def test_hours_that_the_clocks_skip_are_never_quiet() -> None:
    reader = who_sleeps("02:15", "02:45", "Europe/Paris")
    night = [at("2026-03-29T00:00") + timedelta(minutes=5 * n) for n in range(40)]
    assert not any(is_quiet(reader, now) for now in night)


@given(_ZONES, _TIMES, _TIMES, _INSTANTS)
def test_it_changes_exactly_when_it_is_said_to(
    zone: str, begin: str, end: str, now: datetime
) -> None:
    if begin == end:
        return
    reader = who_sleeps(begin, end, zone)
    change = next_quiet_change_at(reader, now)
    assert change is not None
    assert now < change <= now + timedelta(days=3)
    before = is_quiet(reader, now)
    assert is_quiet(reader, change - timedelta(seconds=1)) is before or change - now < timedelta(
        seconds=1
    )
    # One night may end as another begins, where the clocks leave no day between them.
    longest = timedelta(hours=23, minutes=30)
    if not before:
        assert is_quiet(reader, change)
    elif change - now < longest:
        assert not is_quiet(reader, change) or next_quiet_change_at(reader, change) is not None


@given(_ZONES, st.lists(_TIMES, min_size=1, max_size=6), st.text("0123456", min_size=1), _INSTANTS)
def test_a_digest_comes_on_its_days_at_its_hours_and_its_slot_is_the_latest(
    zone: str, times: list[str], days: str, now: datetime
) -> None:
    following = next_digest_at(times, zone, now, days)
    assert following is not None
    assert now < following <= now + timedelta(days=9)
    day, _, hour = current_slot(times, zone, following, days).partition("T")
    assert hour in times
    assert str(datetime.fromisoformat(day).weekday()) in days
