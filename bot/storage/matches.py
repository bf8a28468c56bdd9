"""Matches: which items one subscriber's keywords caught, read when a message is composed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from bot.model import Delivery, DeliveryKind, Item, MatchedItem
from bot.storage.archive import select_items, to_item
from bot.storage.database import Database
from bot.storage.tables import delivery, item, match, story_item, subscription


@dataclass(frozen=True, slots=True)
class Alerted:
    """What one alert tells: a story's items, oldest first, and the keywords they match, as typed,
    those that were followed first leading."""

    items: tuple[Item, ...]
    keywords: tuple[str, ...]


class Matches:
    """Storage of matches, as messages need them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_stories(self, owed: Sequence[Delivery]) -> dict[int, Alerted]:
        """Return what each of these alerts tells, by the delivery's id.

        One read for all of them: at a thousand messages a second a read for each would be what
        bounds the rate. An alert whose items are gone, or whose keywords were removed, is absent.
        """

        def work(connection: Connection) -> dict[int, Alerted]:
            items = _load_story_items(connection, {each.story_id for each in owed})
            shown = {item.id for story in items.values() for item in story}
            typed = _load_typed(connection, {each.subscriber.id for each in owed}, shown)
            found: dict[int, Alerted] = {}
            for each in owed:
                told = items.get(each.story_id or 0, ())
                words = [
                    word for item in told for word in typed.get((each.subscriber.id, item.id), ())
                ]
                if words:
                    ordered = tuple(dict.fromkeys(word for _, word in sorted(words)))
                    found[each.id] = Alerted(told, ordered)
            return found

        return await self._database.read(work)

    async def load_alert_message(self, edit: Delivery) -> int | None:
        """Return the message that alerted this subscriber to an edit's story.

        None when there is none, or when it was a bulletin: that tells of other stories too.
        """

        def work(connection: Connection) -> int | None:
            sent = (delivery.c.kind == DeliveryKind.ALERT) & delivery.c.message_id.is_not(None)
            message_id = connection.scalar(
                select(delivery.c.message_id).where(
                    sent,
                    delivery.c.subscriber_id == edit.subscriber.id,
                    delivery.c.ref == f"story:{edit.story_id}",
                )
            )
            sharing = select(func.count()).where(
                sent,
                delivery.c.subscriber_id == edit.subscriber.id,
                delivery.c.message_id == message_id,
            )
            return message_id if connection.scalar(sharing) == 1 else None

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


def _load_story_items(
    connection: Connection, story_ids: Collection[int | None]
) -> dict[int, tuple[Item, ...]]:
    rows = connection.execute(
        select_items()
        .add_columns(story_item.c.story_id)
        .join(story_item, story_item.c.item_id == item.c.id)
        .where(story_item.c.story_id.in_(story_ids))
        .order_by(item.c.id)
    )
    found: dict[int, tuple[Item, ...]] = {}
    for row in rows:
        found[row.story_id] = (*found.get(row.story_id, ()), to_item(row))
    return found


def _load_typed(
    connection: Connection, subscriber_ids: Collection[int], item_ids: Collection[int]
) -> dict[tuple[int, int], list[tuple[datetime, str]]]:
    """Return when each subscriber began to follow what an item matches, and what they typed."""
    rows = connection.execute(
        select(
            subscription.c.subscriber_id,
            match.c.item_id,
            subscription.c.created_at,
            subscription.c.typed,
        )
        .join(match, match.c.keyword_id == subscription.c.keyword_id)
        .where(subscription.c.subscriber_id.in_(subscriber_ids), match.c.item_id.in_(item_ids))
    )
    found: dict[tuple[int, int], list[tuple[datetime, str]]] = {}
    for row in rows:
        pair = (row.subscriber_id, row.item_id)
        found.setdefault(pair, []).append((row.created_at, row.typed))
    return found


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
