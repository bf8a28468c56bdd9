"""Watching the sources: several that fall silent together are news for whoever runs this."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.feeds.health import find_outages
from bot.storage import Storage


class HealthJob:
    """Notes outages and feeds that are gone, and owes operators word of them."""

    def __init__(self, storage: Storage, admins: Collection[int]) -> None:
        self._storage = storage
        self._admins = admins

    async def check(self, now: datetime) -> bool:
        """Judge the feeds by their last polls; say whether operators are owed word."""
        feeds = await self._storage.health.load()
        gone = {feed.name: feed.gone_at for feed in feeds if feed.enabled and feed.gone_at}
        outages = find_outages(feeds, now)
        return await self._storage.health.save_outages(outages, gone, self._admins, now) > 0
