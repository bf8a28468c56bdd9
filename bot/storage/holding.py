"""Holding back: what waits to ring is cancelled, and from which item on it is told later."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, func, literal_column, select, update

from bot.model import DeliveryKind, DeliveryState
from bot.storage.columns import now_ms
from bot.storage.tables import delivery, item, story_item

_RINGING = (int(DeliveryKind.ALERT), int(DeliveryKind.RING))
# A literal: with a bound parameter the planner cannot prove that the partial index serves.
_IS_PENDING = delivery.c.state == literal_column(str(int(DeliveryState.PENDING)))


def load_newest(connection: Connection) -> int:
    """Return the newest item's id; 0 where there is none."""
    return connection.scalar(select(func.coalesce(func.max(item.c.id), 0))) or 0


def hold_back(
    connection: Connection, subscriber_id: int, reason: str, among: ColumnElement[bool]
) -> int:
    """Cancel what *among* that subscriber's waits to ring; return the last item before all of it.

    Where nothing waits, that is the newest item.
    """
    newest = load_newest(connection)
    waits = (
        (delivery.c.subscriber_id == subscriber_id)
        & _IS_PENDING
        & delivery.c.kind.in_(_RINGING)
        & among
    )
    first = connection.scalar(
        select(func.min(story_item.c.item_id))
        .join(delivery, delivery.c.story_id == story_item.c.story_id)
        .where(waits)
    )
    connection.execute(
        update(delivery)
        .where(waits)
        .values(state=DeliveryState.CANCELLED, error=reason, settled_at=now_ms())
    )
    return newest if first is None else min(newest, int(first) - 1)
