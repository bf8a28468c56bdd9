"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/), as it is written and as it is meant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.errors import FeedError

_VERSION = "jsonfeed.org/version/"


def read_json_feed(text: str) -> list[Mapping[str, Any]] | None:
    """Return the entries of a JSON Feed in the terms of RSS, or None for what is no JSON at all.

    An item that is no object stands as an empty one. Raises FeedError for JSON that is no feed.
    """
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        return None
    try:
        document = json.loads(text.lstrip("\ufeff \t\r\n"))
    except (ValueError, RecursionError) as error:
        raise FeedError(f"the answer is JSON that cannot be read: {error}"[:300]) from error
    items = document.get("items")
    if _VERSION not in str(document.get("version") or "") or not isinstance(items, list):
        raise FeedError("the answer is JSON, and no JSON Feed")
    return [_to_entry(item) if isinstance(item, dict) else {} for item in items]


def _to_entry(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item as feedparser would give one of RSS."""
    texts = [_text(item, name) for name in ("summary", "content_text", "content_html")]
    return {
        "id": _text(item, "id"),
        "title": _text(item, "title"),
        "link": _text(item, "url") or _text(item, "external_url"),
        "summary": next(filter(None, texts), ""),
        "published": _text(item, "date_published"),
        "updated": _text(item, "date_modified"),
    }


def _text(item: Mapping[str, Any], name: str) -> str:
    """Return a field as text: an id may be written as a number (the specification: coerce it)."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)
