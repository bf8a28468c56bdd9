"""What operators manage feeds with, from chat."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from bot.feeds.fetch import FeedFetcher
from bot.feeds.worker import ParseWorker


@dataclass(frozen=True, slots=True)
class FeedsDesk:
    """Who may, the file that is edited, and what asks publishers."""

    admins: Collection[int]
    path: Path
    fetcher: FeedFetcher
    worker: ParseWorker
