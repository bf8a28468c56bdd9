"""Checking an installation: everything that is wrong at once, each with its remedy."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.config import FeedList, Settings, load_feeds
from bot.errors import ConfigError, DatabaseError, FeedError, Problem, TokenRefused, TryLater
from bot.feeds.fetch import FeedFetcher
from bot.feeds.logins import find_logins
from bot.feeds.worker import ParseWorker
from bot.model import Feed, FeedConfig
from bot.storage.database import check_database, make_engine
from bot.telegram_api.connection import ask_who_i_am, make_bot


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """What one feed answered when it was asked once."""

    name: str
    items: int = 0
    newest: str = ""
    failed: str = ""


async def check_installation(settings: Settings) -> list[Problem]:
    """Return what is wrong with feeds.yaml, the database and the token."""
    problems: list[Problem] = []
    try:
        load_feeds(settings.feeds, settings.variables)
    except ConfigError as error:
        problems += error.problems
    try:
        await asyncio.to_thread(_check_database, settings)
    except DatabaseError as error:
        problems.append(Problem("BOT_DATABASE_URL", str(error), ""))
    problems += await _check_token(settings)
    return problems


async def check_feeds(settings: Settings, now: datetime) -> AsyncIterator[FeedCheck]:
    """Fetch and parse each enabled feed once; yield each result as it comes."""
    config = load_feeds(settings.feeds, settings.variables)
    fetcher, worker = FeedFetcher(settings.contact, proxy=settings.proxy), ParseWorker()
    fetcher.logins = find_logins(config)
    room = asyncio.Semaphore(8)

    async def check(feed: Feed) -> FeedCheck:
        async with room:
            try:
                fetched = await fetcher.fetch(feed, now)
                parsed = await worker.parse(
                    fetched.body, fetched.content_type, fetched.url, feed.config.timezone
                )
            except FeedError as error:
                return FeedCheck(feed.name, failed=error.reason)
        newest = max(
            (item.published_at for item in parsed.items if item.published_at), default=None
        )
        return FeedCheck(feed.name, len(parsed.items), f"{newest:%Y-%m-%d %H:%M}" if newest else "")

    try:
        for done in asyncio.as_completed([check(feed) for feed in enabled_feeds(config)]):
            yield await done
    finally:
        await fetcher.close()
        worker.close()


def enabled_feeds(config: FeedList) -> list[Feed]:
    """Return the enabled feeds of feeds.yaml as they are before their first poll."""
    return [
        Feed(
            config=FeedConfig(
                publisher=config.publishers[entry.publisher].named(entry.publisher),
                **entry.model_dump(exclude={"publisher", "enabled", "username", "password"}),
            )
        )
        for entry in config.feeds
        if entry.enabled
    ]


def _check_database(settings: Settings) -> None:
    url = settings.database_url.get_secret_value()
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:") and not path.exists():
        # Not made here: whoever checks may not be whoever runs.
        folder = next(each for each in path.absolute().parents if each.exists())
        if not os.access(folder, os.W_OK):
            raise DatabaseError(f"cannot write in {folder}")
        return
    engine = make_engine(url)
    try:
        check_database(engine)
    finally:
        engine.dispose()


async def _check_token(settings: Settings) -> list[Problem]:
    remedy = "Write /newbot to @BotFather on Telegram and set BOT_TOKEN to what it answers"
    if settings.token is None:
        return [Problem("BOT_TOKEN", "is not set", remedy)]
    try:
        await ask_who_i_am(
            make_bot(settings.token.get_secret_value(), settings.api_url, settings.api_proxy)
        )
    except TokenRefused as error:
        return [Problem("BOT_TOKEN", f"Telegram refuses it ({error})", remedy)]
    except TryLater as error:
        what = f"cannot ask {settings.api_url}: {error.reason}"
        return [Problem("BOT_API_URL", what, "Check the address and the network")]
    return []
