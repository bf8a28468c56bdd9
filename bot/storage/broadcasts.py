"""Broadcasts: an operator's words, owed to all who are written to as deliveries of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, literal_column, select, update

from bot.model import (
    AWAY,
    Broadcast,
    BroadcastProgress,
    ChatKind,
    DeliveryKind,
    DeliveryState,
    Stage,
)
from bot.storage.columns import now_ms
from bot.storage.database import Database, insert_into
from bot.storage.tables import broadcast, chat, delivery, subscriber

#: So many are owed it in one transaction.
_CHUNK = 500
_IS_PENDING = delivery.c.state == literal_column(str(int(DeliveryState.PENDING)))
_IS_BROADCAST = delivery.c.kind == int(DeliveryKind.BROADCAST)


class Broadcasts:
    """Storage of what operators say to all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def draft(
        self, text: str, languages: Sequence[str], operator_id: int, now: datetime
    ) -> int:
        """Keep a text that is shown to its operator; return its id."""

        def work(connection: Connection) -> int:
            kept = broadcast.insert().values(
                text=text,
                languages=" ".join(languages),
                operator_id=operator_id,
                stage=Stage.DRAFT,
                created_at=now,
            )
            return int(connection.scalars(kept.returning(broadcast.c.id)).one())

        return await self._database.write(work)

    async def load(self, broadcast_id: int) -> Broadcast | None:
        """Return a broadcast."""

        def work(connection: Connection) -> Broadcast | None:
            query = select(broadcast).where(broadcast.c.id == broadcast_id)
            row = connection.execute(query).one_or_none()
            return _to_broadcast(row) if row else None

        return await self._database.read(work)

    async def load_sending(self) -> list[Broadcast]:
        """Return those that are on their way, the oldest first."""

        def work(connection: Connection) -> list[Broadcast]:
            query = select(broadcast).where(broadcast.c.stage == Stage.SENDING)
            return [_to_broadcast(row) for row in connection.execute(query.order_by("id"))]

        return await self._database.read(work)

    async def count_readers(self, languages: Sequence[str]) -> Mapping[str, int]:
        """Return to how many a broadcast would go, by their language, the most first."""

        def work(connection: Connection) -> Mapping[str, int]:
            readers = func.count().label("readers")
            rows = connection.execute(
                _readers(languages, subscriber.c.language, readers)
                .group_by(subscriber.c.language)
                .order_by(readers.desc(), subscriber.c.language)
            )
            return {row.language: row.readers for row in rows}

        return await self._database.read(work)

    async def start(self, broadcast_id: int, operator_id: int, message_id: int | None) -> bool:
        """Let a draft go out; False where it is none of this operator's, or no draft any more."""

        def work(connection: Connection) -> bool:
            started = (
                update(broadcast)
                .where(
                    broadcast.c.id == broadcast_id,
                    broadcast.c.operator_id == operator_id,
                    broadcast.c.stage == Stage.DRAFT,
                )
                .values(stage=Stage.SENDING, message_id=message_id)
            )
            return connection.scalar(started.returning(broadcast.c.id)) is not None

        return await self._database.write(work)

    async def owe_some(self, broadcast_id: int, now: datetime) -> bool:
        """Owe some more readers a broadcast; False once all are."""

        def work(connection: Connection) -> bool:
            row = connection.execute(
                select(broadcast)
                .where(broadcast.c.id == broadcast_id, broadcast.c.stage == Stage.SENDING)
                .with_for_update()
            ).one_or_none()
            if row is None or row.cursor < 0:
                return False
            languages = row.languages.split()
            chunk = connection.execute(
                _readers(languages, subscriber.c.id, subscriber.c.chat_id)
                .where(subscriber.c.id > row.cursor)
                .order_by(subscriber.c.id)
                .limit(_CHUNK)
            ).all()
            if chunk:
                owed = {
                    "kind": int(DeliveryKind.BROADCAST), "ref": _ref(broadcast_id), "due_at": 0,
                    "created_at": now,
                }  # fmt: skip
                connection.execute(
                    insert_into(connection, delivery).on_conflict_do_nothing(),
                    [{"subscriber_id": each.id, "chat_id": each.chat_id, **owed} for each in chunk],
                )
            whole = len(chunk) < _CHUNK
            connection.execute(
                update(broadcast)
                .where(broadcast.c.id == broadcast_id)
                .values(cursor=-1 if whole else chunk[-1].id, owed=broadcast.c.owed + len(chunk))
            )
            return not whole

        return await self._database.write(work)

    async def cancel(self, broadcast_id: int, operator_id: int) -> Stage | None:
        """End a broadcast: who has it keeps it. Return its stage before; None for no such one."""

        def work(connection: Connection) -> Stage | None:
            query = select(broadcast.c.stage).where(
                broadcast.c.id == broadcast_id, broadcast.c.operator_id == operator_id
            )
            stage = connection.scalar(query.with_for_update())
            if stage in (Stage.DRAFT, Stage.SENDING):
                _set_stage(connection, broadcast_id, Stage.CANCELLED)
                connection.execute(
                    update(delivery)
                    .where(_IS_BROADCAST, _IS_PENDING, delivery.c.ref == _ref(broadcast_id))
                    .values(
                        state=DeliveryState.CANCELLED,
                        error="taken back by its operator",
                        settled_at=now_ms(),
                    )
                )
            return Stage(stage) if stage else None

        return await self._database.write(work)

    async def load_progress(self, broadcast_id: int) -> BroadcastProgress:
        """Return how far a broadcast is."""

        def work(connection: Connection) -> BroadcastProgress:
            row = connection.execute(
                select(broadcast.c.owed, broadcast.c.cursor).where(broadcast.c.id == broadcast_id)
            ).one()
            mine = _IS_BROADCAST & (delivery.c.ref == _ref(broadcast_id))
            waiting = select(func.count()).select_from(delivery).where(mine, _IS_PENDING)
            count = connection.scalar(waiting) or 0
            lost = (DeliveryState.DEAD, DeliveryState.CANCELLED)
            missed = select(func.count()).where(mine, delivery.c.state.in_(lost))
            return BroadcastProgress(
                owed=row.owed,
                waiting=count,
                missed=0 if count else connection.scalar(missed) or 0,
                spreading=row.cursor >= 0,
            )

        return await self._database.read(work)

    async def finish(self, broadcast_id: int) -> bool:
        """Note that nobody waits for a broadcast any more; say whether that is new."""

        def work(connection: Connection) -> bool:
            done = (
                update(broadcast)
                .where(broadcast.c.id == broadcast_id, broadcast.c.stage == Stage.SENDING)
                .values(stage=Stage.SENT)
            )
            return connection.scalar(done.returning(broadcast.c.id)) is not None

        return await self._database.write(work)

    async def prune(self, created_before: datetime) -> None:
        """Forget what was said long ago, or was never sent."""

        def work(connection: Connection) -> None:
            connection.execute(
                delete(broadcast).where(
                    broadcast.c.created_at < created_before, broadcast.c.stage != Stage.SENDING
                )
            )

        await self._database.write(work)


def _readers(languages: Sequence[str], *columns: Any) -> Any:
    """Return the query of all who are written to, paused or not, in some languages.

    Of a group's topics it is one. Channels are left out: who sets one up has it in private.
    """
    first = select(func.min(subscriber.c.id)).group_by(subscriber.c.chat_id)
    if languages:
        first = first.where(subscriber.c.language.in_(languages))
    return (
        select(*columns)
        .select_from(subscriber)
        .join(chat)
        .where(
            chat.c.state.not_in(AWAY),
            chat.c.kind != str(ChatKind.CHANNEL),
            subscriber.c.id.in_(first),
        )
    )


def _set_stage(connection: Connection, broadcast_id: int, stage: Stage) -> None:
    connection.execute(update(broadcast).where(broadcast.c.id == broadcast_id).values(stage=stage))


def _ref(broadcast_id: int) -> str:
    return f"broadcast:{broadcast_id}"


def _to_broadcast(row: Row[Any]) -> Broadcast:
    return Broadcast(
        id=row.id,
        text=row.text,
        languages=tuple(row.languages.split()),
        operator_id=row.operator_id,
        message_id=row.message_id,
        stage=Stage(row.stage),
    )
