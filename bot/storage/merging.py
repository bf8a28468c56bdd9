"""Stories put together and taken apart after they were told, with what is owed for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, delete, func, literal, or_, select, update

from bot.model import DeliveryKind, DeliveryState, Item
from bot.storage.archive import select_items, to_item
from bot.storage.caught import owe_alerts
from bot.storage.columns import now_ms
from bot.storage.database import Database, insert_into, take_intake_lock
from bot.storage.fanout import TOLD_ELSEWHERE
from bot.storage.news import arm_edits, edit_at
from bot.storage.tables import (
    delivery,
    fanout,
    item,
    match,
    story,
    story_apart,
    story_item,
    story_news,
)

_WRITTEN = [int(DeliveryState.PENDING), int(DeliveryState.SENT)]


@dataclass(frozen=True, slots=True)
class Pair:
    """A story and an item of it, as a second look compares them."""

    story: int
    item: Item


class Merging:
    """Storage of stories being put together and taken apart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_alone(self, opened_after: datetime, opened_before: datetime) -> list[Pair]:
        """Return the stories opened in between that one item alone tells."""
        alone = (
            select(story_item.c.story_id).group_by(story_item.c.story_id).having(func.count() == 1)
        )

        def work(connection: Connection) -> list[Pair]:
            query = select_items().add_columns(story.c.id.label("of_story"))
            query = query.join(story, story.c.head == item.c.id).where(
                story.c.opened_at > opened_after,
                story.c.opened_at <= opened_before,
                story.c.merged_into.is_(None),
                story.c.id.in_(alone),
            )
            return [Pair(row.of_story, to_item(row)) for row in connection.execute(query)]

        return await self._database.read(work)

    async def load_told_since(self, since: datetime) -> list[Pair]:
        """Return every item seen since then that tells a story which others opened."""

        def work(connection: Connection) -> list[Pair]:
            query = (
                select_items()
                .add_columns(story_item.c.story_id)
                .join(story_item, story_item.c.item_id == item.c.id)
                .join(story, story.c.id == story_item.c.story_id)
                .where(item.c.seen_at > since, story.c.head != item.c.id)
                .order_by(item.c.id)
            )
            return [Pair(row.story_id, to_item(row)) for row in connection.execute(query)]

        return await self._database.read(work)

    async def merge(
        self, one: int, other: int, *, by_operator: bool = False, quietly: bool = False
    ) -> bool:
        """Let two stories be one, the older; False where they are gone, or are to be apart.

        Who was told of both has the later message become a pointer to the event; who was told of
        one is told the rest in that. *quietly*, no message that was sent changes.
        """

        def work(connection: Connection) -> bool:
            take_intake_lock(connection)
            into, merged = sorted((one, other))
            rows = connection.execute(
                select(story.c.id).where(
                    story.c.id.in_((into, merged)), story.c.merged_into.is_(None)
                )
            ).all()
            if into == merged or len(rows) < 2:
                return False
            if by_operator:
                apart = and_(story_apart.c.story_id == into, story_apart.c.other_id == merged)
                connection.execute(delete(story_apart).where(apart))
            elif _may_not_merge(connection, into, merged):
                return False
            _merge(connection, into, merged, quietly=quietly)
            return True

        return await self._database.write(work)

    async def split(self, story_id: int, item_id: int, now: datetime) -> int | None:
        """Take an item out of a story into one of its own; return that, None where it is not in it.

        Whoever follows what is in it is alerted: they saw at most an edit. The two are never put
        together again but by an operator.
        """

        def work(connection: Connection) -> int | None:
            take_intake_lock(connection)
            return _split(connection, story_id, item_id, now)

        return await self._database.write(work)


def _may_not_merge(connection: Connection, into: int, merged: int) -> bool:
    """Say whether two stories are apart for a reason, or the later still owes alerts of its own.

    Such an alert rings; as a part of the other story it might be an edit that nobody sees.
    """
    reasons = (
        select(story_apart.c.story_id).where(
            story_apart.c.story_id == into, story_apart.c.other_id == merged
        ),
        select(story.c.id).where(story.c.id == merged, story.c.follows == into),
        select(delivery.c.id).where(
            delivery.c.story_id == merged,
            delivery.c.kind == DeliveryKind.ALERT,
            delivery.c.state == int(DeliveryState.PENDING),
        ),
        select(fanout.c.item_id).where(fanout.c.story_id == merged),
    )
    return any(connection.execute(each.limit(1)).first() is not None for each in reasons)


