"""Digests: owed once per local day and hour, each item in exactly one window."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.delivery.schedule import next_digest_at
from bot.jobs.digest import owe_due_digests
from bot.model import DeliveryKind, Subscriber
from bot.storage import Storage
from bot.storage.tables import delivery
from tests.samples import (
    NOW,
    change_rows,
    follow,
    new_item,
    open_chat,
    open_feed,
    rows_of,
    second_database,
    take_in,
)


async def reader(storage: Storage, zone: str, *times: str, now: datetime = NOW, **more: Any) -> Any:
    """Return a subscriber with digests at these local times."""
    at = next_digest_at(times, zone, now)
    return await open_chat(storage, zone=zone, digest_times=times, next_digest_at=at, **more)


async def refs_of_days(storage: Storage, start: datetime, days: float, step_s: int) -> list[str]:
    """Tick the clock from *start*; return the digests owed, in order."""
    for tick in range(int(days * 86_400 / step_s) + 1):
        await owe_due_digests(storage, start + timedelta(seconds=tick * step_s))
    return [row["ref"] for row in rows_of(storage, delivery)]


async def test_each_local_day_and_hour_is_owed_once(storage: Storage) -> None:
    await reader(storage, "Asia/Yerevan", "09:00", "20:00")
    refs = await refs_of_days(storage, NOW, 2, 3600)
    assert refs == ["2026-09-12T20:00", "2026-09-13T09:00", "2026-09-13T20:00", "2026-09-14T09:00"]


async def test_nothing_is_owed_before_its_time(storage: Storage) -> None:
    await reader(storage, "Asia/Yerevan", "20:00")
    assert await owe_due_digests(storage, NOW + timedelta(hours=7, minutes=59)) == 0
    assert await owe_due_digests(storage, NOW + timedelta(hours=8)) == 1
    assert await owe_due_digests(storage, NOW + timedelta(hours=8)) == 0


async def test_the_clocks_may_change_and_each_day_has_its_digest(storage: Storage) -> None:
    start = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)
    await reader(storage, "Europe/Paris", "02:30", now=start)
    refs = await refs_of_days(storage, start, 4, 1800)
    assert refs == [f"2026-03-{day}T02:30" for day in (28, 29, 30, 31)]


async def test_the_hour_that_comes_twice_brings_one_digest(storage: Storage) -> None:
    start = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    await reader(storage, "Europe/Paris", "02:30", now=start)
    refs = await refs_of_days(storage, start, 2, 1800)
    assert refs == ["2026-10-25T02:30", "2026-10-26T02:30"]


async def test_two_processes_owe_a_digest_once(storage: Storage) -> None:
    for chat_id in range(1, 8):
        await open_chat(storage, chat_id, next_digest_at=NOW)
    other = second_database(storage)
    try:
        owed = await asyncio.gather(
            *(owe_due_digests(each, NOW) for each in (storage, Storage(other)) for _ in range(2))
        )
    finally:
        other.close()
    assert sum(owed) == 7
    assert len(rows_of(storage, delivery)) == 7


async def test_a_clock_set_back_does_not_owe_it_again(storage: Storage) -> None:
    """As when the process ends after the commit, and starts with an older row in a backup."""
    who = await reader(storage, "Asia/Yerevan", "20:00")
    evening = NOW + timedelta(hours=8)
    assert await owe_due_digests(storage, evening) == 1
    await storage.subscribers.save_settings(who.id, next_digest_at=evening)
    assert await owe_due_digests(storage, evening) == 0
    fresh = await storage.subscribers.load(101, 0)
    assert fresh is not None
    assert fresh.next_digest_at == evening + timedelta(days=1)


async def test_who_changes_their_zone_is_not_owed_the_same_day_and_hour_again(
    storage: Storage,
) -> None:
    who = await reader(storage, "Asia/Yerevan", "20:00")
    evening = NOW + timedelta(hours=8)
    await owe_due_digests(storage, evening)
    at = next_digest_at(("20:00",), "Europe/Paris", evening)
    await storage.subscribers.save_settings(who.id, zone="Europe/Paris", next_digest_at=at)
    refs = await refs_of_days(storage, evening, 1.5, 3600)
    assert refs == ["2026-09-12T20:00", "2026-09-13T20:00"]


async def test_after_a_standstill_of_days_one_digest_is_owed(storage: Storage) -> None:
    await reader(storage, "Asia/Yerevan", "09:00", "20:00")
    assert await owe_due_digests(storage, NOW + timedelta(days=5)) == 1
    assert await owe_due_digests(storage, NOW + timedelta(days=5)) == 0
    (row,) = rows_of(storage, delivery)
    assert row["ref"] == "2026-09-17T09:00"


async def test_who_is_paused_is_owed_none(storage: Storage) -> None:
    await reader(storage, "Asia/Yerevan", "20:00", paused=True)
    assert await owe_due_digests(storage, NOW + timedelta(days=1)) == 0


async def test_more_than_one_round_can_hold_are_owed_in_the_next(storage: Storage) -> None:
    for chat_id in range(1, 6):
        await open_chat(storage, chat_id, next_digest_at=NOW)
    slot = ("2026-09-12T12:00", None)
    owed = [await storage.subscribers.owe_digests(NOW, lambda _: slot, limit=2) for _ in range(4)]
    assert owed == [2, 2, 1, 0]


class TestWindow:
    async def told(self, storage: Storage, who: Subscriber) -> list[list[str]]:
        """Return the titles of each digest owed so far, each digest oldest first."""
        digests = []
        for row in rows_of(storage, delivery):
            if row["kind"] == DeliveryKind.DIGEST:
                matched = await storage.matches.load_digest(
                    who.id, after=row["after_item"], upto=row["upto_item"]
                )
                digests.append(sorted(each.lead.item.title for each in matched))
        return digests

    async def test_every_item_stands_in_one_digest_and_none_in_two(self, storage: Storage) -> None:
        source = await open_feed(storage)
        await take_in(storage, source, new_item("Border 0, before they came"))
        who = await reader(storage, "Asia/Yerevan", "20:00")
        await follow(storage, who, "border")
        for day in range(3):
            titles = [f"Border {day}{letter}" for letter in "ab"]
            await take_in(storage, source, *(new_item(title) for title in titles))
            await owe_due_digests(storage, NOW + timedelta(hours=8, days=day))
        await take_in(storage, source, new_item("Border 3, not told yet"))
        assert await self.told(storage, who) == [
            ["Border 0a", "Border 0b"], ["Border 1a", "Border 1b"], ["Border 2a", "Border 2b"],
        ]  # fmt: skip

    async def test_what_came_while_they_were_paused_stands_in_the_next(
        self, storage: Storage
    ) -> None:
        source = await open_feed(storage)
        who = await reader(storage, "Asia/Yerevan", "20:00")
        await follow(storage, who, "border")
        await storage.subscribers.save_settings(who.id, paused=True)
        await take_in(storage, source, new_item("Border in silence"))
        await owe_due_digests(storage, NOW + timedelta(days=1))
        await storage.subscribers.save_settings(who.id, paused=False)
        await owe_due_digests(storage, NOW + timedelta(days=2))
        assert await self.told(storage, who) == [["Border in silence"]]

    async def test_a_slot_that_was_owed_before_takes_nothing_from_the_next(
        self, storage: Storage
    ) -> None:
        source = await open_feed(storage)
        who = await reader(storage, "Asia/Yerevan", "20:00")
        await follow(storage, who, "border")
        evening = NOW + timedelta(hours=8)
        await owe_due_digests(storage, evening)
        await take_in(storage, source, new_item("Border at night"))
        await storage.subscribers.save_settings(who.id, next_digest_at=evening)
        await owe_due_digests(storage, evening)
        await owe_due_digests(storage, evening + timedelta(days=1))
        assert await self.told(storage, who) == [[], ["Border at night"]]

    async def test_it_is_owed_though_its_chat_must_wait(self, storage: Storage) -> None:
        await reader(storage, "Asia/Yerevan", "20:00")
        await owe_due_digests(storage, NOW + timedelta(hours=8))
        (owed,) = (await storage.deliveries.settle_and_claim([], 10, 1000, NOW)).deliveries
        assert (owed.kind, owed.ref) == (DeliveryKind.DIGEST, "2026-09-12T20:00")
        change_rows(storage, delivery, state=1)
        assert (await storage.deliveries.settle_and_claim([], 10, 1000, NOW)).deliveries == ()
