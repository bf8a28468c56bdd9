"""The nouns of Sahman, frozen: what the rooms hand to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class PublisherKind(StrEnum):
    """Who stands behind a publisher; shown to readers, never a judgement of what it prints."""

    STATE = "state"
    PUBLIC = "public"
    INDEPENDENT = "independent"
    PRIVATE = "private"  #: privately owned; nothing is claimed of its independence
    PARTY = "party"
    AGENCY = "agency"
    INTERNATIONAL = "international"


class ChatKind(StrEnum):
    """Telegram's kinds of chat."""

    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


class ChatState(IntEnum):
    """Whether a chat can be written to."""

    ACTIVE = 0  #: it can
    GONE = 1  #: it blocked or removed the bot, or no longer exists


class DeliveryKind(IntEnum):
    """What is owed; the number is also the lane: a lower one is sent first."""

    ALERT = 1
    DIGEST = 3
    EDIT = 4  #: of an alert that was sent: only when nothing else waits


#: The glossary's highest: people killed, under fire, told to flee. Graver alerts are sent first.
MAX_GRAVITY = 3


class DeliveryState(IntEnum):
    """Where a delivery stands. There is no "sending": the lease lies on the chat."""

    PENDING = 0
    SENT = 1
    DEAD = 2  #: given up, with its error
    CANCELLED = 3  #: no longer owed: the chat is gone, or there was nothing to say


class Silence(StrEnum):
    """Why an item alerted nobody, or was not read; counted for each feed and day."""

    FIRST_READING = "first_reading"  #: its feed was read for the first time
    STALE = "stale"  #: published long before it was first seen
    BACKLOG = "backlog"  #: its feed returned, moved or listed an archive: told in digests
    RENAMED = "renamed"  #: it is stored already, under another guid or link
    REWRITTEN = "rewritten"  #: its words changed too late, or with most of its document
    REPEATED = "repeated"  #: another item told it: in its document, or at the same address
    UNREADABLE = "unreadable"
    OVER_LIMIT = "over_limit"  #: its document lists more than is read
    REFUSED = "refused"  #: by the database


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many items of one feed and day met with one fate, and the last of them."""

    count: int
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who stands behind one or several feeds."""

    name: str
    country: str
    kind: PublisherKind
    family: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Several sources of one country or language that bring nothing at the same time."""

    about: str  #: `country:AM` or `language:hy`; `all` when none of any kind answers
    since: datetime
    down: int
    total: int
    quiet: bool  #: they answer, and bring nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What an operator is to be told."""

    id: int
    chat_id: int
    kind: str  #: `gone`, `outage` or `over`
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedItem:
    """One entry as the parser gave it: plain text, not yet known to be new."""

    guid: str
    link: str
    title: str
    summary: str
    published_at: datetime | None
    #: Its date is a day, of which `published_at` is the beginning.
    day_only: bool = False
    #: Whom an aggregator names as the publisher, and that publisher's address.
    source: str = ""
    source_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed's document as the parser gave it."""

    items: tuple[ParsedItem, ...]
    pace: Pace = Pace()  #: without what the server's headers say
    skipped: tuple[str, ...] = ()  #: entries that could not be read, with why
    left_out: int = 0  #: entries over the limit, which were not looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One news entry as a feed gave it, stored."""

    id: int
    title: str
    summary: str
    link: str
    language: str
    published_at: datetime
    seen_at: datetime
    publisher: str
    feed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """A stored item as it is compared with what its feed lists now."""

    id: int
    key: str
    title: str
    text_hash: int
    published_at: datetime
    dated_at: datetime | None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item that is not in the archive yet, read and ready to be stored."""

    key: str
    guid: str
    link: str
    title: str
    summary: str
    language: str
    published_at: datetime
    seen_at: datetime
    story_key: str
    keys: frozenset[str]
    silence: Silence | None = None  #: why it alerts nobody; None: it does
    matches: bool = False  #: stored in silence, but told in the next digest (a feed that returned)
    dated_at: datetime | None = None  #: what its feed says; None: nothing
    link_key: str = ""  #: its address in comparable form, where that is its own
    text_hash: int = 0  #: of its words, to notice that they change
    replaces: int | None = None  #: an earlier item whose guid it bears now
    source: str = ""  #: its publisher, where that is not its feed's
    gravity: int = 0  #: of its gravest concept in the glossary, 0 to MAX_GRAVITY


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedItem:
    """A stored item whose words are others now."""

    id: int
    title: str
    summary: str
    language: str
    source: str
    keys: frozenset[str]
    text_hash: int
    gravity: int
    alerts: bool  #: whom only the new words satisfy is alerted


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Who Sahman writes for: a chat, or one topic of a group (0 = none)."""

    id: int
    chat_id: int
    topic: int
    language: str
    zone: str
    digest_times: tuple[str, ...]
    digest_when_empty: bool
    paused: bool
    next_digest_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """What one subscriber asked for, as typed."""

    id: int
    typed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedItem:
    """An item with the keywords of one subscriber that it satisfies, as typed, oldest first."""

    item: Item
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One unasked message owed to one subscriber, as claimed: with the lease it is held by."""

    id: int
    kind: DeliveryKind
    ref: str
    subscriber: Subscriber
    chat_kind: ChatKind
    lease: int
    part: int
    doubtful: bool
    retries: int
    story_id: int | None
    #: A digest's window: items after the first, up to and with the second.
    after_item: int
    upto_item: int
    created_at: datetime
    #: Its slot on the send clock: so long after the claim.
    slot_ms: int = 0
    #: This alert and the others that go with it in one bulletin, oldest first; empty: it goes by
    #: itself.
    bulletin: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one poll of one feed brought; carries items and counts, never who is told."""

    feed: str
    items: tuple[Item, ...] = ()
    matches: int = 0
    first: bool = False  #: the feed's first poll: stored in silence
    not_modified: bool = False
    failed: str = ""
