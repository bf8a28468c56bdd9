"""What operators manage feeds with, from chat."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from bot.feeds.fetch import FeedFetcher
from bot.feeds.worker import ParseWorker


@dataclass(frozen=True, slots=True)
class FeedsDesk:
    """Who may, the file that is edited, and what asks publishers."""

    admins: Collection[int]
    path: Path
    fetcher: FeedFetcher
    worker: ParseWorker
    #: What feeds.yaml may name that holds a password.
    variables: Mapping[str, SecretStr] = field(default_factory=dict, repr=False)
