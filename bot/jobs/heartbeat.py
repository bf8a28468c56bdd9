"""The heartbeat: a file touched while the event loop turns, for the health check of the image."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import stat
import tempfile
from datetime import datetime
from pathlib import Path

from bot.config import Settings

_log = logging.getLogger(__name__)

#: Without a sign of life for so long, it is not alive.
STALE_S = 60


def find_heartbeat(settings: Settings) -> Path:
    """Return the file of the Sahman with these settings; the demo has another, and a neighbour.

    It lies in a folder that belongs to this user alone.
    """
    database = settings.database_url.get_secret_value()
    place = hashlib.sha256(f"{Path.cwd()}\n{database}".encode()).hexdigest()
    try:
        temporary = Path(tempfile.gettempdir())
    except FileNotFoundError:  # none that may be written: `write_heartbeat` says so
        temporary = Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - only to be named
    folder = temporary / f"sahman-{os.getuid()}"
    return folder / f"{place[:16]}.alive"


class HeartbeatJob:
    """Touches the file; where it cannot be written, that is said once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._warned = False
        #: Where this process answers over HTTP, if it does.
        self.address = ""

    async def beat(self, now: datetime) -> None:
        """Say that the loop turns."""
        why_not = write_heartbeat(self._file, now, self.address)
        if why_not and not self._warned:
            _log.warning("heartbeat_not_written", extra={"reason": why_not})
        self._warned = self._warned or bool(why_not)

    def end(self) -> None:
        """Say that it turns no more."""
        with contextlib.suppress(OSError):
            self._file.unlink()


def write_heartbeat(file: Path, now: datetime, address: str = "") -> str:
    """Touch the file; return why it cannot be, with a remedy, or "".

    It names the *address* at which whoever checks may ask.
    """
    try:
        _open_folder(file.parent)
        # Where others may write (a folder for temporary files), a link may lie in wait.
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(file, flags, 0o600), "w") as stream:
            stream.write("\n".join(filter(None, [now.isoformat(), address])))
    except OSError as error:
        return (
            f"{file}, by which `health` knows that Sahman is alive, cannot be written "
            f"({error.strerror or error}). Set TMPDIR to a folder that may be"
        )
    return ""


def is_alive(file: Path, now: datetime) -> bool:
    """Say whether a Sahman has touched the file within the last minute."""
    try:
        return now.timestamp() - file.stat().st_mtime <= STALE_S
    except OSError:
        return False


def read_address(file: Path) -> str:
    """Return where the Sahman that touches the file answers over HTTP, or ""."""
    try:
        return file.read_text(encoding="utf-8").partition("\n")[2].strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _open_folder(folder: Path) -> None:
    """Make the folder, for this user alone; raises OSError when it is somebody else's."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise OSError(f"{folder} is not a folder of this user's own")
    if found.st_mode & 0o077:
        folder.chmod(0o700)
