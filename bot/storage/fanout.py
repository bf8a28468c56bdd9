"""Fan-out: from a match to a delivery for each subscriber of its keyword, inside the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, literal, literal_column, select, update

from bot.model import ChatState, DeliveryKind
from bot.storage.database import insert_into
from bot.storage.tables import chat, delivery, fanout, now_ms, subscriber, subscription

#: A chunk keeps the write lock for some milliseconds, so that commands get their turn between two.
CHUNK = 500
#: While more alerts than this are due, fan-out waits: the table never holds a whole broadcast.
BACKLOG = 5000

# A literal: with a bound parameter the planner cannot prove that the partial index serves.
_IS_PENDING = delivery.c.state == literal_column("0")


def expand_fanout(connection: Connection, chunk: int = CHUNK) -> bool:
    """Owe one chunk of subscribers their alert; False when there is nothing to expand now.

    Cursor and deliveries move in one transaction, so a crash neither skips nor repeats anybody;
    several keywords of one subscriber that match one story make one delivery.
    """
    if _backlog(connection) >= BACKLOG:
        return False
    step = connection.execute(
        select(fanout)
        .order_by(fanout.c.item_id, fanout.c.keyword_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if step is None:
        return False
    page = (
        select(subscription.c.subscriber_id)
        .where(
            subscription.c.keyword_id == step.keyword_id,
            subscription.c.subscriber_id > step.cursor,
        )
        .order_by(subscription.c.subscriber_id)
        .limit(chunk)
        .subquery()
    )
    last, count = connection.execute(
        select(func.max(page.c.subscriber_id), func.count()).select_from(page)
    ).one()
    if count:
        _owe_alerts(connection, page, step)
    this_step = and_(fanout.c.item_id == step.item_id, fanout.c.keyword_id == step.keyword_id)
    if count < chunk:
        connection.execute(delete(fanout).where(this_step))
    else:
        connection.execute(update(fanout).where(this_step).values(cursor=last))
    return True


def _owe_alerts(connection: Connection, page: Any, step: Row[Any]) -> None:
    columns = {
        "subscriber_id": subscriber.c.id,
        "chat_id": subscriber.c.chat_id,
        "kind": literal(int(DeliveryKind.ALERT)),
        "ref": literal(f"story:{step.story_id}"),
        "story_id": literal(step.story_id),
        "due_at": now_ms(),
        "created_at": now_ms(),
    }
    owed = (
        select(*columns.values())
        .join(page, page.c.subscriber_id == subscriber.c.id)
        .join(chat, chat.c.id == subscriber.c.chat_id)
        .where(chat.c.state == literal_column(str(int(ChatState.ACTIVE))))
        .where(subscriber.c.paused.is_(False))
        .order_by(subscriber.c.id)
    )
    connection.execute(
        insert_into(connection, delivery).from_select(list(columns), owed).on_conflict_do_nothing()
    )


def _backlog(connection: Connection) -> int:
    due = select(delivery.c.id).where(_IS_PENDING, delivery.c.kind == DeliveryKind.ALERT)
    query = select(func.count()).select_from(due.limit(BACKLOG).subquery())
    return int(connection.scalar(query) or 0)
