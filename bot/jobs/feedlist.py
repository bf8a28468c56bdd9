"""Watching feeds.yaml: an edit takes effect within a minute, a broken one changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from bot.config import FeedList, load_feeds
from bot.errors import ConfigError
from bot.storage import Storage

_log = logging.getLogger(__name__)


class FeedListJob:
    """Loads feeds.yaml again when it was edited."""

    def __init__(
        self,
        storage: Storage,
        path: Path,
        variables: Mapping[str, SecretStr] | None = None,
        loaded: Callable[[FeedList], None] = lambda feeds: None,
    ) -> None:
        """*variables* may hold passwords that the file names; *loaded* is told of every list."""
        self._storage = storage
        self._path = path
        self._variables = variables
        self._tell = loaded
        self._loaded: bytes | None = None

    async def load(self, now: datetime) -> None:
        """Load the file and store what it says; raises ConfigError."""
        text = self._path.read_bytes() if self._path.exists() else None
        feeds = load_feeds(self._path, self._variables)
        await self._storage.feeds.save_config(feeds, now)
        self._tell(feeds)
        self._loaded = text

    async def reload_if_edited(self, now: datetime) -> None:
        """Take an edit over; a broken one is logged with its remedies, the last good one holds."""
        try:
            text = self._path.read_bytes()
        except OSError as error:
            _log.warning("feeds_unreadable", extra={"reason": error.strerror})
            return
        if text == self._loaded:
            return
        try:
            await self.load(now)
        except ConfigError as error:
            self._loaded = text  # said once, not every minute
            for problem in error.problems:
                _log.error("feeds_refused", extra={"problem": str(problem)})
        else:
            _log.info("feeds_reloaded")
