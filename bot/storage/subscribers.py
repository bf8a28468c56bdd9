"""Chats and subscribers: who Sahman writes for, and how they want it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from bot.errors import DatabaseError, NoRoom
from bot.model import AWAY, ChatKind, ChatState, DeliveryKind, Subscriber
from bot.storage.applicants import erase_traces
from bot.storage.chats import mark_back
from bot.storage.database import Database, insert_into, take_intake_lock
from bot.storage.keywords import delete_unwanted
from bot.storage.tables import (
    chat,
    delivery,
    item,
    subscriber,
    subscription,
    typed_words,
)

_log = logging.getLogger(__name__)
#: Words behind buttons that are kept of one subscriber.
_MOST_WORDS = 100
#: What a new subscriber brings; all else begins as its table has it.
_OPENED_WITH = (
    "language",
    "zone",
    "digest_times",
    "digest_when_empty",
    "paused",
    "least_gravity",
    "next_digest_at",
)


class Subscribers:
    """Storage of chats and subscribers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, chat_id: int, topic: int) -> Subscriber | None:
        """Return the subscriber of this chat and topic (0 = none)."""

        found, _ = await self.load_place(chat_id, topic)
        return found

    async def load_place(self, chat_id: int, topic: int) -> tuple[Subscriber | None, ChatState]:
        """Return the subscriber of this chat and topic, and whether the chat can be written to.

        One that is not known can.
        """

        def work(connection: Connection) -> tuple[Subscriber | None, ChatState]:
            row = connection.execute(
                select(subscriber).where(
                    subscriber.c.chat_id == chat_id, subscriber.c.topic == topic
                )
            ).one_or_none()
            state = connection.scalar(select(chat.c.state).where(chat.c.id == chat_id))
            return to_subscriber(row) if row else None, ChatState(state or 0)

        return await self._database.read(work)

    async def open(
        self, wanted: Subscriber, kind: ChatKind, *, most: int | None = None
    ) -> Subscriber:
        """Return the subscriber of this chat and topic, made from *wanted* if there is none yet.

        Whoever writes to the bot can be written to: a chat that was gone is active again. Raises
        NoRoom for a new one where there are *most* already.
        """

        def work(connection: Connection) -> Subscriber:
            if most is not None:
                _check_room(connection, wanted, most)
            connection.execute(
                insert_into(connection, chat)
                .values(id=wanted.chat_id, kind=str(kind))
                .on_conflict_do_update(
                    index_elements=["id"],
                    set_={"kind": str(kind)},
                )
            )
            mark_back(connection, wanted.chat_id)
            newest = connection.scalar(select(func.coalesce(func.max(item.c.id), 0)))
            connection.execute(
                insert_into(connection, subscriber)
                .values(
                    chat_id=wanted.chat_id,
                    topic=wanted.topic,
                    digest_item=newest,
                    created_at=wanted.created_at,
                    **_to_columns({name: getattr(wanted, name) for name in _OPENED_WITH}),
                )
                .on_conflict_do_nothing()
            )
            return _load_one(connection, wanted.chat_id, wanted.topic)

        return await self._database.write(work)

    async def count(self) -> int:
        """Return how many subscribers there are, without those whose chat is gone."""
        return await self._database.read(_count)

    async def save_settings(self, subscriber_id: int, **changes: Any) -> None:
        """Store what a subscriber chose, by the names of Subscriber; no-op for one who has left.

        Only what changed is written: a digest owed meanwhile has moved `next_digest_at` on.
        """
        changes = _to_columns(changes)

        def work(connection: Connection) -> None:
            connection.execute(
                update(subscriber).where(subscriber.c.id == subscriber_id).values(changes)
            )

        await self._database.write(work)

    async def erase(self, subscriber_id: int) -> None:
        """Delete everything that is known of a subscriber; the chat too when it was the last."""

        def work(connection: Connection) -> int:
            take_intake_lock(connection)
            of_theirs = select(func.count()).where(subscription.c.subscriber_id == subscriber_id)
            count = connection.scalar(of_theirs) or 0
            chat_id = connection.scalar(
                delete(subscriber)
                .where(subscriber.c.id == subscriber_id)
                .returning(subscriber.c.chat_id)
            )
            others = select(subscriber.c.id).where(subscriber.c.chat_id == chat_id)
            if chat_id is not None and connection.execute(others).first() is None:
                connection.execute(delete(chat).where(chat.c.id == chat_id))
                erase_traces(connection, [chat_id])
            delete_unwanted(connection)
            return count

        _log.info("erased", extra={"keywords": await self._database.write(work)})
        try:
            await self._database.overwrite_erased()
        except DatabaseError as error:
            # Somebody reads just now; the pruning of the hour does it.
            _log.info("erased_not_overwritten_yet", extra={"reason": str(error)})

    async def owe_digests(
        self,
        now: datetime,
        slot: Callable[[Subscriber], tuple[str, datetime | None]],
        limit: int = 500,
    ) -> int:
        """Owe a digest to everyone whose time has come; return how many were owed.

        *slot* names the local date and hour that is owed now and the instant of the next one. Both
        are saved in one transaction, and a constraint lets a slot be owed once, so neither a crash
        nor a changed clock owes it twice.
        """

        def work(connection: Connection) -> int:
            rows = connection.execute(
                select(subscriber)
                .join(chat)
                .where(
                    subscriber.c.next_digest_at <= now,
                    subscriber.c.paused.is_(False),
                    chat.c.state.not_in(AWAY),
                )
                .order_by(subscriber.c.next_digest_at)
                .limit(limit)
                .with_for_update(skip_locked=True, of=subscriber)
            ).all()
            newest = connection.scalar(select(func.coalesce(func.max(item.c.id), 0)))
            owed = 0
            for row in rows:
                ref, next_at = slot(to_subscriber(row))
                values: dict[str, Any] = {"next_digest_at": next_at}
                inserted = connection.scalar(
                    insert_into(connection, delivery)
                    .values(
                        subscriber_id=row.id,
                        chat_id=row.chat_id,
                        kind=DeliveryKind.DIGEST,
                        ref=ref,
                        due_at=0,
                        after_item=row.digest_item,
                        upto_item=newest,
                        created_at=now,
                    )
                    .on_conflict_do_nothing()
                    .returning(delivery.c.id)
                )
                if inserted is not None:
                    owed += 1
                    values["digest_item"] = newest
                connection.execute(
                    update(subscriber).where(subscriber.c.id == row.id).values(values)
                )
            return owed

        return await self._database.write(work)

    async def save_words(self, subscriber_id: int, words: str, now: datetime) -> int:
        """Keep words that a button will refer to, the newest of a subscriber; return their id."""

        def work(connection: Connection) -> int:
            statement = typed_words.insert().values(
                subscriber_id=subscriber_id, words=words, typed_at=now
            )
            saved = int(connection.scalars(statement.returning(typed_words.c.id)).one())
            of_theirs = typed_words.c.subscriber_id == subscriber_id
            oldest_kept = (
                select(typed_words.c.id)
                .where(of_theirs)
                .order_by(typed_words.c.id.desc())
                .offset(_MOST_WORDS)
                .limit(1)
                .scalar_subquery()
            )
            connection.execute(
                delete(typed_words).where(of_theirs, typed_words.c.id <= oldest_kept)
            )
            return saved

        return await self._database.write(work)

    async def load_words(self, subscriber_id: int, words_id: int) -> str | None:
        """Return words that this subscriber typed; nobody else's, and None once pruned."""

        def work(connection: Connection) -> str | None:
            return connection.scalar(
                select(typed_words.c.words).where(
                    typed_words.c.id == words_id, typed_words.c.subscriber_id == subscriber_id
                )
            )

        return await self._database.read(work)

    async def prune_words(self, typed_before: datetime) -> None:
        """Forget words behind buttons that nobody will press any more."""
        await self._database.write(
            lambda connection: connection.execute(
                delete(typed_words).where(typed_words.c.typed_at < typed_before)
            )
        )


