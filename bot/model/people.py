"""Who is written to, what they asked for, and what they are owed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TypeAlias


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
    REFUSED = 2  #: it said so once: it is asked again in an hour
    NOT_STARTED = 3  #: it had another bot, and has not written to this one yet


#: Nothing unasked is written to a chat in such a state; what it misses is told when it is back.
AWAY = (ChatState.GONE, ChatState.NOT_STARTED)


class Standing(StrEnum):
    """Whether a chat is let in, where operators decide about it."""

    STRANGER = "stranger"
    ASKED = "asked"
    IN = "in"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Applicant:
    """A chat that asked to be let in, and the operators' messages about it, by their chats."""

    chat_id: int
    language: str
    messages: Mapping[int, int]


class DeliveryKind(IntEnum):
    """What is owed; what goes first is decided where it is claimed."""

    ALERT = 1
    RING = 2  #: more of a story that was told: a reply to its alert
    DIGEST = 3
    EDIT = 4  #: of an alert that was sent: only when nothing else waits
    NOTICE = 5  #: unusually many stories on a keyword: before digests
    BROADCAST = 6  #: an operator's own words: behind all news


class DeliveryState(IntEnum):
    """Where a delivery stands. There is no "sending": the lease lies on the chat."""

    PENDING = 0
    SENT = 1
    DEAD = 2  #: given up, with its error
    CANCELLED = 3  #: no longer owed: the chat is gone, or there was nothing to say


#: So grave is what is urgent: people hurt or under fire. No item is as grave as the second.
URGENT, NO_ALERTS = 2, 9
#: What is so grave may ring in quiet hours.
WAKES = 3
EVERY_DAY = "0123456"


class Shows(StrEnum):
    """What of an item a message may show besides its headline."""

    SUMMARY = "summary"
    PICTURE = "picture"
    GIST = "gist"


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
    #: What is less grave alerts nobody here: URGENT, or NO_ALERTS; 0: everything does.
    least_gravity: int = 0
    #: The languages they said they read; none: they were not asked, and read what they are told in.
    reads: tuple[str, ...] = ()
    #: Languages whose news they do not want.
    hidden_languages: tuple[str, ...] = ()
    shows: tuple[str, ...] = (Shows.SUMMARY, Shows.GIST)
    #: A lock screen shall not show what they follow.
    discreet: bool = False
    sound: bool = True
    #: Days of the week on which the digest comes, Monday being "0".
    digest_days: str = EVERY_DAY
    #: Once a day, of what follows: that there is no report of it.
    tells_absence: bool = False
    #: Whether they have said where they are: else times name their zone.
    zone_chosen: bool = False
    #: Local times between which nothing rings; empty: none.
    quiet_from: str = ""
    quiet_until: str = ""
    #: Whether the gravest rings all the same.
    quiet_urgent: bool = True
    #: Whether it is quiet just now.
    quiet: bool = False

    def can_read(self, language: str) -> bool:
        """Say whether they read a language."""
        return language in (self.reads or (self.language,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """What one subscriber asked for: as typed, and the query that it is."""

    id: int
    typed: str
    query: str = ""
    muted_until: datetime | None = None
    sound: bool = True


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
    #: A digest's window: items after the first, up to and with the second; of an alert, an edit or
    #: a ring, the last item of its story that was told, and the last that is to be.
    after_item: int
    upto_item: int
    created_at: datetime
    #: Its slot on the send clock: so long after the claim.
    slot_ms: int = 0
    #: This alert and the others that go with it in one bulletin, oldest first; empty: it goes by
    #: itself.
    bulletin: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: what stands on it, and what it brings back when it is tapped."""

    label: str
    data: str  #: at most 64 bytes


#: The buttons under a message, row by row.
Keyboard: TypeAlias = Sequence[Sequence[Button]]
