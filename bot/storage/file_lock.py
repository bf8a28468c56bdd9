"""The lock of an SQLite file: one process serves it; commands that end soon may come beside it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from sqlalchemy import URL

from bot.errors import DatabaseError
from bot.storage.faults import explain_right


class FileLock:
    """Held by the process that serves an SQLite file; on PostgreSQL there is nothing to hold.

    It lies in a file of its own: SQLite's locks on the database would be lost with a second handle.
    The system lets go of it in the instant in which the process ends.
    """

    def __init__(self, url: URL) -> None:
        on_disk = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
        self._database = Path(url.database or "") if on_disk else None
        self._handle: int | None = None

    def take(self) -> None:
        """Hold it until `release`; raises DatabaseError where another process does."""
        if self._database is None:
            return
        file = self._database.with_name(f"{self._database.name}-lock")
        try:
            handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DatabaseError(explain_right(self._database)) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
            os.close(handle)
            raise DatabaseError(
                f"another Sahman (process {holder or 'unknown'}) uses {self._database}. Stop it "
                "first, or use PostgreSQL for several (BOT_DATABASE_URL=postgresql://...)"
            ) from error
        with contextlib.suppress(OSError):  # a full disk: who it is only helps
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
        self._handle = handle

    def release(self) -> None:
        """Let go of it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
