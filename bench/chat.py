"""Answers a second, and how long people wait: Sahman beside a plain python-telegram-bot.

    python -m bench.chat [--seconds 4] [--writers 1 10 100] [--only sahman] [--databases sqlite]
    python -m bench.chat --trouble

Run from a checkout. So many people write at once, each as soon as the last was answered, and
none so often that it were a flood. The same commands on the same database, quiet and under a
broadcast of 25 a second. `--trouble` measures a person's answers while a chat hangs, while one
person sends 4,000 commands, and while twelve names of feeds hang. README.md explains the tables.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.send import FIRST_CHAT, TOKEN, Server, fill, serving, write_feeds
from bot.storage import Storage
from bot.storage.database import Database, make_engine
from tests.acceptance.process import HANGING_NAMES
from tests.postgres import find_binaries, run_server
from tests.samples import new_item, open_feed, take_in

_REPOSITORY = Path(__file__).parents[1]
_COMMANDS = {
    "/help": ["/help"],
    "/add WORD": [f"/add {word}" for word in ("border", "Goris", "drone", "ceasefire", "Syunik")],
    "/latest WORD": [f"/latest {word}" for word in ("border", "harvest", "Goris", "drone")],
}
_ITEMS = 2_000
_BROADCAST_CHATS = 300
_FIRST_WRITER = 2_000_000
#: So many that nobody writes twenty times in a row.
_WRITERS = 20_000
#: So that no rush begins with the people of the one before.
_rushes = itertools.count()
_FLOODER, _HANGING = 3_000_001, 3_000_002
_FLOOD = 4_000


async def prepare(url: str, *, broadcast: bool) -> None:
    """Store an archive, and a broadcast that is owed."""
    await fill(url, _BROADCAST_CHATS if broadcast else 1, 20 if broadcast else 1)
    database = Database(make_engine(url))
    storage = Storage(database)
    source = await open_feed(storage, "archive")
    words = ("border", "harvest", "Goris", "drone", "market", "bridge", "school", "river")
    for start in range(0, _ITEMS, 100):
        new = [
            new_item(f"Report {n}: the {words[n % 8]} of {words[n // 8 % 8]}, day {n}")
            for n in range(start, start + 100)
        ]
        await take_in(storage, source, *new)
    database.close()


@asynccontextmanager
async def client(
    name: str, server: Server, url: str, folder: Path, *, broadcast: bool, names: int = 0
) -> AsyncIterator[None]:
    """Run Sahman or the plain bot against this server and database."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BOT_")}
    environment["PYTHONPATH"] = str(_REPOSITORY)
    log = folder / f"{name}.txt"
    if name == "sahman":
        feeds = write_feeds(folder)
        if names:
            _add_hanging_names(feeds, folder, names)
            environment["PYTHONPATH"] = f"{folder}{os.pathsep}{_REPOSITORY}"
        environment |= {
            "BOT_TOKEN": TOKEN, "BOT_API_URL": server.url, "BOT_DATABASE_URL": url,
            "BOT_FEEDS": str(feeds),
        }  # fmt: skip
        command, ready = ["bot", "run"], "started version"
    else:
        command, ready = ["bench.plain_chat"], "ready"
    with log.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *command,
            cwd=_REPOSITORY, env=environment, stdin=asyncio.subprocess.PIPE, stdout=stream,
            stderr=stream,
        )  # fmt: skip
    assert process.stdin
    chats = list(range(FIRST_CHAT, FIRST_CHAT + _BROADCAST_CHATS)) * 20 if broadcast else []
    job = {"url": server.url, "database": url, "broadcast": chats}
    process.stdin.write(json.dumps(job).encode() + b"\n")
    try:
        while ready not in log.read_text():
            assert process.returncode is None, log.read_text()
            await asyncio.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


def _add_hanging_names(feeds: Path, folder: Path, count: int) -> None:
    config = json.loads(feeds.read_text())
    config["feeds"] += [
        config["feeds"][0]
        | {"name": f"dead {n}", "url": f"http://dead{n}.example/", "enabled": True}
        for n in range(count)
    ]
    feeds.write_text(json.dumps(config))
    (folder / "sitecustomize.py").write_text(HANGING_NAMES)


async def rush(server: Server, texts: list[str], writers: int, seconds: float) -> dict[str, Any]:
    """Let people write; return how long they waited."""
    first = _FIRST_WRITER + next(_rushes) % 100 * 100
    return await server.ask(
        "/rush", texts=texts, writers=writers, seconds=seconds, first=first, count=_WRITERS // 2
    )


