"""A feed server on loopback, and a fetcher that may ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.demo.feeds import FeedServer
from bot.feeds.fetch import FeedFetcher


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    """A running feed server without feeds."""
    server = FeedServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def fetcher() -> AsyncIterator[FeedFetcher]:
    """What polls use."""
    fetcher = FeedFetcher()
    yield fetcher
    await fetcher.close()
