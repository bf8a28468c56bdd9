"""Watching the machine: operators are told once of what is wrong, and once that it is over."""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from bot.config import Settings
from bot.delivery.alarms import PATIENCE, Disk, Seen, find_alarms, is_patient, list_judged
from bot.model import Alarm, Telegram
from bot.storage import Storage

_log = logging.getLogger(__name__)

_HOUR_MS = 3_600_000


class WatchJob:
    """Looks at the disk, the clock, starts and, where it is asked to, at what is common to all."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        telegram: Callable[[datetime], Telegram],
        place: str,
        *,
        of_all: bool,
    ) -> None:
        self._settings = settings
        self._storage = storage
        self._telegram = telegram
        self._place = place
        self._of_all = of_all
        #: Since when something is seen that may pass by itself.
        self._since: dict[str, datetime] = {}

    async def look(self, now: datetime) -> int:
        """Owe operators word of what is wrong or no more; return how many notices."""
        seen, told = await self._see(now), await self._storage.alarms.load()
        found = {each.name: each for each in find_alarms(seen, told, now)}
        self._since = {name: self._since.get(name, now) for name in found}
        begun = [each for each in found.values() if each.name not in told and self._lasts(each)]
        over = list_judged(seen) & told.keys() - found.keys()
        if not begun and not over:
            return 0
        for each in begun:
            _log.warning("alarm_begun", extra={"alarm": each.name, "amount": each.amount})
        for name in over:
            _log.info("alarm_over", extra={"alarm": name})
        return await self._storage.alarms.note(begun, over, self._settings.admins, now)

    def _lasts(self, alarm: Alarm) -> bool:
        return not is_patient(alarm.name) or alarm.since - self._since[alarm.name] >= PATIENCE

    async def _see(self, now: datetime) -> Seen:
        storage, most = self._storage, self._settings.most_subscribers
        return Seen(
            host=socket.gethostname(),
            place=self._place,
            disks=await asyncio.to_thread(_look_at_disks, self._settings, storage.database.file),
            starts=await storage.alarms.count_starts(self._place, _HOUR_MS),
            telegram=self._telegram(now),
            pulse=await storage.overviews.load_pulse() if self._of_all else None,
            subscribers=await storage.subscribers.count() if self._of_all and most else 0,
            most_subscribers=most,
        )


@asynccontextmanager
async def open_watch(
    settings: Settings,
    storage: Storage,
    telegram: Callable[[datetime], Telegram],
    roles: Collection[str],
) -> AsyncIterator[WatchJob]:
    """Note that a process starts, and that it ends in order, if it does.

    Who sends tells operators, so it is who watches what is common to all.
    """
    place = f"{socket.gethostname()}, {' '.join(sorted(roles))}"
    started = await storage.alarms.begin_start(place)
    yield WatchJob(settings, storage, telegram, place, of_all="send" in roles)
    # Not reached where an error ends it.
    await storage.alarms.end_start(started)


def _look_at_disks(settings: Settings, file: str | None) -> dict[str, Disk]:
    folders = {"BOT_BACKUPS": settings.backups, "BOT_DATABASE_URL": file and Path(file).parent}
    found: dict[str, Disk] = {}
    for what, folder in folders.items():
        if folder:
            try:
                usage = shutil.disk_usage(folder)
            except OSError:  # not made yet, or not mounted: others say so
                continue
            found[what] = Disk(free=usage.free, total=usage.total)
    return found
