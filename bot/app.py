"""Builds everything once, starts it, stops it in reverse; the only place that knows all rooms."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from pydantic import SecretStr

from bot import __version__, language
from bot.chat.desk import FeedsDesk
from bot.chat.door import Door
from bot.chat.operators import register_menus
from bot.chat.receive import Receiver
from bot.chat.terms import Terms
from bot.chat.visit import Services
from bot.chat.webhook import WebhookKeeper
from bot.config import Settings
from bot.errors import ANOTHER_BOT, HOW_TO_GET_ONE, ConfigError, Problem
from bot.feeds.fetch import FeedFetcher
from bot.feeds.worker import ParseWorker
from bot.jobs.backups import BackupJob
from bot.jobs.carry import CarryJob
from bot.jobs.digest import owe_due_digests
from bot.jobs.heartbeat import HeartbeatJob, find_heartbeat
from bot.jobs.poll import PollJob
from bot.jobs.polling import Polling, open_polling
from bot.jobs.prune import give_up_dead_rows, prune
from bot.jobs.rekey import rekey_items
from bot.jobs.surges import owe_surges
from bot.jobs.timers import Timers
from bot.jobs.watch import open_watch
from bot.lifetime import Runner, run_until_stopped, settle_memory
from bot.matching import keep_read, recall_read
from bot.model import PollResult, Telegram
from bot.sending.broadcasts import carry_broadcasts
from bot.sending.composer import Composer
from bot.sending.notices import notice_closed_groups, send_notices
from bot.sending.sender import Sender
from bot.storage import Storage, open_storage
from bot.storage.processes import BEAT_S
from bot.telegram_api.connection import (
    AnyApplication,
    close_bot,
    connect,
    how_reached,
    introduce,
    make_application,
    make_bot,
)
from bot.telegram_api.messenger import Messenger
from bot.texts import Texts, load_texts
from bot.web.metrics import Metrics
from bot.web.site import Site, open_site
from bot.web.webhook import Webhook

_log = logging.getLogger(__name__)

# `poll` counts what it owes, up to what stands in the outbox at the highest rate.
_COUNTED_RATE = 1_000.0
_POLL_TICK_S = 2
_DIGEST_TICK_S = 15
_FEEDS_TICK_S = 15
_HEALTH_TICK_S = 20
_PRUNE_TICK_S = 3600
_VACUUM_TICK_S = 72_000  # under a day
_REKEY_TICK_S = 5
_CARRY_TICK_S = 2
_WORDS_TICK_S = 3600
_LOOK_AGAIN_TICK_S = 120
_SURGE_TICK_S = 180
_HEARTBEAT_S = 10
_INBOX_TICK_S = 5
#: A PostgreSQL that recovers from a crash, or is started together with Sahman.
_DATABASE_MAY_TAKE_S = 120.0
# Together under the ten seconds in which SIGTERM must have ended everything.
_POLLING_MAY_TAKE_S = 2.0
_REPLIES_MAY_TAKE_S = 1.0
_TIMERS_MAY_TAKE_S = 1.5


class Role(StrEnum):
    """What one process does; several on one PostgreSQL may share the work."""

    POLL = "poll"  #: asks feeds, matches, prunes
    CHAT = "chat"  #: answers people
    SEND = "send"  #: sends what is owed


EVERYTHING = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Parts:
    """What has been opened, to be closed in reverse."""

    stack: AsyncExitStack
    settings: Settings
    storage: Storage
    metrics: Metrics


async def run(
    settings: Settings,
    stop: asyncio.Event,
    started: Callable[[], None] = lambda: None,
    roles: frozenset[Role] = EVERYTHING,
) -> None:
    """Poll, match, send and answer until *stop*, or some of it; then finish what is at hand.

    *started* is called once, when people are answered.

    Raises ConfigError when only a part is wanted of an SQLite file, TokenRefused when Telegram does
    not know the bot, and what opening storage and polling raises.
    """
    _check_roles(settings, roles)
    async with AsyncExitStack() as stack:
        storage = await stack.enter_async_context(
            open_storage(settings, _DATABASE_MAY_TAKE_S, stop, serving=True)
        )
        await storage.processes.enter()
        stack.push_async_callback(storage.processes.leave)
        parts = Parts(stack, settings, storage, Metrics())
        talking = _build_talking(parts, settings.token) if settings.token else None
        if talking:
            # A token that is wrong is said before any publisher is asked.
            await introduce(talking.application)
            await _check_bot(settings, storage)
        timers = Timers()
        telegram = partial(how_reached, talking.application.bot if talking else None)
        watch = await stack.enter_async_context(open_watch(settings, storage, telegram, roles))
        timers.every(_HEALTH_TICK_S, "watch", watch.look)
        heartbeat = HeartbeatJob(find_heartbeat(settings))
        stack.callback(heartbeat.end)
        timers.every(_HEARTBEAT_S, "heartbeat", heartbeat.beat)
        timers.every(BEAT_S, "pulse", lambda now: storage.processes.beat())
        polling = await _open_polling(parts, timers) if Role.POLL in roles else None
        runners: list[Runner] = []
        if talking and Role.SEND in roles:
            runners.append(_build_sender(parts, talking, timers, polling))
        desk, hook = _build_desk(parts), _build_hook(settings) if Role.CHAT in roles else None
        if settings.serves:
            # Before Telegram answers: what is amiss is seen there.
            heartbeat.address = await _open_site(parts, telegram, polling, desk, hook)
        timers.start()
        stack.push_async_callback(timers.finish, _TIMERS_MAY_TAKE_S)
        if talking and roles != {Role.POLL}:
            if not await connect(talking.application, stop):
                return
            stack.push_async_callback(talking.application.shutdown)
        if talking and Role.CHAT in roles:
            runners.append(await _open_door(parts, talking, timers, desk, hook))
        settle_memory()
        roles_said = "everything" if roles == EVERYTHING else " ".join(sorted(roles))
        _log.info("started", extra={"version": __version__, "does": roles_said})
        started()
        await run_until_stopped(stop, runners)
        _log.info("stopping")


@dataclass(frozen=True, slots=True)
class Talking:
    """What talking to Telegram needs."""

    application: AnyApplication
    messenger: Messenger
    texts: Mapping[str, Texts]


def _check_roles(settings: Settings, roles: frozenset[Role]) -> None:
    if settings.token is None and roles != {Role.POLL}:
        raise ConfigError([Problem("BOT_TOKEN", "is not set", HOW_TO_GET_ONE)])
    on_sqlite = settings.database_url.get_secret_value().startswith("sqlite")
    if on_sqlite and roles != EVERYTHING:
        what = "an SQLite file serves one process, and --only is for several"
        raise ConfigError(
            [Problem("--only", what, "Set BOT_DATABASE_URL=postgresql://... or leave --only out")]
        )


async def _check_bot(settings: Settings, storage: Storage) -> None:
    """Refuse to write to the chats of another bot: they have never started this one."""
    if settings.bot_id and await storage.bots.claim(settings.bot_id) != settings.bot_id:
        raise ConfigError([ANOTHER_BOT])


async def _open_polling(parts: Parts, timers: Timers) -> Polling:
    # Before the first poll: no alert may wait for the dictionaries.
    await asyncio.to_thread(language.load)
    await asyncio.to_thread(recall_read)
    parts.stack.push_async_callback(asyncio.to_thread, keep_read)
    polling = await parts.stack.enter_async_context(
        open_polling(parts.settings, parts.storage, _utc_now())
    )
    polling.polls.tell = parts.metrics.note_poll
    parts.stack.push_async_callback(polling.polls.finish, _POLLING_MAY_TAKE_S)
    keep_days = parts.settings.keep_days
    timers.every(_POLL_TICK_S, "poll", polling.polls.start_due)
    timers.every(_FEEDS_TICK_S, "feeds", polling.feed_list.reload_if_edited)
    timers.every(_HEALTH_TICK_S, "health", polling.health.check)
    timers.every(_SURGE_TICK_S, "surges", lambda now: owe_surges(parts.storage, now))
    timers.every(_REKEY_TICK_S, "rekey", lambda now: rekey_items(parts.storage, now))
    timers.every(_WORDS_TICK_S, "words", lambda _: asyncio.to_thread(keep_read))
    timers.every(_LOOK_AGAIN_TICK_S, "stories", polling.intake.look_again)
    timers.every(_WORDS_TICK_S, "counts", polling.intake.keep_counts)
    timers.every(_CARRY_TICK_S, "carry", CarryJob(parts.storage).carry)
    timers.every(_PRUNE_TICK_S, "prune", lambda now: prune(parts.storage, keep_days, now))
    if parts.settings.backups:
        keeper = BackupJob(parts.storage, parts.settings.backups, parts.settings.backup_key)
        parts.stack.callback(keeper.stop)
        timers.every(_PRUNE_TICK_S, "backup", keeper.back_up)
    timers.every(_VACUUM_TICK_S, "vacuum", lambda now: give_up_dead_rows(parts.storage))
    return polling


def _build_talking(parts: Parts, token: SecretStr) -> Talking:
    settings = parts.settings
    bot = make_bot(token.get_secret_value(), settings.api_url, settings.api_proxy)
    parts.stack.push_async_callback(close_bot, bot)
    messenger = Messenger(bot, paid_broadcast=settings.paid_broadcast)
    return Talking(make_application(bot), messenger, load_texts())


async def _open_door(
    parts: Parts, talking: Talking, timers: Timers, desk: FeedsDesk, hook: Webhook | None
) -> Receiver | WebhookKeeper:
    """Let people in, by the webhook that Telegram is given or by asking for them."""
    # Keywords that people type are read with the dictionaries.
    await asyncio.to_thread(language.load)
    await asyncio.to_thread(recall_read)
    parts.stack.push_async_callback(asyncio.to_thread, keep_read)
    bot = talking.application.bot
    services = Services(
        bot=bot,
        messenger=talking.messenger,
        storage=parts.storage,
        texts=talking.texts,
        clock=_utc_now,
        terms=Terms.of(parts.settings),
        started_at=_utc_now(),
        desk=desk if parts.settings.admins else None,
        took=parts.metrics.note_update,
    )
    parts.stack.callback(services.studio.close)
    parts.stack.push_async_callback(services.replies.finish, _REPLIES_MAY_TAKE_S)
    parts.stack.callback(lambda: [task.cancel() for task in services.waiting])
    Door(services).attach(talking.application)
    registering = asyncio.create_task(register_menus(bot, talking.texts, parts.settings.admins))
    parts.stack.callback(registering.cancel)
    receiver = Receiver(talking.application, services)
    parts.stack.push_async_callback(receiver.close)
    timers.every(_INBOX_TICK_S, "inbox", lambda now: receiver.adopt())
    url, secret = parts.settings.webhook_url, parts.settings.webhook_secret
    if hook is None or not url or not secret:
        return receiver
    hook.receive = receiver.receive
    return WebhookKeeper(services, url, secret.get_secret_value())


def _build_hook(settings: Settings) -> Webhook | None:
    url, secret = settings.webhook_url, settings.webhook_secret
    return Webhook(url, secret.get_secret_value()) if url and secret else None


async def _open_site(
    parts: Parts,
    telegram: Callable[[datetime], Telegram],
    polling: Polling | None,
    desk: FeedsDesk,
    hook: Webhook | None,
) -> str:
    """Serve the operator's page and what else there is; return where, or ""."""

    async def edited(now: datetime) -> None:
        if polling is not None:
            await polling.feed_list.reload_if_edited(now)

    site = Site(
        settings=parts.settings,
        storage=parts.storage,
        texts=load_texts(),
        clock=_utc_now,
        metrics=parts.metrics,
        telegram=telegram,
        feeds=desk,
        edited=edited,
        hook=hook,
    )
    return await parts.stack.enter_async_context(open_site(site))


