"""A backup every day, seven of them kept; and copies that upgrades made, kept as long."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from pathlib import Path

from bot.errors import BackupError, DatabaseError
from bot.storage import Storage
from bot.storage.backing_up import dump_lines
from bot.storage.backup_file import write_lines
from bot.storage.copies import copies_before_upgrades

_log = logging.getLogger(__name__)

_KEPT = 7
_COPY_KEPT = timedelta(days=7)
_NAME = "sahman-{:%Y-%m-%d}.backup"
_ANY = "sahman-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].backup"


class BackupJob:
    """Makes one backup a day (UTC) in a folder, and forgets those before the last seven."""

    def __init__(self, storage: Storage, folder: Path, passphrase: str) -> None:
        self._storage = storage
        self._folder = folder
        self._passphrase = passphrase
        self._stopped = False

    async def back_up(self, now: datetime) -> None:
        """Make the backup of this day unless it is there; what fails is logged, and tried again."""
        file = self._folder / _NAME.format(now)
        try:
            made = await asyncio.to_thread(self._make, file, now)
        except (BackupError, DatabaseError) as error:
            if not self._stopped:
                _log.error("backup_failed", extra={"file": str(file), "reason": str(error)})
            return
        if made:
            _log.info("backed_up", extra={"file": str(file), "bytes": made})

    def stop(self) -> None:
        """Let a backup that is being made be dropped: a stop must not wait for it."""
        self._stopped = True

    def _make(self, file: Path, now: datetime) -> int:
        if file.exists():
            return 0
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise BackupError(
                f"{file.parent} cannot be made ({error.strerror}). Mend BOT_BACKUPS"
            ) from error
        lines = dump_lines(self._storage.database.engine, now, self._check_stopped)
        write_lines(file, lines, self._passphrase)
        for old in sorted(file.parent.glob(_ANY))[:-_KEPT]:
            old.unlink(missing_ok=True)
        return file.stat().st_size

    def _check_stopped(self, done: int, total: int) -> None:
        if self._stopped:
            raise BackupError("stopped")


def forget_copies(database: str | None, now: datetime) -> None:
    """Delete the copies that upgrades left beside an SQLite file a week ago: readers are in them.

    *database* is the file; None where there is none.
    """
    for copy in copies_before_upgrades(Path(database)) if database else ():
        if now.timestamp() - copy.stat().st_mtime > _COPY_KEPT.total_seconds():
            copy.unlink(missing_ok=True)
            _log.info("copy_forgotten", extra={"file": str(copy)})
