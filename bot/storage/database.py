"""The database: one sync engine, all writes in one thread of the process, reads in others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)

from alembic import command
from bot.errors import DatabaseError, DatabaseNotReady, DataRefused

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

#: Taken by everything whose ids must follow the order of commits: intake, changes of keywords.
_INTAKE_LOCK = 0x5A11
#: Taken while migrating, so that ten processes may start together.
_MIGRATION_LOCK = 0x5A12

# What a PostgreSQL says that starts, recovers or stops; and what is said where none listens.
_FOR_NOW = ("starting up", "shutting down", "recovery", "not yet accepting", "too many connections")

# A frozen process holds no rows for longer than this: the server ends its transaction.
_POSTGRES_ARGUMENTS = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "options": "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=10000",
}


def make_engine(url: str) -> Engine:
    """Return an engine for a `sqlite:///` or `postgresql://` URL; does not connect."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=5,
            max_overflow=5,
            connect_args=_POSTGRES_ARGUMENTS,
        )
    if parsed.database:
        folder = Path(parsed.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseError(
                f"cannot make the folder {folder} for the database: {error.strerror}. "
                "Set BOT_DATABASE_URL to one that may be written"
            ) from error
    engine = create_engine(parsed)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # we emit BEGIN ourselves
    cursor = connection.cursor()
    # FULL: an acknowledged update of Telegram must survive a power cut. In write-ahead mode this
    # costs one sync a commit, hundreds of times what one bot token may send.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=10000",
        "foreign_keys=ON",
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads and then writes fails at once with "locked" when another wrote in
    # between, whatever the timeout; IMMEDIATE waits for the lock at the start instead.
    read_only = connection.get_execution_options().get("sahman_read_only")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


class Database:
    """Runs transactions: `write` one at a time in one thread, `read` beside it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="db-write")
        self._readers = ThreadPoolExecutor(3, thread_name_prefix="db-read")

    async def write(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run *work* in a transaction of its own; all of it is committed, or nothing."""

        def transaction() -> _Result:
            with _translated(self.engine), self.engine.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._writer, transaction)

    async def read(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run *work* against one consistent state of the database; it must not write."""

        def transaction() -> _Result:
            with (
                _translated(self.engine),
                self.engine.connect().execution_options(sahman_read_only=True) as connection,
            ):
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._readers, transaction)

    def close(self) -> None:
        """Let the work at hand end, then close every connection."""
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self.engine.dispose()


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    """Turn "the database is away, locked or full" into our own error; a bug stays what it is."""
    try:
        yield
    except REFUSALS as error:
        if is_refusal(error):
            raise DataRefused(_first_line(error)) from error
        if isinstance(error, (OperationalError, InterfaceError)):
            raise DatabaseError(_explain(engine, error)) from error
        raise


#: What may be raised for a value that the database cannot hold; `is_refusal` says whether it was.
REFUSALS = (DBAPIError, UnicodeEncodeError, OverflowError)


def is_refusal(error: Exception) -> bool:
    """Say whether it is about the value, and asking again is no use.

    Letters that cannot be encoded, numbers out of range, texts longer than an index takes.
    """
    if not isinstance(error, DBAPIError):
        return isinstance(error, REFUSALS)
    state = str(getattr(error.orig, "sqlstate", "") or "")
    # https://www.postgresql.org/docs/current/errcodes-appendix.html: data, program limits.
    return isinstance(error, DataError) or state.startswith(("22", "54"))


def try_alone(connection: Connection, work: Callable[[], None]) -> bool:
    """Do something in a savepoint; say whether the database took it. A refusal is logged."""
    try:
        with connection.begin_nested():
            work()
    except REFUSALS as error:
        if not is_refusal(error):
            raise
        _log.error("note_refused", extra={"reason": str(error).splitlines()[0][:300]})
        return False
    return True


def take_intake_lock(connection: Connection) -> None:
    """Hold the one lock under which ids follow the order of commits, until the transaction ends.

    On SQLite `BEGIN IMMEDIATE` is that lock already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _INTAKE_LOCK})


def insert_into(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that knows ON CONFLICT, for the database at hand."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def migrate(engine: Engine, folder: Path = Path("alembic")) -> None:
    """Bring the database to this version's tables; safe when several processes start together."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK}
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except OperationalError as error:
        kind = DatabaseNotReady if _may_pass(engine, error) else DatabaseError
        raise kind(_explain(engine, error)) from error
    except CommandError as error:
        raise DatabaseError(
            f"the database is of a newer Sahman than this one ({error}). Install that version, or "
            "restore the copy that was made before the upgrade"
        ) from error


def check_database(engine: Engine) -> None:
    """Connect and ask something; raise DatabaseError that says what to do."""
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        raise DatabaseError(_explain(engine, error)) from error


def _may_pass(engine: Engine, error: OperationalError) -> bool:
    """Say whether a server refuses for now only: not for a name, a password or a right."""
    if engine.dialect.name == "sqlite":
        return False
    said = str(error.orig).lower()
    return "fatal" not in said or any(each in said for each in _FOR_NOW)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0][:300]


def _explain(engine: Engine, error: SQLAlchemyError) -> str:
    cause = _first_line(error)
    place = engine.url.render_as_string(hide_password=True)
    return f"cannot use the database {place}: {cause}. Check BOT_DATABASE_URL and that it runs"
