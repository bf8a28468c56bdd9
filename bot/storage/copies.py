"""Copies of an SQLite file, made beside it while it is used."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from bot.errors import DatabaseError

_log = logging.getLogger(__name__)

_BEFORE = "before"


def copy_before_upgrade(file: Path, revision: str) -> Path:
    """Copy an SQLite file before its tables are changed; only the last such copy is kept.

    Raises DatabaseError when there is no room for it: then nothing is changed either.
    """
    copy = file.with_name(f"{file.name}.{_BEFORE}-{revision}")
    part = file.with_name(f"{copy.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        with closing(sqlite3.connect(file)) as old, closing(sqlite3.connect(part)) as new:
            old.backup(new)
        os.replace(part, copy)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise DatabaseError(
            f"{file} cannot be copied before its tables are changed ({error}). Make room in "
            f"{file.parent}, or let the user who runs this write there"
        ) from error
    for older in copies_before_upgrades(file):
        if older != copy:
            older.unlink(missing_ok=True)
    _log.info("copied_before_upgrade", extra={"file": str(copy)})
    return copy


def copies_before_upgrades(file: Path) -> list[Path]:
    """Return the copies that upgrades have left beside an SQLite file."""
    return sorted(file.parent.glob(f"{file.name}.{_BEFORE}-[0-9][0-9][0-9][0-9]"))
