"""What all tests share: real databases, and an environment that says nothing."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import Engine, select, text

from bot.storage import Storage
from bot.storage.database import Database, make_engine
from bot.storage.migrating import migrate
from bot.storage.tables import metadata, search_period
from tests.postgres import Server, find_binaries, run_server

_TEMPLATE = "template_sahman"
#: Asking SQLAlchemy for their order after each test would cost as much as emptying them.
_EMPTYING = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]  # noqa: S608

# `make check` tries the same properties with many more examples.
settings.register_profile("fast", max_examples=30, deadline=None)
settings.register_profile("thorough", max_examples=600, deadline=None)
settings.load_profile("fast")

for _name in [name for name in os.environ if name.startswith("BOT_")]:
    del os.environ[_name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what needs PostgreSQL first: of several workers, then mostly one starts a server."""
    items.sort(key=lambda item: "postgres" not in item.name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL with one migrated database, which every test copies."""
    binaries = find_binaries()
    if binaries is None:
        if os.environ.get("CI"):
            pytest.fail("no PostgreSQL binaries: in CI they must be there")
        pytest.skip("no PostgreSQL binaries on this machine (set TEST_PG_BIN)")
    with run_server(binaries) as server:
        _execute(server, f"CREATE DATABASE {_TEMPLATE}")
        engine = make_engine(server.url(_TEMPLATE))
        migrate(engine)
        engine.dispose()
        yield server


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    name = f"test_{uuid.uuid4().hex}"
    _execute(postgres, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield postgres.url(name)
    _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, on each of the two engines in turn."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/sahman.db"


# An engine remembers each statement that it compiled: shared, its database emptied after each test,
# it makes tests many times cheaper than a new one.


@pytest.fixture(scope="session")
def sqlite_engine() -> Iterator[Engine]:
    """A migrated SQLite file; in memory where there is a file system for it."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    with tempfile.TemporaryDirectory(prefix="sahman-", dir=memory) as folder:
        engine = make_engine(f"sqlite:///{folder}/sahman.db")
        migrate(engine)
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def postgres_engine(postgres: Server) -> Iterator[Engine]:
    """A migrated PostgreSQL database."""
    _execute(postgres, f"CREATE DATABASE shared TEMPLATE {_TEMPLATE}")
    engine = make_engine(postgres.url("shared"))
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_storage(sqlite_engine: Engine) -> Iterator[Storage]:
    """Storage over a real, migrated, empty SQLite file."""
    yield from _storage_over(sqlite_engine)


@pytest.fixture
def postgres_storage(postgres_engine: Engine) -> Iterator[Storage]:
    """Storage over a real, migrated, empty PostgreSQL database."""
    yield from _storage_over(postgres_engine)


@pytest.fixture(params=["sqlite", "postgres"])
def storage(request: pytest.FixtureRequest) -> Storage:
    """Storage over a real, migrated, empty database, on each of the two engines in turn."""
    found: Storage = request.getfixturevalue(f"{request.param}_storage")
    return found


@pytest.fixture
def data_folder() -> Path:
    """The shared data beside the repository; the test is skipped where it is not."""
    folder = os.environ.get("SAHMAN_DATA")
    if not folder:
        pytest.skip("SAHMAN_DATA is not set: the shared data is not on this machine")
    return Path(folder)


def _execute(server: Server, statement: str) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _storage_over(engine: Engine) -> Iterator[Storage]:
    database = Database(engine)
    yield Storage(database)
    for executor in (database._writer, database._readers):
        executor.shutdown()  # its `close` would end the connections too, for the next to open anew
    with engine.begin() as connection:
        for week in connection.scalars(select(search_period.c.week)).all():
            connection.execute(text(f"DROP TABLE search_{week}"))
        for statement in _EMPTYING:
            connection.exec_driver_sql(statement)
