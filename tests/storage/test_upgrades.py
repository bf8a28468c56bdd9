"""Upgrades of an SQLite file: copied first, by one process, and never backwards."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config

from alembic import command
from bot.errors import DatabaseError
from bot.storage.database import make_engine
from bot.storage.file_lock import FileLock
from bot.storage.migrating import load_revision, migrate, newest_revision
from tests.storage.test_migrations import FOLDER

_NEWEST = newest_revision(FOLDER)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An SQLite file of an older Sahman, with a row in it."""
    made = tmp_path / "sahman.db"
    engine = make_engine(f"sqlite:///{made}")
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0013")
        connection.exec_driver_sql("INSERT INTO chat (id, kind) VALUES (101, 'private')")
        connection.exec_driver_sql("INSERT INTO budget (name, tat) VALUES ('bot', 1)")
    engine.dispose()
    return made


def read(file: Path, question: str) -> object:
    with closing(sqlite3.connect(file)) as database:
        return database.execute(question).fetchone()[0]


def test_it_is_copied_as_it_was_before_its_tables_are_changed(file: Path, tmp_path: Path) -> None:
    (tmp_path / "sahman.db.before-0012").write_text("of the upgrade before")
    engine = make_engine(f"sqlite:///{file}")
    migrate(engine)
    migrate(engine)
    assert load_revision(engine) == _NEWEST
    engine.dispose()
    copy = tmp_path / f"sahman.db.before-{_NEWEST}"
    assert read(copy, "SELECT version_num FROM alembic_version") == "0013"
    assert read(copy, "SELECT id FROM chat") == 101
    assert read(file, "SELECT id FROM chat") == 101
    assert copy.stat().st_mode & 0o077 == 0
    assert sorted(each.name for each in tmp_path.iterdir() if "before" in each.name) == [copy.name]


def test_a_new_file_needs_no_copy(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/new.db")
    migrate(engine)
    engine.dispose()
    assert [each for each in tmp_path.iterdir() if "before" in each.name] == []


def test_nothing_is_changed_under_a_process_that_serves_it(file: Path) -> None:
    engine = make_engine(f"sqlite:///{file}")
    lock = FileLock(engine.url)
    lock.take()
    with pytest.raises(DatabaseError, match=r"another Sahman \(process \d+\).*Stop it first"):
        migrate(engine)
    assert load_revision(engine) == "0013"
    lock.release()
    migrate(engine)
    assert load_revision(engine) == _NEWEST
    engine.dispose()


def test_without_room_for_the_copy_nothing_is_changed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.storage.copies.os.replace", fill)
    engine = make_engine(f"sqlite:///{file}")
    with pytest.raises(DatabaseError, match=r"cannot be copied.*Make room"):
        migrate(engine)
    assert load_revision(engine) == "0013"
    assert [each for each in file.parent.iterdir() if "before" in each.name] == []
    engine.dispose()


def test_a_newer_database_is_refused_and_left_as_it_is(file: Path) -> None:
    engine = make_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseError, match=r"newer Sahman \(tables 9999\)"):
        migrate(engine)
    assert load_revision(engine) == "9999"
    engine.dispose()
