"""What Sahman takes of a machine: memory and CPU at rest, CPU until the first answer, disk an item.

    python -m bench.footprint [--feeds 60] [--subscribers 1000] [--seconds 300] [--rivals PYTHON]

Run from a checkout. The real process, on SQLite, against a local Telegram and local feeds: it
starts, answers one person, reads all feeds for the first time, and is left alone. Memory is PSS of
all its processes: what they share is counted once. Rivals read the same feeds and rest meanwhile;
PYTHON is that of an environment of their own. README.md explains it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.news import LANGUAGES, make_vocabulary
from bench.poll import url_of
from bench.send import FIRST_CHAT, TOKEN, Server, serving
from bot.matching import KeywordRefused
from bot.storage import Storage
from bot.storage.database import Database, make_engine
from bot.storage.migrating import migrate
from tests.samples import follow, open_chat

_REPOSITORY = Path(__file__).parents[1]
_WORDS_EACH = 5
_STILL_S = 8.0
_RIVALS_READ_S = 150.0
#: What somebody would write who keeps feeds with lemon24/reader; every five minutes, as Sahman.
_READER = """
import sys, time
from reader import make_reader
kept = make_reader(sys.argv[1])
kept.enable_search()
for url in sys.argv[2:]:
    kept.add_feed(url)
while True:
    kept.update_feeds(workers=20, scheduled=False)
    kept.update_search()
    time.sleep(300)
