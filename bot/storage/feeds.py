"""Feeds and their publishers: what feeds.yaml says, and what polling left behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    cast,
    func,
    literal,
    select,
    type_coerce,
    update,
)

from bot.config import FeedConfig, FeedsConfig
from bot.model import Feed, Publisher, PublisherKind
from bot.storage.database import Database, insert_into
from bot.storage.tables import Moment, feed, publisher

#: A claimed feed comes due again after this long, should its poller die.
POLL_LEASE = timedelta(minutes=3)

_COLUMNS = (
    feed,
    publisher.c.name.label("publisher_name"),
    publisher.c.country,
    publisher.c.kind,
    publisher.c.family,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOutcome:
    """What the server of a feed said, to be echoed at the next poll."""

    etag: str
    last_modified: str
    body_hash: str
    next_poll_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One feed as a reader or operator sees it."""

    name: str
    publisher: Publisher
    language: str
    last_success_at: datetime | None
    failures: int


class Feeds:
    """Storage of feeds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_config(self, config: FeedsConfig, now: datetime) -> None:
        """Make the rows say what feeds.yaml says; a feed that it no longer lists is disabled.

        A feed keeps its history under its name; a new URL drops what its old server said.
        """

        def work(connection: Connection) -> None:
            publisher_ids = {
                name: _save_publisher(
                    connection,
                    {"name": name, **entry.model_dump(mode="json")},
                )
                for name, entry in config.publishers.items()
            }
            for entry in config.feeds:
                _save_feed(connection, entry, publisher_ids[entry.publisher], now)
            listed = [entry.name for entry in config.feeds]
            connection.execute(update(feed).where(feed.c.name.not_in(listed)).values(enabled=False))

        await self._database.write(work)

    async def claim_due(self, now: datetime, limit: int) -> list[Feed]:
        """Return feeds that are due, each held for POLL_LEASE so that no other poller asks it."""

        def work(connection: Connection) -> list[Feed]:
            due = (
                select(feed.c.id)
                .where(feed.c.enabled, feed.c.next_poll_at <= now)
                .order_by(feed.c.next_poll_at, feed.c.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            ids = list(connection.scalars(due))
            if not ids:
                return []
            connection.execute(
                update(feed).where(feed.c.id.in_(ids)).values(next_poll_at=now + POLL_LEASE)
            )
            rows = connection.execute(
                select(*_COLUMNS).join(publisher).where(feed.c.id.in_(ids)).order_by(feed.c.id)
            )
            return [_to_feed(row) for row in rows]

        return await self._database.write(work)

    async def pull_in(self, now: datetime, slack: timedelta) -> None:
        """Make due at *now* every feed that would wait for longer than its interval and *slack*."""

        def work(connection: Connection) -> None:
            waits_until = type_coerce(feed.c.next_poll_at, BigInteger)
            interval_ms = cast(feed.c.every_s, BigInteger) * 1000
            latest = int((now + slack).timestamp() * 1000)
            connection.execute(
                update(feed).where(waits_until > latest + interval_ms).values(next_poll_at=now)
            )

        await self._database.write(work)

    async def mark_failed(self, feed_id: int, reason: str, next_poll_at: datetime) -> None:
        """Note that a poll brought nothing usable, and when to ask again."""

        def work(connection: Connection) -> None:
            connection.execute(
                update(feed)
                .where(feed.c.id == feed_id)
                .values(failures=feed.c.failures + 1, error=reason[:500], next_poll_at=next_poll_at)
            )

        await self._database.write(work)

    async def mark_unchanged(self, feed_id: int, next_poll_at: datetime, now: datetime) -> None:
        """Note that the server said "not modified", or sent the same bytes as before."""

        def work(connection: Connection) -> None:
            connection.execute(
                update(feed)
                .where(feed.c.id == feed_id)
                .values(failures=0, error="", last_success_at=now, next_poll_at=next_poll_at)
            )

        await self._database.write(work)

    async def load_sources(self) -> list[SourceState]:
        """Return the enabled feeds by publisher and language."""

        def work(connection: Connection) -> list[SourceState]:
            rows = connection.execute(
                select(*_COLUMNS)
                .join(publisher)
                .where(feed.c.enabled)
                .order_by(func.lower(publisher.c.name), feed.c.language, feed.c.name)
            )
            return [
                SourceState(
                    name=row.name,
                    publisher=_to_publisher(row),
                    language=row.language,
                    last_success_at=row.last_success_at,
                    failures=row.failures,
                )
                for row in rows
            ]

        return await self._database.read(work)


def mark_polled(connection: Connection, feed_id: int, outcome: FetchOutcome, now: datetime) -> None:
    """Note a good poll, in the transaction that stores what it brought."""
    connection.execute(
        update(feed)
        .where(feed.c.id == feed_id)
        .values(
            etag=outcome.etag,
            last_modified=outcome.last_modified,
            body_hash=outcome.body_hash,
            next_poll_at=outcome.next_poll_at,
            first_polled_at=func.coalesce(feed.c.first_polled_at, literal(now, Moment())),
            last_success_at=now,
            read_at=now,
            failures=0,
            error="",
        )
    )


def _save_publisher(connection: Connection, values: dict[str, Any]) -> int:
    statement = insert_into(connection, publisher).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={name: value for name, value in values.items() if name != "name"},
    )
    return int(connection.scalars(statement.returning(publisher.c.id)).one())


def _save_feed(connection: Connection, entry: FeedConfig, publisher_id: int, now: datetime) -> None:
    values = entry.model_dump(exclude={"publisher"}) | {"publisher_id": publisher_id}
    before = connection.execute(
        select(feed.c.id, feed.c.url, feed.c.enabled).where(feed.c.name == entry.name)
    ).first()
    if before is None:
        connection.execute(feed.insert().values(**values, next_poll_at=now))
        return
    if before.url != entry.url:
        values |= {"etag": "", "last_modified": "", "body_hash": "", "next_poll_at": now}
    elif entry.enabled and not before.enabled:
        values |= {"next_poll_at": now}
    connection.execute(update(feed).where(feed.c.id == before.id).values(values))


def _to_publisher(row: Row[Any]) -> Publisher:
    return Publisher(
        name=row.publisher_name,
        country=row.country,
        kind=PublisherKind(row.kind),
        family=row.family,
    )


def _to_feed(row: Row[Any]) -> Feed:
    return Feed(
        id=row.id,
        name=row.name,
        url=row.url,
        publisher=_to_publisher(row),
        language=row.language,
        every_s=row.every_s,
        timezone=row.timezone,
        user_agent=row.user_agent,
        urgent=row.urgent,
        allow_private=row.allow_private,
        etag=row.etag,
        last_modified=row.last_modified,
        body_hash=row.body_hash,
        polled_before=row.first_polled_at is not None,
        failures=row.failures,
    )
