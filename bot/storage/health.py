"""The health of feeds, outages that go on, and what operators are still to be told."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import BigInteger, Connection, delete, func, select, type_coerce, update

from bot.model import REFUSED_CHATS, AskedSource, FeedHealth, Notice, Outage, Sight
from bot.storage.columns import now_ms
from bot.storage.database import Database
from bot.storage.polls import FEED_COLUMNS, to_publisher, to_rhythm
from bot.storage.silences import mark_silent_feeds
from bot.storage.tables import feed, heard_hour, item, notice, outage, publisher

#: As long as telling them all may take.
_NOTICES_AT_ONCE, _NOTICES_HELD_MS = 20, 600_000
_DELAY_OF_ITEMS = 50
#: Looked for among so many of the newest: of a whole archive it would take seconds.
_AMONG_ITEMS = 20_000
#: How a feed that is gone stands among the outages.
_GONE = "gone:"


class Health:
    """Storage of how feeds do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> list[FeedHealth]:
        """Return how every feed of feeds.yaml does, those that are off last."""

        def work(connection: Connection) -> list[FeedHealth]:
            delays = _load_delays(connection)
            rows = connection.execute(
                select(*FEED_COLUMNS)
                .join(publisher)
                .order_by(feed.c.enabled.desc(), func.lower(feed.c.name))
            )
            return [
                FeedHealth(
                    name=row.name,
                    url=row.url,
                    publisher=to_publisher(row),
                    language=row.language,
                    enabled=row.enabled,
                    failures=row.failures,
                    error=row.error,
                    polled_at=row.polled_at,
                    next_poll_at=row.next_poll_at,
                    last_success_at=row.last_success_at,
                    last_new_at=row.last_new_at,
                    failed_since=row.failed_since,
                    gone_at=row.gone_at,
                    moved_to=row.moved_to,
                    rhythm=to_rhythm(row),
                    delay_s=median(delays[row.id]) if row.id in delays else None,
                )
                for row in rows
            ]

        return await self._database.read(work)

    async def load_outages(self) -> list[Outage]:
        """Return the outages that go on, the worst first."""

        return await self._database.read(_load_outages)

    async def load_sight(self) -> Sight:
        """Return what is seen of the news."""

        def work(connection: Connection) -> Sight:
            asked = select(feed.c.last_success_at, feed.c.next_poll_at, feed.c.failures).where(
                feed.c.enabled, feed.c.gone_at.is_(None)
            )
            return Sight(
                sources=tuple(AskedSource(**row) for row in connection.execute(asked).mappings()),
                outages=tuple(_load_outages(connection)),
                newest_at=connection.scalar(select(func.max(item.c.seen_at))),
            )

        return await self._database.read(work)

    async def load_heard(self, first_hour: int) -> dict[int, int]:
        """Return in which minutes of each hour since then sources were heard, a bit for each."""

        def work(connection: Connection) -> dict[int, int]:
            rows = connection.execute(select(heard_hour).where(heard_hour.c.hour >= first_hour))
            return {row.hour: row.minutes for row in rows}

        return await self._database.read(work)

    async def save_outages(
        self,
        outages: Sequence[Outage],
        gone: Mapping[str, datetime],
        admins: Collection[int],
        now: datetime,
    ) -> int:
        """Note what goes on now; owe operators word of what began and what is over.

        Also of each feed whose every new item of yesterday ended in silence. *gone* are the feeds
        that went for good, and when. Returns how many notices are owed anew.
        One transaction: nothing is told twice, and nothing is lost.
        """
        lost = [
            Outage(about=f"{_GONE}{name}", since=at, down=1, total=1, quiet=False)
            for name, at in gone.items()
        ]

        def work(connection: Connection) -> int:
            before = {row.about: row for row in connection.execute(select(outage))}
            now_on = {each.about: each for each in (*outages, *lost)}
            told = [_begun(each) for about, each in now_on.items() if about not in before]
            told += [
                ("over", {"about": about, "since": row.since.isoformat()})
                for about, row in before.items()
                if about not in now_on and not about.startswith(_GONE)
            ]
            yesterday = (now.astimezone(UTC).date() - timedelta(days=1)).isoformat()
            told += [
                ("silent", {"feed": name, "day": yesterday, **counts})
                for name, counts in mark_silent_feeds(connection, yesterday).items()
            ]
            connection.execute(delete(outage))
            if now_on:
                connection.execute(
                    outage.insert(), [_row(each, before) for each in now_on.values()]
                )
            rows = [
                {"chat_id": chat_id, "kind": kind, "facts": json.dumps(facts), "created_at": now}
                for kind, facts in told
                for chat_id in admins
            ]
            if rows:
                connection.execute(notice.insert(), rows)
            return len(rows)

        return await self._database.write(work)

    async def owe_notices(
        self, chat_ids: Collection[int], kind: str, facts: Mapping[str, str], now: datetime
    ) -> None:
        """Owe people word of something."""

        def work(connection: Connection) -> None:
            rows = [
                {"chat_id": chat_id, "kind": kind, "facts": json.dumps(facts), "created_at": now}
                for chat_id in chat_ids
            ]
            if rows:
                connection.execute(notice.insert(), rows)

        await self._database.write(work)

    async def claim_notices(self) -> list[Notice]:
        """Return what operators are still to be told, oldest first, held for a while.

        No other process tells the same meanwhile.
        """

        def work(connection: Connection) -> list[Notice]:
            rows = connection.execute(
                select(notice)
                .where(notice.c.held_until <= now_ms())
                .order_by(notice.c.id)
                .limit(_NOTICES_AT_ONCE)
                .with_for_update(skip_locked=True)
            ).all()
            held = update(notice).where(notice.c.id.in_([row.id for row in rows]))
            connection.execute(held.values(held_until=now_ms() + _NOTICES_HELD_MS))
            return [
                Notice(id=row.id, chat_id=row.chat_id, kind=row.kind, facts=json.loads(row.facts))
                for row in rows
            ]

        return await self._database.write(work)

    async def release_notice(self, notice_id: int) -> None:
        """Note that an operator could not be told yet."""

        def work(connection: Connection) -> None:
            connection.execute(update(notice).where(notice.c.id == notice_id).values(held_until=0))

        await self._database.write(work)

    async def settle_notice(self, notice_id: int) -> None:
        """Note that an operator has been told."""

        def work(connection: Connection) -> None:
            connection.execute(delete(notice).where(notice.c.id == notice_id))

        await self._database.write(work)


