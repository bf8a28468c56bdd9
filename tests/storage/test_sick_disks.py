"""An SQLite file that is locked, or a disk that is full: a clear error, and on it goes after."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.errors import DatabaseError
from bot.storage import Storage
from bot.storage.database import Database, make_engine
from bot.storage.migrating import migrate
from bot.storage.tables import delivery, item
from tests.samples import (
    NOW,
    count_rows,
    expand,
    follow,
    new_item,
    open_chat,
    open_feed,
    take_in,
)


class Disk:
    """An SQLite file whose room can be taken away."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pages = 2**30
        self.engine = make_engine(f"sqlite:///{path}")
        event.listen(self.engine, "checkout", self._limit)
        migrate(self.engine)
        self.database = Database(self.engine)

    def _limit(self, connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={self.pages}")
        connection.execute("PRAGMA busy_timeout=100")

    def fill(self) -> None:
        """Leave no room for another page."""
        self.pages = 1  # SQLite takes what the file has already for the least

    def empty(self) -> None:
        """Give the room back."""
        self.pages = 2**30


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "sahman.db")
    yield disk
    disk.database.close()


async def test_a_full_disk_is_said_so_harms_nothing_and_is_forgotten_once_there_is_room(
    disk: Disk,
) -> None:
    storage = Storage(disk.database)
    source = await open_feed(storage)
    await follow(storage, await open_chat(storage), "border")
    disk.fill()
    printed = [new_item(f"Border {n} " + "Ս" * 400) for n in range(60)]
    with pytest.raises(DatabaseError, match="full"):
        await take_in(storage, source, *printed)
    assert count_rows(storage, item) == 0, "all of it is stored, or nothing"
    with disk.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    disk.empty()
    await take_in(storage, source, *printed)
    await expand(storage)
    assert count_rows(storage, delivery) == 60


async def test_a_locked_file_is_said_so_and_is_written_once_it_is_free(disk: Disk) -> None:
    storage = Storage(disk.database)
    source = await open_feed(storage)
    await follow(storage, await open_chat(storage), "border")
    other = sqlite3.connect(disk.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseError, match="locked"):
        await take_in(storage, source, new_item("Border"))
    with pytest.raises(DatabaseError, match="locked"):
        await storage.deliveries.settle_and_claim([], 10, 25, NOW)
    assert await storage.deliveries.count_owed() == 0, "reading goes on meanwhile"
    other.execute("ROLLBACK")
    other.close()
    await take_in(storage, source, new_item("Border"))
    await expand(storage)
    assert len((await storage.deliveries.settle_and_claim([], 10, 25, NOW)).deliveries) == 1
