"""Fan-out: from a match to a delivery for each subscriber of its keyword, inside the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    delete,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    update,
)

from bot.delivery.pace import count_backlog
from bot.model import AWAY, DeliveryKind, DeliveryState
from bot.storage.claims import is_open
from bot.storage.columns import now_ms
from bot.storage.database import insert_into
from bot.storage.quiet import HELD, may_ring
from bot.storage.tables import (
    chat,
    delivery,
    fanout,
    feed,
    item,
    muted_publisher,
    publisher,
    subscriber,
    subscription,
)

#: Why an alert was cancelled whose reader was told of its story by another message.
TOLD_ELSEWHERE = "told by another message"
#: A chunk keeps the write lock for some milliseconds, so that commands come in between two.
CHUNK = 500
#: So many matches of few subscribers make one chunk together.
_MOST_MATCHES = 50

# Literals: with a bound parameter the planner cannot prove that the partial index serves.
_IS_PENDING = delivery.c.state == literal_column(str(int(DeliveryState.PENDING)))
#: The condition that a chat is written to.
IS_ACTIVE = chat.c.state.not_in([literal_column(str(int(each))) for each in AWAY])


def expand_fanout(connection: Connection, rate: float, chunk: int = CHUNK) -> bool:
    """Owe one chunk of subscribers their alert; False when there is nothing to expand now.

    Graver matches first; then the story that has waited longest for a chunk, so that one popular
    item cannot hold the bot for hours. While enough is due for some seconds of sending, the rest
    waits as a cursor. Cursor and deliveries move in one transaction, so a crash neither skips nor
    repeats anybody; several keywords of one subscriber that match one story make one delivery.
    """
    sibling = fanout.alias()
    served_at = (
        select(func.max(sibling.c.served_at))
        .where(sibling.c.story_id == fanout.c.story_id)
        .correlate(fanout)
        .scalar_subquery()
    )
    steps = connection.execute(
        select(
            fanout,
            item.c.seen_at,
            item.c.language,
            publisher_name().label("publisher"),
        )
        .join(item, item.c.id == fanout.c.item_id)
        .join(feed, feed.c.id == item.c.feed_id)
        .join(publisher, publisher.c.id == feed.c.publisher_id)
        .order_by(fanout.c.gravity.desc(), served_at, fanout.c.item_id, fanout.c.keyword_id)
        .limit(_MOST_MATCHES)
        .with_for_update(skip_locked=True, of=fanout)
    ).all()
    if not steps or _is_enough(connection, steps[0].gravity, count_backlog(rate)):
        return False
    left = chunk
    for step in steps:
        left -= _give(connection, step, left)
        if left <= 0:
            break
    return True


def _give(connection: Connection, step: Row[Any], chunk: int) -> int:
    """Owe the next *chunk* of a match's subscribers its alert; return how many the cursor passed.

    Who is paused or gone, or does not want this, is owed nothing, and passed all the same.
    """
    page = (
        select(subscription.c.subscriber_id, subscription.c.muted_until)
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
        connection.execute(update(fanout).where(this_step).values(cursor=last, served_at=now_ms()))
    return int(count)


def _owe_alerts(connection: Connection, page: Any, step: Row[Any]) -> None:
    columns = {
        "subscriber_id": subscriber.c.id,
        "chat_id": subscriber.c.chat_id,
        "kind": literal(int(DeliveryKind.ALERT)),
        "gravity": literal(step.gravity),
        "ref": literal(f"story:{step.story_id}"),
        "story_id": literal(step.story_id),
        "due_at": now_ms(),
        # When its news was seen: by that an alert is late, however long its fan-out took.
        "created_at": literal(step.seen_at, item.c.seen_at.type),
    }
    owed = (
        select(*columns.values())
        .join(page, page.c.subscriber_id == subscriber.c.id)
        .join(chat, chat.c.id == subscriber.c.chat_id)
        .where(
            IS_ACTIVE,
            subscriber.c.paused.is_(False),
            subscriber.c.least_gravity <= step.gravity,
            may_ring(step.gravity),
            or_(page.c.muted_until.is_(None), page.c.muted_until <= step.seen_at),
            wants_of(step.language, step.publisher),
        )
        .order_by(subscriber.c.id)
    )
    statement: Any = insert_into(connection, delivery).from_select(list(columns), owed)
    new = statement.excluded
    was_cancelled = delivery.c.state == int(DeliveryState.CANCELLED)
    why = func.coalesce(delivery.c.error, "")
    graver = new.gravity > delivery.c.gravity
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["subscriber_id", "kind", "ref"],
            # Whoever was owed it and never got it, since they paused or wanted graver news only, is
            # owed it again by what is new in it; one that waits goes as fast as its gravest item.
            set_={
                "state": int(DeliveryState.PENDING),
                "gravity": case(
                    (delivery.c.gravity > new.gravity, delivery.c.gravity), else_=new.gravity
                ),
                "due_at": case((was_cancelled, new.due_at), else_=delivery.c.due_at),
                "created_at": case((was_cancelled, new.created_at), else_=delivery.c.created_at),
                "attempts": case((was_cancelled, 0), else_=delivery.c.attempts),
                "retries": case((was_cancelled, 0), else_=delivery.c.retries),
                "error": None,
                "settled_at": None,
            },
            where=or_(
                and_(was_cancelled, why.not_in([TOLD_ELSEWHERE, HELD])),
                and_(was_cancelled, why == HELD, graver),
                _IS_PENDING & graver,
            ),
        )
    )


def publisher_name() -> ColumnElement[str]:
    """Return the name under which messages show who printed an item."""
    return func.coalesce(func.nullif(item.c.source, ""), publisher.c.name)


def wants_of(language: Any, name: Any) -> ColumnElement[bool]:
    """Return the condition that a subscriber wants news in this language, by this publisher."""
    muted = select(muted_publisher.c.name).where(
        muted_publisher.c.subscriber_id == subscriber.c.id, muted_publisher.c.name == name
    )
    return and_(not_(subscriber.c.hidden_languages.contains(language)), not_(muted.exists()))


def _is_enough(connection: Connection, gravity: int, backlog: int) -> bool:
    """Say whether enough alerts, as grave or graver, are due behind open gates."""
    due = (
        select(delivery.c.id)
        .join(chat, chat.c.id == delivery.c.chat_id)
        .where(
            _IS_PENDING,
            delivery.c.kind == DeliveryKind.ALERT,
            delivery.c.gravity >= gravity,
            IS_ACTIVE,
            is_open(),
        )
        .limit(backlog)
    )
    count = connection.scalar(select(func.count()).select_from(due.subquery()))
    return int(count or 0) >= backlog
