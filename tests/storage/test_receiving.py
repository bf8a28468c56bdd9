"""The receiver's lease: of several processes one asks Telegram for updates."""

from __future__ import annotations

from bot.storage import Storage
from bot.storage.tables import poller
from tests.samples import change_rows


async def test_one_process_receives_and_the_others_wait(storage: Storage) -> None:
    assert await storage.receiving.hold("first", 60)
    assert not await storage.receiving.hold("second", 60)
    assert await storage.receiving.hold("first", 60)


async def test_another_takes_over_once_the_lease_has_ended(storage: Storage) -> None:
    assert await storage.receiving.hold("first", 60)
    change_rows(storage, poller, until=1)
    assert await storage.receiving.hold("second", 60)
    assert not await storage.receiving.hold("first", 60)


async def test_a_lease_given_up_need_not_be_waited_for(storage: Storage) -> None:
    await storage.receiving.hold("first", 60)
    await storage.receiving.release("second")
    assert not await storage.receiving.hold("second", 60)
    await storage.receiving.release("first")
    assert await storage.receiving.hold("second", 60)
