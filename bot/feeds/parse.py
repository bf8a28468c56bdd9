"""From the text of a feed to its items, by feedparser; runs in a worker process.

feedparser expands entities and can be kept busy by hostile markup, so its worker has limits of
time and memory and is replaced when it exceeds them (see `worker.py`).
"""

from __future__ import annotations

import calendar
import hashlib
import html
import io
import re
import warnings
from datetime import UTC, datetime, timedelta
from email.utils import parsedate
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import feedparser
from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning

from bot.errors import FeedError
from bot.feeds.decode import decode
from bot.model import ParsedItem

#: What is matched and shown of a summary.
SUMMARY_CHARS = 600
_TITLE_CHARS = 500
_MAX_ITEMS = 500
_TAG = re.compile(r"<[a-zA-Z/!][^>]*>")
_SPACES = re.compile(r"\s+")
# No feed of 229 read declared an entity of its own; every bomb does.
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_NUMBERS_DATE = re.compile(r"\s*(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ ,T]+(\d{1,2}):(\d{2}))?")
_MAIL_DATE_WITHOUT_ZONE = re.compile(
    r"\s*(?:[a-z]{3},\s*)?\d{1,2} [a-z]{3} \d{4} \d{2}:\d{2}(?::\d{2})?\s*", re.IGNORECASE
)
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
# Emoji written as two halves, and halves alone, on which feedparser breaks.
_SURROGATES = re.compile(r"(?:&#(?:x0*d[89a-f][0-9a-f]{2}|0*5[5-7]\d{3});)+", re.IGNORECASE)
# feedparser reads these zone names as UTC, hours off.
_ZONES_MISREAD = {"MSK": "+0300", "MSD": "+0400", "AMT": "+0400"}
_ZONE_NAME = re.compile(r"\b(MSK|MSD|AMT)\b")


def parse_feed(
    body: bytes, content_type: str, url: str, timezone: str = "UTC"
) -> tuple[ParsedItem, ...]:
    """Return the items of a feed's bytes, as plain text with absolute links.

    Raises FeedError for what is no feed at all (an HTML page, an empty answer) and for a document
    that declares entities. A damaged feed gives the items that can be read.
    """
    text = decode(body, content_type)
    if not text.strip():
        raise FeedError("the answer is empty")
    if _ENTITY.search(text):
        raise FeedError("the document declares entities of its own, which no honest feed does")
    # Decoded already: a label left in the document would make feedparser decode it again.
    text = _DECLARATION.sub('<?xml version="1.0" encoding="utf-8"?>', text, count=1)
    document = _parse_document(_SURROGATES.sub(_join_surrogates, text))
    if not document.get("version") and not document.entries:
        raise FeedError(_why_no_feed(text))
    zone = ZoneInfo(timezone)
    guids = [str(entry.get("id") or "") for entry in document.entries]
    items = []
    for entry, guid in zip(document.entries[:_MAX_ITEMS], guids, strict=False):
        item = _read_entry(entry, guid if guids.count(guid) == 1 else "", url, zone)
        if item is not None:
            items.append(item)
    if document.entries and not items:
        raise FeedError("none of its entries has a title")
    return tuple(items)


def item_key(item: ParsedItem) -> str:
    """Return what tells an item from the others of its feed.

    Its guid, if the document gives each item one of its own; else its link; else its title.
    """
    return item.guid or item.link or hashlib.sha1(item.title.encode()).hexdigest()  # noqa: S324


def clean_text(markup: str, limit: int) -> str:
    """Return what a person would read of *markup*: no tags, no entities, single spaces."""
    text = markup
    for _ in range(2):  # feeds escape twice as often as once
        if _TAG.search(text):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
                soup = BeautifulSoup(text, "html.parser")
            for hidden in soup(["script", "style"]):
                hidden.decompose()
            text = soup.get_text(" ")
        text = html.unescape(text)
    text = _SPACES.sub(" ", text.replace("\x00", "")).strip()
    return text if len(text) <= limit else text[:limit].rstrip()


def _parse_document(text: str) -> Any:
    feedparser.registerDateHandler(_read_local_date)
    try:
        return feedparser.parse(
            io.BytesIO(text.lstrip().encode("utf-8", "replace")),
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


def _read_entry(entry: Any, guid: str, url: str, zone: ZoneInfo) -> ParsedItem | None:
    title = clean_text(str(entry.get("title") or ""), _TITLE_CHARS)
    summary = clean_text(_find_summary(entry), SUMMARY_CHARS)
    if not title:
        title, summary = summary[:_TITLE_CHARS], ""
    if not title:
        return None
    link = str(entry.get("link") or "").strip()
    if not link and guid.startswith(("http://", "https://")):
        link = guid
    return ParsedItem(
        guid=guid[:1000],
        link=_absolute(url, link),
        title=title,
        summary="" if summary == title else summary,
        published_at=_read_date(entry, zone),
    )


def _find_summary(entry: Any) -> str:
    # `media:description`, a picture's caption, takes the place of the description in feedparser;
    # the content, where there is one, is the text itself.
    contents = [str(part.get("value") or "") for part in entry.get("content") or []]
    return str(entry.get("summary") or "") or next(iter(contents), "")


def _read_date(entry: Any, zone: ZoneInfo) -> datetime | None:
    """Return when an entry says it was published; None when it says nothing readable."""
    for name in ("published", "updated", "created"):
        # Not entry.get(): feedparser gives "published" for a missing "updated", with a warning.
        written, parsed = str(dict.get(entry, name) or ""), dict.get(entry, f"{name}_parsed")
        if parsed is None:
            continue
        try:
            return _read_instant(written, parsed, zone)
        except (ValueError, OverflowError, OSError):
            continue
    return None


def _read_instant(written: str, parsed: Any, zone: ZoneInfo) -> datetime:
    at = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    misread = _ZONE_NAME.search(written)
    if misread:
        return at - timedelta(hours=int(_ZONES_MISREAD[misread[1]][1:3]))
    if not _bears_zone(written):
        return at.replace(tzinfo=zone).astimezone(UTC)
    return at


def _bears_zone(written: str) -> bool:
    return bool(re.search(r"(?:[+-]\d{2}:?\d{2}|[A-Za-z]{1,5}|Z)\s*$", written.strip()))


def _read_local_date(written: str) -> tuple[int, ...] | None:
    """Read what feedparser does not: dd.mm.yyyy hh:mm, and a mail's date without a zone."""
    found = _NUMBERS_DATE.match(written)
    if found:
        day, month, year, hour, minute = (int(part or 0) for part in found.groups())
        parts: tuple[int, ...] = (year, month, day, hour, minute)
    elif _MAIL_DATE_WITHOUT_ZONE.fullmatch(written) and (parsed := parsedate(written)):
        parts = parsed[:6]
    else:
        return None
    try:
        return datetime(*parts, tzinfo=UTC).utctimetuple()  # type: ignore[arg-type, misc]
    except ValueError:
        return None


def _why_no_feed(text: str) -> str:
    start = text.lstrip()[:500].lower()
    if "<html" in start or "<!doctype html" in start:
        return "the answer is a web page, not a feed"
    return "the answer is not a feed"
