"""Restoring: a backup is read and checked to its end first, then stored in one transaction."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, select, text, update

from bot.config import find_shipped
from bot.errors import BackupError
from bot.storage.backing_up import FORMAT, Progress, carried_tables
from bot.storage.backup_file import damaged, open_lines
from bot.storage.database import make_engine, translated
from bot.storage.file_lock import FileLock
from bot.storage.migrating import list_revisions, upgrade
from bot.storage.processes import free_everything
from bot.storage.tables import item

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself, its end checked."""

    file: Path
    version: str
    revision: str
    made_at: str
    rows: int


def check_backup(file: Path, passphrase: str, progress: Progress) -> Backup:
    """Read a backup to its end; raises BackupError for one that is not whole, or not for us."""
    checksum, rows, last = hashlib.sha256(), 0, b""
    with open_lines(file, passphrase) as lines:
        head = _read_head(next(lines, b""), file)
        checksum.update(head.line)
        for line in lines:
            if last:
                checksum.update(last)
            last = line
            rows += line.startswith(b"[")
            if not rows % _AT_ONCE:
                progress(rows, head.backup.rows)
    try:
        end = json.loads(last)
        whole = end["sha256"] == checksum.hexdigest() and end["rows"] == rows == head.backup.rows
    except (ValueError, TypeError, KeyError) as error:
        raise damaged(file) from error
    if not whole:
        raise damaged(file)
    return head.backup


def restore(backup: Backup, passphrase: str, url: str, progress: Progress) -> None:
    """Store a backup in an empty database, all of it or nothing.

    Raises BackupError where rows stand there already, DatabaseError where it cannot be used.
    """
    engine = make_engine(url)
    lock = FileLock(engine.url)
    lock.take()
    try:
        with translated(engine), engine.begin() as connection:
            _make_tables(connection, backup)
            with open_lines(backup.file, passphrase) as lines:
                _store(connection, lines, backup, progress)
            upgrade(connection, find_shipped("alembic"))
            _settle(connection)
    finally:
        lock.release()
        engine.dispose()


def is_empty(connection: Connection) -> bool:
    """Say whether no row stands in any of our tables."""
    found = set(inspect(connection).get_table_names())
    return not any(
        connection.execute(select(1).select_from(table).limit(1)).first()
        for table in carried_tables()
        if table.name in found
    )


@dataclass(frozen=True, slots=True)
class _Head:
    line: bytes
    backup: Backup


def _read_head(line: bytes, file: Path) -> _Head:
    try:
        head = json.loads(line)
        made_by = head["sahman_backup"]
        backup = Backup(file, head["version"], head["tables_of"], head["made_at"], head["rows"])
    except (ValueError, TypeError, KeyError) as error:
        raise BackupError(f"{file} is no backup of Sahman's. Check the name") from error
    if made_by != FORMAT or backup.revision not in list_revisions(find_shipped("alembic")):
        raise BackupError(
            f"{file} was made by a newer Sahman ({backup.version}). Install that version first"
        )
    return _Head(line, backup)


def _make_tables(connection: Connection, backup: Backup) -> None:
    """Make the tables as they were when the backup was made."""
    if not is_empty(connection):
        raise BackupError(
            "the database holds rows already, and nothing is overwritten. Name an empty one by "
            "BOT_DATABASE_URL, or move the SQLite file away"
        )
    upgrade(connection, find_shipped("alembic"), backup.revision, anew=True)


def _store(
    connection: Connection, lines: Iterable[bytes], backup: Backup, progress: Progress
) -> None:
    done = 0
    next(iter(lines))  # the head
    for table, columns, last_id, rows in _split_by_table(lines):
        names = ", ".join(columns)
        values = ", ".join(f":{column}" for column in columns)
        insert = text(f"INSERT INTO {table} ({names}) VALUES ({values})")  # noqa: S608 - checked
        while some := list(islice(rows, _AT_ONCE)):
            connection.execute(insert, [dict(zip(columns, row, strict=True)) for row in some])
            done += len(some)
            progress(done, backup.rows)
        if last_id:
            _number_on(connection, table, last_id)


def _split_by_table(
    lines: Iterable[bytes],
) -> Iterator[tuple[str, Sequence[str], int | None, Iterator[list[Any]]]]:
    """Yield each table of a backup with its columns, its last number and its rows."""
    known = {table.name: set(table.columns.keys()) for table in carried_tables()}
    found = _Lines(iter(lines))
    while (head := found.take_head()) is not None:
        table, columns = head["table"], head["columns"]
        if table not in known or not all(column.isidentifier() for column in columns):
            raise BackupError(f"the backup has a table {table!r}, which this Sahman does not know")
        yield table, columns, head["last_id"], found.rows()


class _Lines:
    """The lines of a checked backup, read table by table."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._head: Any = None

    def take_head(self) -> Any:
        """Return the line that names the next table; None at the end."""
        if self._head is None:
            self._head = json.loads(next(self._lines, b"null"))
        head, self._head = self._head, None
        return head if head and "table" in head else None

    def rows(self) -> Iterator[list[Any]]:
        """Yield the rows up to the next table."""
        for line in self._lines:
            read = json.loads(line)
            if isinstance(read, dict):
                self._head = read
                return
            yield [_to_stored(value) for value in read]


def _to_stored(value: Any) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["base64"])
    if isinstance(value, str) and "\x00" in value:
        return value.replace("\x00", "")  # PostgreSQL stores none
    return value


def _number_on(connection: Connection, table: str, last_id: int) -> None:
    """Let no number be given twice, were its row gone by now."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"),
            {"name": table, "last": last_id},
        )
        return
    given = {"name": table, "last": last_id}
    connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), given)
    connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), given)


def _settle(connection: Connection) -> None:
    """Let nothing be held by who is not here, and let the archive be read anew for the search."""
    free_everything(connection)
    connection.execute(update(item).values(place=None, keys_version=0))
