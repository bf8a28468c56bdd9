"""Migrating: the tables of an older version, or of none, brought up to this one."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import sqlite_version

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.errors import DatabaseError, DatabaseNotReady
from bot.storage.database import explain, translated

#: Taken while migrating, so that ten processes may start together.
_MIGRATION_LOCK = 0x5A12
# https://www.sqlite.org/fts5.html
_FULL_TEXT = "fts5"

# What a PostgreSQL says that starts, recovers or stops; and what is said where none listens.
_FOR_NOW = ("starting up", "shutting down", "recovery", "not yet accepting", "too many connections")


def migrate(engine: Engine, folder: Path = Path("alembic")) -> None:
    """Bring the database to this version's tables; safe when several processes start together."""
    if engine.dialect.name == "sqlite":
        _require_full_text(engine)
    if _is_up_to_date(engine, folder):
        return
    # Seldom needed, and 9 MB.
    from alembic.config import Config
    from alembic.util import CommandError

    from alembic import command

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
        raise kind(explain(engine, error)) from error
    except CommandError as error:
        raise DatabaseError(
            f"the database is of a newer Sahman than this one ({error}). Install that version, or "
            "restore the copy that was made before the upgrade"
        ) from error


def _is_up_to_date(engine: Engine, folder: Path) -> bool:
    """Say whether the newest migration was made; each one's file begins with its revision."""
    newest = max((each.name[:4] for each in folder.glob("versions/[0-9]*.py")), default="")
    try:
        with engine.connect() as connection:
            stands_at = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except DBAPIError:
        return False  # no tables yet, or a fault that migrating explains
    return bool(newest) and stands_at == newest


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


def _may_pass(engine: Engine, error: OperationalError) -> bool:
    """Say whether a server refuses for now only: not for a name, a password or a right."""
    if engine.dialect.name == "sqlite":
        return False
    said = str(error.orig).lower()
    return "fatal" not in said or any(each in said for each in _FOR_NOW)
