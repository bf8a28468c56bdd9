"""Overload is news, not loss: when several alerts of one chat become one message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

#: So many alerts are sent one by one; more are one bulletin.
MOST_ALONE = 5
#: An alert of older news goes only into a bulletin, which says how old it is.
LATE_AFTER = timedelta(hours=6)
#: No bulletin is made of more: what it cannot hold goes into the next.
MOST_IN_BULLETIN = 40


def needs_bulletin(seen_at: Sequence[datetime], now: datetime) -> bool:
    """Say whether alerts that are due together, by when their news was seen, go as one message."""
    return len(seen_at) > MOST_ALONE or any(is_late(each, now) for each in seen_at)


def is_late(seen_at: datetime, now: datetime) -> bool:
    """Say whether news is so old that an alert of its own would mislead."""
    return now - seen_at > LATE_AFTER
