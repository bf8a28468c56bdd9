"""Quiet hours as they stand: who has them now, and what is told when they are over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Text,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from bot.model import AWAY, WAKES, DeliveryKind, DeliveryState, Subscriber
from bot.storage.columns import now_ms
from bot.storage.database import Database, insert_into
from bot.storage.holding import hold_back, load_newest
from bot.storage.subscribers import to_subscriber
from bot.storage.tables import (
    chat,
    delivery,
    match,
    story_item,
    subscriber,
    subscription,
)

#: Begins the ref of what is told when quiet hours are over.
MORNING = "morning "
#: Why an alert was cancelled that is told in the morning.
HELD = "held for the morning"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietTurn:
    """How it is to be with somebody from now on: quiet or not, and until when."""

    quiet: bool
    next_at: datetime | None
    #: The local date and time that names the morning.
    morning: str


def may_ring(gravity: int) -> ColumnElement[bool]:
    """Return the condition that something so grave may ring at a subscriber now."""
    if gravity >= WAKES:
        return or_(subscriber.c.quiet.is_(False), subscriber.c.quiet_urgent)
    return subscriber.c.quiet.is_(False)


def is_settled(now: Any) -> ColumnElement[bool]:
    """Return the condition that no change between quiet and loud is overdue for a subscriber."""
    return or_(subscriber.c.next_quiet_at.is_(None), subscriber.c.next_quiet_at > now)


class QuietHours:
    """Storage of quiet hours."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def turn(
        self, now: datetime, decide: Callable[[Subscriber], QuietTurn], limit: int = 500
    ) -> int:
        """Begin and end the quiet hours whose time has come; return of how many.

        What waits to ring as they begin is held too. As they end, one message is owed of all that
        came; whoever is paused is owed none: their next digest tells it.
        """

        def work(connection: Connection) -> int:
            rows = connection.execute(
                select(subscriber, chat.c.state.label("chat_state"))
                .join(chat)
                .where(subscriber.c.next_quiet_at <= now)
                .order_by(subscriber.c.next_quiet_at)
                .limit(limit)
                .with_for_update(skip_locked=True, of=subscriber)
            ).all()
            newest = load_newest(connection)
            for row in rows:
                turn = decide(to_subscriber(row))
                values: dict[str, Any] = {"quiet": turn.quiet, "next_quiet_at": turn.next_at}
                if turn.quiet and not row.quiet:
                    # A ring bears no gravity of its own: the morning tells of it.
                    among = delivery.c.gravity < WAKES if row.quiet_urgent else true()
                    values["quiet_item"] = hold_back(connection, row.id, HELD, among)
                elif row.quiet and not turn.quiet:
                    _owe_morning(connection, row, turn.morning, newest, now)
                connection.execute(
                    update(subscriber).where(subscriber.c.id == row.id).values(values)
                )
            return len(rows)

        return await self._database.write(work)


def _owe_morning(
    connection: Connection, row: Row[Any], morning: str, newest: int, now: datetime
) -> None:
    """Owe one message of what came since it became quiet; its stories count as told by it."""
    if row.paused or row.chat_state in AWAY or newest <= row.quiet_item:
        return
    _note_told(connection, row, newest, now)
    digest_due = row.next_digest_at is not None and row.next_digest_at <= now
    if digest_due and row.digest_item <= row.quiet_item:
        return  # the digest tells it all
    connection.execute(
        insert_into(connection, delivery)
        .values(
            subscriber_id=row.id,
            chat_id=row.chat_id,
            kind=DeliveryKind.DIGEST,
            ref=f"{MORNING}{morning}",
            due_at=0,
            after_item=row.quiet_item,
            upto_item=newest,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )


def _note_told(connection: Connection, row: Row[Any], newest: int, now: datetime) -> None:
    """Let the stories of these hours alert only once they grow graver than the morning tells."""
    columns = {
        "subscriber_id": literal(row.id),
        "chat_id": literal(row.chat_id),
        "kind": literal(int(DeliveryKind.ALERT)),
        "state": literal(int(DeliveryState.CANCELLED)),
        "gravity": func.max(story_item.c.gravity),
        "ref": literal("story:") + cast(story_item.c.story_id, Text),
        "story_id": story_item.c.story_id,
        "due_at": now_ms(),
        "error": literal(HELD),
        "settled_at": now_ms(),
        "created_at": literal(now, delivery.c.created_at.type),
    }
    told = (
        select(*columns.values())
        .join(match, match.c.item_id == story_item.c.item_id)
        .join(subscription, subscription.c.keyword_id == match.c.keyword_id)
        .where(
            subscription.c.subscriber_id == row.id,
            match.c.item_id > row.quiet_item,
            match.c.item_id <= newest,
        )
        .group_by(story_item.c.story_id)
    )
    connection.execute(
        insert_into(connection, delivery).from_select(list(columns), told).on_conflict_do_nothing()
    )