def _load_outages(connection: Connection) -> list[Outage]:
    rows = connection.execute(
        select(outage)
        .where(outage.c.about.not_like(f"{_GONE}%"), outage.c.about != REFUSED_CHATS)
        .order_by(outage.c.down.desc(), outage.c.about)
    )
    return [Outage(**row) for row in rows.mappings()]


def _begun(each: Outage) -> tuple[str, dict[str, str]]:
    if each.about.startswith(_GONE):
        return "gone", {"feed": each.about.removeprefix(_GONE)}
    return "outage", {
        "about": each.about,
        "since": each.since.isoformat(),
        "down": str(each.down),
        "total": str(each.total),
        "quiet": "yes" if each.quiet else "",
    }


def _row(each: Outage, before: dict[str, Any]) -> dict[str, Any]:
    return {
        "about": each.about,
        # An outage begins once, however many join it.
        "since": before[each.about].since if each.about in before else each.since,
        "down": each.down,
        "total": each.total,
        "quiet": each.quiet,
    }


def _load_delays(connection: Connection) -> dict[int, list[float]]:
    """Return how long the last items of each feed took to be seen, its first document apart."""
    took = type_coerce(item.c.seen_at, BigInteger) - type_coerce(item.c.published_at, BigInteger)
    newest = (
        select(
            item.c.feed_id,
            took.label("took"),
            func.row_number()
            .over(partition_by=item.c.feed_id, order_by=item.c.id.desc())
            .label("nth"),
        )
        .join(feed)
        .where(
            item.c.seen_at > feed.c.first_polled_at,
            item.c.id > select(func.max(item.c.id)).scalar_subquery() - _AMONG_ITEMS,
        )
        .subquery()
    )
    delays: dict[int, list[float]] = {}
    for row in connection.execute(select(newest).where(newest.c.nth <= _DELAY_OF_ITEMS)):
        delays.setdefault(row.feed_id, []).append(max(0.0, row.took / 1000))
    return delays
