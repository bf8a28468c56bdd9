"""The heartbeat: a file touched while the event loop turns, for the health check of the image."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import tempfile
from datetime import datetime
from pathlib import Path

from bot.config import Settings

_log = logging.getLogger(__name__)


def find_heartbeat(settings: Settings) -> Path:
    """Return the file of the Sahman with these settings; the demo has another, and a neighbour.

    It lies in a folder that belongs to this user alone.
    """
    database = settings.database_url.get_secret_value()
    place = hashlib.sha256(f"{Path.cwd()}\n{database}".encode()).hexdigest()
    folder = Path(tempfile.gettempdir()) / f"sahman-{os.getuid()}"
    return folder / f"{place[:16]}.alive"


class HeartbeatJob:
    """Touches the file; where it cannot be written, that is said once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._warned = False

    async def beat(self, now: datetime) -> None:
        """Say that the loop turns."""
        try:
            _open_folder(self._file.parent)
            # Where others may write (a folder for temporary files), a link may lie in wait.
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
            with os.fdopen(os.open(self._file, flags, 0o600), "w") as stream:
                stream.write(now.isoformat())
        except OSError as error:
            if not self._warned:
                _log.warning("heartbeat_not_written", extra={"reason": str(error)})
            self._warned = True


def _open_folder(folder: Path) -> None:
    """Make the folder, for this user alone; raises OSError when it is somebody else's."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise OSError(f"{folder} is not a folder of this user's own")
    if found.st_mode & 0o077:
        folder.chmod(0o700)
