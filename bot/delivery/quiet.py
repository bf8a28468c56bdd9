"""Quiet hours: between which local times nothing rings, across midnight and both clock changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.delivery.schedule import find_instant
from bot.model import Subscriber

_DAY = timedelta(days=1)


def is_quiet(reader: Subscriber, now: datetime) -> bool:
    """Say whether a reader's quiet hours have begun and are not over."""
    return any(begin <= now < end for begin, end in _iter_hours(reader, now))


def next_quiet_change_at(reader: Subscriber, now: datetime) -> datetime | None:
    """Return the first instant after *now* at which quiet hours begin or end; None without any."""
    hours = _iter_hours(reader, now)
    return min((at for both in hours for at in both if at > now), default=None)


def name_morning(reader: Subscriber, now: datetime) -> str:
    """Return the local date and time at which the quiet hours ended that are over at *now*."""
    ended = max((end for _, end in _iter_hours(reader, now) if end <= now), default=now)
    return f"{ended.astimezone(ZoneInfo(reader.zone)):%Y-%m-%dT%H:%M}"


def _iter_hours(reader: Subscriber, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the quiet hours around *now*, as instants.

    Those that the clocks skip are none.
    """
    if not reader.quiet_from or not reader.quiet_until:
        return
    zone = ZoneInfo(reader.zone)
    today = now.astimezone(zone).date()
    for ahead in range(-2, 4):
        begin, end = _on(today + ahead * _DAY, reader, zone)
        if begin < end:
            yield begin, end


def _on(day: date, reader: Subscriber, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first, last = time.fromisoformat(reader.quiet_from), time.fromisoformat(reader.quiet_until)
    over = day if last > first else day + _DAY
    return find_instant(day, first, zone), find_instant(over, last, zone)
