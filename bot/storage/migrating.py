"""Migrating: the tables of an older version, or of none, brought up to this one."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import sqlite_version

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from bot import __version__
from bot.config import find_shipped
from bot.errors import DatabaseError, DatabaseNotReady
from bot.storage.copies import copy_before_upgrade
from bot.storage.database import is_fault, translated
from bot.storage.faults import explain_fault
from bot.storage.file_lock import FileLock

#: Taken while migrating, so that ten processes may start together.
_MIGRATION_LOCK = 0x5A12
# https://www.sqlite.org/fts5.html
_FULL_TEXT = "fts5"

# What a PostgreSQL says that starts, recovers or stops; and what is said where none listens.
_FOR_NOW = ("starting up", "shutting down", "recovery", "not yet accepting", "too many connections")


def migrate(engine: Engine, folder: Path | None = None, *, locked: bool = False) -> str:
    """Bring the database to this version's tables; safe when several processes start together.

    Returns their revision where older ones were upgraded, else "".

    An SQLite file with older tables is copied beside itself first. *locked*: its lock is held.
    Raises DatabaseError.
    """
    folder = folder or find_shipped("alembic")
    if engine.dialect.name == "sqlite":
        _require_full_text(engine)
    newest, stands_at = newest_revision(folder), load_revision(engine)
    if stands_at == newest:
        return ""
    refuse_newer(engine, folder)
    if locked or engine.dialect.name != "sqlite":
        _upgrade(engine, folder, "head", copied_for=newest if stands_at else "")
        return newest if stands_at else ""
    lock = FileLock(engine.url)
    lock.take()
    try:
        _upgrade(engine, folder, "head", copied_for=newest if stands_at else "")
    finally:
        lock.release()
    return newest if stands_at else ""


def _upgrade(engine: Engine, folder: Path, revision: str, *, copied_for: str = "") -> None:
    if copied_for and engine.dialect.name == "sqlite":
        copy_before_upgrade(Path(engine.url.database or ""), copied_for)
    try:
        with engine.begin() as connection:
            upgrade(connection, folder, revision)
    except DBAPIError as error:
        if not is_fault(error):
            raise
        kind = DatabaseNotReady if _may_pass(engine, error) else DatabaseError
        raise kind(explain_fault(engine.url, error)) from error


def upgrade(
    connection: Connection, folder: Path, revision: str = "head", *, anew: bool = False
) -> None:
    """Make the tables of a revision inside the transaction at hand; *anew*: and no older ones."""
    # Seldom needed, and 9 MB.
    from alembic.config import Config

    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    config = Config()
    # A percent sign would be taken for the beginning of a name.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    if anew:
        command.downgrade(config, "base")
    command.upgrade(config, revision)


def list_revisions(folder: Path) -> list[str]:
    """Return every revision, oldest first; each one's file begins with it."""
    return sorted(each.name[:4] for each in folder.glob("versions/[0-9]*.py"))


def newest_revision(folder: Path) -> str:
    """Return the revision of this version's tables."""
    return list_revisions(folder)[-1]


def load_revision(engine: Engine) -> str:
    """Return the revision of the tables that the database has; "" where there are none."""
    try:
        with engine.connect().execution_options(sahman_read_only=True) as connection:
            return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""
    except DBAPIError:
        return ""  # no tables yet, or a fault that migrating explains


def is_up_to_date(engine: Engine) -> bool:
    """Say whether its tables are those of this version."""
    return load_revision(engine) == newest_revision(find_shipped("alembic"))


def refuse_newer(engine: Engine, folder: Path | None = None) -> None:
    """Raise DatabaseError where a newer Sahman than this one has migrated the database."""
    stands_at = load_revision(engine)
    folder = folder or find_shipped("alembic")
    if stands_at and stands_at not in list_revisions(folder):
        raise DatabaseError(
            f"the database is of a newer Sahman (tables {stands_at}) than this one "
            f"({__version__}, tables {newest_revision(folder)}). Install that version again, or "
            "bring back the copy that was made before the upgrade"
        )


def _require_full_text(engine: Engine) -> None:
    with translated(engine), engine.connect() as connection:
        modules = connection.execute(
            text("SELECT 1 FROM pragma_module_list WHERE name = :name"), {"name": _FULL_TEXT}
        )
        if modules.first() is None:
            raise DatabaseError(
                f"this Python's SQLite ({sqlite_version}) was built without FTS5, which "
                "searching the archive needs. Use a Python of python.org, of Debian or of the "
                "Dockerfile, or PostgreSQL (BOT_DATABASE_URL=postgresql://...)"
            )


def _may_pass(engine: Engine, error: DBAPIError) -> bool:
    """Say whether a server refuses for now only: not for a name, a password or a right."""
    if engine.dialect.name == "sqlite":
        return False
    said = str(error.orig).lower()
    return "fatal" not in said or any(each in said for each in _FOR_NOW)
