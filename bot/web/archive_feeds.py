"""Feeds of the archive: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1 of any query."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime

from bot.web.archive_entries import Entry
from bot.web.rendering import Pages

#: The endings of their addresses, and what each is.
FEEDS = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/json"}
_NEVER = datetime(2026, 1, 1, tzinfo=UTC)
#: What no XML 1.0 document may hold: https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOf:
    """What a feed is of, and the addresses in it."""

    title: str
    home: str
    own: str
    story: Callable[[int], str]
    language: str


def write_feed(kind: str, feed: FeedOf, entries: Sequence[Entry], pages: Pages) -> str:
    """Return a feed of stories, one of `FEEDS`; each leads to its timeline."""
    updated = max((each.at for each in entries), default=_NEVER)
    if kind == "json":
        return _write_json(feed, entries)
    cleaned = [replace(each, title=_clean(each.title), publisher=_clean(each.publisher))
               for each in entries]  # fmt: skip
    return pages.write_xml(
        f"feed.{kind}",
        feed=replace(feed, title=_clean(feed.title)),
        entries=cleaned,
        updated=updated,
        rfc822=format_datetime,
    )


def _write_json(feed: FeedOf, entries: Sequence[Entry]) -> str:
    written = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.own,
        "language": feed.language,
        "items": [
            {
                "id": feed.story(each.story),
                "url": feed.story(each.story),
                **({"external_url": each.link} if each.link else {}),
                "title": each.title,
                "content_text": f"{each.publisher} · {each.countries}",
                "date_published": each.at.isoformat(),
                "language": each.language,
                "authors": [{"name": each.publisher}],
            }
            for each in entries
        ],
    }
    return json.dumps(written, ensure_ascii=False, indent=1)


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)
