"""What makes two items one story."""

from __future__ import annotations


def find_story_key(*, link: str, own: bool, guid: str, feed: str, item_key: str) -> str:
    """Return what all items of one story share: for now the address that they lead to.

    Does not compare texts: two outlets that print one event are two stories still. Where the
    address is not an item's *own* (a live blog, a page of alarms) its *guid* there tells; an item
    without either is a story of its own.
    """
    if link and (own or guid):
        return link if own else f"{link}\n{guid}"
    return f"{feed}\n{item_key}"