async def compare(given: argparse.Namespace, database: str, url_of: Any) -> list[tuple[Any, ...]]:
    """Return a row for each command, number of writers and client."""
    rows = []
    for broadcast in (False, True):
        for name in given.only:
            with tempfile.TemporaryDirectory(prefix="bench-chat-") as root:
                url = url_of(Path(root))
                await prepare(url, broadcast=broadcast)
                async with serving("none", 0.0, _BROADCAST_CHATS, "") as server:
                    await server.ask("/people", first=_FIRST_WRITER, count=_WRITERS)
                    async with client(name, server, url, Path(root), broadcast=broadcast):
                        for command, texts in _COMMANDS.items():
                            for writers in given.writers:
                                found = await rush(server, texts, writers, given.seconds)
                                rows.append((database, broadcast, command, writers, name, found))
                                print(rows[-1], file=sys.stderr)
    return rows


async def trouble(given: argparse.Namespace, database: str, url_of: Any) -> list[tuple[Any, ...]]:
    """Return how long one person waits for `/help` in each kind of trouble."""
    rows = []
    for kind in ("none", "a chat that hangs", "4,000 commands of one person", "12 names that hang"):
        with tempfile.TemporaryDirectory(prefix="bench-chat-") as root:
            url = url_of(Path(root))
            await prepare(url, broadcast=False)
            async with serving("none", 0.0, 1, "") as server:
                await server.ask("/people", first=_FIRST_WRITER, count=_WRITERS)
                await server.ask("/people", first=_FLOODER, count=2)
                names = 12 if "names" in kind else 0
                async with client("sahman", server, url, Path(root), broadcast=False, names=names):
                    await asyncio.sleep(2)
                    making: Any = nullcontext()
                    if "hangs" in kind:
                        await server.ask(
                            "/fault", kind="silent", accepted=False, methods=["sendMessage"],
                            chats=[_HANGING], times=100_000,
                        )  # fmt: skip
                        making = _writing(server, _HANGING, 20, pause_s=0.5)
                    if "4,000" in kind:
                        making = _writing(server, _FLOODER, _FLOOD, pause_s=0.0)
                    async with making:
                        began_s = time.monotonic()
                        found = await rush(server, ["/help"], 1, given.seconds * 3)
                        found["seconds"] = time.monotonic() - began_s
            rows.append((database, kind, found))
            print(rows[-1], file=sys.stderr)
    return rows


@asynccontextmanager
async def _writing(server: Server, who: int, count: int, pause_s: float) -> AsyncIterator[None]:
    async def write() -> None:
        for number in range(count):
            verb = "remove" if number % 2 else "add"
            await server.ask("/say", chat_id=who, text=f"/{verb} word{number // 2 % 40}")
            await asyncio.sleep(pause_s)

    writing = asyncio.create_task(write())
    try:
        yield
    finally:
        writing.cancel()


def show(rows: list[tuple[Any, ...]]) -> None:
    """Print the table of answers."""
    table = Table("database", "broadcast", "command", "writers", "client", "answers/s", "p50 ms",
                  "p99 ms", "lost")  # fmt: skip
    for database, broadcast, command, writers, name, found in rows:
        table.add_row(
            database, "25/s" if broadcast else "quiet", command, str(writers), name,
            f"{found['answered'] / found['seconds']:.0f}",
            *(f"{found[each] or 0:.0f}" for each in ("p50_ms", "p99_ms")), str(found["lost"]),
        )  # fmt: skip
    Console(width=120).print(table)


def show_trouble(rows: list[tuple[Any, ...]]) -> None:
    """Print the table of trouble."""
    table = Table("database", "trouble", "answers", "p50 ms", "p99 ms", "lost")
    for database, kind, found in rows:
        table.add_row(
            database, kind, str(found["answered"]),
            *(f"{found[each] or 0:.0f}" for each in ("p50_ms", "p99_ms")), str(found["lost"]),
        )  # fmt: skip
    Console(width=120).print(table)


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--writers", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--only", nargs="+", default=["sahman", "ptb"])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--trouble", action="store_true")
    given = parser.parse_args()
    measure = trouble if given.trouble else compare
    rows: list[tuple[Any, ...]] = []
    if "sqlite" in given.databases:
        rows += asyncio.run(measure(given, "sqlite", lambda root: f"sqlite:///{root}/sahman.db"))
    if "postgresql" in given.databases:
        binaries = find_binaries()
        assert binaries is not None, "no PostgreSQL binaries (set TEST_PG_BIN)"
        numbers = iter(range(1_000))
        with run_server(binaries) as postgres:

            def url_of(root: Path) -> str:
                import psycopg

                name = f"bench{next(numbers)}"
                with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
                    connection.execute(f"CREATE DATABASE {name}")
                return postgres.url(name)

            rows += asyncio.run(measure(given, "postgresql", url_of))
    (show_trouble if given.trouble else show)(rows)


if __name__ == "__main__":
    main()
