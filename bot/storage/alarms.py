"""Alarms: what is wrong with the machine, told to operators once, and once that it is over."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from bot.model import Alarm
from bot.storage.columns import now_ms
from bot.storage.database import Database, insert_into
from bot.storage.tables import alarm, notice, start

#: Starts that are older say nothing any more.
_DAY_MS = 86_400_000
#: What is told and does not go on.
_UPGRADED = "upgraded:"


class Alarms:
    """Storage of what is wrong with the machine."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> dict[str, Alarm]:
        """Return what has been told and goes on, by its name."""
        return await self._database.read(load_alarms)

    async def note(
        self, begun: Sequence[Alarm], over: Collection[str], admins: Collection[int], now: datetime
    ) -> int:
        """Note what has begun and what is over; owe operators word of what is new of it.

        Whichever process notes it first: the others find it told. Returns how many notices.
        """

        def work(connection: Connection) -> int:
            told: list[tuple[str, Mapping[str, str]]] = []
            for each in begun:
                values = {
                    "name": each.name, "since": each.since, "amount": each.amount,
                    "total": each.total,
                }  # fmt: skip
                row = insert_into(connection, alarm).values(values).on_conflict_do_nothing()
                if connection.scalar(row.returning(alarm.c.name)) is not None:
                    told.append(("alarm", each.facts))
            if over:
                ended = delete(alarm).where(alarm.c.name.in_(over))
                rows = connection.execute(ended.returning(*alarm.c)).mappings().all()
                told += [("alarm_over", Alarm(**row).facts) for row in rows]
            return _owe(connection, told, admins, now)

        return await self._database.write(work)

    async def note_upgrade(self, revision: str, admins: Collection[int]) -> None:
        """Owe operators word, once, that older tables were brought to a revision."""

        def work(connection: Connection) -> None:
            at = datetime.fromtimestamp((connection.scalar(select(now_ms())) or 0) / 1000, UTC)
            upgrade = Alarm(name=f"{_UPGRADED}{revision}", since=at)
            row = insert_into(connection, alarm).values(
                name=upgrade.name, since=at, amount=0, total=0
            )
            new = row.on_conflict_do_nothing().returning(alarm.c.name)
            if connection.scalar(new) is not None:
                _owe(connection, [("alarm", upgrade.facts)], admins, at)

        await self._database.write(work)

    async def begin_start(self, place: str) -> int:
        """Note that a process starts; return the number of this start."""

        def work(connection: Connection) -> int:
            connection.execute(delete(start).where(start.c.begun_at < now_ms() - _DAY_MS))
            row = start.insert().values(place=place, begun_at=now_ms())
            return int(connection.scalars(row.returning(start.c.id)).one())

        return await self._database.write(work)

    async def end_start(self, start_id: int) -> None:
        """Note that a process ends in order."""
        ended = delete(start).where(start.c.id == start_id)
        await self._database.write(lambda connection: connection.execute(ended))

    async def count_starts(self, place: str, within_ms: int) -> int:
        """Return how often it was started here lately without ending in order, the present too."""
        lately = select(func.count()).where(
            start.c.place == place, start.c.begun_at > now_ms() - within_ms
        )
        return await self._database.read(lambda connection: connection.scalar(lately) or 0)


def load_alarms(connection: Connection) -> dict[str, Alarm]:
    """Return what has been told and goes on, by its name."""
    going_on = select(alarm).where(alarm.c.name.not_like(f"{_UPGRADED}%")).order_by(alarm.c.name)
    return {row["name"]: Alarm(**row) for row in connection.execute(going_on).mappings()}


def _owe(
    connection: Connection,
    told: Sequence[tuple[str, Mapping[str, str]]],
    admins: Collection[int],
    now: datetime,
) -> int:
    rows: list[dict[str, Any]] = [
        {"chat_id": chat_id, "kind": kind, "facts": json.dumps(facts), "created_at": now}
        for kind, facts in told
        for chat_id in admins
    ]
    if rows:
        connection.execute(notice.insert(), rows)
    return len(rows)
