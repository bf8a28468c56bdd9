"""What whoever runs Sahman sees of it: counts and news, never who reads or what they follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model.alarms import Alarm
from bot.model.feeds import FeedHealth, Outage, Sight
from bot.model.people import DeliveryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """By what it is judged whether Sahman works."""

    sight: Sight
    last_poll_at: datetime | None
    last_sent_at: datetime | None
    #: How long the oldest message that could go out has been waiting, in seconds; 0: none does.
    waiting_s: float
    waiting: int
    #: Telegram asked to send nothing for so long.
    paused_s: float
    #: Messages a second, as lowered by refusals.
    lowered_rate: float
    lowered_s_ago: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """How this process last fared with Telegram."""

    answered_at: datetime | None = None
    #: Since when it has not been reached; None: it was, the last time.
    failing_since: datetime | None = None
    #: How much later this machine's clock is than Telegram's, in seconds.
    ahead_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """Messages that nobody asked for, of the last day."""

    owed: Mapping[DeliveryKind, int]
    deferred: int  #: of those owed, tried already
    sent: int
    doubtful: int
    cancelled: int
    given_up: int
    #: From published to delivered, of the last alerts; None: there were none.
    p50_s: float | None
    p95_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Subscribers as counts."""

    active: int
    paused: int
    away: int
    groups: int  #: of those active
    keywords: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLately:
    """A story of the last hours and who tells it."""

    title: str
    language: str
    newest_at: datetime
    items: int
    gravity: int
    #: Names with countries, in the order in which they told it.
    publishers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HourOfNews:
    """How much came in an hour."""

    at: datetime
    items: int
    surges: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HourOfWork:
    """How many items came in an hour, and how many messages went out."""

    at: datetime
    items: int
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How everything stands."""

    feeds: tuple[FeedHealth, ...]
    #: What became of each feed's items of today and yesterday (UTC).
    fates: Mapping[str, Mapping[str, int]]
    outages: tuple[Outage, ...]
    outgoing: Outgoing
    readers: Readers
    stories: tuple[StoryLately, ...]
    hours: tuple[HourOfNews, ...]
    #: Operators whom the bot cannot tell anything: they have not written to it yet, or left.
    unreached_operators: int
    #: Messages that were given up and not pruned yet: they can be owed once more.
    dead: int
    #: What operators were told of in chat and is not over.
    alarms: tuple[Alarm, ...] = ()