def _count(connection: Connection) -> int:
    query = select(func.count()).select_from(subscriber).join(chat)
    return connection.scalar(query.where(chat.c.state != ChatState.GONE)) or 0


def _check_room(connection: Connection, wanted: Subscriber, most: int) -> None:
    """Raise NoRoom for a subscriber that would be new and one too many."""
    take_intake_lock(connection)  # of several processes, one counts at a time
    known = select(subscriber.c.id).where(
        subscriber.c.chat_id == wanted.chat_id, subscriber.c.topic == wanted.topic
    )
    if connection.execute(known).first() is None and _count(connection) >= most:
        raise NoRoom


def to_subscriber(row: Row[Any]) -> Subscriber:
    """Return the subscriber that a row of its table holds."""
    return Subscriber(
        id=row.id,
        chat_id=row.chat_id,
        topic=row.topic,
        language=row.language,
        zone=row.zone,
        digest_times=tuple(row.digest_times.split()),
        digest_when_empty=row.digest_when_empty,
        paused=row.paused,
        least_gravity=row.least_gravity,
        next_digest_at=row.next_digest_at,
        created_at=row.created_at,
        reads=tuple(row.reads.split()),
        hidden_languages=tuple(row.hidden_languages.split()),
        shows=tuple(row.shows.split()),
        discreet=row.discreet,
        sound=row.sound,
        digest_days=row.digest_days,
        tells_absence=row.tells_absence,
        zone_chosen=row.zone_chosen,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
        quiet_urgent=row.quiet_urgent,
        quiet=row.quiet,
    )


def _to_columns(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as their table holds them: of several words, the words apart by blanks."""
    return {
        name: " ".join(value) if isinstance(value, tuple) else value
        for name, value in settings.items()
    }


def _load_one(connection: Connection, chat_id: int, topic: int) -> Subscriber:
    row = connection.execute(
        select(subscriber).where(subscriber.c.chat_id == chat_id, subscriber.c.topic == topic)
    ).one()
    return to_subscriber(row)
