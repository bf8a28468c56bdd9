"""Whether the news can be seen at all: the first line of whatever could be taken for calm."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from markupsafe import Markup

from bot.delivery.outages import say_outage
from bot.model import AskedSource, Sight
from bot.texts import Texts

#: A source that should have been asked so long ago is heard by nobody.
_OVERDUE = timedelta(minutes=30)
#: Of all sources together; by night too somebody prints something.
_LONG_WITHOUT_NEWS = timedelta(hours=6)
#: Minutes in which nobody noted that sources are heard; what they print then is read later.
_SHORT_GAP_MINUTES = 15
_LONGEST_HEARD_MINUTES = 24 * 60


def count_answering(sight: Sight, now: datetime) -> int:
    """Return how many of the sources answered when they were last asked, and not long ago."""
    return sum(_answers(source, now) for source in sight.sources)


def is_blind(sight: Sight, now: datetime) -> bool:
    """Say whether no source at all is heard."""
    return count_answering(sight, now) == 0


def say_blindness(sight: Sight, zone: str, texts: Texts, now: datetime) -> Markup:
    """Return the line that says what cannot be seen; nothing where all is well.

    *zone* is its reader's.
    """
    total, answering = len(sight.sources), count_answering(sight, now)
    if not total:
        return texts.say("⚠ I cannot see: no source is set up")
    if not answering:
        heard = [each.last_success_at for each in sight.sources if each.last_success_at]
        if not heard:
            return texts.count(
                "⚠ I cannot see: {n} source is asked, and it has not answered yet",
                "⚠ I cannot see: {n} sources are asked, and none has answered yet",
                total,
            )
        return texts.count(
            "⚠ I cannot see: 0 of {n} source answers since {when}",
            "⚠ I cannot see: 0 of {n} sources answer since {when}",
            total,
            when=say_since(max(heard), zone, texts, now),
        )
    if sight.outages:
        return say_outage(sight.outages, texts, now)
    if 2 * answering < total:
        return texts.count(
            "⚠ I see little: {answering} of {n} source answers",
            "⚠ I see little: {answering} of {n} sources answer",
            total,
            answering=answering,
        )
    if sight.newest_at is not None and now - sight.newest_at > _LONG_WITHOUT_NEWS:
        return texts.say(
            "⚠ Nothing new has come from any source since {when}",
            when=say_since(sight.newest_at, zone, texts, now),
        )
    return Markup()


def lead_with(line: Markup, html: str) -> str:
    """Return a message that begins with the line, if there is one."""
    return f"{line}\n\n{html}" if line else html


def say_since(at: datetime, zone: str, texts: Texts, now: datetime) -> str:
    """Return an instant as it stands behind "since": its time, with its day if not today's."""
    time, day = texts.time(at, zone), texts.day(at, zone)
    return time if day == texts.day(now, zone) else f"{day}, {time}"


def find_heard_since(minutes: Mapping[int, int], now: datetime) -> datetime | None:
    """Return since when sources have been heard without a gap, a day back at the most.

    *minutes* are those in which they were, by hour, a bit for each. None: not of late.
    """
    this = int(now.timestamp()) // 60
    first = None
    for minute in range(this, this - _LONGEST_HEARD_MINUTES - 1, -1):
        hour, of_hour = divmod(minute, 60)
        if minutes.get(hour, 0) >> of_hour & 1:
            first = minute
        elif (this if first is None else first) - minute > _SHORT_GAP_MINUTES:
            break
    return None if first is None else now - timedelta(minutes=this - first)


def _answers(source: AskedSource, now: datetime) -> bool:
    return (
        source.failures == 0
        and source.last_success_at is not None
        and now - source.next_poll_at <= _OVERDUE
    )
