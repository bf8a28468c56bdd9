"""From the text of a feed to its items, by feedparser; runs in a worker process.

feedparser expands entities and can be kept busy by hostile markup, so its worker has limits of
time and memory and is replaced when it exceeds them (see `worker.py`).
"""

from __future__ import annotations

import hashlib
import io
import re
from collections import Counter
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import feedparser

from bot.errors import FeedEmpty, FeedError
from bot.feeds.cleaning import clean_text, drop_invitation, find_shared_ending
from bot.feeds.dates import WrittenDate, read_date
from bot.feeds.decode import decode
from bot.feeds.entries import EntryMemory, SplitFeed, split_entries
from bot.feeds.links import read_aggregated_link
from bot.feeds.wishes import read_pace
from bot.model import ParsedFeed, ParsedItem

#: What is matched and shown of a summary.
SUMMARY_CHARS = 600
_TITLE_CHARS = 500
_MAX_ITEMS = 500
_MAX_ID_CHARS = 1_000
# No feed of 229 read declared an entity of its own; every bomb does.
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
# Emoji written as two halves, and halves alone, on which feedparser breaks.
_SURROGATES = re.compile(r"(?:&#(?:x0*d[89a-f][0-9a-f]{2}|0*5[5-7]\d{3});)+", re.IGNORECASE)
_AGGREGATORS = frozenset({"news.google.com"})


def parse_feed(
    body: bytes,
    content_type: str,
    url: str,
    timezone: str = "UTC",
    memory: EntryMemory | None = None,
) -> ParsedFeed:
    """Return the items of a feed's bytes, as plain text with absolute links, and its wishes.

    An entry that *memory* holds from the last document, letter for letter, is not parsed again.
    Raises FeedError for what is no feed at all (an HTML page, an empty answer) and for a document
    that declares entities, FeedEmpty for a feed without entries. A damaged feed gives the items
    that can be read; an entry that an error of ours keeps from being read is left out and named.
    """
    text = decode(body, content_type)
    if not text.strip():
        raise FeedError("the answer is empty")
    if _ENTITY.search(text):
        raise FeedError("the document declares entities of its own, which no honest feed does")
    # Decoded already: a label left in the document would make feedparser decode it again.
    text = _DECLARATION.sub('<?xml version="1.0" encoding="utf-8"?>', text, count=1)
    skipped: list[str] = []
    entries = _read_known_feed(text, url, timezone, memory)
    if entries is None:
        entries = _read_whole_feed(text, url, timezone, memory, skipped)
    if not entries and not skipped:
        raise FeedError("none of its entries has a title")
    return ParsedFeed(
        items=_settle(entries[:_MAX_ITEMS]), pace=read_pace(text), skipped=tuple(skipped)
    )


def item_key(item: ParsedItem) -> str:
    """Return what tells an item from the others of its feed.

    Its guid, if the document gives each item one of its own; else its link; else its title.
    """
    return item.guid or item.link or hashlib.sha1(item.title.encode()).hexdigest()  # noqa: S324


def _read_whole_feed(
    text: str, url: str, timezone: str, memory: EntryMemory | None, skipped: list[str]
) -> list[ParsedItem]:
    document = _parse_document(text)
    if not document.entries:
        raise FeedEmpty("it lists nothing") if document.get("version") else FeedError(_why(text))
    zone = ZoneInfo(timezone)
    read = [_try_entry(entry, url, zone, skipped) for entry in document.entries[:_MAX_ITEMS]]
    if memory is not None and not skipped and not document.get("bozo"):
        # Only what the strict parser read: the loose one lets entries run into one another.
        split = split_entries(text)
        if split is not None and len(split.chunks) == len(document.entries):
            memory.keep(url, timezone, split, read)
    return [item for item in read if item is not None]


def _read_known_feed(
    text: str, url: str, timezone: str, memory: EntryMemory | None
) -> list[ParsedItem] | None:
    """Return the items of a document of which most was seen before, or None to read it whole."""
    split = split_entries(text) if memory is not None else None
    if memory is None or split is None or len(split.chunks) > _MAX_ITEMS:
        return None
    known = memory.recall(url, timezone, split)
    fresh = [index for index, found in enumerate(known) if found is None]
    if len(fresh) == len(split.chunks):
        return None
    if fresh:
        partly = SplitFeed(split.head, tuple(split.chunks[index] for index in fresh), split.tail)
        document = _parse_document(partly.join())
        if document.get("bozo") or len(document.entries) != len(fresh):
            return None
        skipped: list[str] = []
        zone = ZoneInfo(timezone)
        for index, entry in zip(fresh, document.entries, strict=True):
            known[index] = (_try_entry(entry, url, zone, skipped),)
        if skipped:
            return None
    read = [found[0] for found in known if found is not None]
    memory.keep(url, timezone, split, read)
    return [item for item in read if item is not None]