"""


async def subscribe(url: str, count: int) -> None:
    """Store subscribers, each of whom follows a few words of the news."""
    engine = make_engine(url)
    migrate(engine)
    database = Database(engine)
    storage = Storage(database)
    chance = random.Random(1)
    now = datetime.now(UTC)
    for chat_id in range(FIRST_CHAT, FIRST_CHAT + count):
        who = await open_chat(storage, chat_id, next_digest_at=now + timedelta(days=30))
        for word in chance.sample(
            make_vocabulary(chance.choice(LANGUAGES))[0][2_000:], _WORDS_EACH
        ):
            with contextlib.suppress(KeywordRefused):
                await follow(storage, who, word, now)
    database.close()


def write_feeds(folder: Path, count: int, port: int) -> Path:
    """Write a feeds.yaml of so many local feeds, asked every five minutes."""
    path = folder / "feeds.yaml"
    feeds = [
        {
            "name": f"feed {n}", "url": url_of(n, port), "publisher": "H", "allow_private": True,
            "language": LANGUAGES[n % len(LANGUAGES)], "every_s": 300,
        }
        for n in range(count)
    ]  # fmt: skip
    publishers = {"H": {"country": "AM", "kind": "private"}}
    path.write_text(json.dumps({"publishers": publishers, "feeds": feeds}))
    return path


class Weighed:
    """A process with all that it started."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)

    def _tree(self) -> Sequence[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def cpu_s(self) -> float:
        """CPU seconds so far, user and system."""
        return sum(sum(each.cpu_times()[:2]) for each in self._tree())

    def pss_mb(self) -> list[float]:
        """Memory of each process, what several share divided among them."""
        return [each.memory_full_info().pss / 2**20 for each in self._tree()]


async def wait_until_read(database: Path, weighed: Weighed, feeds: int) -> int:
    """Wait until every feed was read and nothing moves; return how many items there are."""
    rows = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    while True:
        cpu_s = weighed.cpu_s()
        await asyncio.sleep(_STILL_S)
        read = rows.execute("SELECT count(*) FROM feed WHERE read_at IS NOT NULL").fetchone()[0]
        if read == feeds and weighed.cpu_s() - cpu_s < 0.1 * _STILL_S:
            return int(rows.execute("SELECT count(*) FROM item").fetchone()[0])


def command_rivals(given: argparse.Namespace, folder: Path, port: int) -> dict[str, list[str]]:
    """Return how rivals are started: each asks all feeds now, and every five minutes."""
    if not given.rivals:
        return {}
    urls = [url_of(n, port) for n in range(given.feeds)]
    soon = (datetime.now(UTC) + timedelta(seconds=70)).minute % 5
    config = folder / "feedforbot.yml"
    config.write_text(
        json.dumps(
            [
                {
                    "rule": f"{soon}-59/5 * * * *",
                    "listener": {"type": "rss", "params": {"url": url}},
                    "transport": {"type": "telegram_bot", "params": {"token": TOKEN, "to": "1"}},
                }
                for url in urls
            ]
        )
    )
    kept = f"file://{folder}/feedforbot"
    return {
        "reader, with search": [given.rivals, "-c", _READER, f"{folder}/reader.db", *urls],
        "feedforbot": [given.rivals, "-m", "feedforbot", str(config), "--cache-dsn", kept],
    }


@contextlib.asynccontextmanager
async def resting(
    commands: Mapping[str, Sequence[str]], log: Path
) -> AsyncIterator[dict[str, Weighed]]:
    """Run these side by side; yield once they had time to read all feeds for the first time."""
    with log.open("wb") as stream:
        started = {
            name: await asyncio.create_subprocess_exec(*command, stdout=stream, stderr=stream)
            for name, command in commands.items()
        }
    weighed = {name: Weighed(process.pid) for name, process in started.items()}
    try:
        if commands:
            await asyncio.sleep(_RIVALS_READ_S)
        for name, process in started.items():
            said = await asyncio.to_thread(log.read_text)
            assert process.returncode is None, f"{name} ended: {said}"
        yield weighed
    finally:
        for process in started.values():
            if process.returncode is None:
                process.kill()
                await process.wait()


async def measure(given: argparse.Namespace, server: Server, folder: Path, port: int) -> Table:
    """Start the process, leave it alone, and return the table."""
    file = folder / "sahman.db"
    await subscribe(f"sqlite:///{file}", given.subscribers)
    empty = file.stat().st_size
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BOT_")}
    environment |= {
        "BOT_TOKEN": TOKEN, "BOT_API_URL": server.url, "BOT_DATABASE_URL": f"sqlite:///{file}",
        "BOT_FEEDS": str(write_feeds(folder, given.feeds, port)),
    }  # fmt: skip
    log = folder / "log.txt"
    began_s = time.monotonic()
    with log.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run",
            cwd=_REPOSITORY, env=environment, stdout=stream, stderr=stream,
        )  # fmt: skip
    weighed = Weighed(process.pid)
    try:
        await server.ask("/ask", text="/help", first=FIRST_CHAT, count=1, per_s=0.001)
        while not (await server.counters())["answered"]:
            assert process.returncode is None, log.read_text()
            await asyncio.sleep(0.02)
        first_s, first_cpu_s = time.monotonic() - began_s, weighed.cpu_s()
        items = await wait_until_read(file, weighed, given.feeds)
        read_cpu_s = weighed.cpu_s() - first_cpu_s
        async with resting(command_rivals(given, folder, port), folder / "rivals.txt") as rivals:
            all_of_them = {"Sahman": weighed, **rivals}
            cpu_s = {name: each.cpu_s() for name, each in all_of_them.items()}
            await asyncio.sleep(given.seconds)
            rest_cpu = {
                name: (each.cpu_s() - cpu_s[name]) / given.seconds
                for name, each in all_of_them.items()
            }
            memory = {name: each.pss_mb() for name, each in all_of_them.items()}
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
    size = file.stat().st_size - empty
    table = Table("what", "is", title=f"{given.feeds} feeds, {given.subscribers:,} subscribers")
    table.add_row("from start to the first answer", f"{first_s:.1f} s, {first_cpu_s:.2f} s of CPU")
    table.add_row("first reading, CPU a feed", f"{read_cpu_s / given.feeds * 1000:.0f} ms")
    for name, parts in memory.items():
        each = " + ".join(f"{one:.0f}" for one in parts)
        table.add_row(f"{name}: memory at rest (PSS)", f"{sum(parts):.0f} MB = {each}")
        table.add_row(f"{name}: CPU at rest", f"{rest_cpu[name] * 100:.1f} % of a core")
    table.add_row("database an item, all tables", f"{size / items:,.0f} bytes, {items:,} items")
    return table


def ask_all(urls: Sequence[str]) -> None:
    """Read all of these once."""
    for url in urls:
        urllib.request.urlopen(url, timeout=60).read()  # noqa: S310


async def run(given: argparse.Namespace) -> None:
    """Measure and print."""
    feeds = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.poll", "--as-server",
        cwd=_REPOSITORY, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert feeds.stdout is not None
    port = int(await feeds.stdout.readline())  # it is there once connections are taken
    # What it serves is written when it is asked for first, which takes it a while.
    await asyncio.to_thread(ask_all, [url_of(n, port) for n in range(given.feeds)])
    try:
        with tempfile.TemporaryDirectory(prefix="bench-footprint-") as folder:
            async with serving("none", 0.0, given.subscribers, "") as server:
                Console().print(await measure(given, server, Path(folder), port))
    finally:
        feeds.kill()
        await feeds.wait()


def main() -> None:
    """Read what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=60)
    parser.add_argument("--subscribers", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--rivals", default="", help="Python with what rivals.txt names")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
