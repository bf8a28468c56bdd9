"""When a digest is owed: local hours of a person, in a zone of the world."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.model import EVERY_DAY


def next_digest_at(
    times: Sequence[str], zone: str, now: datetime, days: str = EVERY_DAY
) -> datetime | None:
    """Return the first instant after *now* at which a digest is owed; None without times.

    *days* are those of the week on which it comes, Monday being "0".
    """
    return next((at for at, _ in _slots(times, zone, now, days) if at > now), None)


def current_slot(times: Sequence[str], zone: str, now: datetime, days: str = EVERY_DAY) -> str:
    """Return the local date and hour whose digest is owed at *now*: the latest one that has begun.

    After a long stand-still that is one digest, of all that was missed. *times* is not empty.
    """
    return max((at, slot) for at, slot in _slots(times, zone, now, days) if at <= now)[1]


def _slots(
    times: Sequence[str], zone: str, now: datetime, days: str
) -> Iterator[tuple[datetime, str]]:
    """Yield the digests' instants around *now*, each with its local date and hour."""
    local = ZoneInfo(zone)
    today = now.astimezone(local).date()
    around = (today + timedelta(days=offset) for offset in range(-8, 9))
    slots = [
        (find_instant(day, time.fromisoformat(hour), local), f"{day.isoformat()}T{hour}")
        for day in around
        if str(day.weekday()) in days
        for hour in times
    ]
    yield from sorted(slots)


def find_instant(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """Return the instant at which a local time comes.

    One that the clocks skip becomes the first valid instant after it; of one that comes twice, the
    first (PEP 495: fold=0).
    """
    local = datetime.combine(day, hour, zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # In the gap, fold=1 reads the time with the offset that holds after the change: an instant
    # before it. Half-minute steps from there find the change itself.
    before = local.replace(fold=1).astimezone(UTC)
    offset = before.astimezone(zone).utcoffset()
    low, high = before, instant
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
