"""Processes that share a PostgreSQL: the dead are missed for seconds, the living keep their own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text, update

from bot.storage import Storage
from bot.storage import processes as living
from bot.storage.tables import chat, feed, poller, process, waiting_update
from tests.samples import (
    NOW,
    change_rows,
    count_rows,
    expand,
    feeds_config,
    follow,
    new_item,
    open_chat,
    open_feed,
    rows_of,
    second_database,
    take_in,
)

# A PostgreSQL and its processes: a second for each.
pytestmark = pytest.mark.slow


@asynccontextmanager
async def another(storage: Storage) -> AsyncIterator[Storage]:
    """What another process has of the same database."""
    database = second_database(storage)
    other = Storage(database)
    await other.processes.enter()
    try:
        yield other
    finally:
        with contextlib.suppress(RuntimeError):  # it has left
            await other.processes._let_go_of_lock()
        database.close()


async def die(storage: Storage) -> None:
    """End as a killed process does: its connections are cut, and nothing is said."""
    await storage.processes._let_go_of_lock()


def age(storage: Storage, by_ms: int) -> None:
    """Let all signs of life lie back so far."""
    with storage.database.engine.begin() as connection:
        connection.execute(update(process).values(beat_at=process.c.beat_at - by_ms))


async def hold_something(storage: Storage) -> None:
    """Hold a feed, a chat, the receiving and an update."""
    source = await open_feed(storage)
    who = await open_chat(storage, 101)
    await follow(storage, who, "border", NOW)
    await take_in(storage, source, new_item("Border"))
    await expand(storage)
    await storage.feeds.save_config(feeds_config("alpha", "beta"), NOW)
    assert await storage.feeds.claim_due(NOW, 5)
    assert (await storage.deliveries.settle_and_claim([], 5, 1000, NOW)).deliveries
    assert await storage.receiving.hold(storage.processes.name, 45)


@pytest.fixture
async def ours(postgres_storage: Storage) -> AsyncIterator[Storage]:
    """This process, known to the others."""
    await postgres_storage.processes.enter()
    yield postgres_storage
    with contextlib.suppress(Exception):
        await postgres_storage.processes.leave()


async def test_what_a_killed_process_held_is_free_as_soon_as_somebody_looks(ours: Storage) -> None:
    async with another(ours) as killed:
        await hold_something(killed)
        await die(killed)
        age(ours, 3_000)
        await ours.processes.beat()
    assert count_rows(ours, process) == 1
    assert (await ours.feeds.claim_due(NOW, 5))[0].config.name == "beta"
    assert (await ours.deliveries.settle_and_claim([], 5, 1000, NOW)).deliveries
    assert await ours.receiving.hold(ours.processes.name, 45)


async def test_what_a_living_one_holds_stays_its_own(ours: Storage) -> None:
    async with another(ours) as living_one:
        await hold_something(living_one)
        age(ours, 10_000)
        await ours.processes.beat()
        assert count_rows(ours, process) == 2
        assert await ours.feeds.claim_due(NOW, 5) == []
        assert not (await ours.deliveries.settle_and_claim([], 5, 1000, NOW)).deliveries
        assert not await ours.receiving.hold(ours.processes.name, 45)


async def test_one_without_a_pulse_is_dead_though_its_connection_stands(ours: Storage) -> None:
    async with another(ours) as frozen:
        await hold_something(frozen)
        age(ours, 16_000)
        await ours.processes.beat()
        assert count_rows(ours, process) == 1
        assert await ours.feeds.claim_due(NOW, 5)
        before = frozen.processes.id
        await frozen.processes.beat()
        assert frozen.processes.id != before, "it comes back as a new one"
        assert count_rows(ours, process) == 2
        assert rows_of(ours, feed)[1]["leased_by"] == ours.processes.id, "what it held is ours now"


async def test_one_that_leaves_keeps_nobody_waiting(ours: Storage) -> None:
    async with another(ours) as leaving:
        await hold_something(leaving)
        await leaving.processes.leave()
        assert await ours.feeds.claim_due(NOW, 5)
        assert (await ours.deliveries.settle_and_claim([], 5, 1000, NOW)).deliveries


async def test_after_an_outage_of_the_server_nobody_is_taken_for_dead_at_once(
    ours: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with another(ours) as living_one:
        await hold_something(living_one)
        with ours.database.engine.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks"
                    " WHERE locktype = 'advisory' AND objsubid = 2"
                )
            )
        age(ours, 3_000)
        await ours.processes.beat()
        assert count_rows(ours, process) == 2
        await living_one.processes.beat()
        age(ours, 3_000)
        monkeypatch.setattr(ours.processes, "_frees_from_s", 0.0)
        await ours.processes.beat()
        assert count_rows(ours, process) == 2, "it has its lock again"


async def test_ten_that_look_at_once_free_the_dead_once(ours: Storage) -> None:
    async with another(ours) as killed, another(ours) as watcher:
        await hold_something(killed)
        await die(killed)
        age(ours, 3_000)
        await asyncio.gather(*(each.processes.beat() for each in (ours, watcher) * 3))
        assert count_rows(ours, process) == 2


async def test_an_sqlite_file_serves_one_process_and_all_is_free_when_it_starts(
    sqlite_storage: Storage,
) -> None:
    await hold_something(sqlite_storage)
    change_rows(sqlite_storage, poller, owner="the one before")
    await sqlite_storage.processes.enter()
    assert await sqlite_storage.feeds.claim_due(NOW, 5)
    assert {row["lease"] for row in rows_of(sqlite_storage, chat)} == {0}
    assert await sqlite_storage.receiving.hold(sqlite_storage.processes.name, 45)
    assert count_rows(sqlite_storage, waiting_update) == 0
    assert count_rows(sqlite_storage, process) == 0


def test_a_process_beats_often_enough_to_be_alive() -> None:
    assert living.BEAT_S * 2 < living.STALE_S
