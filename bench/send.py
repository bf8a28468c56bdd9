"""A broadcast under Telegram-like limits: Sahman beside plain bots, and Sahman paid for.

    python -m bench.send --rivals PYTHON [--messages 3000] [--chats 1500] [--only NAME ...]
    python -m bench.send --paid [--messages 20000] [--chats 5000]

Run from a checkout. PYTHON is that of an environment with bench/rivals.txt. Each contestant is a
process of its own against a fresh `bench.server`; README.md beside this file explains the table.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from rich.console import Console
from rich.table import Table

from bot.delivery.story import render_alert
from bot.model import Item, ToldStory
from bot.storage import Storage
from bot.storage.database import Database, make_engine
from bot.storage.migrating import migrate
from bot.texts import load_texts
from tests.samples import (
    feeds_config,
    follow,
    new_item,
    open_chat,
    open_feed,
    subscriber,
    take_in,
    telling,
)

TOKEN = "123456:bench-token-of-no-value-at-all-000000"
FIRST_CHAT = 100_000
_FIRST_ASKER = 900_000
_ASKERS = 60
_ASKED_PER_S = 3.0
_REPOSITORY = Path(__file__).parents[1]
#: When nothing has been sent for so long, what is missing is lost.
_STALLED_S = 45.0
_RIVALS = {"ptb-limiter": "PTB, AIORateLimiter(max_retries=5)", "aiogram": "aiogram, retry",
           "ptb": "PTB, retry"}  # fmt: skip
_SUMMARY = (
    "Residents of two villages near the {number} crossing were told to stay at home while talks"
    " between both sides went on through the night; the ministry said that a statement would"
    " follow in the morning and that the road to the south stays open."
)


@dataclass(frozen=True, slots=True)
class Result:
    """What one contestant did."""

    name: str
    wanted: int
    counters: dict[str, Any]
    cpu_s: float

    @property
    def delivered(self) -> int:
        """Different messages that arrived."""
        return int(self.counters["broadcast"]) - int(self.counters["doubled"])


def titles(count: int) -> list[str]:
    """Return the headlines of so many stories, no two alike."""
    words = ("Talks", "Trade", "Traffic", "Repairs", "Quiet", "Patrols", "Fog", "Votes")
    return [
        f"{words[n % 8]} at the border crossing {n + 1} reported overnight" for n in range(count)
    ]


async def fill(url: str, chats: int, stories: int) -> list[str]:
    """Store subscribers and stories that all of them are owed; return the messages' texts."""
    engine = make_engine(url)
    # What is filled in need not survive a power cut; Sahman itself opens the file anew.
    migrate(engine)
    database = Database(engine)
    storage = Storage(database)
    now = datetime.now(UTC)
    source = await open_feed(storage, "bench")
    later = now + timedelta(days=30)
    for chat_id in range(FIRST_CHAT, FIRST_CHAT + chats):
        who = await open_chat(
            storage, chat_id, next_digest_at=later, digest_when_empty=False, created_at=now
        )
        await follow(storage, who, "border", now)
    texts = []
    for number, title in enumerate(titles(stories)):
        summary = _SUMMARY.format(number=number + 1)
        new = new_item(title, summary=summary, published_at=now, seen_at=now)
        await take_in(storage, source, new, now=now)
        item = Item(
            id=0, title=title, summary=summary, link=new.link, language="en", published_at=now,
            seen_at=now, publisher="Sample Herald", feed="bench",
        )  # fmt: skip
        lead = telling(item)
        told = ToldStory(id=0, tellings=(lead,))
        texts.append(render_alert(told, lead, ["border"], subscriber(), load_texts()["en"], now))
    database.close()
    return texts


