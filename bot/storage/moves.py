"""Moves: groups that became supergroups, and keep all that they had under their new id."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from bot.model import ChatKind, Standing
from bot.storage.database import insert_into
from bot.storage.tables import applicant, chat, delivery, subscriber, subscription

_IS_PENDING = delivery.c.state == 0


def move_chat(connection: Connection, chat_id: int, new_chat_id: int) -> bool:
    """Give all that a group had to its new id, whatever stands there already; False if it had none.

    Where both have a subscriber in one topic, the keywords of both stay, and the settings of the
    one that has keywords in the new chat; else of the old one.
    """
    if chat_id != new_chat_id:
        _move_applicant(connection, chat_id, new_chat_id)
    old = connection.execute(select(chat).where(chat.c.id == chat_id)).one_or_none()
    if old is None or chat_id == new_chat_id:
        return False
    connection.execute(
        insert_into(connection, chat)
        .values(id=new_chat_id, kind=str(ChatKind.SUPERGROUP))
        .on_conflict_do_nothing()
    )
    newer = {
        row.topic: row.id
        for row in connection.execute(
            select(subscriber.c.id, subscriber.c.topic).where(subscriber.c.chat_id == new_chat_id)
        )
    }
    for row in connection.execute(
        select(subscriber.c.id, subscriber.c.topic).where(subscriber.c.chat_id == chat_id)
    ).all():
        twin = newer.get(row.topic)
        if twin is not None and _has_keywords(connection, twin):
            _merge_keywords(connection, row.id, twin)
            continue
        if twin is not None:
            connection.execute(delete(subscriber).where(subscriber.c.id == twin))
        connection.execute(
            update(subscriber).where(subscriber.c.id == row.id).values(chat_id=new_chat_id)
        )
        connection.execute(
            update(delivery)
            .where(delivery.c.subscriber_id == row.id)
            # Numbers of the old group's messages are others' in the new one.
            .values(chat_id=new_chat_id, message_id=None)
        )
    connection.execute(delete(chat).where(chat.c.id == chat_id))
    return True


def _move_applicant(connection: Connection, chat_id: int, new_chat_id: int) -> None:
    """Let what was decided of a group hold for its new id; what was not is asked anew."""
    decided = connection.execute(
        delete(applicant)
        .where(applicant.c.chat_id == chat_id)
        .returning(applicant.c.standing, applicant.c.language, applicant.c.asked_at)
    ).one_or_none()
    if decided is not None and decided.standing != Standing.ASKED:
        connection.execute(
            insert_into(connection, applicant)
            .values(chat_id=new_chat_id, **decided._mapping)
            .on_conflict_do_nothing()
        )


def _has_keywords(connection: Connection, subscriber_id: int) -> bool:
    query = select(subscription.c.keyword_id).where(subscription.c.subscriber_id == subscriber_id)
    return connection.execute(query.limit(1)).first() is not None


def _merge_keywords(connection: Connection, old: int, new: int) -> None:
    """Give one subscriber another's keywords, and what the other was still owed."""
    columns = ("keyword_id", "typed", "created_at")
    kept = select(*(subscription.c[name] for name in columns)).where(
        subscription.c.subscriber_id == old
    )
    for keyword in connection.execute(kept).mappings().all():
        connection.execute(
            insert_into(connection, subscription)
            .values(subscriber_id=new, **keyword)
            .on_conflict_do_nothing()
        )
    theirs = select(delivery.c.kind, delivery.c.ref).where(delivery.c.subscriber_id == new)
    owed = {(row.kind, row.ref) for row in connection.execute(theirs)}
    pending = select(delivery.c.id, delivery.c.kind, delivery.c.ref).where(
        delivery.c.subscriber_id == old, _IS_PENDING
    )
    chat_of_new = select(subscriber.c.chat_id).where(subscriber.c.id == new).scalar_subquery()
    for row in connection.execute(pending).all():
        if (row.kind, row.ref) not in owed:
            connection.execute(
                update(delivery)
                .where(delivery.c.id == row.id)
                .values(subscriber_id=new, chat_id=chat_of_new)
            )
