"""Checking an installation: everything that is wrong at once, each with its remedy."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.config import FeedList, Settings, load_feeds
from bot.delivery.alarms import say_alarm
from bot.errors import (
    ANOTHER_BOT,
    HOW_TO_GET_ONE,
    ConfigError,
    DatabaseError,
    FeedError,
    Problem,
    TokenRefused,
    TryLater,
)
from bot.feeds.fetch import FeedFetcher
from bot.feeds.logins import find_logins
from bot.feeds.worker import ParseWorker
from bot.jobs.heartbeat import find_heartbeat, is_alive, write_heartbeat
from bot.model import Feed, FeedConfig
from bot.storage.alarms import load_alarms
from bot.storage.bots import load_bot
from bot.storage.database import check_database, check_place, make_engine
from bot.storage.migrating import is_up_to_date, refuse_newer
from bot.storage.overview import count_unreached
from bot.telegram_api.connection import ask_who_i_am, make_bot
from bot.texts import load_texts


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """What one feed answered when it was asked once."""

    name: str
    items: int = 0
    newest: str = ""
    failed: str = ""


async def check_installation(settings: Settings, now: datetime) -> list[Problem]:
    """Return all that `run` would stumble over: feeds.yaml, database, token, port, heartbeat."""
    problems: list[Problem] = []
    try:
        load_feeds(settings.feeds, settings.variables)
    except ConfigError as error:
        problems += error.problems
    try:
        problems += await asyncio.to_thread(_check_database, settings)
    except DatabaseError as error:
        what, _, remedy = str(error).partition(". ")
        problems.append(Problem("BOT_DATABASE_URL", what, remedy))
    problems += await _check_token(settings)
    heartbeat = find_heartbeat(settings)
    if not is_alive(heartbeat, now):
        # One that runs holds its port and touches its file.
        problems += [*_check_port(settings), *_check_heartbeat(heartbeat, now)]
    return problems


@dataclass(frozen=True, slots=True)
class OfOperators:
    """How many operators cannot be told anything, and of what they are told just now."""

    unreached: int = 0
    alarms: tuple[str, ...] = ()


def load_of_operators(settings: Settings) -> OfOperators:
    """Return what the database says of operators; nothing where that is not known."""
    url = settings.database_url.get_secret_value()
    if not settings.admins or (
        url.startswith("sqlite:") and not os.path.lexists(url.removeprefix("sqlite:///"))
    ):
        return OfOperators()
    engine = make_engine(url)
    try:
        if not is_up_to_date(engine):
            return OfOperators()
        with engine.connect().execution_options(sahman_read_only=True) as connection:
            told = load_alarms(connection).values()
            said = (say_alarm(each.facts, load_texts()["en"]).striptags() for each in told)
            return OfOperators(count_unreached(connection, settings.admins), tuple(said))
    finally:
        engine.dispose()


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


def _check_database(settings: Settings) -> list[Problem]:
    """Return whose chats it holds, if another's; raises DatabaseError where it cannot be used."""
    url = settings.database_url.get_secret_value()
    file = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:") and not os.path.lexists(file):
        # Not made here: whoever checks may not be whoever runs.
        check_place(file)
        return []
    engine = make_engine(url)
    try:
        check_database(engine)
        refuse_newer(engine)
        if not is_up_to_date(engine):
            return []
        with engine.connect().execution_options(sahman_read_only=True) as connection:
            known = load_bot(connection)
    finally:
        engine.dispose()
    return [ANOTHER_BOT] if known and settings.bot_id not in (0, known) else []


def _check_port(settings: Settings) -> list[Problem]:
    if not settings.must_listen:
        return []
    host, _, port = settings.listen.rpartition(":")
    try:
        with socket.create_server((host.strip("[]"), int(port)), family=_family(host)):
            return []
    except OSError as error:
        what = f"cannot listen on {settings.listen}: {error.strerror or error}"
        return [Problem("BOT_LISTEN", what, "Choose a free address, or end what listens there")]


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _check_heartbeat(file: Path, now: datetime) -> list[Problem]:
    """Try to write beside the heartbeat: the file itself would say that Sahman runs."""
    trial = file.with_suffix(".try")
    why_not = write_heartbeat(trial, now)
    if not why_not:
        trial.unlink(missing_ok=True)
    what, _, remedy = why_not.replace(str(trial), str(file)).partition(". ")
    return [Problem("TMPDIR", what, remedy)] if why_not else []


async def _check_token(settings: Settings) -> list[Problem]:
    if settings.token is None:
        return [Problem("BOT_TOKEN", "is not set", HOW_TO_GET_ONE)]
    try:
        await ask_who_i_am(
            make_bot(settings.token.get_secret_value(), settings.api_url, settings.api_proxy)
        )
    except TokenRefused as error:
        return [error.problem]
    except TryLater as error:
        what = f"cannot ask {settings.api_url}: {error.reason}"
        return [Problem("BOT_API_URL", what, "Check the address and the network")]
    return []
