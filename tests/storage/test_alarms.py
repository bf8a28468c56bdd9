"""Alarms are told once, however many processes see them, and once that they are over."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.config import Settings
from bot.config.shipped import find_shipped
from bot.model import Alarm
from bot.storage import Storage, open_storage
from bot.storage.database import make_engine
from bot.storage.migrating import newest_revision, upgrade
from bot.storage.tables import notice, start
from tests.samples import NOW, change_rows, count_rows, rows_of

_DISK = Alarm(name="disk:box:BOT_DATABASE_URL", since=NOW, amount=200, total=8_000)
_ADMINS = (7, 8)


async def test_of_many_who_see_it_one_owes_the_notices(storage: Storage) -> None:
    await asyncio.gather(*(storage.alarms.note([_DISK], (), _ADMINS, NOW) for _ in range(4)))
    assert sorted(row["chat_id"] for row in rows_of(storage, notice)) == [7, 8]
    assert await storage.alarms.load() == {_DISK.name: _DISK}
    later = NOW + timedelta(hours=1)
    await asyncio.gather(*(storage.alarms.note((), {_DISK.name}, _ADMINS, later) for _ in range(4)))
    assert [row["kind"] for row in rows_of(storage, notice)] == [
        "alarm", "alarm", "alarm_over", "alarm_over",
    ]  # fmt: skip
    assert await storage.alarms.load() == {}


async def test_a_start_that_ends_in_order_is_forgotten(storage: Storage) -> None:
    first, second = [await storage.alarms.begin_start("box, poll") for _ in range(2)]
    await storage.alarms.begin_start("box, send")
    assert await storage.alarms.count_starts("box, poll", 60_000) == 2
    await storage.alarms.end_start(first)
    assert await storage.alarms.count_starts("box, poll", 60_000) == 1
    change_rows(storage, start, begun_at=1)
    assert await storage.alarms.count_starts("box, poll", 60_000) == 0
    await storage.alarms.begin_start("box, send")
    assert count_rows(storage, start) == 1, "old ones are pruned"
    await storage.alarms.end_start(second)


async def test_operators_are_told_of_an_upgrade_once(database_url: str) -> None:
    settings = Settings.model_validate({"database_url": database_url, "admins": "7"})
    async with open_storage(settings) as opened:
        assert rows_of(opened, notice) == [], "these are new tables"
    engine = make_engine(database_url)
    with engine.begin() as connection:
        upgrade(connection, find_shipped("alembic"), "0018", anew=True)
    engine.dispose()
    for _ in range(2):
        async with open_storage(settings) as opened:
            (owed,) = rows_of(opened, notice)
    assert f"upgraded:{newest_revision(find_shipped('alembic'))}" in owed["facts"]


async def test_of_several_who_send_one_tells_each_notice(storage: Storage) -> None:
    await storage.alarms.note([_DISK], (), _ADMINS, NOW)
    claimed = await asyncio.gather(*(storage.health.claim_notices() for _ in range(4)))
    assert sorted(each.chat_id for some in claimed for each in some) == [7, 8]
    (first, *_) = [each for some in claimed for each in some]
    await storage.health.release_notice(first.id)
    assert [each.id for each in await storage.health.claim_notices()] == [first.id]
