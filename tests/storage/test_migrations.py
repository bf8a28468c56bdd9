"""Migrations: up, down and up again on both databases, and nothing left for autogenerate."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from alembic import command
from bot.errors import DatabaseError
from bot.storage.columns import Moment
from bot.storage.database import check_database, make_engine
from bot.storage.migrating import migrate
from bot.storage.tables import metadata

FOLDER = Path(__file__).parents[2] / "alembic"


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def downgrade(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")


def test_up_down_and_up_again_and_nothing_is_left_for_autogenerate(database_url: str) -> None:
    engine = make_engine(database_url)
    try:
        migrate(engine)
        assert tables(engine) == set(metadata.tables)
        downgrade(engine)
        assert tables(engine) == set()
        migrate(engine)
        migrate(engine)
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "compare_server_default": False,
                    "compare_type": lambda *given: False if isinstance(given[4], Moment) else None,
                },
            )
            assert compare_metadata(context, metadata) == []
    finally:
        engine.dispose()


def test_ten_processes_that_start_together_migrate_once(postgres_url: str) -> None:
    engine = make_engine(postgres_url)
    downgrade(engine)
    failures: list[BaseException] = []

    def start() -> None:
        own = make_engine(postgres_url)
        try:
            migrate(own)
        except BaseException as error:
            failures.append(error)
        finally:
            own.dispose()

    threads = [threading.Thread(target=start) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert tables(engine) == set(metadata.tables)
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://sahman:hush@127.0.0.1:9/sahman",
        "sqlite:////proc/nowhere.db",
    ],
)
def test_a_database_that_is_away_is_said_so_without_its_password(url: str) -> None:
    engine = make_engine(url)
    for use in (check_database, migrate):
        with pytest.raises(DatabaseError) as raised:
            use(engine)
        assert "BOT_DATABASE_URL" in str(raised.value)
        assert "hush" not in str(raised.value)
    engine.dispose()


def test_each_migration_is_in_a_file_that_begins_with_its_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    assert all(Path(each.path).name.startswith(f"{each.revision}_") for each in scripts)
    assert max(path.name[:4] for path in FOLDER.glob("versions/0*.py")) == (
        ScriptDirectory.from_config(config).get_current_head()
    )


def test_an_sqlite_without_full_text_search_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.migrating._FULL_TEXT", "fts99")
    engine = make_engine(f"sqlite:///{tmp_path}/sahman.db")
    with pytest.raises(DatabaseError, match=r"built without FTS5.*PostgreSQL"):
        migrate(engine)
    assert tables(engine) == set()
    engine.dispose()
