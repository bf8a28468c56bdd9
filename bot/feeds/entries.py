"""One entry of a feed, as feedparser gives it, read for what a person and a matcher need of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from bot.feeds.cleaning import clean_text, drop_invitation
from bot.feeds.dates import WrittenDate, read_date
from bot.feeds.identity import hash_text
from bot.feeds.links import read_aggregated_link, says_nothing
from bot.model import ParsedItem

#: What is matched and shown of a summary.
SUMMARY_CHARS = 600
_TITLE_CHARS = 500
_MAX_ID_CHARS = 1_000
#: A longer one fits into no message of Telegram's.
_MAX_LINK_CHARS = 4_096
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_AGGREGATORS = frozenset({"news.google.com"})


def read_entry(entry: Any, url: str, zone: ZoneInfo) -> ParsedItem | None:
    """Return an entry as an item, its texts and its names bounded; None for one without any text.

    *url* is where its feed was read, for relative links; *zone* the feed's own, for dates that bear
    none.
    """
    title = clean_text(str(entry.get("title") or ""), _TITLE_CHARS)
    summary = drop_invitation(clean_text(_find_summary(entry), SUMMARY_CHARS))
    if not title:
        title, summary = summary[:_TITLE_CHARS], ""
    if not title:
        return None
    guid = _clean_name(entry.get("id"))
    link = _clean_name(entry.get("link"))
    # Feedparser takes a guid for the link where there is none, whatever the guid is.
    if entry.get("guidislink") and link == guid and not _is_address(guid):
        link = ""
    if not link and _is_address(guid):
        link = guid
    date = _read_published(entry, zone)
    item = ParsedItem(
        guid=_bound(guid),
        link=_absolute(url, link),
        title=title,
        summary="" if summary == title else summary,
        published_at=date.at if date else None,
        day_only=date is not None and date.day_only,
    )
    item = _read_aggregated(item, entry)
    # Here, in a process of its own, and remembered with the entry: the loop has no time for it.
    return replace(item, text_hash=hash_text(item.title, item.summary))


def _read_aggregated(item: ParsedItem, entry: Any) -> ParsedItem:
    """Return an aggregator's item as its publisher's: its name, its link, its own headline."""
    try:
        host = urlsplit(item.link).hostname
    except ValueError:
        return item
    if host not in _AGGREGATORS:
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
        source_url=_clean_name(named.get("href"))[:_MAX_LINK_CHARS],
    )


def _is_address(guid: str) -> bool:
    return guid.lower().startswith(("http://", "https://"))


def _absolute(url: str, link: str) -> str:
    try:
        whole = urljoin(url, link) if link else ""
    except ValueError:
        return ""
    return whole if len(whole) <= _MAX_LINK_CHARS else ""


def _clean_name(value: object) -> str:
    """Return a guid or a link as it may be stored; nothing for one that says nothing."""
    name = _UNSTORABLE.sub("", str(value or "")).strip()
    return "" if says_nothing(name) else name


def _bound(guid: str) -> str:
    # Not cut: two long ones may differ in their last letter.
    if len(guid) <= _MAX_ID_CHARS:
        return guid
    return f"sha256:{hashlib.sha256(guid.encode()).hexdigest()}"


def _find_summary(entry: Any) -> str:
    # The content, where there is one, is the text itself; a caption only where there is no other.
    contents = [str(part.get("value") or "") for part in entry.get("content") or []]
    texts = (str(entry.get("summary") or ""), *contents)
    caption = str(entry.get("media_of_picture_description") or "")
    return next((text for text in texts if text.strip()), caption)


def _read_published(entry: Any, zone: ZoneInfo) -> WrittenDate | None:
    """Return when an entry says it was published; None when it says nothing readable."""
    for name in ("published", "updated", "created"):
        # Not entry.get(): feedparser gives "published" for a missing "updated", with a warning.
        date = read_date(str(dict.get(entry, name) or ""), zone)
        if date is not None:
            return date
    return None
