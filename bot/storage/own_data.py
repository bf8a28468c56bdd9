"""All that is kept of one subscriber, as it stands in the tables; nothing of anybody else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select

from bot.storage.database import Database
from bot.storage.tables import (
    applicant,
    broadcast,
    chat,
    delivery,
    keyword,
    muted_publisher,
    subscriber,
    subscription,
    typed_words,
)

OwnData = Mapping[str, list[dict[str, Any]]]


class OwnDataStorage:
    """Storage read for whoever asks what is kept of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, subscriber_id: int) -> OwnData:
        """Return the rows of each table that are about a subscriber, times as ISO 8601 in UTC."""

        def work(connection: Connection) -> OwnData:
            return {
                name: [_say(row) for row in connection.execute(query).mappings()]
                for name, query in _queries(subscriber_id).items()
            }

        return await self._database.read(work)


def _queries(subscriber_id: int) -> Mapping[str, Select[Any]]:
    mine = subscriber.c.id == subscriber_id
    return {
        "chat": select(chat).join(subscriber, subscriber.c.chat_id == chat.c.id).where(mine),
        "applicant": select(applicant)
        .join(subscriber, subscriber.c.chat_id == applicant.c.chat_id)
        .where(mine),
        "broadcast": select(broadcast)
        .join(subscriber, subscriber.c.chat_id == broadcast.c.operator_id)
        .where(mine),
        "subscriber": select(subscriber).where(mine),
        "subscription": select(subscription, keyword.c.query)
        .join(keyword, keyword.c.id == subscription.c.keyword_id)
        .where(subscription.c.subscriber_id == subscriber_id)
        .order_by(subscription.c.created_at, subscription.c.keyword_id),
        "muted_publisher": select(muted_publisher).where(
            muted_publisher.c.subscriber_id == subscriber_id
        ),
        "typed_words": select(typed_words).where(typed_words.c.subscriber_id == subscriber_id),
        "delivery": select(delivery)
        .where(delivery.c.subscriber_id == subscriber_id)
        .order_by(delivery.c.id),
    }


def _say(row: RowMapping) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }
