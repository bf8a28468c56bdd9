"""Whether what a feed lists anew is news, or a backlog that should flood nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum, auto

from bot.model import Feed, ParsedItem

_AWAY = timedelta(hours=24)
#: Publishers date some items a little before they list them.
_LISTED_LATE = timedelta(minutes=10)
_FEW = 5


class Standing(Enum):
    """How items that were never seen before are to be taken."""

    NEWS = auto()
    FIRST = auto()  #: the feed's first document: stored in silence
    RETURNED = auto()  #: the feed was away for a day
    ELSEWHERE = auto()  #: the feed is read at another address, and lists other things there
    OLDER = auto()  #: most existed when the feed was last read, under other names


def judge(feed: Feed, unknown: Sequence[ParsedItem], listed: int, now: datetime) -> Standing:
    """Return how to take the *unknown* ones of all that are *listed* in a document.

    Only a document that is new for the most part can be a backlog.
    """
    if not feed.polled_before:
        return Standing.FIRST
    before = feed.last_success_at
    if before is not None and now - before > _AWAY + timedelta(seconds=feed.gap_s):
        return Standing.RETURNED
    if 2 * len(unknown) <= listed:
        return Standing.NEWS
    if feed.moved:
        return Standing.ELSEWHERE
    if len(unknown) < _FEW:
        return Standing.NEWS
    if before is None:
        return Standing.OLDER  # it listed nothing so far, and now a whole archive
    old = sum(
        item.published_at is None or item.published_at < before - _LISTED_LATE for item in unknown
    )
    return Standing.OLDER if 2 * old > len(unknown) else Standing.NEWS
