"""Who publishes, what is asked, and how it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PublisherKind(StrEnum):
    """Who stands behind a publisher; shown to readers, never a judgement of what it prints."""

    STATE = "state"
    PUBLIC = "public"
    INDEPENDENT = "independent"
    PRIVATE = "private"  #: privately owned; nothing is claimed of its independence
    PARTY = "party"
    AGENCY = "agency"
    INTERNATIONAL = "international"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who stands behind one or several feeds."""

    name: str
    country: str
    kind: PublisherKind
    family: str = ""
    city: str = ""  #: where its editors sit, in English
    source: str = ""  #: where a reader can check this


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a feed asks to be asked: by its server's headers and by its document."""

    fresh_s: int = 0  #: Cache-Control or Expires: its answer holds for so long
    every_s: int = 0  #: the larger of <ttl> and sy:updatePeriod
    skip_hours: frozenset[int] = frozenset()  #: of the day in UTC
    skip_days: frozenset[int] = frozenset()  #: of the week in UTC, Monday is 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a feed publishes: its items by hour of the week, older ones counting less."""

    hours: tuple[float, ...] = ()  #: 168 counts from Monday 0:00 UTC on, or none yet
    days: float = 0.0  #: how many days they stand for
    as_of: datetime | None = None
    newest_at: datetime | None = None  #: when its newest item was published
    new_at: datetime | None = None  #: when a poll last brought something new


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedConfig:
    """What is configured of a feed: where it is and how to ask and read it."""

    name: str
    url: str
    publisher: Publisher
    language: str
    every_s: int = 300
    timezone: str = "UTC"
    user_agent: str = ""
    urgent: bool = False
    allow_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A configured source of items, and what its last polls left behind."""

    config: FeedConfig
    id: int = 0  #: 0: it is asked once, and not stored
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    polled_before: bool = False
    failures: int = 0
    #: Where permanent redirects lead; empty: to its own address.
    moved_to: str = ""
    #: It was moved, or given a new address, and has not been read there yet.
    moved: bool = False
    read_at: datetime | None = None  #: when its list of items was last read
    last_success_at: datetime | None = None
    answered_at: datetime | None = None  #: when it last sent a whole document
    gap_s: int = 0  #: how long it was last left alone
    pace: Pace = Pace()
    rhythm: Rhythm = Rhythm()

    @property
    def name(self) -> str:
        """What it is known by, in the configuration and in the log."""
        return self.config.name


class FeedState(StrEnum):
    """How a feed does."""

    WORKING = "working"
    NEW = "new"  #: not asked yet
    FAILING = "failing"
    QUIET = "quiet"  #: answers, and has been silent for longer than its rhythm makes plausible
    GONE = "gone"  #: its server said so for good; it is asked no more
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """How a feed has been doing, as operators see it."""

    name: str
    url: str
    publisher: Publisher
    language: str
    enabled: bool
    failures: int
    error: str
    polled_at: datetime | None
    next_poll_at: datetime
    last_success_at: datetime | None
    last_new_at: datetime | None
    failed_since: datetime | None
    gone_at: datetime | None
    moved_to: str
    rhythm: Rhythm
    #: Between what it prints and our seeing it, the median of its last items.
    delay_s: float | None = None


#: What an outage is about that is no sources': chats that refuse all at once.
REFUSED_CHATS = "refused:chats"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Several sources of one country or language that bring nothing at the same time.

    Or, of REFUSED_CHATS, many chats that take nothing.
    """

    about: str  #: `country:AM` or `language:hy`; `all` when none of any kind answers
    since: datetime
    down: int
    total: int
    quiet: bool  #: they answer, and bring nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSource:
    """When a source that is asked for news last answered, and is to be asked again."""

    last_success_at: datetime | None
    next_poll_at: datetime
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is seen of the news: whoever finds nothing must not take blindness for calm."""

    sources: tuple[AskedSource, ...]
    outages: tuple[Outage, ...] = ()
    #: When the newest item was first seen; None: none is stored.
    newest_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What an operator is to be told."""

    id: int
    chat_id: int
    kind: str  #: `gone`, `silent`, `outage` or `over`
    facts: Mapping[str, str]
