"""Feeds and their publishers: what feeds.yaml says, and what polling left behind."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update
from yarl import URL

from bot.config import FeedEntry, FeedList
from bot.errors import DataRefused
from bot.model import Feed, Publisher
from bot.storage.database import Database, insert_into
from bot.storage.poll_notes import Failed, Unchanged, save_notes, save_notes_carefully
from bot.storage.polls import FEED_COLUMNS, claim_due, to_publisher
from bot.storage.processes import Processes
from bot.storage.tables import feed, publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One feed as a reader sees it."""

    name: str
    publisher: Publisher
    language: str
    last_success_at: datetime | None
    failures: int


class Feeds:
    """Storage of feeds."""

    def __init__(self, database: Database, processes: Processes) -> None:
        self._database = database
        self._processes = processes

    async def save_config(self, config: FeedList, now: datetime) -> None:
        """Make the rows say what feeds.yaml says; a feed that it no longer lists is disabled.

        A feed keeps its history under its name; a new URL drops what its old server said.
        """

        def work(connection: Connection) -> None:
            publisher_ids = {
                name: _save_publisher(connection, entry.named(name))
                for name, entry in config.publishers.items()
            }
            for entry in config.feeds:
                _save_feed(connection, entry, publisher_ids[entry.publisher], now)
            listed = [entry.name for entry in config.feeds]
            connection.execute(update(feed).where(feed.c.name.not_in(listed)).values(enabled=False))

        await self._database.write(work)

    async def note_and_claim(
        self, notes: Sequence[Unchanged | Failed], now: datetime, room: int
    ) -> list[Feed]:
        """Note how polls ended and claim up to *room* feeds that are due, in one transaction.

        Each is held for POLL_LEASE so that no other poller asks it, and no host is asked by more
        than PER_HOST at a time.
        """

        def work(connection: Connection) -> list[Feed]:
            save_notes(connection, notes)
            return claim_due(connection, now, room, me) if room > 0 else []

        def work_carefully(connection: Connection) -> list[Feed]:
            save_notes_carefully(connection, notes)
            return claim_due(connection, now, room, me) if room > 0 else []

        me = self._processes.id
        try:
            return await self._database.write(work)
        except DataRefused:
            # One server's odd header must not keep all other feeds from being asked.
            return await self._database.write(work_carefully)

    async def claim_due(self, now: datetime, limit: int) -> list[Feed]:
        """Claim feeds that are due, as `note_and_claim` does."""
        return await self.note_and_claim((), now, limit)

    async def postpone(self, feed_id: int, until: datetime) -> None:
        """Let go of a claimed feed without asking it, until it wants to be asked."""

        def work(connection: Connection) -> None:
            connection.execute(
                update(feed)
                .where(feed.c.id == feed_id)
                .values(leased_until=None, next_poll_at=until)
            )

        await self._database.write(work)

    async def let_go(self, feed_ids: Sequence[int]) -> None:
        """Let go of claimed feeds that were not asked, or not to the end: others may ask them."""

        def work(connection: Connection) -> None:
            held = update(feed).where(feed.c.id.in_(feed_ids))
            connection.execute(held.values(leased_until=None))

        await self._database.write(work)

    async def revive(self, name: str, now: datetime) -> None:
        """Ask a feed again at *now* that was gone, or has failed for long."""

        def work(connection: Connection) -> None:
            connection.execute(
                update(feed)
                .where(feed.c.name == name)
                .values(gone_at=None, next_poll_at=now, moved_to="")
            )

        await self._database.write(work)

    async def load_sources(self) -> list[SourceState]:
        """Return the enabled feeds by publisher and language."""

        def work(connection: Connection) -> list[SourceState]:
            rows = connection.execute(
                select(*FEED_COLUMNS)
                .join(publisher)
                .where(feed.c.enabled)
                .order_by(func.lower(publisher.c.name), feed.c.language, feed.c.name)
            )
            return [
                SourceState(
                    name=row.name,
                    publisher=to_publisher(row),
                    language=row.language,
                    last_success_at=row.last_success_at,
                    failures=row.failures,
                )
                for row in rows
            ]

        return await self._database.read(work)

    async def load_publishers_by_host(self) -> dict[str, str]:
        """Return the names of publishers by the hosts of their feeds, without `www.`."""

        def work(connection: Connection) -> dict[str, str]:
            rows = connection.execute(select(feed.c.host, publisher.c.name).join(publisher))
            return {row.host.removeprefix("www."): row.name for row in rows if row.host}

        return await self._database.read(work)


def _save_publisher(connection: Connection, described: Publisher) -> int:
    values = dataclasses.asdict(described) | {"kind": described.kind.value}
    statement = insert_into(connection, publisher).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={name: value for name, value in values.items() if name != "name"},
    )
    return int(connection.scalars(statement.returning(publisher.c.id)).one())


def _save_feed(connection: Connection, entry: FeedEntry, publisher_id: int, now: datetime) -> None:
    # Passwords stay where the operator wrote them.
    values = entry.model_dump(exclude={"publisher", "username", "password"}) | {
        "publisher_id": publisher_id,
        "host": (URL(entry.url).host or "").lower(),
    }
    before = connection.execute(
        select(feed.c.id, feed.c.url, feed.c.enabled).where(feed.c.name == entry.name)
    ).first()
    if before is None:
        connection.execute(feed.insert().values(**values, next_poll_at=now))
        return
    if before.url != entry.url:
        values |= {
            "etag": "", "last_modified": "", "body_hash": "", "next_poll_at": now,
            "moved_to": "", "moved": True, "gone_at": None, "leased_until": None,
            "fresh_s": 0, "asks_every_s": 0, "skip_hours": "", "skip_days": "",
        }  # fmt: skip
    elif entry.enabled and not before.enabled:
        values |= {"next_poll_at": now, "gone_at": None}
    connection.execute(update(feed).where(feed.c.id == before.id).values(values))
