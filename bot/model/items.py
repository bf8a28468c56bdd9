"""News as it travels: parsed, known, new, stored; and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model.feeds import Pace

#: The glossary's highest: people killed, under fire, told to flee. Graver alerts are sent first.
MAX_GRAVITY = 3


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


class Role(StrEnum):
    """How an item tells its story."""

    TOLD = "told"  #: in its own words
    REPRINT = "reprint"  #: in another's, who is its origin
    DENIAL = "denial"
    CORRECTION = "correction"  #: of what was told before, by whoever told it
    OPINION = "opinion"  #: confirms nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many items of one feed and day met with one fate, and the last of them."""

    count: int
    example: str = ""


class Fate(StrEnum):
    """What becomes of an item besides silence."""

    NEW = "new"  #: all that were stored, whatever became of them
    ALERTED = "alerted"  #: somebody was owed an alert
    CHANGED = "changed"  #: its new words alerted somebody whom the old ones did not


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfFeed:
    """What became of one feed's items on one day (UTC), by fate or silence."""

    on_day: str
    tallies: Mapping[str, Tally]

    @property
    def unasked(self) -> int:
        """How many new items could alert, and nobody's keyword was in them."""
        counts = {fate: tally.count for fate, tally in self.tallies.items()}
        silent = sum(counts.get(each, 0) for each in _OF_NEW_ITEMS)
        return max(0, counts.get(Fate.NEW, 0) - counts.get(Fate.ALERTED, 0) - silent)


#: Silences of items that are stored as new ones; the others keep something from being one.
_OF_NEW_ITEMS = (Silence.FIRST_READING, Silence.STALE, Silence.BACKLOG, Silence.REPEATED)


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
    #: Of its words, made where it is parsed; 0: not made.
    text_hash: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed's document as the parser gave it."""

    items: tuple[ParsedItem, ...]
    pace: Pace = field(default_factory=Pace)  #: without what the server's headers say
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
    keys: frozenset[int]
    silence: Silence | None = None  #: why it alerts nobody; None: it does
    matches: bool = False  #: stored in silence, and told in the next digest (backlogs)
    dated_at: datetime | None = None  #: what its feed says; None: nothing
    link_key: str = ""  #: its address in comparable form, where that is its own
    text_hash: int = 0  #: of its words, to notice that they change
    replaces: int | None = None  #: an earlier item whose guid it bears now
    source: str = ""  #: its publisher, where that is not its feed's
    gravity: int = 0  #: of its gravest concept in the glossary, 0 to MAX_GRAVITY
    role: Role = Role.TOLD
    origin: str = ""  #: whom its headline names as its source
    imitates: str = ""  #: the publisher whose address its own imitates


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedItem:
    """A stored item whose words are others now."""

    id: int
    title: str
    summary: str
    language: str
    source: str
    keys: frozenset[int]
    text_hash: int
    gravity: int
    alerts: bool  #: whom only the new words satisfy is alerted


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one poll of one feed brought; carries items and counts, never who is told."""

    feed: str
    items: tuple[Item, ...] = ()
    matches: int = 0
    first: bool = False  #: the feed's first poll: stored in silence
    not_modified: bool = False
    failed: str = ""
