"""Search keys: the words of items in comparable form, by which the archive is searched."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete

from bot.storage.tables import item_key


def hash_key(key: str) -> int:
    """Return a word's comparable form as the signed 64-bit integer that is stored for it."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def hash_link(link_key: str) -> int | None:
    """Return an address in comparable form as it is stored and looked for; None for none."""
    return hash_key(link_key) if link_key else None


def save_keys(connection: Connection, keys: Mapping[int, Collection[str]]) -> None:
    """Store the words of items, by item, in their comparable form."""
    rows = [
        {"key": value, "item_id": item_id}
        for item_id, words in keys.items()
        for value in {*map(hash_key, words)}
    ]
    if rows:
        connection.execute(item_key.insert(), rows)


def forget_keys(connection: Connection, item_ids: Collection[int]) -> None:
    """Delete the stored words of items, before they are stored anew."""
    connection.execute(delete(item_key).where(item_key.c.item_id.in_(item_ids)))
