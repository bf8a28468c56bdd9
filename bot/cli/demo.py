"""`demo`: the whole product on this machine, with sample people and news; only it starts them."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr

from bot import log
from bot.cli.console import finish, out
from bot.config import Settings
from bot.errors import ConfigError, Problem

if TYPE_CHECKING:
    from bot.demo import BotApi
    from bot.demo.feeds import FeedServer


def demo(
    port: Annotated[int, typer.Option(help="Port of the chat page; 0 takes a free one.")] = 0,
    every_s: Annotated[float, typer.Option(help="Seconds between new sample items.")] = 12.0,
) -> None:
    """Show the whole product on this machine, with sample news and no token."""
    start_demo(port, every_s)


def start_demo(port: int, every_s: float) -> None:
    """Run the demo until it is stopped, its address printed."""
    # Newcomers look for the address: no line of the log may push it away.
    log.configure("text", level=logging.WARNING)

    def announce(url: str) -> None:
        out.print(f"\nSahman's demo is at {url} (Ctrl-C ends it)", markup=False)

    finish(run_demo(port, every_s, announce))


async def run_demo(port: int, every_s: float, announce: Callable[[str], None]) -> None:
    """Run Sahman on loopback with sample people and news, its data in a temporary folder.

    *announce* is told the address of the chat page once all of it answers.
    """
    from bot.app import run
    from bot.demo import BotApi
    from bot.demo.feeds import FeedServer
    from bot.demo.news import SampleNewsroom
    from bot.demo.personas import add_personas
    from bot.lifetime import stop_on_signals

    stop = asyncio.Event()
    stop_on_signals(stop)
    with tempfile.TemporaryDirectory(prefix="sahman-demo-") as folder:
        async with AsyncExitStack() as stack:
            telegram, news = BotApi(), FeedServer()
            for server, its_port in ((telegram, port), (news, 0)):
                await _start(server, its_port)
                stack.push_async_callback(server.stop)
            add_personas(telegram)
            newsroom = SampleNewsroom(news, interval_s=every_s)
            await newsroom.start()
            stack.push_async_callback(newsroom.stop)
            feeds = Path(folder) / "feeds.yaml"
            feeds.write_text(_sample_feeds(news), encoding="utf-8")
            settings = Settings(
                token=SecretStr("1:demo-token-of-no-value-at-all-000000"),
                api_url=telegram.url,
                database_url=SecretStr(f"sqlite:///{folder}/sahman.db"),
                feeds=feeds,
                # One that runs beside it may have the port.
                page=False,
            )
            await run(settings, stop, started=lambda: announce(telegram.url))


async def _start(server: BotApi | FeedServer, port: int) -> None:
    try:
        await server.start(port=port)
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        what = "is used by another program" if taken else "cannot be listened on"
        remedy = "Choose another, or leave --port out"
        raise ConfigError([Problem(f"--port {port}", what, remedy)]) from error


def _sample_feeds(news: FeedServer) -> str:
    """Return a feeds.yaml of the sample publishers; JSON is YAML."""
    from bot.demo.news import SAMPLE_FEEDS

    publishers = {
        feed.publisher: {"country": feed.country, "kind": feed.kind} for feed in SAMPLE_FEEDS
    }
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