def _settle(entries: list[ParsedItem]) -> tuple[ParsedItem, ...]:
    """Return the items with what only the whole document tells about each."""
    guids = Counter(item.guid for item in entries)
    ending = find_shared_ending([item.summary for item in entries if item.summary])
    settled = []
    for item in entries:
        # One guid on every item tells nothing.
        guid = item.guid if guids[item.guid] == 1 else ""
        summary = item.summary
        if ending and summary.endswith(ending):
            summary = summary.removesuffix(ending).rstrip()
        if guid != item.guid or summary != item.summary:
            item = replace(item, guid=guid, summary=summary)
        settled.append(item)
    return tuple(settled)


def _try_entry(entry: Any, url: str, zone: ZoneInfo, skipped: list[str]) -> ParsedItem | None:
    try:
        return _read_entry(entry, url, zone)
    except MemoryError:
        raise
    except Exception as error:
        # A bug of ours in reading one entry must not cost the others.
        skipped.append(f"{str(entry.get('id') or entry.get('link') or '?')[:200]}: {error!r}"[:500])
        return None


def _parse_document(text: str) -> Any:
    text = _SURROGATES.sub(_join_surrogates, text).lstrip()
    try:
        return feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            # No content-location: feedparser would resolve guids against it, and they would change
            # with the feed's address.
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except MemoryError:
        raise
    except Exception as error:
        # Whatever hostile bytes do to a library of fifteen years is one feed's failure, not a bug.
        raise FeedError(f"the document breaks the parser: {type(error).__name__}") from error


def _join_surrogates(found: re.Match[str]) -> str:
    codes = [
        int(code[1:], 16) if code[0] in "xX" else int(code)
        for code in found[0].removeprefix("&#").removesuffix(";").split(";&#")
    ]
    halves = "".join(map(chr, codes))
    return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _absolute(url: str, link: str) -> str:
    try:
        return urljoin(url, link) if link else ""
    except ValueError:
        return ""


def _read_entry(entry: Any, url: str, zone: ZoneInfo) -> ParsedItem | None:
    title = clean_text(str(entry.get("title") or ""), _TITLE_CHARS)
    summary = drop_invitation(clean_text(_find_summary(entry), SUMMARY_CHARS))
    if not title:
        title, summary = summary[:_TITLE_CHARS], ""
    if not title:
        return None
    guid = _clean_id(entry.get("id"))
    link = _clean_id(entry.get("link"))
    # Feedparser takes a guid for the link where there is none, whatever the guid is.
    if entry.get("guidislink") and link == guid and not guid.startswith(("http://", "https://")):
        link = ""
    if not link and guid.startswith(("http://", "https://")):
        link = guid
    date = _read_published(entry, zone)
    item = ParsedItem(
        guid=guid[:_MAX_ID_CHARS],
        link=_absolute(url, link),
        title=title,
        summary="" if summary == title else summary,
        published_at=date.at if date else None,
        day_only=date is not None and date.day_only,
    )
    return _read_aggregated(item, entry)


def _read_aggregated(item: ParsedItem, entry: Any) -> ParsedItem:
    """Return an aggregator's item as its publisher's: its name, its link, its own headline."""
    if urlsplit(item.link).hostname not in _AGGREGATORS:
        return item
    named = entry.get("source") or {}
    source = clean_text(str(named.get("title") or ""), 100)
    title, summary = item.title, item.summary
    if source and title.endswith(f" - {source}"):
        title = title.removesuffix(f" - {source}").rstrip() or title
    if title.casefold() in summary.casefold():
        summary = ""  # a list of the same headline, linked
    return replace(
        item,
        title=title,
        summary=summary,
        link=read_aggregated_link(item.link),
        source=source,
        source_url=_clean_id(named.get("href")),
    )


def _clean_id(value: object) -> str:
    return str(value or "").replace("\x00", "").strip()


def _find_summary(entry: Any) -> str:
    # `media:description`, a picture's caption, takes the place of the description in feedparser;
    # the content, where there is one, is the text itself.
    contents = [str(part.get("value") or "") for part in entry.get("content") or []]
    return str(entry.get("summary") or "") or next(iter(contents), "")


def _read_published(entry: Any, zone: ZoneInfo) -> WrittenDate | None:
    """Return when an entry says it was published; None when it says nothing readable."""
    for name in ("published", "updated", "created"):
        # Not entry.get(): feedparser gives "published" for a missing "updated", with a warning.
        date = read_date(str(dict.get(entry, name) or ""), zone)
        if date is not None:
            return date
    return None


def _why(text: str) -> str:
    start = text.lstrip()[:500].lower()
    if "<html" in start or "<!doctype html" in start:
        return "the answer is a web page, not a feed"
    return "the answer is not a feed"
