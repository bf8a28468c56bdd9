"""Silences: what became of each feed's items day by day, and the last example of each fate."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.model import DayOfFeed, Fate, Silence, Tally
from bot.storage.database import Database
from bot.storage.tables import feed, feed_day

_EXAMPLE_CHARS = 300


def _count_with(insert: Any) -> Any:
    statement = insert(feed_day)
    taken = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["feed_id", "on_day", "fate"],
        set_={
            # The same entries are over the limit at every poll.
            "times": case(
                (
                    feed_day.c.fate == Silence.OVER_LIMIT.value,
                    case(
                        (feed_day.c.times > taken["times"], feed_day.c.times),
                        else_=taken["times"],
                    ),
                ),
                else_=feed_day.c.times + taken["times"],
            ),
            "example": case((taken["example"] == "", feed_day.c.example), else_=taken["example"]),
            "example_at": taken["example_at"],
        },
    )


#: Built once: building it anew costs more than running it.
_COUNT = {"postgresql": _count_with(postgresql.insert), "sqlite": _count_with(sqlite.insert)}


class Silences:
    """Storage of what became of items."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_days(self, feed_name: str, days: int) -> list[DayOfFeed]:
        """Return a feed's last *days* with anything to tell, the newest first."""

        def work(connection: Connection) -> list[DayOfFeed]:
            rows = connection.execute(
                select(feed_day)
                .join(feed)
                .where(feed.c.name == feed_name)
                .order_by(feed_day.c.on_day.desc(), feed_day.c.times.desc())
            )
            found: dict[str, dict[str, Tally]] = {}
            for row in rows:
                if row.on_day not in found and len(found) == days:
                    break
                tally = Tally(count=row.times, example=row.example)
                found.setdefault(row.on_day, {})[row.fate] = tally
            return [DayOfFeed(on_day=day, tallies=tallies) for day, tallies in found.items()]

        return await self._database.read(work)

    async def prune(self, before: date) -> None:
        """Delete what happened before a day."""

        def work(connection: Connection) -> None:
            connection.execute(delete(feed_day).where(feed_day.c.on_day < before.isoformat()))

        await self._database.write(work)


def save_tallies(
    connection: Connection, feed_id: int, tallies: Mapping[str, Tally], now: datetime
) -> None:
    """Count what became of a poll's items, in the transaction that stores them."""
    rows = [
        {
            "feed_id": feed_id,
            "on_day": now.astimezone(UTC).date().isoformat(),
            "fate": str(fate),
            "times": tally.count,
            "example": tally.example[:_EXAMPLE_CHARS],
            "example_at": now,
        }
        for fate, tally in tallies.items()
        if tally.count
    ]
    if not rows:
        return
    connection.execute(_COUNT[connection.dialect.name], rows)


def mark_silent_feeds(connection: Connection, on_day: str) -> dict[str, dict[str, str]]:
    """Return the feeds whose every new item of a day ended in silence, with the counts by reason.

    A first reading is silent on purpose and counts for nothing; what another feed told reached
    people. Nobody is told of a feed twice before news of it could reach somebody again.
    """
    counts: dict[tuple[int, str, str], dict[str, int]] = {}
    rows = connection.execute(
        select(feed.c.id, feed.c.name, feed.c.silence_told_on, feed_day.c.fate, feed_day.c.times)
        .join(feed_day, feed_day.c.feed_id == feed.c.id)
        .where(feed.c.enabled, feed_day.c.on_day == on_day)
    )
    for row in rows:
        counts.setdefault((row.id, row.name, row.silence_told_on), {})[row.fate] = row.times
    silent: dict[str, dict[str, str]] = {}
    heard: list[int] = []
    for (feed_id, name, told_on), fates in counts.items():
        new = fates.get(Fate.NEW, 0) - fates.get(Silence.FIRST_READING, 0)
        kept = {each: fates[each] for each in Silence if each in fates}
        kept.pop(Silence.FIRST_READING, None)
        hushed = sum(kept.get(each, 0) for each in (Silence.STALE, Silence.BACKLOG))
        lost = sum(kept.get(each, 0) for each in (Silence.UNREADABLE, Silence.REFUSED))
        if hushed >= new and hushed + lost > 0:
            if not told_on:
                silent[name] = {str(each): str(count) for each, count in kept.items()}
        elif told_on and new:
            heard.append(feed_id)
    _mark(connection, silent, on_day)
    if heard:
        connection.execute(update(feed).where(feed.c.id.in_(heard)).values(silence_told_on=""))
    return silent


def _mark(connection: Connection, names: Collection[str], on_day: str) -> None:
    if names:
        connection.execute(
            update(feed).where(feed.c.name.in_(names)).values(silence_told_on=on_day)
        )
