"""The database: one sync engine, all writes in one thread of the process, reads in others."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError as BrokenFile
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)

from bot.errors import DatabaseError, DataRefused
from bot.storage.faults import explain_fault, explain_folder, explain_right

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

#: Taken by everything whose ids must follow the order of commits: intake, changes of keywords.
_INTAKE_LOCK = 0x5A11
#: So many writers share a transaction at most: others wait as long as it lasts.
_MOST_TOGETHER = 8

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
            hide_parameters=True,  # an error would quote what somebody typed
            pool_size=5,
            max_overflow=5,
            connect_args=_POSTGRES_ARGUMENTS,
        )
    if parsed.database:
        _open_folder(Path(parsed.database))
    engine = create_engine(parsed, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_folder(file: Path) -> None:
    """Make the folder of an SQLite file; raises DatabaseError where nothing can be kept in it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_link = file.is_symlink()
    except OSError as error:
        raise DatabaseError(explain_folder(file) or explain_right(file)) from error
    if is_link:
        raise DatabaseError(
            f"{file} is a symbolic link: what is kept could be led elsewhere by it. "
            "Set BOT_DATABASE_URL to the file itself"
        )


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # we emit BEGIN ourselves
    cursor = connection.cursor()
    _keep_to_ourselves(cursor.execute("PRAGMA database_list").fetchone()[2])
    # FULL: an acknowledged update of Telegram must survive a power cut. In write-ahead mode this
    # costs one sync a commit, hundreds of times what one bot token may send.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=10000",
        "foreign_keys=ON",
        # What is erased is overwritten.
        "secure_delete=ON",
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _keep_to_ourselves(file: str) -> None:
    """Let nobody else read the database and what lies beside it; those inherit its rights."""
    with suppress(OSError):  # somebody else's file, which the operator made readable to us
        if file and Path(file).stat().st_mode & 0o077:
            for name in (file, f"{file}-wal", f"{file}-shm"):
                with suppress(FileNotFoundError):
                    Path(name).chmod(0o600)


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads and then writes fails at once with "locked" when another wrote in
    # between, whatever the timeout; IMMEDIATE waits for the lock at the start instead.
    read_only = connection.get_execution_options().get("sahman_read_only")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Work that waits for the writer, and the future of who waits for it."""

    work: Callable[[Connection], Any]
    future: asyncio.Future[Any]

    def answer(self, result: Any) -> None:
        if not self.future.done():
            self.future.set_result(result)

    def refuse(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class Database:
    """Runs transactions: `write` one at a time in one thread, `read` beside it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._waiting: deque[_Waiting] = deque()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="db-write")
        self._readers = ThreadPoolExecutor(3, thread_name_prefix="db-read")

    async def write(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run *work* in a transaction of its own; all of it is committed, or nothing."""

        def transaction() -> _Result:
            with translated(self.engine), self.engine.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._writer, transaction)

    async def write_together(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run *work* in one transaction with what else waits for the writer; commits are dear.

        If one of them fails, each is run again in a transaction of its own.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(work, loop.create_future())
        self._waiting.append(waiting)
        await loop.run_in_executor(self._writer, self._write_waiting, loop)
        result: _Result = await waiting.future
        return result

    def _write_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        """Do what waits, unless whoever came before has done it."""
        batch: list[_Waiting] = []
        with suppress(IndexError):
            while len(batch) < _MOST_TOGETHER:
                batch.append(self._waiting.popleft())
        if batch:
            self._write_batch(batch, loop)

    def _write_batch(self, batch: Sequence[_Waiting], loop: asyncio.AbstractEventLoop) -> None:
        try:
            with translated(self.engine), self.engine.begin() as connection:
                results = [each.work(connection) for each in batch]
        except Exception as error:  # it is raised where the work was asked for
            if len(batch) == 1:
                loop.call_soon_threadsafe(batch[0].refuse, error)
                return
            for each in batch:
                self._write_batch([each], loop)
        else:
            for each, result in zip(batch, results, strict=True):
                loop.call_soon_threadsafe(each.answer, result)

    async def read(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run *work* against one consistent state of the database; it must not write."""

        def transaction() -> _Result:
            with (
                translated(self.engine),
                self.engine.connect().execution_options(sahman_read_only=True) as connection,
            ):
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._readers, transaction)

    @property
    def file(self) -> str | None:
        """The SQLite file that it is; None where it is none."""
        url = self.engine.url
        return url.database if url.get_backend_name() == "sqlite" else None

    @property
    def overwrites_at_once(self) -> bool:
        """Whether what is erased is overwritten in the same instant, as SQLite is told to."""
        return self.engine.dialect.name == "sqlite"

    async def overwrite_erased(self) -> None:
        """Let nothing of what was erased stand in SQLite's write-ahead log either.

        Waits for readers, up to the lock's timeout; what it could not do, the next one does.
        """
        if self.engine.dialect.name != "sqlite":
            return

        def checkpoint() -> None:
            with translated(self.engine), closing(self.engine.raw_connection()) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        await asyncio.get_running_loop().run_in_executor(self._writer, checkpoint)

    async def vacuum(self, tables: Sequence[str]) -> None:
        """Let PostgreSQL give up the dead rows of *tables*; SQLite has overwritten its own."""
        if self.engine.dialect.name != "postgresql":
            return

        def work() -> None:
            engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
            with translated(engine), engine.connect() as connection:
                connection.execute(text("SET statement_timeout = 0"))
                for table in tables:
                    connection.execute(text(f"VACUUM (SKIP_LOCKED) {table}"))
                connection.invalidate()  # its settings are for this alone

        await asyncio.get_running_loop().run_in_executor(self._readers, work)

    def close(self) -> None:
        """Let the work at hand end, then close every connection."""
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self.engine.dispose()


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turn "the database is away, locked or full" into our own error; a bug stays what it is."""
    try:
        yield
    except REFUSALS as error:
        if is_refusal(error):
            raise DataRefused(_name_refusal(error)) from error
        if is_fault(error):
            raise DatabaseError(explain_fault(engine.url, error)) from error
        raise


def is_fault(error: Exception) -> bool:
    """Say whether it is about the database as a whole: away, locked, full or damaged."""
    # A damaged file is told of by the class from which all others are derived.
    return isinstance(error, (OperationalError, InterfaceError)) or type(error) is BrokenFile


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


def _name_refusal(error: Exception) -> str:
    """Return what kind of refusal it is; a database's own words quote what it refuses."""
    cause = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None)
    return f"{type(cause).__name__} {state}" if state else type(cause).__name__


def try_alone(connection: Connection, work: Callable[[], None]) -> bool:
    """Do something in a savepoint; say whether the database took it. A refusal is logged."""
    try:
        with connection.begin_nested():
            work()
    except REFUSALS as error:
        if not is_refusal(error):
            raise
        _log.error("note_refused", extra={"reason": _name_refusal(error)})
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


def check_place(file: Path) -> None:
    """Raise DatabaseError where an SQLite file that is not there yet could not be made."""
    near = next(each for each in file.absolute().parents if os.path.lexists(each))
    why_not = explain_folder(file)
    if why_not or not os.access(near, os.W_OK | os.X_OK):
        raise DatabaseError(why_not or explain_right(file))


def check_database(engine: Engine) -> None:
    """Connect, and try that it can be written and is whole; raises DatabaseError."""
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        if engine.dialect.name == "sqlite":
            # Nobody waits for this one: it takes seconds.
            reading = engine.connect().execution_options(sahman_read_only=True)
            with reading as connection:
                if connection.scalar(text("PRAGMA quick_check(1)")) != "ok":
                    raise DatabaseError(explain_fault(engine.url, ValueError("malformed")))
    except SQLAlchemyError as error:
        raise DatabaseError(explain_fault(engine.url, error)) from error
