"""How often a feed really publishes: learnt from its items, hour by hour of the week."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.model import Rhythm

#: What a day ago counts, of what today does: half is forgotten in three weeks.
_DAY_KEEPS = 0.97
_WEEK_HOURS = 7 * 24
#: An item is looked for so many times oftener than items come.
_LOOKS_PER_ITEM = 8
#: News comes in bursts: for so long after something new, a feed is asked at its shortest interval.
_BURST = timedelta(hours=1)
#: A feed is quiet when so many of its items are overdue; by chance alone once in 20,000 times.
_OVERDUE_ITEMS = 10.0
_SHORTEST_SILENCE = timedelta(hours=2)
_DAY_S = 86_400.0
_MOST_SILENCE_HOURS = 24 * 60


def learn_rhythm(rhythm: Rhythm, published: Iterable[datetime], now: datetime) -> Rhythm:
    """Return the rhythm after a document that brought items of these times, new to us.

    The first document stands for the days that its items span, one at least.
    """
    times = sorted(at.astimezone(UTC) for at in published if at <= now)
    if not times:
        return rhythm
    keeps, days = _fade(rhythm, now)
    counts = [count * keeps for count in rhythm.hours or (0.0,) * _WEEK_HOURS]
    for at in times:
        age = (now - at) / timedelta(days=1)
        counts[_hour_of_week(at)] += math.pow(_DAY_KEEPS, age)
    if not rhythm.hours:
        days = max(1.0, _integral((now - times[0]) / timedelta(days=1)))
    newest = max(times[-1], rhythm.newest_at or times[-1])
    return Rhythm(hours=tuple(counts), days=days, as_of=now, newest_at=newest, new_at=now)


def find_interval_s(rhythm: Rhythm, shortest_s: float, longest_s: float, now: datetime) -> float:
    """Return how often to ask a feed that publishes in this rhythm, within these bounds."""
    if not rhythm.hours or (rhythm.new_at is not None and now - rhythm.new_at < _BURST):
        return shortest_s
    keeps, days = _fade(rhythm, now)
    a_day = sum(rhythm.hours) * keeps / max(days, 1.0)
    wanted_s = _DAY_S / a_day / _LOOKS_PER_ITEM if a_day else longest_s
    return max(shortest_s, min(longest_s, wanted_s))


def is_quiet(rhythm: Rhythm, now: datetime) -> bool:
    """Say whether a feed has been silent for longer than its own rhythm makes plausible.

    Nights and weekends in which it never publishes do not count. One whose rhythm is not known
    yet, or that publishes less than weekly, is never quiet.
    """
    return count_overdue(rhythm, now) >= _OVERDUE_ITEMS


def count_overdue(rhythm: Rhythm, now: datetime) -> float:
    """Return how many items a feed would have printed since its last, by its own rhythm.

    None in its first hours of silence, nor while its rhythm is not known.
    """
    newest = rhythm.new_at or rhythm.newest_at
    if not rhythm.hours or newest is None or now - newest < _SHORTEST_SILENCE:
        return 0.0
    # As it was when it fell silent: silence itself must not make silence plausible.
    weeks = max(rhythm.days / 7, 1.0)
    expected, at = 0.0, newest
    for _ in range(_MOST_SILENCE_HOURS):
        if at >= now:
            break
        upto = min(now, (at + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0))
        share = (upto - at) / timedelta(hours=1)
        expected += rhythm.hours[_hour_of_week(at)] / weeks * share
        at = upto
        if expected >= _OVERDUE_ITEMS:
            break
    return expected


def _hour_of_week(at: datetime) -> int:
    at = at.astimezone(UTC)
    return at.weekday() * 24 + at.hour


def _fade(rhythm: Rhythm, now: datetime) -> tuple[float, float]:
    """Return what the counts are still worth at *now*, as a factor, and for how many days."""
    if rhythm.as_of is None or not rhythm.hours:
        return 1.0, rhythm.days
    passed = max(0.0, (now - rhythm.as_of) / timedelta(days=1))
    keeps = math.pow(_DAY_KEEPS, passed)
    return keeps, rhythm.days * keeps + _integral(passed)


def _integral(days: float) -> float:
    """Return for how many days of today's weight so many faded days stand."""
    return (1 - math.pow(_DAY_KEEPS, days)) / -math.log(_DAY_KEEPS)
