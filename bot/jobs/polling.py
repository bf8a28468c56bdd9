"""Polling as a whole: the feed list, the polls and the health of feeds, opened together."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from bot.config import FeedList, Settings
from bot.feeds.fetch import FeedFetcher
from bot.feeds.logins import find_logins
from bot.feeds.manners import Ceilings
from bot.feeds.worker import ParseWorker
from bot.intake import Intake
from bot.jobs.feedlist import FeedListJob
from bot.jobs.health import HealthJob
from bot.jobs.poll import PollJob
from bot.storage import Storage

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Polling:
    """What asking feeds needs, with or without Telegram."""

    feed_list: FeedListJob
    polls: PollJob
    health: HealthJob
    intake: Intake


@asynccontextmanager
async def open_polling(
    settings: Settings, storage: Storage, now: datetime
) -> AsyncIterator[Polling]:
    """Load the feed list and every keyword; the dictionaries load with the first new item.

    Raises ConfigError for a feeds.yaml that cannot be read and DatabaseError.
    """
    async with AsyncExitStack() as stack:
        fetcher = FeedFetcher(settings.contact, proxy=settings.proxy)
        stack.push_async_callback(fetcher.close)

        def open_feeds(feeds: FeedList) -> None:
            fetcher.logins = find_logins(feeds)

        feed_list = FeedListJob(storage, settings.feeds, settings.variables, open_feeds)
        await feed_list.load(now)
        reading = ThreadPoolExecutor(1, thread_name_prefix="reading")
        stack.callback(reading.shutdown)
        intake = Intake(storage, reading)
        renewed = await intake.rekey()
        if renewed:
            _log.info("keywords_rekeyed", extra={"keywords": renewed})
        await intake.load()
        await intake.recall_stories(now)
        worker = ParseWorker()
        stack.callback(worker.close)
        polls = PollJob(storage, fetcher, worker, intake, _ceilings(settings))
        yield Polling(feed_list, polls, HealthJob(storage, settings.admins), intake)


def _ceilings(settings: Settings) -> Ceilings:
    return Ceilings(
        wish_s=settings.longest_wish_s,
        urgent_s=settings.urgent_s,
        retry_after_s=settings.longest_retry_after_s,
        failing_s=settings.longest_failing_s,
        slowest_s=settings.slowest_s,
    )
