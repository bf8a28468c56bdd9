"""Matches: which items one subscriber's keywords caught, read when a message is composed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from bot.model import Delivery, Item, MatchedItem
from bot.storage.database import Database
from bot.storage.items import select_items, to_item
from bot.storage.tables import item, match, story_item, subscription


class Matches:
    """Storage of matches, as messages need them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_story(self, owed: Delivery) -> tuple[list[Item], tuple[str, ...]]:
        """Return an alert's items, oldest first, and the subscriber's keywords that they match."""

        def work(connection: Connection) -> tuple[list[Item], tuple[str, ...]]:
            rows = connection.execute(
                select_items()
                .join(story_item, story_item.c.item_id == item.c.id)
                .where(story_item.c.story_id == owed.story_id)
                .order_by(item.c.id)
            ).all()
            items = [to_item(row) for row in rows]
            words = connection.scalars(
                select(subscription.c.typed)
                .join(match, match.c.keyword_id == subscription.c.keyword_id)
                .where(
                    subscription.c.subscriber_id == owed.subscriber.id,
                    match.c.item_id.in_([each.id for each in items]),
                )
                .group_by(subscription.c.typed)
                .order_by(func.min(subscription.c.created_at))
            ).all()
            return items, tuple(words)

        return await self._database.read(work)

    async def load_digest(
        self, subscriber_id: int, *, after: int, upto: int | None = None, limit: int = 1000
    ) -> list[MatchedItem]:
        """Return the subscriber's matched items with after < id <= upto, newest first."""

        def work(connection: Connection) -> list[MatchedItem]:
            return _load_matched(connection, subscriber_id, after, upto, limit)

        return await self._database.read(work)

    async def load_first_item_since(self, since: datetime) -> int:
        """Return the id before the first item seen since then: a digest's `after`."""

        def work(connection: Connection) -> int:
            first = connection.scalar(select(func.min(item.c.id)).where(item.c.seen_at >= since))
            if first is not None:
                return int(first) - 1
            return int(connection.scalar(select(func.coalesce(func.max(item.c.id), 0))) or 0)

        return await self._database.read(work)


def _load_matched(
    connection: Connection, subscriber_id: int, after: int, upto: int | None, limit: int
) -> list[MatchedItem]:
    pairs = (
        select(match.c.item_id, subscription.c.typed)
        .join(subscription, subscription.c.keyword_id == match.c.keyword_id)
        .where(subscription.c.subscriber_id == subscriber_id, match.c.item_id > after)
        .order_by(match.c.item_id.desc(), subscription.c.created_at, subscription.c.keyword_id)
        .limit(limit)
    )
    if upto is not None:
        pairs = pairs.where(match.c.item_id <= upto)
    typed: dict[int, list[str]] = {}
    for row in connection.execute(pairs):
        typed.setdefault(row.item_id, []).append(row.typed)
    items = connection.execute(
        select_items()
        .where(item.c.id.in_(typed))
        .order_by(item.c.published_at.desc(), item.c.id.desc())
    )
    return [MatchedItem(item=to_item(row), keywords=tuple(typed[row.id])) for row in items]
