"""Carrying an archive over to new tables in the background, a little at a time."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from bot.storage import Storage

_log = logging.getLogger(__name__)

#: A few hundredths of a second for the one who writes; others come in between.
_BATCH = 40
_AT_ONCE_S = 0.5
_SAY_EVERY = timedelta(minutes=1)


class CarryJob:
    """Carries over the words by which the archive is searched; a kill costs one batch's work."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._carried = 0
        self._say_at: datetime | None = None

    async def carry(self, now: datetime) -> None:
        """Carry over for about half a second, and say now and then how far it is."""
        until_s = time.monotonic() + _AT_ONCE_S
        while time.monotonic() < until_s:
            carried = await self._storage.carrying.carry_some(_BATCH, now)
            if not carried:
                if self._carried:
                    _log.info("archive_carried_over", extra={"items": self._carried})
                    self._carried = 0
                return
            self._carried += carried
        if self._say_at is None or now >= self._say_at:
            self._say_at = now + _SAY_EVERY
            left = await self._storage.carrying.count_left()
            _log.info("carrying_archive_over", extra={"items": self._carried, "left": left})
