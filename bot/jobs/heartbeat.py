"""The heartbeat: a file touched while the event loop turns, for the health check of the image."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from datetime import datetime
from pathlib import Path

from bot.config import Settings

_log = logging.getLogger(__name__)


def find_heartbeat(settings: Settings) -> Path:
    """Return the file of the Sahman with these settings; the demo has another, and a neighbour."""
    database = settings.database_url.get_secret_value()
    place = hashlib.sha256(f"{Path.cwd()}\n{database}".encode()).hexdigest()
    return Path(tempfile.gettempdir()) / f"sahman-{place[:16]}.alive"


class HeartbeatJob:
    """Touches the file; where it cannot be written, that is said once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._warned = False

    async def beat(self, now: datetime) -> None:
        """Say that the loop turns."""
        try:
            self._file.write_text(now.isoformat())
        except OSError as error:
            if not self._warned:
                _log.warning("heartbeat_not_written", extra={"reason": str(error)})
            self._warned = True