def _merge(connection: Connection, into: int, merged: int, *, quietly: bool) -> None:
    newest = connection.scalar(
        select(func.max(story_item.c.item_id)).where(story_item.c.story_id.in_((into, merged)))
    )
    for table in (story_item, story_news, fanout):
        of_merged = update(table).where(table.c.story_id == merged)
        connection.execute(of_merged.values(story_id=into))
    connection.execute(
        update(story)
        .where(or_(story.c.id == merged, story.c.merged_into == merged))
        .values(merged_into=into)
    )
    alert = delivery.alias()
    knows_both = select(alert.c.subscriber_id).where(
        alert.c.kind == DeliveryKind.ALERT,
        alert.c.story_id == into,
        alert.c.ref == f"story:{into}",
        alert.c.state.in_(_WRITTEN),
    )
    told_of_both = and_(delivery.c.story_id == merged, delivery.c.subscriber_id.in_(knows_both))
    is_pending = delivery.c.state == int(DeliveryState.PENDING)
    connection.execute(
        update(delivery)
        .where(told_of_both, is_pending)
        .values(state=DeliveryState.CANCELLED, error=TOLD_ELSEWHERE, settled_at=now_ms())
    )
    if not quietly:
        _owe_pointers(connection, merged, knows_both, int(newest or 0))
        connection.execute(story_news.insert().values(story_id=into, item_id=newest))
    _move_deliveries(connection, into, merged, knows_both, quietly=quietly)


def _move_deliveries(
    connection: Connection, into: int, merged: int, knows_both: Any, *, quietly: bool
) -> None:
    """Let what one who was told of one story only was told be the message of both.

    It tells less than there is: save *quietly*, an edit will show the rest.
    """
    moving = delivery.alias()
    readers = select(moving.c.subscriber_id).where(moving.c.story_id == merged)
    # What of the other was never delivered to them stands in the way of its name.
    connection.execute(
        delete(delivery).where(
            delivery.c.story_id == into,
            delivery.c.subscriber_id.in_(readers),
            delivery.c.subscriber_id.not_in(knows_both),
        )
    )
    renamed = case((delivery.c.ref == f"story:{merged}", f"story:{into}"), else_=delivery.c.ref)
    connection.execute(
        update(delivery)
        .where(delivery.c.story_id == merged, delivery.c.subscriber_id.not_in(knows_both))
        .values(story_id=into, ref=renamed, **({} if quietly else {"after_item": 0}))
    )


def _owe_pointers(connection: Connection, merged: int, readers: Any, newest: int) -> None:
    """Owe those who were told of both an edit of the later message: it points to the other."""
    alert = delivery.alias()
    columns = {
        "subscriber_id": alert.c.subscriber_id,
        "chat_id": alert.c.chat_id,
        "kind": literal(int(DeliveryKind.EDIT)),
        "ref": literal(f"story:{merged}"),
        "story_id": literal(merged),
        # More than any item that it may have told.
        "upto_item": literal(newest + 1),
        "due_at": edit_at(alert),
        "created_at": alert.c.created_at,
    }
    owed = select(*columns.values()).where(
        alert.c.kind == DeliveryKind.ALERT,
        alert.c.story_id == merged,
        alert.c.state == int(DeliveryState.SENT),
        alert.c.subscriber_id.in_(readers),
    )
    arm_edits(connection, list(columns), owed)


def _split(connection: Connection, story_id: int, item_id: int, now: datetime) -> int | None:
    row = connection.execute(
        select(story_item.c.gravity, story.c.key)
        .join(story, story.c.id == story_item.c.story_id)
        .where(story_item.c.story_id == story_id, story_item.c.item_id == item_id)
    ).one_or_none()
    others: Collection[int] = connection.scalars(
        select(story_item.c.item_id)
        .where(story_item.c.story_id == story_id, story_item.c.item_id != item_id)
        .order_by(story_item.c.item_id)
    ).all()
    if row is None or not others:
        return None
    opened = insert_into(connection, story).values(
        key=f"{row.key}\nsplit {item_id}", opened_at=now, head=item_id
    )
    own = int(connection.scalars(opened.returning(story.c.id)).one())
    moved = story_item.c.item_id == item_id
    connection.execute(
        update(story_item)
        .where(story_item.c.story_id == story_id, moved)
        .values(story_id=own, why="")
    )
    connection.execute(
        update(story)
        .where(story.c.id == story_id, story.c.head == item_id)
        .values(head=min(others))
    )
    connection.execute(
        insert_into(connection, story_apart)
        .values(story_id=min(story_id, own), other_id=max(story_id, own))
        .on_conflict_do_nothing()
    )
    for table in (fanout, story_news):
        of_item = update(table).where(table.c.story_id == story_id, table.c.item_id == item_id)
        connection.execute(of_item.values(story_id=own))
    # Messages that told of both are told again without it.
    connection.execute(
        story_news.insert().values(story_id=story_id, item_id=min(others), changed=True)
    )
    keywords = connection.scalars(select(match.c.keyword_id).where(match.c.item_id == item_id))
    owe_alerts(connection, item_id, own, row.gravity, set(keywords))
    return own
