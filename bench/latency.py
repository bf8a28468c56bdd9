"""From an item in a feed's answer to its alert at the Bot API: an idle Sahman, one item at a time.

    python -m bench.latency [--items 100] [--subscribers 10000] [--followers 1 10]

Run from a checkout. `python -m bot run` is a process of its own on SQLite; the feed's server and
the Bot API's are in this one and share its clock. README.md beside this file explains the table.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from rich.console import Console
from rich.table import Table

from bench.fanout import follow_by_all, open_chats
from bot.demo import BotApi
from bot.demo.feeds import FeedServer
from bot.storage import Storage
from bot.storage.database import Database, make_engine
from bot.storage.migrating import migrate
from tests.samples import follow, open_chat

_TOKEN = "123456:bench-token-of-no-value-at-all-000000"
_REPOSITORY = Path(__file__).parents[1]
_FEED = "wire"
_FIRST_FOLLOWER = 100
_FIRST_CHAT = 100_000
#: What the feed lists besides: nobody follows it.
_OTHERS = 20
_SUMMARY = (
    "Residents of two villages were told to stay at home while talks between both sides went on"
    " through the night; the ministry said that a statement would follow in the morning."
)
_MOST_WAITED_S = 60.0


class Wire(FeedServer):
    """A feed that notes when an answer first held its newest item."""

    def __init__(self) -> None:
        super().__init__()
        self.newest = ""
        self.answered_s: dict[str, float] = {}
        self.polls = 0

    def print_item(self, title: str) -> None:
        """List one more."""
        self.newest = title
        self.add_item(_FEED, title, summary=_SUMMARY)

    async def _get_feed(self, request: web.Request) -> web.Response:
        answer = await super()._get_feed(request)
        self.polls += 1
        if answer.status == 200:
            self.answered_s.setdefault(self.newest, time.monotonic())
        return answer


class Telegram(BotApi):
    """A Bot API server that notes when each message came."""

    def __init__(self) -> None:
        super().__init__()
        self.keep_calls = False
        self.arrived: list[tuple[float, str]] = []
        self.stirred = asyncio.Event()

    async def call(self, method: str, found: dict[str, Any]) -> Any:
        """Carry out *method*; what is sent is noted first."""
        if method == "sendMessage":
            self.arrived.append((time.monotonic(), str(found.get("text", ""))))
            self.stirred.set()
        return await super().call(method, found)


async def fill(url: str, subscribers: int, followers: int) -> None:
    """Store people who follow something else, and the few who follow the item's keyword."""
    engine = make_engine(url)
    migrate(engine)
    database = Database(engine)
    storage = Storage(database)
    now = datetime.now(UTC)
    settings: dict[str, Any] = {
        "next_digest_at": now + timedelta(days=30), "digest_when_empty": False, "created_at": now,
    }  # fmt: skip
    template = await open_chat(storage, _FIRST_CHAT, **settings)
    other = await follow(storage, template, "harvest", now)
    open_chats(engine, template, _FIRST_CHAT + 1, subscribers - followers - 1)
    follow_by_all(engine, other.keyword_id, template)
    for chat_id in range(_FIRST_FOLLOWER, _FIRST_FOLLOWER + followers):
        who = await open_chat(storage, chat_id, **settings)
        await follow(storage, who, "border", now)
    database.close()


async def measure(given: argparse.Namespace, followers: int) -> tuple[list[float], list[float]]:
    """Return the seconds to the first alert of each item, and to every alert."""
    wire, telegram = Wire(), Telegram()
    await wire.start()
    await telegram.start()
    for number in range(_OTHERS):
        wire.print_item(f"Market report {number + 1}: prices stay as they were")
    for chat_id in range(_FIRST_FOLLOWER, _FIRST_FOLLOWER + followers):
        telegram.add_user(chat_id, f"Reader {chat_id}", language_code="en", started=True)
    with tempfile.TemporaryDirectory(prefix="bench-latency-") as root:
        url = f"sqlite:///{root}/sahman.db"
        await fill(url, given.subscribers, followers)
        process = await _start(Path(root), url, wire, telegram)
        try:
            while wire.polls < 2:  # the first poll of a feed alerts nobody
                assert process.returncode is None, (Path(root) / "log.txt").read_text()
                await asyncio.sleep(0.1)
            firsts, every = [], []
            for number in range(given.items):
                title = f"Talks at the border crossing {number + 1} reported overnight"
                wire.print_item(title)
                came = await _wait_for(telegram, title, followers)
                waited = [at_s - wire.answered_s[title] for at_s in came]
                firsts.append(min(waited))
                every += waited
        finally:
            process.send_signal(signal.SIGTERM)
            await process.wait()
            await telegram.stop()
            await wire.stop()
    return firsts, every


async def _start(
    folder: Path, url: str, wire: Wire, telegram: Telegram
) -> asyncio.subprocess.Process:
    feed = {
        "name": _FEED, "url": wire.feed_url(_FEED), "publisher": "Sample Herald", "language": "en",
        "every_s": 1, "allow_private": True,
    }  # fmt: skip
    publishers = {"Sample Herald": {"country": "AM", "kind": "independent"}}
    feeds = folder / "feeds.yaml"  # JSON is YAML
    feeds.write_text(json.dumps({"publishers": publishers, "feeds": [feed]}), encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BOT_")}
    environment |= {
        "BOT_TOKEN": _TOKEN, "BOT_API_URL": telegram.url, "BOT_DATABASE_URL": url,
        "BOT_FEEDS": str(feeds),
    }  # fmt: skip
    with (folder / "log.txt").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run",
            cwd=_REPOSITORY, env=environment, stdout=log, stderr=log,
        )  # fmt: skip


async def _wait_for(telegram: Telegram, title: str, count: int) -> list[float]:
    """Return when this item's alerts came."""
    give_up_s = time.monotonic() + _MOST_WAITED_S
    while True:
        telegram.stirred.clear()
        came = [at_s for at_s, text in telegram.arrived if title in text]
        if len(came) >= count:
            return came
        assert time.monotonic() < give_up_s, f"{len(came)} of {count} alerts: {title}"
        try:
            await asyncio.wait_for(telegram.stirred.wait(), 1.0)
        except TimeoutError:
            continue


def _quantiles_ms(seconds: list[float]) -> list[str]:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return [f"{each * 1000:.0f}" for each in (cuts[49], cuts[98], max(seconds))]


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=100)
    parser.add_argument("--subscribers", type=int, default=10_000)
    parser.add_argument("--followers", type=int, nargs="+", default=[1, 10])
    given = parser.parse_args()
    table = Table(
        "followers", "subscribers", "items", "alerts", "first: p50 ms", "p99 ms", "max ms",
        "every: p50 ms", "p99 ms", "max ms",
    )  # fmt: skip
    for followers in given.followers:
        firsts, every = asyncio.run(measure(given, followers))
        table.add_row(
            str(followers), str(given.subscribers), str(len(firsts)), str(len(every)),
            *_quantiles_ms(firsts), *_quantiles_ms(every),
        )  # fmt: skip
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
