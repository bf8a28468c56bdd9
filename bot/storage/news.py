"""News of stories: from an item that joined one to an edit, and a ring, for each who knows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, case, delete, func, literal, select, true, update

from bot.model import NO_ALERTS, DeliveryKind, DeliveryState
from bot.storage.columns import now_ms
from bot.storage.database import insert_into
from bot.storage.fanout import CHUNK, IS_ACTIVE
from bot.storage.quiet import may_ring
from bot.storage.tables import chat, delivery, item, story_news, subscriber

#: A message is edited no oftener than this.
EDIT_EVERY_MS = 60_000


def expand_news(connection: Connection, chunk: int = CHUNK) -> bool:
    """Owe one chunk of those who were alerted to a story what is new in it; False for none.

    Whoever is still owed the alert is owed the edit too: should their alert be on its way now, it
    tells less. If it is not, it will tell everything, and the edit finds nothing to say.
    """
    step = connection.execute(
        select(story_news, item.c.seen_at)
        .join(item, item.c.id == story_news.c.item_id)
        .order_by(story_news.c.gravity.desc(), story_news.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=story_news)
    ).one_or_none()
    if step is None:
        return False
    page = (
        select(delivery.c.id)
        .where(
            delivery.c.story_id == step.story_id,
            delivery.c.kind == DeliveryKind.ALERT,
            delivery.c.id > step.cursor,
        )
        .order_by(delivery.c.id)
        .limit(chunk)
        .subquery()
    )
    last, count = connection.execute(
        select(func.max(page.c.id), func.count()).select_from(page)
    ).one()
    if count and step.changed:
        _tell_again(connection, page, step)
    if count:
        _owe(connection, page, step, DeliveryKind.EDIT, f"story:{step.story_id}")
        if step.ring:
            ref = f"story:{step.story_id}:{step.ring}:{step.id}"
            _owe(connection, page, step, DeliveryKind.RING, ref)
    this = story_news.c.id == step.id
    if count < chunk:
        connection.execute(delete(story_news).where(this))
    else:
        connection.execute(update(story_news).where(this).values(cursor=last))
    return True


def _tell_again(connection: Connection, page: Any, step: Row[Any]) -> None:
    """Let an item count as not told yet: its headline was another when it was."""
    alert = delivery.alias()
    readers = select(alert.c.subscriber_id).join(page, page.c.id == alert.c.id)
    connection.execute(
        update(delivery)
        .where(
            delivery.c.subscriber_id.in_(readers),
            delivery.c.ref == f"story:{step.story_id}",
            delivery.c.kind.in_([int(DeliveryKind.ALERT), int(DeliveryKind.EDIT)]),
            delivery.c.after_item >= step.item_id,
        )
        .values(after_item=step.item_id - 1)
    )


def _owe(connection: Connection, page: Any, step: Row[Any], kind: DeliveryKind, ref: str) -> None:
    alert = delivery.alias()
    columns = {
        "subscriber_id": alert.c.subscriber_id,
        "chat_id": subscriber.c.chat_id,
        "kind": literal(int(kind)),
        # Both kinds have a lane of their own, whatever they tell of.
        "gravity": literal(0),
        "ref": literal(ref),
        "story_id": literal(step.story_id),
        "upto_item": literal(step.item_id),
        "due_at": edit_at(alert) if kind is DeliveryKind.EDIT else now_ms(),
        "created_at": literal(step.seen_at, item.c.seen_at.type),
    }
    # An edit is silent: whoever knows a story is shown the rest, however grave.
    least = step.gravity if kind is DeliveryKind.RING else NO_ALERTS
    owed = (
        select(*columns.values())
        .join(page, page.c.id == alert.c.id)
        .join(subscriber, subscriber.c.id == alert.c.subscriber_id)
        .join(chat, chat.c.id == subscriber.c.chat_id)
        .where(
            IS_ACTIVE,
            subscriber.c.paused.is_(False),
            alert.c.state.in_([int(DeliveryState.PENDING), int(DeliveryState.SENT)]),
            alert.c.after_item < step.item_id,
            subscriber.c.least_gravity <= least,
            may_ring(step.gravity) if kind is DeliveryKind.RING else true(),
        )
        .order_by(alert.c.id)
    )
    if kind is DeliveryKind.EDIT:
        arm_edits(connection, list(columns), owed)
        return
    connection.execute(
        insert_into(connection, delivery).from_select(list(columns), owed).on_conflict_do_nothing()
    )


def arm_edits(connection: Connection, columns: Sequence[str], owed: Select[Any]) -> None:
    """Owe edits, the rows that were settled before armed again; *columns* are those of *owed*."""
    statement: Any = insert_into(connection, delivery).from_select(list(columns), owed)
    new = statement.excluded
    was_settled = delivery.c.state != int(DeliveryState.PENDING)
    # What Telegram refused to edit once, for it is deleted or too old, it will refuse again.
    may_be_edited = delivery.c.state != int(DeliveryState.DEAD)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["subscriber_id", "kind", "ref"],
            set_={
                # One on its way says less: when it is settled, it is owed once more.
                "upto_item": _greater(delivery.c.upto_item, new.upto_item),
                "state": int(DeliveryState.PENDING),
                "due_at": case(
                    (was_settled, _greater(new.due_at, edit_at(delivery))),
                    else_=delivery.c.due_at,
                ),
                "attempts": case((was_settled, 0), else_=delivery.c.attempts),
                "retries": case((was_settled, 0), else_=delivery.c.retries),
                "created_at": new.created_at,
                "settled_at": None,
            },
            where=may_be_edited,
        )
    )


def edit_at(told: Any) -> Any:
    """Return when a message may be edited that was last written when *told* was settled."""
    return func.coalesce(told.c.settled_at, now_ms()) + EDIT_EVERY_MS


def _greater(one: Any, other: Any) -> Any:
    return case((one > other, one), else_=other)
