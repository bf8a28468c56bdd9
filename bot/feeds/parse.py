"""From the bytes of a feed to its items, by feedparser; runs in a worker process.

feedparser can be kept busy by hostile markup, so its worker has limits of time and memory and is
replaced when it exceeds them (see `worker.py`).
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import feedparser

from bot.errors import FeedEmpty, FeedError
from bot.feeds.characters import mend_characters
from bot.feeds.choosing import choose_newest, find_written_date
from bot.feeds.cleaning import find_shared_ending
from bot.feeds.decode import decode
from bot.feeds.doctype import take_doctype
from bot.feeds.entries import read_entry
from bot.feeds.jsonfeed import read_json_feed
from bot.feeds.memory import EntryMemory, SplitFeed, split_entries
from bot.feeds.salvage import cut_apart, has_swallowed, is_well_formed
from bot.feeds.wishes import read_pace
from bot.model import ParsedFeed, ParsedItem

_Entry = TypeVar("_Entry")

_MAX_ITEMS = 500
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_MEDIA = re.compile(r"""xmlns:([\w.-]+)\s*=\s*["']https?://search\.yahoo\.com/mrss/?["']""")
#: What feedparser would take for an entry's own title and text: those of its picture.
_OF_PICTURES = "(title|description|text)"


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
    whose entities grow, FeedEmpty for a feed without entries. A damaged feed gives the items that
    can be read; one that cannot be is left out and named. Of more than 500 the newest are read.
    """
    text = decode(body, content_type)
    if not text.strip():
        raise FeedError("the answer is empty")
    reading = _Reading(url, timezone)
    listed = read_json_feed(text)
    if listed is not None:
        entries = reading.read_json(listed)
    else:
        text, entities = take_doctype(text)
        # Decoded already: a label left in the document would make feedparser decode it again.
        text = _DECLARATION.sub('<?xml version="1.0" encoding="utf-8"?>', text, count=1)
        text = _set_pictures_apart(mend_characters(text, entities)).lstrip()
        entries = reading.read_markup(text, memory)
    if not entries and not reading.skipped:
        raise FeedError("none of its entries has a title")
    return ParsedFeed(
        items=_settle(entries),
        pace=read_pace(text),
        skipped=tuple(reading.skipped),
        left_out=reading.left_out,
    )


class _Reading:
    """One document being read: what could not be, and how many were too many."""

    def __init__(self, url: str, timezone: str) -> None:
        self._url = url
        self._timezone = timezone
        self._zone = ZoneInfo(timezone)
        self.skipped: list[str] = []
        self.left_out = 0

    def read_json(self, listed: Sequence[Mapping[str, Any]]) -> list[ParsedItem]:
        if not listed:
            raise FeedEmpty("it lists nothing")
        kept = self._choose(listed, [str(each.get("published") or "") for each in listed])
        return [item for item in map(self._try_entry, kept) if item is not None]

    def read_markup(self, text: str, memory: EntryMemory | None) -> list[ParsedItem]:
        split = split_entries(text)
        if split is not None and len(split.chunks) > _MAX_ITEMS:
            chunks = self._choose(split.chunks, list(map(find_written_date, split.chunks)))
            split = replace(split, chunks=tuple(chunks))
            text = split.join()
        entries = self._read_known(split, memory) if split and memory is not None else None
        return self._read_whole(text, split, memory) if entries is None else entries

    def _choose(self, entries: Sequence[_Entry], dates: Sequence[str]) -> Sequence[_Entry]:
        if len(entries) <= _MAX_ITEMS:
            return entries
        self.left_out = len(entries) - _MAX_ITEMS
        return [entries[place] for place in choose_newest(dates, self._zone, _MAX_ITEMS)]

    def _read_whole(
        self, text: str, split: SplitFeed | None, memory: EntryMemory | None
    ) -> list[ParsedItem]:
        sound = is_well_formed(text) and not has_swallowed(text)
        document = _parse_document(text) if sound else None
        if document is None or document.get("bozo"):
            saved = self._salvage(text)
            if saved or self.skipped:
                return saved
            document = document or _parse_document(text)
        if document is None:
            raise FeedError(_why(text))
        if not document.entries:
            said = _why(text)
            raise FeedEmpty("it lists nothing") if document.get("version") else FeedError(said)
        written = [str(dict.get(each, "published") or "") for each in document.entries]
        read = list(map(self._try_entry, self._choose(document.entries, written)))
        # Only what the strict parser read: the loose one lets entries run into one another.
        sound = sound and not self.skipped and not document.get("bozo")
        if memory is not None and split is not None and sound and len(split.chunks) == len(read):
            memory.keep(self._url, self._timezone, split, read)
        return [item for item in read if item is not None]

    def _read_known(self, split: SplitFeed, memory: EntryMemory) -> list[ParsedItem] | None:
        """Return the items of a document of which most was seen before; None: read it whole."""
        known = memory.recall(self._url, self._timezone, split)
        fresh = [index for index, found in enumerate(known) if found is None]
        if len(fresh) == len(split.chunks):
            return None
        if fresh:
            partly = replace(split, chunks=tuple(split.chunks[index] for index in fresh))
            document = _parse_document(partly.join())
            if document is None or document.get("bozo") or len(document.entries) != len(fresh):
                return None
            for index, entry in zip(fresh, document.entries, strict=True):
                known[index] = (self._try_entry(entry),)
            if self.skipped:
                self.skipped.clear()
                return None
        read = [found[0] for found in known if found is not None]
        memory.keep(self._url, self._timezone, split, read)
        return [item for item in read if item is not None]

    def _salvage(self, text: str) -> list[ParsedItem]:
        """Return what a damaged document holds, each entry read by itself."""
        documents = list(cut_apart(text))
        kept = self._choose(documents, list(map(find_written_date, documents)))
        items = []
        for each in kept:
            whole = is_well_formed(each)
            document = _parse_document(each)
            entries = document.entries[:1] if document is not None else []
            item = self._try_entry(entries[0]) if entries else None
            # Half an entry would come again, whole, as another one.
            if item is not None and (whole or item.guid or item.link):
                items.append(item)
            elif not whole:
                self.skipped.append(f"damaged: {each[:200]}")
        return items

    def _try_entry(self, entry: Any) -> ParsedItem | None:
        try:
            return read_entry(entry, self._url, self._zone)
        except MemoryError:
            raise
        except Exception as error:
            # A bug of ours in reading one entry must not cost the others.
            named = str(entry.get("id") or entry.get("link") or "?")
            self.skipped.append(f"{named[:200]}: {error!r}"[:500])
            return None


def _settle(entries: Sequence[ParsedItem]) -> tuple[ParsedItem, ...]:
    """Return the items with what only the whole document tells about each."""
    ending = find_shared_ending([item.summary for item in entries if item.summary])
    if not ending:
        return tuple(entries)
    return tuple(
        replace(item, summary=item.summary.removesuffix(ending).rstrip())
        if item.summary.endswith(ending)
        else item
        for item in entries
    )


def _set_pictures_apart(text: str) -> str:
    """Return a document in which captions go by another name than the entry's own text."""
    for prefix in {"media", *_MEDIA.findall(text)}:
        if f"<{prefix}:" in text:
            names = re.compile(rf"(</?{re.escape(prefix)}:){_OF_PICTURES}(?=[\s/>])")
            text = names.sub(r"\1of_picture_\2", text)
    return text


def _parse_document(text: str) -> Any:
    """Return what feedparser makes of a document, or None where it breaks over it."""
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
    except Exception:
        # Whatever hostile bytes do to a library of fifteen years is one feed's failure, not a bug.
        return None


def _why(text: str) -> str:
    start = text.lstrip()[:500].lower()
    if "<html" in start or "<!doctype html" in start:
        return "the answer is a web page, not a feed"
    return "the answer is not a feed"