class Server:
    """One bench.server and its control door."""

    def __init__(self, url: str, control: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self._control = control
        self._session = session

    async def ask(self, path: str, **body: Any) -> dict[str, Any]:
        """Tell the server something; return what it says."""
        async with self._session.post(self._control + path, json=body) as answer:
            answer.raise_for_status()
            return dict(await answer.json())

    async def counters(self) -> dict[str, Any]:
        """Return what the server has counted so far."""
        async with self._session.get(f"{self._control}/counters") as answer:
            return dict(await answer.json())

    async def ask_latest(self, per_s: float) -> None:
        """Let people ask so often; 0 ends it."""
        await self.ask("/ask", text="/latest", first=_FIRST_ASKER, count=_ASKERS, per_s=per_s)

    async def wait_sent(self, wanted: int) -> dict[str, Any]:
        """Wait until so many have arrived or no more come; return the counters."""
        sent, moved_s = -1, time.monotonic()
        while True:
            found = await self.counters()
            if found["broadcast"] - found["doubled"] >= wanted:
                return found
            if found["broadcast"] > sent:
                sent, moved_s = found["broadcast"], time.monotonic()
            if time.monotonic() - moved_s > _STALLED_S:
                return found
            await asyncio.sleep(0.25)


@asynccontextmanager
async def serving(limits: str, latency_s: float, chats: int, pinned: str) -> AsyncIterator[Server]:
    """Run a server with all chats and askers in it."""
    process = await asyncio.create_subprocess_exec(
        *_pin(pinned), sys.executable, "-m", "bench.server", "--limits", limits,
        "--latency", str(latency_s),
        cwd=_REPOSITORY, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:
            server = Server(said["url"], said["control"], session)
            await server.ask("/people", first=FIRST_CHAT, count=chats)
            await server.ask("/people", first=_FIRST_ASKER, count=_ASKERS)
            yield server
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


async def run_sahman(
    given: argparse.Namespace, server: Server, folder: Path, **settings: str
) -> tuple[dict[str, Any], float]:
    """Run the real process until everything is sent; return the counters and its CPU seconds."""
    url = f"sqlite:///{folder}/sahman.db"
    await fill(url, given.chats, given.messages // given.chats)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BOT_")}
    environment |= {
        "BOT_TOKEN": TOKEN,
        "BOT_API_URL": server.url,
        "BOT_DATABASE_URL": url,
        "BOT_FEEDS": str(write_feeds(folder)),
        **settings,
    }
    log = folder / "log.txt"
    with log.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            *_pin(given.pin), sys.executable, "-m", "bot", "run",
            cwd=_REPOSITORY, env=environment, stdout=stream, stderr=stream,
        )  # fmt: skip
    try:
        while "started version" not in log.read_text():
            assert process.returncode is None, log.read_text()
            await asyncio.sleep(0.02)
        began = _cpu_s(process.pid)
        await server.ask_latest(given.asked)
        await server.wait_sent(given.messages)
        cpu_s = _cpu_s(process.pid) - began
        await server.ask_latest(0)
        await asyncio.sleep(2)
        return await server.counters(), cpu_s
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
        if given.keep_log:
            shutil.copy(log, given.keep_log)


async def run_rival(
    given: argparse.Namespace, server: Server, name: str, texts: list[str]
) -> tuple[dict[str, Any], float]:
    """Run a plain bot until it has sent or lost everything."""
    process = await asyncio.create_subprocess_exec(
        given.rivals, str(_REPOSITORY / "bench" / "rivals.py"), name,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    job = {
        "url": server.url, "texts": texts, "first_chat": FIRST_CHAT,
        "chats": given.chats, "messages": given.messages,
    }  # fmt: skip
    process.stdin.write(json.dumps(job).encode() + b"\n")
    await server.ask_latest(given.asked)
    said = await process.stdout.readline()
    await server.ask_latest(0)
    await process.wait()
    assert said, f"{name} broke"
    return await server.counters(), json.loads(said)["cpu_s"]


def write_feeds(folder: Path) -> Path:
    """Write a feeds.yaml whose one feed is asked for nothing; JSON is YAML."""
    (feed,) = feeds_config("bench").feeds
    written = {"name": feed.name, "url": feed.url, "publisher": feed.publisher,
               "language": feed.language, "enabled": False}  # fmt: skip
    publishers = {feed.publisher: {"country": "AM", "kind": "independent"}}
    path = folder / "feeds.yaml"
    path.write_text(json.dumps({"publishers": publishers, "feeds": [written]}), encoding="utf-8")
    return path


def _pin(core: str) -> list[str]:
    return ["taskset", "-c", core] if core else []


def _cpu_s(pid: int) -> float:
    process = psutil.Process(pid)
    times = [process.cpu_times()]
    times += [child.cpu_times() for child in process.children(recursive=True)]
    return sum(each.user + each.system for each in times)


async def compare(given: argparse.Namespace) -> list[Result]:
    """Let each contestant send the same under the same limits, one after the other."""
    results = []
    with tempfile.TemporaryDirectory(prefix="bench-send-") as root:
        texts = await fill(f"sqlite:///{root}/texts.db", 1, given.messages // given.chats)
        for name in given.only or ["sahman", *(_RIVALS if given.rivals else ())]:
            folder = Path(root) / name
            folder.mkdir()
            async with serving(given.limits, given.latency, given.chats, "") as server:
                if name == "sahman":
                    settings = {"BOT_SEND_RATE": given.rate} if given.rate else {}
                    counters, cpu_s = await run_sahman(given, server, folder, **settings)
                else:
                    counters, cpu_s = await run_rival(given, server, name, texts)
            label = _RIVALS.get(name, "Sahman")
            results.append(Result(label, given.messages, counters, cpu_s))
            print(json.dumps({"name": label, "cpu_s": cpu_s, **counters}), file=sys.stderr)
    return results


async def run_paid(given: argparse.Namespace) -> list[Result]:
    """Let Sahman alone send at a thousand a second, on one core, 50 ms from the server."""
    with tempfile.TemporaryDirectory(prefix="bench-send-") as root:
        async with serving("strict", given.latency or 0.05, given.chats, "1") as server:
            counters, cpu_s = await run_sahman(
                given, server, Path(root),
                BOT_SEND_RATE=given.rate or "1000", BOT_PAID_BROADCAST="yes",
            )  # fmt: skip
    print(json.dumps({"cpu_s": cpu_s, **counters}), file=sys.stderr)
    return [Result("Sahman, paid", given.messages, counters, cpu_s)]


def show(results: list[Result]) -> None:
    """Print the table."""
    table = Table(
        "client", "delivered", "lost", "doubled", "429s", "s", "msg/s", "CPU µs/msg",
        "/latest answered", "p50 ms", "p99 ms", "server CPU s",
    )  # fmt: skip
    for each in results:
        found = each.counters
        seconds = found["seconds"] or 1e-9
        table.add_row(
            each.name,
            f"{each.delivered} / {each.wanted}",
            str(each.wanted - each.delivered),
            str(found["doubled"]),
            str(found["refused"].get("429", 0)),
            f"{seconds:.1f}",
            f"{(found['broadcast'] - 1) / seconds:.1f}",
            f"{each.cpu_s / max(each.delivered, 1) * 1e6:.0f}",
            f"{found['answered']} / {found['asked']}",
            *("-" if found[p] is None else f"{found[p]:.0f}" for p in ("p50_ms", "p99_ms")),
            f"{found['cpu_s']:.1f}",
        )
        if found["strict_faults"]:
            print("strict faults:", found["strict_faults"])
    Console(width=150).print(table)


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, help="default 3000; paid 20000")
    parser.add_argument("--chats", type=int, help="default 1500; paid 5000")
    parser.add_argument("--rivals", default="", help="the Python that has bench/rivals.txt")
    parser.add_argument("--only", nargs="*", choices=["sahman", *_RIVALS])
    parser.add_argument("--limits", choices=["strict", "soft", "none"], default="strict")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds; paid 0.05")
    parser.add_argument("--rate", default="", help="BOT_SEND_RATE; paid 1000")
    parser.add_argument("--asked", type=float, default=_ASKED_PER_S, help="/latest a second")
    parser.add_argument("--paid", action="store_true")
    parser.add_argument("--pin", default="", help="Sahman's core, for taskset; paid 0")
    parser.add_argument("--keep-log", default="", help="where to leave Sahman's log")
    given = parser.parse_args()
    given.messages = given.messages or (20_000 if given.paid else 3_000)
    given.chats = given.chats or (5_000 if given.paid else 1_500)
    if given.paid:
        given.pin = given.pin or "0"
    if given.messages % given.chats:
        parser.error("--messages must be a multiple of --chats")
    show(asyncio.run((run_paid if given.paid else compare)(given)))


if __name__ == "__main__":
    main()
