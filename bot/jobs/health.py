"""Watching the sources: several that fall silent together are news for whoever runs this."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.feeds.health import are_heard, find_outages
from bot.model import REFUSED_CHATS, Outage
from bot.storage import Storage
from bot.stories.surge import hour_of

#: So many chats that refuse for good within an hour, and such a share of those written to, are no
#: people who leave one by one: a broadcast after a quiet month finds a few in a hundred gone.
_LATELY_MS = 3_600_000
_MANY = 10
_SHARE = 0.2


class HealthJob:
    """Notes outages, feeds that are gone and minutes that were heard; owes operators word."""

    def __init__(self, storage: Storage, admins: Collection[int]) -> None:
        self._storage = storage
        self._admins = admins
        #: When it was last noted that sources are heard.
        self._noted: tuple[int, int] | None = None

    async def check(self, now: datetime) -> bool:
        """Judge the feeds by their last polls; say whether operators are owed word."""
        feeds = await self._storage.health.load()
        gone = {feed.name: feed.gone_at for feed in feeds if feed.enabled and feed.gone_at}
        silent = find_outages(feeds, now, await self._storage.health.load_outages())
        minute = hour_of(now), now.minute
        if minute != self._noted and are_heard(feeds, silent, now):
            await self._storage.trends.note_heard(*minute)
            self._noted = minute
        outages = [*silent, *await self._find_refusals(now)]
        return await self._storage.health.save_outages(outages, gone, self._admins, now) > 0

    async def _find_refusals(self, now: datetime) -> list[Outage]:
        """Return the one outage that many chats are which refuse at once, if they do."""
        found = await self._storage.chats.count_refusals(_LATELY_MS)
        asked = found.refused + found.written
        if found.refused < _MANY or found.refused < asked * _SHARE:
            return []
        return [
            Outage(about=REFUSED_CHATS, since=now, down=found.refused, total=asked, quiet=False)
        ]
