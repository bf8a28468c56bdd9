"""Builds everything once, starts it, stops it in reverse; the only place that knows all rooms."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from bot import __version__, language
from bot.chat.commands import register_commands
from bot.chat.compose import Composer
from bot.chat.connection import close_bot, connect, make_application, make_bot
from bot.chat.door import Door
from bot.chat.messenger import Messenger
from bot.chat.receive import Receiver
from bot.chat.sender import Sender
from bot.chat.visit import Services
from bot.config import Settings
from bot.demo import BotApi
from bot.demo.feeds import FeedServer
from bot.demo.news import SAMPLE_FEEDS, SampleNewsroom
from bot.demo.personas import add_personas
from bot.errors import SahmanError, TokenRefused
from bot.feeds.fetch import FeedFetcher
from bot.feeds.worker import ParseWorker
from bot.intake import Intake
from bot.jobs.digest import owe_due_digests
from bot.jobs.feedlist import FeedListJob
from bot.jobs.poll import PollJob
from bot.jobs.prune import prune
from bot.jobs.rekey import rekey_items
from bot.jobs.timers import Timers
from bot.model import PollResult
from bot.storage import Storage
from bot.storage.database import Database, make_engine, migrate
from bot.texts import load_texts

_log = logging.getLogger(__name__)

#: Touched while the event loop turns; the image's health check looks at its age.
HEARTBEAT = Path(tempfile.gettempdir()) / "sahman.alive"

# `poll` counts what it owes, up to what stands in the outbox at the highest rate.
_COUNTED_RATE = 1_000.0
# A round of `poll --at` in the future must not stop a feed until then.
_LONGEST_BACK_OFF = timedelta(hours=2)
_POLL_TICK_S = 2
_DIGEST_TICK_S = 15
_FEEDS_TICK_S = 15
_PRUNE_TICK_S = 3600
_REKEY_TICK_S = 5
_HEARTBEAT_S = 10
# Together under the ten seconds in which SIGTERM must have ended everything.
_SENDING_MAY_TAKE_S = 5.0
_POLLING_MAY_TAKE_S = 2.0
_TIMERS_MAY_TAKE_S = 1.5


@dataclass(frozen=True, slots=True)
class Parts:
    """What polling needs, with or without Telegram."""

    storage: Storage
    feed_list: FeedListJob
    polls: PollJob


@asynccontextmanager
async def open_parts(settings: Settings, now: datetime) -> AsyncIterator[Parts]:
    """Open the database, the dictionaries and the feed list; close them in reverse.

    Raises ConfigError for a feeds.yaml that cannot be read and DatabaseError.
    """
    async with AsyncExitStack() as stack:
        engine = make_engine(settings.database_url.get_secret_value())
        database = Database(engine)
        stack.callback(database.close)
        await asyncio.to_thread(migrate, engine)
        storage = Storage(database)
        feed_list = FeedListJob(storage, settings.feeds)
        await feed_list.load(now)
        reading = ThreadPoolExecutor(1, thread_name_prefix="reading")
        stack.callback(reading.shutdown)
        await asyncio.get_running_loop().run_in_executor(reading, language.load)
        intake = Intake(storage, reading)
        renewed = await intake.rekey()
        if renewed:
            _log.info("keywords_rekeyed", extra={"keywords": renewed})
        await intake.load()
        worker = ParseWorker()
        stack.callback(worker.close)
        fetcher = FeedFetcher()
        stack.push_async_callback(fetcher.close)
        yield Parts(storage, feed_list, PollJob(storage, fetcher, worker, intake))


async def run(
    settings: Settings, stop: asyncio.Event, started: Callable[[], None] = lambda: None
) -> None:
    """Poll, match, send and answer until *stop*; then finish what is at hand.

    *started* is called once, when people are answered.

    Raises TokenRefused when Telegram does not know the bot, and what `open_parts` raises.
    """
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(open_parts(settings, datetime.now(UTC)))
        await parts.storage.feeds.pull_in(datetime.now(UTC), _LONGEST_BACK_OFF)
        if settings.token is None:
            raise TokenRefused("BOT_TOKEN is not set")
        bot = make_bot(settings.token.get_secret_value(), settings.api_url)
        application = make_application(bot)
        stack.push_async_callback(close_bot, bot)
        messenger = Messenger(bot, paid_broadcast=settings.paid_broadcast)
        texts = load_texts()
        services = Services(
            bot=bot, messenger=messenger, storage=parts.storage, texts=texts, clock=_utc_now
        )
        stack.callback(lambda: [task.cancel() for task in services.waiting])
        Door(services).attach(application)
        sender = Sender(
            parts.storage.deliveries,
            Composer(parts.storage, texts),
            messenger,
            rate=settings.send_rate,
            clock=_utc_now,
        )
        receiver = Receiver(application, services)
        timers = _start_timers(settings, parts, sender)
        stack.push_async_callback(parts.polls.finish, _POLLING_MAY_TAKE_S)
        stack.push_async_callback(timers.finish, _TIMERS_MAY_TAKE_S)
        waking = asyncio.create_task(_wake_sender(parts.polls, sender))
        stack.callback(waking.cancel)
        if not await connect(application, stop):
            return
        stack.push_async_callback(application.shutdown)
        registering = asyncio.create_task(register_commands(bot, texts))
        stack.callback(registering.cancel)
        _log.info("started", extra={"version": __version__})
        started()
        await _until_stopped(stop, receiver, sender)
        _log.info("stopping")


async def poll_once(settings: Settings, now: datetime) -> tuple[list[PollResult], int]:
    """Poll the feeds that are due at *now*, once; return what they brought and alerts owed."""
    async with open_parts(settings, now) as parts:
        before = await parts.storage.deliveries.count_owed()
        results = await parts.polls.run_round(now)
        while await parts.storage.deliveries.expand(_COUNTED_RATE):
            pass
        return results, await parts.storage.deliveries.count_owed() - before


async def run_demo(port: int, every_s: float, announce: Callable[[str], None]) -> None:
    """Run Sahman on loopback with sample people and news, its data in a temporary folder.

    *announce* is told the address of the chat page once all of it answers.
    """
    stop = asyncio.Event()
    stop_on_signals(stop)
    with tempfile.TemporaryDirectory(prefix="sahman-demo-") as folder:
        async with AsyncExitStack() as stack:
            telegram, news = BotApi(), FeedServer()
            for server, its_port in ((telegram, port), (news, 0)):
                await server.start(port=its_port)
                stack.push_async_callback(server.stop)
            add_personas(telegram)
            newsroom = SampleNewsroom(news, interval_s=every_s)
            await newsroom.start()
            stack.push_async_callback(newsroom.stop)
            feeds = Path(folder) / "feeds.yaml"
            feeds.write_text(_demo_feeds(news), encoding="utf-8")
            settings = Settings(
                token=SecretStr("1:demo-token-of-no-value-at-all-000000"),
                api_url=telegram.url,
                database_url=SecretStr(f"sqlite:///{folder}/sahman.db"),
                feeds=feeds,
            )
            await run(settings, stop, started=lambda: announce(telegram.url))


def _demo_feeds(news: FeedServer) -> str:
    """Return a feeds.yaml of the sample publishers; JSON is YAML."""
    publishers = {feed.publisher: {"country": "AM", "kind": "independent"} for feed in SAMPLE_FEEDS}
    feeds = [
        {
            "name": feed.publisher,
            "url": news.feed_url(feed.name),
            "publisher": feed.publisher,
            "language": feed.language,
            "every_s": 3,
            "allow_private": True,
        }
        for feed in SAMPLE_FEEDS
    ]
    return json.dumps({"publishers": publishers, "feeds": feeds}, ensure_ascii=False, indent=1)


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set *stop* on SIGTERM and SIGINT."""
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)