def _build_desk(parts: Parts) -> FeedsDesk:
    """Return what operators manage feeds with; its worker starts with the first that is tried."""
    settings, worker = parts.settings, ParseWorker()
    fetcher = FeedFetcher(settings.contact, proxy=settings.proxy)
    parts.stack.push_async_callback(fetcher.close)
    parts.stack.callback(worker.close)
    admins = frozenset(settings.admins)
    return FeedsDesk(admins, settings.feeds, fetcher, worker, settings.variables)


def _build_sender(
    parts: Parts, talking: Talking, timers: Timers, polling: Polling | None
) -> Sender:
    sender = Sender(
        parts.storage.deliveries,
        Composer(parts.storage, talking.texts),
        talking.messenger,
        rate=parts.settings.send_rate,
        clock=_utc_now,
        alone=polling is None,
        told=parts.metrics.note_outcomes,
    )

    async def owe_digests(now: datetime) -> None:
        if await owe_due_digests(parts.storage, now):
            sender.wake()

    async def tell_operators(now: datetime) -> None:
        await notice_closed_groups(parts.storage, talking.messenger, now)
        await send_notices(parts.storage, talking.messenger, talking.texts, now)
        await carry_broadcasts(parts.storage, talking.messenger, talking.texts, now)

    timers.every(_DIGEST_TICK_S, "digest", owe_digests)
    timers.every(_HEALTH_TICK_S, "notices", tell_operators)
    if polling is not None:
        waking = asyncio.create_task(_wake_sender(polling.polls, sender))
        parts.stack.callback(waking.cancel)
    return sender


async def poll_once(settings: Settings, now: datetime) -> tuple[list[PollResult], int]:
    """Poll the feeds that are due at *now*, once; return what they brought and alerts owed."""
    async with open_storage(settings) as storage, open_polling(settings, storage, now) as polling:
        before = await storage.deliveries.count_owed()
        results = await polling.polls.run_round(now)
        await polling.health.check(now)
        while await storage.deliveries.expand(_COUNTED_RATE):
            pass
        return results, await storage.deliveries.count_owed() - before


async def _wake_sender(polls: PollJob, sender: Sender) -> None:
    while True:
        await polls.matched.wait()
        polls.matched.clear()
        sender.wake()


def _utc_now() -> datetime:
    return datetime.now(UTC)
