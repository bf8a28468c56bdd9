"""What makes two items one story."""

from __future__ import annotations


def find_story_key(*, link: str, feed: str, item_key: str) -> str:
    """Return what all items of one story share: for now the canonical link they lead to.

    Does not compare texts: two outlets that print one event are two stories still. An item
    without a link is a story of its own.
    """
    return link or f"{feed}\n{item_key}"
