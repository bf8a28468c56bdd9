"""Versions: the words that an item bore before those it bears now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from bot.model import ChangedItem
from bot.storage.carrying import forget_uncarried
from bot.storage.database import insert_into
from bot.storage.search import reserve_places, save_keys
from bot.storage.tables import item, item_version

#: Some publishers count readers in their summaries: the last versions of an item are kept.
_MOST_VERSIONS = 20


def save_change(
    connection: Connection, changed: ChangedItem, keys_version: int, now: datetime
) -> str:
    """Give a stored item its new words, and keep the old ones beside them.

    Returns the title that it bore; "" where it is gone.
    """
    old = connection.execute(
        select(item.c.title, item.c.summary, item.c.published_at).where(item.c.id == changed.id)
    ).one_or_none()
    if old is None:
        return ""
    connection.execute(
        insert_into(connection, item_version)
        .values(item_id=changed.id, replaced_at=now, title=old.title, summary=old.summary)
        .on_conflict_do_nothing()
    )
    of_item = item_version.c.item_id == changed.id
    newest = (
        select(item_version.c.replaced_at)
        .where(of_item)
        .order_by(item_version.c.replaced_at.desc())
        .limit(_MOST_VERSIONS)
    )
    connection.execute(
        delete(item_version).where(of_item, item_version.c.replaced_at.not_in(newest))
    )
    place = reserve_places(connection, [old.published_at], now)[0]
    save_keys(connection, {place: changed.keys}, now)
    forget_uncarried(connection, [changed.id])
    connection.execute(
        update(item)
        .where(item.c.id == changed.id)
        .values(
            title=changed.title,
            summary=changed.summary,
            language=changed.language,
            text_hash=changed.text_hash,
            keys_version=keys_version,
            place=place,
        )
    )
    return str(old.title)
