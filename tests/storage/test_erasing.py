"""Erasing: nothing of what somebody typed is left in the files of the database."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bot.jobs.prune import give_up_dead_rows
from bot.storage import Storage
from bot.storage.database import Database, make_engine
from bot.storage.migrating import migrate
from tests.loopback import until
from tests.samples import NOW, expand, follow, new_item, open_chat, open_feed, take_in

_WORDS = "qwertzuiopasdfgh"


async def use(storage: Storage) -> int:
    """Let somebody follow a rare word, look for it and be owed an alert; return who."""
    source = await open_feed(storage)
    who = await open_chat(storage, 101)
    await follow(storage, who, _WORDS)
    for number in range(40):
        await storage.subscribers.save_words(who.id, f"{_WORDS} {number}", NOW)
    await take_in(storage, source, new_item("Border"))
    await expand(storage)
    return who.id


def found_in(folder: Path) -> list[str]:
    """Return the files in which the word stands."""
    return [file.name for file in folder.iterdir() if _WORDS.encode() in file.read_bytes()]


async def test_what_is_erased_stands_in_no_file_any_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/own/sahman.db")
    migrate(engine)
    database = Database(engine)
    storage = Storage(database)
    who = await use(storage)
    assert found_in(tmp_path / "own") != []
    with caplog.at_level(logging.INFO):
        await storage.subscribers.erase(who)
    assert found_in(tmp_path / "own") == []
    (said,) = [record for record in caplog.records if record.message == "erased"]
    assert vars(said)["keywords"] == 1
    assert _WORDS not in caplog.text
    database.close()


async def test_the_files_are_for_this_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "own" / "sahman.db"
    engine = make_engine(f"sqlite:///{file}")
    migrate(engine)
    database = Database(engine)
    await use(Storage(database))
    assert file.parent.stat().st_mode & 0o777 == 0o700
    for each in file.parent.iterdir():
        assert each.stat().st_mode & 0o077 == 0, each.name
    database.close()


async def test_those_of_an_older_installation_become_so(tmp_path: Path) -> None:
    file = tmp_path / "sahman.db"
    file.touch(mode=0o644)
    file.chmod(0o644)
    engine = make_engine(f"sqlite:///{file}")
    migrate(engine)
    assert file.stat().st_mode & 0o777 == 0o600
    engine.dispose()


async def test_postgresql_gives_up_dead_rows(postgres_storage: Storage) -> None:
    await postgres_storage.subscribers.erase(await use(postgres_storage))
    await give_up_dead_rows(postgres_storage)

    def vacuumed() -> int:
        with postgres_storage.database.engine.begin() as connection:
            query = "SELECT sum(vacuum_count) FROM pg_stat_user_tables WHERE relname = ANY(%s)"
            wanted = ["subscription", "subscriber", "keyword", "typed_words", "waiting_update"]
            return int(connection.exec_driver_sql(query, (wanted,)).scalar() or 0)

    await until(lambda: vacuumed() >= 5)  # its statistics come a little later