def _start_timers(settings: Settings, parts: Parts, sender: Sender) -> Timers:
    timers = Timers()

    async def owe_digests(now: datetime) -> None:
        if await owe_due_digests(parts.storage, now):
            sender.wake()

    async def beat(now: datetime) -> None:
        HEARTBEAT.write_text(now.isoformat())

    timers.every(_POLL_TICK_S, "poll", parts.polls.start_due)
    timers.every(_DIGEST_TICK_S, "digest", owe_digests)
    timers.every(_FEEDS_TICK_S, "feeds", parts.feed_list.reload_if_edited)
    timers.every(_REKEY_TICK_S, "rekey", lambda now: rekey_items(parts.storage))
    timers.every(_HEARTBEAT_S, "heartbeat", beat)
    timers.every(
        _PRUNE_TICK_S,
        "prune",
        lambda now: prune(parts.storage, settings.keep_days, now),
    )
    timers.start()
    return timers


async def _wake_sender(polls: PollJob, sender: Sender) -> None:
    while True:
        await polls.matched.wait()
        polls.matched.clear()
        sender.wake()


async def _until_stopped(stop: asyncio.Event, receiver: Receiver, sender: Sender) -> None:
    """Receive and send until *stop*, or until one of them cannot go on; then let both end."""
    receiving = asyncio.create_task(receiver.run(stop))
    sending = asyncio.create_task(sender.run(stop))
    try:
        await asyncio.wait({receiving, sending}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        _, late = await asyncio.wait({receiving, sending}, timeout=_SENDING_MAY_TAKE_S)
        for task in late:
            task.cancel()
        await sender.abandon()
        ended = await asyncio.gather(receiving, sending, return_exceptions=True)
        for result in ended:
            if isinstance(result, SahmanError):
                raise result
            if isinstance(result, Exception):
                raise RuntimeError("receiving or sending broke") from result
    finally:
        stop.set()


def _utc_now() -> datetime:
    return datetime.now(UTC)
