"""Whether what a feed lists anew is news, or a backlog that should flood nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum, auto

from bot.model import Feed, ParsedItem

_AWAY = timedelta(hours=24)
#: Publishers date some items a little before they list them.
_LISTED_LATE = timedelta(minutes=10)
_DAY = timedelta(days=1)
#: So few new items are news, whatever their dates say.
FEW = 5
_GROWN, _GROWN_BY = 3, 10


class Standing(Enum):
    """How items that were never seen before are to be taken."""

    NEWS = auto()
    FIRST = auto()  #: the feed's first document: stored in silence
    RETURNED = auto()  #: the feed was away for a day
    ELSEWHERE = auto()  #: the feed is read at another address, and lists other things there
    OLDER = auto()  #: most existed when the feed was last read, under other names


def judge(
    feed: Feed, unknown: Sequence[ParsedItem], listed: int, listed_before: int, now: datetime
) -> Standing:
    """Return how to take the *unknown* ones of all that are *listed* in a document.

    Only a document that is new for the most part can be a backlog. Items without dates are news,
    unless their document is several times as long as the last, which listed *listed_before*.
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
    if len(unknown) < FEW:
        return Standing.NEWS
    undated = sum(item.published_at is None for item in unknown)
    if 2 * undated > len(unknown):
        grown = listed_before and listed > _GROWN * listed_before + _GROWN_BY
        return Standing.OLDER if grown else Standing.NEWS
    # One that listed nothing so far was asked a gap ago.
    read_at = feed.read_at or now - timedelta(seconds=feed.gap_s)
    old = sum(_is_older(item, read_at - _LISTED_LATE) for item in unknown)
    return Standing.OLDER if 2 * old > len(unknown) else Standing.NEWS


def _is_older(item: ParsedItem, than: datetime) -> bool:
    if item.published_at is None:
        return False
    # Of a day, nothing more is known than when it ends.
    return item.published_at + (_DAY if item.day_only else timedelta(0)) < than
