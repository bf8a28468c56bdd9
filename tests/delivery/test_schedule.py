"""When digests are owed: each local day and hour once, through every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from bot.delivery.schedule import current_slot, next_digest_at

# Zones and a day on which their clocks go forward or back: by an hour, by half an hour, at
# midnight, and (Samoa) by a whole day that does not exist.
CHANGES = [
    ("Europe/Paris", date(2026, 3, 29)),
    ("Europe/Paris", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("Asia/Beirut", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Santiago", date(2026, 9, 6)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Asia/Tehran", date(2022, 3, 22)),
    ("Europe/Dublin", date(2026, 3, 29)),
    ("Antarctica/Troll", date(2026, 3, 29)),
    ("Asia/Yerevan", date(2026, 9, 12)),
    ("Etc/GMT-4", date(2026, 9, 12)),
]


def owed(times: tuple[str, ...], zone: str, start: datetime, end: datetime) -> list[datetime]:
    """Return every instant between *start* and *end* at which a digest is owed."""
    found: list[datetime] = []
    at = next_digest_at(times, zone, start)
    while at is not None and at <= end:
        found.append(at)
        at = next_digest_at(times, zone, at)
    return found


@given(change=st.sampled_from(CHANGES), minutes=st.integers(0, 24 * 60 - 1))
@example(change=CHANGES[0], minutes=150)
@example(change=CHANGES[1], minutes=150)
def test_every_hour_is_owed_exactly_once_a_day_whatever_the_clocks_do(
    change: tuple[str, date], minutes: int
) -> None:
    zone, day = change
    hour = f"{minutes // 60:02}:{minutes % 60:02}"
    local = ZoneInfo(zone)
    start, end = (
        datetime.combine(day + timedelta(days=days), time(0), local).astimezone(UTC)
        for days in (-3, 4)
    )
    instants = owed((hour,), zone, start - timedelta(seconds=1), end - timedelta(seconds=1))
    slots = [current_slot((hour,), zone, at) for at in instants]
    assert slots == sorted(set(slots)), "each local day once, in order"
    days = [date.fromisoformat(slot.partition("T")[0]) for slot in slots]
    assert all(later - day == timedelta(days=1) for day, later in pairwise(days))
    assert len(days) == 7
    for at, slot in zip(instants, slots, strict=True):
        wanted = datetime.combine(date.fromisoformat(slot[:10]), time.fromisoformat(hour))
        seen = at.astimezone(local).replace(tzinfo=None)
        # On the minute, or after it by no more than the clocks were moved.
        assert timedelta(0) <= seen - wanted <= timedelta(hours=2)


@given(
    change=st.sampled_from(CHANGES),
    offset_s=st.integers(-2 * 86_400, 2 * 86_400),
    hours=st.sets(st.integers(0, 23), min_size=1, max_size=6),
)
def test_the_next_digest_is_always_ahead_and_the_current_one_never(
    change: tuple[str, date], offset_s: int, hours: set[int]
) -> None:
    zone, day = change
    times = tuple(sorted(f"{hour:02}:00" for hour in hours))
    now = datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC)
    now += timedelta(seconds=offset_s)
    ahead = next_digest_at(times, zone, now)
    assert ahead is not None
    assert now < ahead <= now + timedelta(hours=50)
    assert current_slot(times, zone, now) < current_slot(times, zone, ahead)


def test_a_time_that_the_clocks_skip_comes_at_the_first_valid_instant_after_it() -> None:
    before = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    at = next_digest_at(("02:30",), "Europe/Paris", before)
    assert at == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # 03:00 there, as the clocks go forward
    assert current_slot(("02:30",), "Europe/Paris", at) == "2026-03-29T02:30"


def test_a_time_that_comes_twice_is_served_the_first_time() -> None:
    before = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    at = next_digest_at(("02:30",), "Europe/Paris", before)
    assert at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    again = next_digest_at(("02:30",), "Europe/Paris", at)
    assert again == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_without_hours_no_digest_is_ever_owed() -> None:
    assert next_digest_at((), "Asia/Yerevan", datetime(2026, 9, 12, tzinfo=UTC)) is None


def test_after_a_long_standstill_one_digest_is_owed_for_all_that_was_missed() -> None:
    times = ("09:00", "20:00")
    now = datetime(2026, 9, 12, 12, 0, tzinfo=UTC)  # 16:00 in Yerevan
    assert current_slot(times, "Asia/Yerevan", now) == "2026-09-12T09:00"
    assert next_digest_at(times, "Asia/Yerevan", now) == datetime(2026, 9, 12, 16, 0, tzinfo=UTC)


def test_two_hours_that_one_gap_swallows_are_one_digest_and_none_is_lost_after_it() -> None:
    """02:15 and 02:45 both become 03:00 on the day that has neither."""
    times = ("02:15", "02:45")
    start = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    instants = owed(times, "Europe/Paris", start, start + timedelta(days=2))
    slots = [current_slot(times, "Europe/Paris", at) for at in instants]
    assert slots == ["2026-03-29T02:45", "2026-03-30T02:15", "2026-03-30T02:45"]
