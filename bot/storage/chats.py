"""Chats: whether they can be written to, and what they are owed of what they missed meanwhile.

Telegram has answered wrongly for hours before. So a refusal that says "for good" stops sending for
an hour; only a second one after it makes the chat gone. A chat that takes nothing now (a right is
missing, its topic is closed) is closed: it is asked ever more rarely, and nothing is cancelled.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy import cast as sql_cast

from bot.model import AWAY, ChatKind, ChatState, DeliveryKind, DeliveryState
from bot.storage.columns import now_ms
from bot.storage.database import Database
from bot.storage.moves import move_chat
from bot.storage.tables import (
    HAS_REFUSED,
    IS_CLOSED,
    chat,
    delivery,
    item,
    story_item,
    subscriber,
)

#: When a chat that refused for good is asked once more.
ASK_AGAIN_MS = 3_600_000
#: A closed chat is asked again after as long as it has been closed, within these.
_FIRST_LOOK_MS = 60_000
_LAST_LOOK_MS = 3_600_000
# A chat is known as closed to its admins after this: rights are taken and given in a minute.
_TELL_AFTER_MS = 120_000
_IS_PENDING = delivery.c.state == 0


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many chats refused for good within a time, and how many were written to in it."""

    refused: int
    written: int


class Chats:
    """Storage of whether chats can be written to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note_refusal(self, chat_id: int, reason: str) -> None:
        """Note that a chat refused for good: asked again in an hour, then it is gone."""
        await self._database.write(lambda connection: note_refusal(connection, chat_id, reason))

    async def mark_gone(self, chat_id: int, reason: str) -> None:
        """Note that a chat can no longer be written to, as it said itself."""
        await self._database.write(lambda connection: mark_gone(connection, chat_id, reason))

    async def mark_back(self, chat_id: int) -> None:
        """Note that a chat can be written to again; what it missed is in its next digest."""
        await self._database.write(lambda connection: mark_back(connection, chat_id))

    async def move(self, chat_id: int, new_chat_id: int) -> None:
        """Follow a group that became a supergroup; all that it had and was owed moves along."""
        await self._database.write(lambda connection: follow_chat(connection, chat_id, new_chat_id))

    async def count_refusals(self, within_ms: int) -> Refusals:
        """Return how many chats refused for good lately, and how many were sent something."""

        def work(connection: Connection) -> Refusals:
            since = now_ms() - within_ms
            refused = select(func.count()).where(HAS_REFUSED, chat.c.refused_at > since)
            sent = select(func.count(delivery.c.chat_id.distinct())).where(
                delivery.c.settled_at > since, delivery.c.state == DeliveryState.SENT
            )
            count = connection.scalar(refused) or 0
            return Refusals(count, connection.scalar(sent) or 0 if count else 0)

        return await self._database.read(work)

    async def load_closed(self) -> list[int]:
        """Return groups that take nothing now and whose admins have not been told."""

        def work(connection: Connection) -> list[int]:
            query = select(chat.c.id).where(
                IS_CLOSED,
                chat.c.closed_at < now_ms() - _TELL_AFTER_MS,
                chat.c.closed_told.is_(False),
                chat.c.kind != str(ChatKind.PRIVATE),
            )
            return list(connection.scalars(query.limit(20)))

        return await self._database.read(work)

    async def mark_told(self, chat_id: int) -> None:
        """Note that the admins of a closed group have been told, as far as they can be."""
        await self._database.write(
            lambda connection: connection.execute(
                update(chat).where(chat.c.id == chat_id).values(closed_told=True)
            )
        )

    async def keep_private(self, chat_ids: Collection[int]) -> list[int]:
        """Return which of these are private chats that can be written to."""

        def work(connection: Connection) -> list[int]:
            query = select(chat.c.id).where(
                chat.c.id.in_(chat_ids),
                chat.c.kind == str(ChatKind.PRIVATE),
                chat.c.state == ChatState.ACTIVE,
            )
            return list(connection.scalars(query))

        return await self._database.read(work)


def note_refusal(connection: Connection, chat_id: int, reason: str) -> None:
    """Note one refusal that says "for good": the first stops sending for an hour.

    The next one after it makes the chat gone; one within the hour says nothing new.
    """
    found = connection.execute(
        select(chat.c.state, chat.c.refused_at, now_ms().label("now")).where(chat.c.id == chat_id)
    ).one_or_none()
    if found is None or found.state in AWAY:
        return
    waited_ms = found.now - found.refused_at
    if found.state == ChatState.REFUSED and 0 <= waited_ms < ASK_AGAIN_MS:
        return
    if found.state == ChatState.REFUSED and waited_ms >= ASK_AGAIN_MS:
        mark_gone(connection, chat_id, reason)
        return
    connection.execute(
        update(chat)
        .where(chat.c.id == chat_id)
        .values(
            state=ChatState.REFUSED,
            state_reason=reason[:500],
            refused_at=now_ms(),
            not_before=now_ms() + ASK_AGAIN_MS,
            gated_at=now_ms(),
            lease=0,
        )
    )
    pending = update(delivery).where(delivery.c.chat_id == chat_id, _IS_PENDING)
    connection.execute(pending.values(attempts=0))


def mark_gone(connection: Connection, chat_id: int, reason: str) -> None:
    """Note that a chat can no longer be written to.

    What it was owed is cancelled, and noted as missed should it come back.
    """
    state = connection.scalar(select(chat.c.state).where(chat.c.id == chat_id))
    if state in AWAY:
        return  # what it has missed since then is not to be forgotten for hearing it again
    of_chat = (delivery.c.chat_id == chat_id) & _IS_PENDING
    without_digest = (subscriber.c.chat_id == chat_id) & (subscriber.c.digest_times == "")
    newest = select(func.coalesce(func.max(item.c.id), 0)).scalar_subquery()
    # Their mark lies far back: alerts have told what followed. Who is owed a digest keeps it.
    connection.execute(
        update(subscriber)
        .where(without_digest, subscriber.c.next_digest_at.is_(None))
        .values(digest_item=newest)
    )
    rewind_digests(connection, of_chat)
    connection.execute(update(subscriber).where(without_digest).values(next_digest_at=None))
    connection.execute(
        update(delivery)
        .where(of_chat)
        .values(state=DeliveryState.CANCELLED, error=reason[:500], settled_at=now_ms())
    )
    connection.execute(
        update(chat)
        .where(chat.c.id == chat_id)
        .values(state=ChatState.GONE, state_reason=reason[:500], closed_at=0, gone_at=now_ms())
    )


def mark_back(connection: Connection, chat_id: int) -> None:
    """Note that a chat can be written to again.

    What it missed is in its next digest; who has no digest is owed one.
    """
    state = connection.scalar(select(chat.c.state).where(chat.c.id == chat_id))
    if state in AWAY:
        connection.execute(
            update(subscriber)
            .where(subscriber.c.chat_id == chat_id, subscriber.c.digest_times == "")
            .values(next_digest_at=now_ms())
        )
    connection.execute(
        update(chat)
        .where(chat.c.id == chat_id, or_(chat.c.state != ChatState.ACTIVE, chat.c.closed_at > 0))
        .values(
            state=ChatState.ACTIVE, state_reason="", refused_at=0, closed_at=0, closed_told=False,
            gone_at=0, not_before=now_ms(), gated_at=now_ms(),
        )
    )  # fmt: skip


def rewind_digests(connection: Connection, which: Any, *, owe: bool = False) -> None:
    """Let the next digests of subscribers tell what pending deliveries were to tell.

    *owe*: who has no digest is owed one, of just that.
    """
    of_story = (
        select(func.min(story_item.c.item_id))
        .where(story_item.c.story_id == delivery.c.story_id)
        .scalar_subquery()
    )
    is_digest = delivery.c.kind == DeliveryKind.DIGEST
    first = case((is_digest, delivery.c.after_item + 1), else_=of_story)
    missed = connection.execute(
        select(delivery.c.subscriber_id, func.min(first).label("first"))
        .where(which, delivery.c.kind != DeliveryKind.EDIT)
        .group_by(delivery.c.subscriber_id)
    ).all()
    for row in missed:
        if row.first is None:  # its items are pruned
            continue
        before = row.first - 1
        reader = subscriber.c
        earlier = reader.digest_item < before
        if owe:
            # Where no digest is, the mark lies far back: alerts have told what followed.
            earlier &= or_(reader.digest_times != "", reader.next_digest_at.is_not(None))
        values: dict[str, Any] = {"digest_item": case((earlier, reader.digest_item), else_=before)}
        if owe:
            values["next_digest_at"] = func.coalesce(
                sql_cast(reader.next_digest_at, BigInteger), now_ms()
            )
        connection.execute(update(subscriber).where(reader.id == row.subscriber_id).values(values))


def close_gate(connection: Connection, chat_id: int, lease: int) -> None:
    """Let a chat that takes nothing now wait as long again as it has been closed, up to an hour."""
    since = case((chat.c.closed_at > 0, chat.c.closed_at), else_=now_ms())
    closed_ms = now_ms() - since
    wait_ms = case(
        (closed_ms < _FIRST_LOOK_MS, _FIRST_LOOK_MS),
        (closed_ms > _LAST_LOOK_MS, _LAST_LOOK_MS),
        else_=closed_ms,
    )
    connection.execute(
        update(chat)
        .where(chat.c.id == chat_id, chat.c.lease == lease)
        .values(closed_at=since, not_before=now_ms() + wait_ms, gated_at=now_ms(), lease=0)
    )


# Built once: it runs with every batch of messages.
_WRITTEN = (
    update(chat)
    .where(
        chat.c.id.in_(bindparam("ids", expanding=True)),
        or_(IS_CLOSED, chat.c.state == literal_column(str(int(ChatState.REFUSED)))),
    )
    .values(state=ChatState.ACTIVE, state_reason="", refused_at=0, closed_at=0, closed_told=False)
)


def note_written(connection: Connection, chat_ids: Collection[int]) -> None:
    """Note that chats took a message: they are neither refusing nor closed."""
    connection.execute(_WRITTEN, {"ids": list(chat_ids)})


def follow_chat(connection: Connection, chat_id: int, new_chat_id: int) -> None:
    """Follow a group to its new id, where it can be written to."""
    if move_chat(connection, chat_id, new_chat_id):
        mark_back(connection, new_chat_id)
