"""When a feed may be asked again: its publisher's wishes, our own interest, and growing patience.

Nothing here reads a clock or rolls a die: the instant and the chance (0 to 1) are arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.feeds.rhythm import count_overdue, find_interval_s
from bot.model import Feed, Pace

_DAY_S = 86_400.0
#: Requests are spread over this share of their gap, and over no more than so many seconds.
_SPREAD = 0.1
_LONGEST_SPREAD_S = 180.0
#: A feed that publishes rarely is asked so many times less often than its `every_s` at most.
_SLOWDOWN = 4
#: Failures make the gap grow up to so many intervals, an hour at least.
_FAILING_INTERVALS = 12
_LEAST_PATIENCE_S = 3_600.0
#: Own servers are asked as often as one likes.
_ADAPTED_FROM_S = 30
_MOST_DOUBLINGS = 16
_WEEK_HOURS = 7 * 24
#: So often a whole document is asked for, and so often while so many items are overdue.
_WHOLE_EVERY = timedelta(hours=24)
_WHOLE_WHEN_OVERDUE = timedelta(hours=1)
_OVERDUE_ITEMS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """How long the wishes of servers may hold us off, in seconds; settings of the operator."""

    wish_s: float = _DAY_S  #: max-age, Expires, ttl, updatePeriod
    urgent_s: float = 300.0  #: everything but 429 and Retry-After, for feeds marked urgent
    retry_after_s: float = 2 * _DAY_S
    failing_s: float = _DAY_S
    slowest_s: float = 3_600.0  #: feeds that publish rarely


def next_poll_at(feed: Feed, now: datetime, chance: float, ceilings: Ceilings) -> datetime:
    """Return when to ask a feed that answered well; its pace and rhythm are as of this answer."""
    gap_s = _own_interval_s(feed, now, ceilings)
    wish_s = min(max(feed.pace.fresh_s, feed.pace.every_s), ceilings.wish_s)
    if feed.config.urgent:
        return now + _spread(min(max(gap_s, wish_s), ceilings.urgent_s), chance)
    return _skip(feed.pace, now + _spread(max(gap_s, wish_s), chance), chance)


def next_try_at(
    feed: Feed,
    now: datetime,
    chance: float,
    ceilings: Ceilings,
    *,
    busy: bool = False,
    wait_s: float | None = None,
    patient: bool = True,
) -> datetime:
    """Return when to ask a feed that failed once more than `feed.failures` says.

    *busy*: its server asks to be left alone, for *wait_s* if that is known: this holds for urgent
    feeds too. Not *patient*: the server itself works, so the gap grows little.
    """
    wish_s = min(max(feed.pace.fresh_s, feed.pace.every_s), ceilings.wish_s)
    every_s, urgent = feed.config.every_s, feed.config.urgent
    step_s = float(every_s) if urgent else max(every_s, wish_s)
    longest_s = max(_LEAST_PATIENCE_S, _FAILING_INTERVALS * step_s)
    longest_s = max(step_s, min(longest_s, ceilings.failing_s))
    if not patient:
        longest_s = min(longest_s, _SLOWDOWN * step_s)
    if urgent and not busy:
        longest_s = min(longest_s, max(ceilings.urgent_s, 0.0))
    # A server that names its wait need not be second-guessed the first time.
    doublings = feed.failures + (0 if wait_s is not None else 1)
    gap_s = min(step_s * 2.0 ** min(doublings, _MOST_DOUBLINGS), longest_s)
    if wait_s is not None:
        gap_s = max(gap_s, min(wait_s, ceilings.retry_after_s))
    at = now + _spread(gap_s, chance)
    return at if urgent else _skip(feed.pace, at, chance)


def is_asked_whole(feed: Feed, now: datetime) -> bool:
    """Say whether a feed is asked for its whole document, whatever it said of it last.

    Some servers answer "not modified" for ever: once a day, and once an hour while items are
    overdue by the feed's own rhythm, they are not asked whether anything changed.
    """
    if feed.answered_at is None or now - feed.answered_at >= _WHOLE_EVERY:
        return True
    overdue = count_overdue(feed.rhythm, now) >= _OVERDUE_ITEMS
    return overdue and now - feed.answered_at >= _WHOLE_WHEN_OVERDUE


def next_allowed_at(feed: Feed, now: datetime, chance: float) -> datetime | None:
    """Return until when skipHours and skipDays ask us to wait at *now*; None when they do not."""
    if feed.config.urgent or not _is_skipped(feed.pace, now):
        return None
    at = _skip(feed.pace, now, chance)
    return at if at > now else None


def _own_interval_s(feed: Feed, now: datetime, ceilings: Ceilings) -> float:
    every_s = feed.config.every_s
    if feed.config.urgent or every_s < _ADAPTED_FROM_S:
        return float(every_s)
    longest_s = max(every_s, min(_SLOWDOWN * every_s, ceilings.slowest_s))
    return find_interval_s(feed.rhythm, every_s, longest_s, now)


def _spread(gap_s: float, chance: float) -> timedelta:
    # Only ever later: what a server asked for is the least it gets.
    return timedelta(seconds=gap_s + chance * min(gap_s * _SPREAD, _LONGEST_SPREAD_S))


def _skip(pace: Pace, at: datetime, chance: float) -> datetime:
    if not _is_skipped(pace, at):
        return at
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for _ in range(_WEEK_HOURS):
        hour += timedelta(hours=1)
        if not _is_skipped(pace, hour):
            return hour + timedelta(seconds=chance * _LONGEST_SPREAD_S)
    return at  # it skips every hour of the week: that is no wish, it is a mistake


def _is_skipped(pace: Pace, at: datetime) -> bool:
    at = at.astimezone(UTC)
    return at.hour in pace.skip_hours or at.weekday() in pace.skip_days
