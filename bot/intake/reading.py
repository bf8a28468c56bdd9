"""Reading entries as items: their language, their keys, and whether they may alert."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.delivery.schedule import find_instant
from bot.feeds.backlog import Standing
from bot.feeds.identity import By, bound_key
from bot.feeds.links import canonical_link
from bot.intake.keywords import KeywordBook, matched_text
from bot.intake.recognition import Entry, Recognised, find_text_hash
from bot.intake.stories import FoundStories
from bot.language import detect_language
from bot.matching import ReadText, read_text
from bot.model import ChangedItem, Feed, KnownItem, NewItem, Silence
from bot.stories import find_story_key
from bot.stories.roles import find_origin, find_role

#: An item published longer ago than this when it is first seen is stored, never alerted.
STALE_AFTER = timedelta(hours=24)
#: Words that change later are no news any more.
_MENDED_WITHIN = timedelta(hours=6)
#: A clock may be a little fast; what claims to come from further ahead is dated by us.
_MAX_AHEAD = timedelta(minutes=10)
#: No feed is older than feeds are: what claims to be has a date that was never set.
_FIRST_NEWS = datetime(1995, 1, 1, tzinfo=UTC)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDocument:
    """What a document brings, read, with the texts that keywords are held against."""

    new: tuple[tuple[Entry, NewItem], ...]
    changed: tuple[ChangedItem, ...]
    texts: Mapping[str, ReadText]  #: of new items by their keys
    mended: Mapping[int, tuple[ReadText, ReadText]]  #: of changed items, before and after
    unreadable: tuple[str, ...]  #: titles of what a bug of ours kept from being read
    too_late: tuple[str, ...]  #: titles of what changed and alerts nobody for it


class HeldAgainst:
    """What storage asks while it takes one feed in: what its items satisfy, found beforehand.

    Only keywords that were learnt since are held against them then.
    """

    def __init__(
        self, book: KeywordBook, stories: FoundStories, read: ReadDocument, publisher: str
    ) -> None:
        """Hold the texts against the book; slow, and run beside the event loop."""
        self.stories = stories
        self._book = book
        self._read = read
        self._upto = book.newest
        self.learn = book.learn
        self.forget = book.forget
        self._found = {
            new.key: book.find(
                read.texts[new.key], language=new.language, publisher=new.source or publisher
            )
            for _, new in read.new
            if new.silence is None or new.matches
        }

    @property
    def newest_keyword(self) -> int:
        """The highest keyword id that the book has learnt."""
        return self._book.newest

    def find(self, new: NewItem, publisher: str) -> list[tuple[int, tuple[str, ...]]]:
        """Return the keywords that *new* satisfies, each with the words that did."""
        since = self._book.find_learnt_since(
            self._upto, self._read.texts[new.key], language=new.language, publisher=publisher
        )
        return [*self._found.get(new.key, ()), *since]

    def find_added(self, changed: ChangedItem, publisher: str) -> list[tuple[int, tuple[str, ...]]]:
        """Return the keywords that only the new words of *changed* satisfy."""
        before, after = self._read.mended[changed.id]
        language = changed.language
        old = dict(self._book.find(before, language=language, publisher=publisher))
        found = self._book.find(after, language=language, publisher=publisher)
        return [(keyword, words) for keyword, words in found if keyword not in old]


def read_document(
    feed: Feed,
    recognised: Recognised,
    shared: frozenset[str],
    sources: Mapping[str, str],
    standing: Standing,
    now: datetime,
    imitated: Mapping[str, str],
) -> ReadDocument:
    """Read what is new and what changed; slow, and run beside the event loop.

    *shared* are the comparable links of pages on which several items stand; *sources* name the
    publishers behind an aggregator's items; *imitated*, by host, whose addresses they imitate.
    """
    new, changed, texts, mended = [], [], {}, {}
    unreadable, too_late = [], []
    arrived = [(entry, None) for entry in reversed(recognised.unknown)]
    for entry, replaced in [*arrived, *recognised.reused]:
        try:
            read = read_text(matched_text(entry.item.title, entry.item.summary))
            item = _read_new(feed, entry, read, shared, sources, standing, replaced, now)
            item = replace(item, imitates=_find_imitated(entry, imitated))
        except Exception:
            # A bug of ours in reading one item must not cost the others, nor the feed.
            _log.exception("item_not_read", extra={"feed": feed.name})
            unreadable.append(entry.item.title)
            continue
        new.append((entry, item))
        texts[item.key] = read
    alerting = not recognised.is_rewritten() and standing in (Standing.NEWS, Standing.OLDER)
    for entry, known in recognised.changed:
        latest_at = _latest_at(feed, entry, known.published_at, now)
        timely = alerting and now - latest_at <= _MENDED_WITHIN
        if not timely:
            too_late.append(entry.item.title)
        old = recognised.words.get(known.id, (known.title, entry.item.summary))
        try:
            after = read_text(matched_text(entry.item.title, entry.item.summary))
            mended[known.id] = (read_text(matched_text(*old)), after)
            changed.append(_read_changed(feed, entry, known, after, alerts=timely))
        except Exception:
            # As above: its old words stay.
            _log.exception("change_not_read", extra={"feed": feed.name, "item": known.id})
            unreadable.append(entry.item.title)
    return ReadDocument(
        new=tuple(new),
        changed=tuple(changed),
        texts=texts,
        mended=mended,
        unreadable=tuple(unreadable),
        too_late=tuple(too_late),
    )


def _read_new(
    feed: Feed,
    entry: Entry,
    read: ReadText,
    shared: frozenset[str],
    sources: Mapping[str, str],
    standing: Standing,
    replaced: KnownItem | None,
    now: datetime,
) -> NewItem:
    parsed, identity = entry.item, entry.identity
    text = matched_text(parsed.title, parsed.summary)
    published_at = _find_published_at(entry, now)
    fresh = now - _latest_at(feed, entry, published_at, now) <= STALE_AFTER
    own = identity.own and identity.link not in shared
    return NewItem(
        key=identity.key,
        guid=parsed.guid,
        link=canonical_link(parsed.link),
        title=parsed.title,
        summary=parsed.summary,
        language=detect_language(text, _hint(feed)),
        published_at=published_at,
        seen_at=now,
        story_key=bound_key(_find_story_key(feed, entry, replaced, own=own)),
        keys=read.numbers,
        gravity=read.gravity,
        role=find_role(parsed.title),
        origin=find_origin(parsed.title),
        silence=_judge_silence(standing, fresh=fresh),
        # A backlog floods nobody, and is not lost: the next digest tells of it. Nor is what a feed
        # lists when it is first read: who followed a word before sees what /add would show after.
        matches=fresh and standing is not Standing.NEWS,
        source=sources.get(parsed.source, ""),
        dated_at=parsed.published_at,
        link_key=identity.link if identity.own else "",
        text_hash=find_text_hash(parsed),
        replaces=replaced.id if replaced is not None else None,
    )


def _find_imitated(entry: Entry, imitated: Mapping[str, str]) -> str:
    links = (entry.item.link, entry.item.source_url) if imitated else ()
    whose = (imitated.get(urlsplit(link).hostname or "") for link in links)
    return next(filter(None, whose), "")


def _find_story_key(feed: Feed, entry: Entry, replaced: KnownItem | None, *, own: bool) -> str:
    identity = entry.identity
    if replaced is not None:
        # Neither its key nor its address tells it from the story that bore them before.
        key = f"{identity.key}\nafter {replaced.id}"
        return find_story_key(link="", own=False, guid="", feed=feed.name, item_key=key)
    guid = identity.key if identity.by is By.GUID else ""
    return find_story_key(
        link=identity.link, own=own, guid=guid, feed=feed.name, item_key=identity.key
    )


def _judge_silence(standing: Standing, *, fresh: bool) -> Silence | None:
    if standing is Standing.FIRST:
        return Silence.FIRST_READING
    if not fresh:
        return Silence.STALE
    return None if standing is Standing.NEWS else Silence.BACKLOG


def _find_published_at(entry: Entry, now: datetime) -> datetime:
    at = entry.item.published_at
    return now if at is None or at > now + _MAX_AHEAD or at < _FIRST_NEWS else at


def _latest_at(feed: Feed, entry: Entry, published_at: datetime, now: datetime) -> datetime:
    """Return when an item was published at the latest: of a day alone, when that day ends."""
    if not entry.item.day_only or published_at >= now:
        return published_at
    zone = ZoneInfo(feed.config.timezone)
    following = published_at.astimezone(zone).date() + timedelta(days=1)
    return min(now, find_instant(following, datetime.min.time(), zone))


def _read_changed(
    feed: Feed, entry: Entry, known: KnownItem, read: ReadText, *, alerts: bool
) -> ChangedItem:
    text = matched_text(entry.item.title, entry.item.summary)
    return ChangedItem(
        id=known.id,
        title=entry.item.title,
        summary=entry.item.summary,
        language=detect_language(text, _hint(feed)),
        source=known.source,
        keys=read.numbers,
        text_hash=find_text_hash(entry.item),
        gravity=read.gravity,
        alerts=alerts,
    )


def _hint(feed: Feed) -> str | None:
    language = feed.config.language
    return language if language in ("hy", "ru", "en") else None
