"""Backing up: every row of one instant as lines of JSON, the same from both kinds of database.

The first line says by which Sahman and of which tables it is; a line names each table and its
columns, and is followed by its rows; the last counts the rows and holds the checksum of all before.
What can be made anew is left out: the search keys of the archive, and who runs just now.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Integer,
    Table,
    func,
    select,
    text,
    type_coerce,
)

from bot import __version__
from bot.storage.columns import Moment
from bot.storage.database import translated
from bot.storage.migrating import load_revision
from bot.storage.tables import metadata, poller, process, search_period, start

FORMAT = 1
_LEFT_OUT = (poller, process, search_period, start)
_AT_ONCE = 1_000

#: Told how many rows are done, and of how many.
Progress = Callable[[int, int], None]


def carried_tables() -> list[Table]:
    """Return the tables that are backed up, each after those that it refers to."""
    return [table for table in metadata.sorted_tables if table not in _LEFT_OUT]


def dump_lines(engine: Engine, now: datetime, progress: Progress) -> Iterator[bytes]:
    """Yield the lines of a backup, of one instant, while the database is used.

    Raises DatabaseError.
    """
    revision = load_revision(engine)
    checksum, rows = hashlib.sha256(), 0
    with translated(engine), _snapshot(engine) as connection:
        total = sum(_count(connection, table) for table in carried_tables())
        head = {
            "sahman_backup": FORMAT,
            "version": __version__,
            "tables_of": revision,
            "made_at": now.isoformat(timespec="seconds"),
            "from": engine.dialect.name,
            "rows": total,
        }
        for line in _dump(connection, head):
            checksum.update(line)
            yield line
            if line.startswith(b"["):
                rows += 1
                if not rows % _AT_ONCE:
                    progress(rows, total)
    progress(rows, total)
    yield _write({"rows": rows, "sha256": checksum.hexdigest()})


def _dump(connection: Connection, head: Mapping[str, Any]) -> Iterator[bytes]:
    yield _write(head)
    for table in carried_tables():
        yield from _dump_table(connection, table)


def _snapshot(engine: Engine) -> Connection:
    if engine.dialect.name == "sqlite":
        # A transaction that reads sees one instant, and nobody waits for it.
        return engine.connect().execution_options(sahman_read_only=True)
    connection = engine.connect().execution_options(isolation_level="REPEATABLE READ")
    connection.execute(text("SET TRANSACTION READ ONLY"))
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    return connection


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _dump_table(connection: Connection, table: Table) -> Iterator[bytes]:
    columns = [column.name for column in table.columns]
    yield _write(
        {"table": table.name, "columns": columns, "last_id": _load_last_id(connection, table)}
    )
    # As numbers: what a moment is, the database knows.
    stored = [
        type_coerce(column, BigInteger) if isinstance(column.type, Moment) else column
        for column in table.columns
    ]
    query = select(*stored).execution_options(yield_per=_AT_ONCE)
    for row in connection.execute(query):
        yield _write([_to_written(value) for value in row])


def numbers_itself(table: Table) -> bool:
    """Say whether its rows are numbered in the order in which they come, and no number twice."""
    column = table.columns.get("id")
    return column is not None and column.autoincrement is not False


def _load_last_id(connection: Connection, table: Table) -> int | None:
    """Return the last number that was given to a row, which may be gone by now."""
    if not numbers_itself(table):
        return None
    if connection.dialect.name == "sqlite":
        asked = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return connection.scalar(asked.columns(seq=Integer), {"name": table.name}) or 0
    # The sequence is named after the column that owns it.
    last = text(f"SELECT last_value, is_called FROM {table.name}_id_seq")  # noqa: S608 - our names
    row = connection.execute(last).one()
    return int(row.last_value) if row.is_called else 0


def _to_written(value: Any) -> Any:
    if isinstance(value, (bytes, memoryview)):
        return {"base64": base64.b64encode(value).decode("ascii")}
    return value


def _write(line: Any) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
