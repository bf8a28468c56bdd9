"""SIGKILLs while many messages go out: what is lost, what comes twice, what comes out of order.

    python -m bench.crash [--kills 50] [--deliveries 20000] [--database sqlite|postgres|both]
                          [--rate 200] [--workers 4] [--mutant]

Run from a checkout. On PostgreSQL several `python -m bot run --only send`, on SQLite one `python -m
bot run`; each process has a token of its own, so that the server knows who sent what, and each that
is killed is started again at once. README.md beside this file explains the table.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, Engine, func, select, update

from bench.fanout import follow_by_all, open_chats
from bench.server import BenchApi
from bot.delivery.bulletin import MOST_ALONE
from bot.model import DeliveryState
from bot.storage import Storage, deliveries
from bot.storage.claims import Claim, claim
from bot.storage.columns import now_ms
from bot.storage.database import Database, make_engine
from bot.storage.migrating import migrate
from bot.storage.tables import delivery, fanout, item, story_item
from tests.postgres import find_binaries, run_server
from tests.samples import feeds_config, follow, new_item, open_chat, open_feed, take_in

_REPOSITORY = Path(__file__).parents[1]
_FIRST_CHAT = 100_000
#: No more than are sent one by one: a bulletin would tell several in one message.
_STORIES = MOST_ALONE
_STORY = re.compile(r"border crossing (\d+) ")
_LATENCY_S = (0.002, 0.020)
#: A kill comes so long after the message that is its cue, so that it hits no particular moment.
_AFTER_CUE_S = 0.5
#: Longer than a lease: who is silent for so long sends nothing any more.
_STALLED_S = 75.0
_SUMMARY = (
    "Residents of two villages were told to stay at home while talks between both sides went on"
    " through the night; the ministry said that a statement would follow in the morning."
)
_asking: ContextVar[str] = ContextVar("asking")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message at the server: when, from which process, to whom, of which story."""

    at_s: float
    sender: str
    chat_id: int
    story: int


class CrashApi(BenchApi):
    """A Bot API server that remembers what came from whom."""

    def __init__(self) -> None:
        super().__init__()
        self.arrivals: list[Arrival] = []
        self.senders: set[str] = set()
        self._stirred = asyncio.Event()

    async def wait_for(self, true: Callable[[], bool]) -> None:
        """Wait until it is true after a message has come."""
        while not true():
            self._stirred.clear()
            await self._stirred.wait()

    async def call(self, method: str, found: dict[str, Any]) -> Any:
        """Carry out *method*; a message is answered some milliseconds after it was taken."""
        result = await super().call(method, found)
        if method == "sendMessage" and (told := _STORY.search(str(found["text"]))):
            at_s, chat_id = time.monotonic(), int(found["chat_id"])
            self.arrivals.append(Arrival(at_s, _asking.get(), chat_id, int(told[1])))
            self.senders.add(_asking.get())
            self._stirred.set()
            await asyncio.sleep(random.uniform(*_LATENCY_S))
        return result

    async def _answer(self, request: web.Request) -> web.Response:
        _asking.set(request.match_info["token"])
        return await super()._answer(request)


@dataclass(slots=True)
class Worker:
    """One process of Sahman."""

    token: str
    process: asyncio.subprocess.Process
    killed_s: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one run."""

    name: str
    rate: float
    wanted: int
    kills: int
    seconds: float
    lost: int
    doubled: int
    most_a_kill: int
    #: From a message's arrival to the kill of its sender, of each that came twice.
    windows_s: list[float]
    #: Came twice although no sender died.
    unexplained: int
    out_of_order: int
    left: dict[str, int]


@dataclass(slots=True)
class Run:
    """Workers that are killed and started again while they send."""

    given: argparse.Namespace
    url: str
    folder: Path
    api: CrashApi
    only: tuple[str, ...]
    workers: list[Worker] = field(default_factory=list)
    killed: list[Worker] = field(default_factory=list)

    async def start_worker(self) -> None:
        """Start one more."""
        number = len(self.workers) + len(self.killed)
        token = f"123456:bench-crash-of-no-value-{number:06}"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("BOT_")}
        environment |= {
            "BOT_TOKEN": token, "BOT_API_URL": self.api.url, "BOT_DATABASE_URL": self.url,
            "BOT_FEEDS": str(self.folder / "feeds.yaml"), "BOT_SEND_RATE": str(self.given.rate),
            "BOT_PAID_BROADCAST": "yes" if self.given.rate > 30 else "no",
        }  # fmt: skip
        module = ["bench.crash", "mutant"] if self.given.mutant else ["bot"]
        with (self.folder / f"log-{number}.txt").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", *module, "run", *self.only,
                cwd=_REPOSITORY, env=environment, stdout=log, stderr=log,
            )  # fmt: skip
        self.workers.append(Worker(token, process))

    async def kill_at(self, cues: list[int]) -> None:
        """Kill a process that is sending, some time after each of so many messages came."""
        for cue in cues:
            await self.api.wait_for(partial(self._have_come, cue))
            await asyncio.sleep(random.uniform(0.0, _AFTER_CUE_S))
            await self.api.wait_for(lambda: bool(self._at_work()))
            worker = random.choice(self._at_work())
            worker.process.kill()
            worker.killed_s = time.monotonic()
            await worker.process.wait()
            self.workers.remove(worker)
            self.killed.append(worker)
            await self.start_worker()

    def _have_come(self, count: int) -> bool:
        return len(self.api.arrivals) >= count

    def _at_work(self) -> list[Worker]:
        return [each for each in self.workers if each.token in self.api.senders]

    async def wait_until_sent(self, engine: Engine) -> None:
        """Wait until nothing is owed any more, or nothing comes any more."""
        count, moved_s = 0, time.monotonic()
        while time.monotonic() - moved_s < _STALLED_S:
            if len(self.api.arrivals) > count:
                count, moved_s = len(self.api.arrivals), time.monotonic()
            elif time.monotonic() - moved_s > 2 and not await asyncio.to_thread(
                _count_left, engine
            ):
                return
            await asyncio.sleep(0.5)

    async def stop(self) -> None:
        """End all that live."""
        for worker in self.workers:
            worker.process.send_signal(signal.SIGTERM)
        for worker in self.workers:
            try:
                await asyncio.wait_for(worker.process.wait(), 15)
            except TimeoutError:
                worker.process.kill()
                await worker.process.wait()


def run_mutant() -> None:
    """Be a Sahman with a bug, to try the bench: it notes as sent what it has only claimed."""
    from bot.cli import app

    def claim_as_sent(connection: Connection, *given: Any) -> Claim:
        claimed = claim(connection, *given)
        these = delivery.c.id.in_([each.id for each in claimed.deliveries])
        sent = {"state": DeliveryState.SENT, "settled_at": now_ms()}
        connection.execute(update(delivery).where(these).values(sent))
        return claimed

    setattr(deliveries, "claim", claim_as_sent)  # noqa: B010 - as mypy wants it
    app()


async def fill(engine: Engine, count: int) -> None:
    """Store people and stories that all of them are owed: *count* deliveries."""
    migrate(engine)
    database = Database(engine)
    storage = Storage(database)
    now = datetime.now(UTC)
    source = await open_feed(storage, "bench")
    template = await open_chat(
        storage, _FIRST_CHAT, next_digest_at=now + timedelta(days=30), digest_when_empty=False,
        created_at=now,
    )  # fmt: skip
    border = await follow(storage, template, "border", now)
    open_chats(engine, template, _FIRST_CHAT + 1, count // _STORIES - 1)
    follow_by_all(engine, border.keyword_id, template)
    for number in range(_STORIES):
        title = f"Talks at the border crossing {number + 1} went on overnight"
        new = new_item(title, summary=_SUMMARY, published_at=now, seen_at=now)
        await take_in(storage, source, new, now=now)
    database.close()


async def run(given: argparse.Namespace, database: str, url: str, folder: Path) -> Result:
    """Let it all be sent, and kill meanwhile."""
    engine = make_engine(url)
    await fill(engine, given.deliveries)
    _write_feeds(folder)
    api = CrashApi()
    for chat_id in range(_FIRST_CHAT, _FIRST_CHAT + given.deliveries // _STORIES):
        api.add_user(chat_id, f"Reader {chat_id}", language_code="en", started=True)
    await api.start()
    on_sqlite = database == "sqlite"
    running = Run(given, url, folder, api, () if on_sqlite else ("--only", "send"))
    began_s = time.monotonic()
    try:
        for _ in range(1 if on_sqlite else given.workers):
            await running.start_worker()
        # The last twentieth is left to the end, so that a kill finds something to hit.
        cues = sorted(random.sample(range(given.deliveries * 19 // 20), given.kills))
        killing = asyncio.create_task(running.kill_at(cues))
        await running.wait_until_sent(engine)
        if killing.done():
            killing.result()
        killing.cancel()
        seconds = api.arrivals[-1].at_s - began_s if api.arrivals else 0.0
    finally:
        await running.stop()
        await api.stop()
    name = f"{database}, {'1 process' if on_sqlite else f'{given.workers} processes'}"
    result = judge(name, given, running, engine, seconds)
    engine.dispose()
    _tell_of_bugs(folder)
    return result


def judge(
    name: str, given: argparse.Namespace, running: Run, engine: Engine, seconds: float
) -> Result:
    """Compare what came with what was owed."""
    arrivals = running.api.arrivals
    killed = {each.token: each.killed_s for each in running.killed}
    firsts: dict[tuple[int, int], Arrival] = {}
    doubles: Counter[str] = Counter()
    windows_s: list[float] = []
    unexplained = 0
    for each in arrivals:
        first = firsts.setdefault((each.chat_id, each.story), each)
        if first is each:
            continue
        killed_s = killed.get(first.sender)
        if killed_s is None or each.sender == first.sender:
            unexplained += 1
        else:
            windows_s.append(killed_s - first.at_s)
        doubles[first.sender] += 1
    _tell_kills(running, doubles)
    wanted = given.deliveries // _STORIES * _STORIES
    return Result(
        name=name,
        rate=given.rate,
        wanted=wanted,
        kills=len(killed),
        seconds=seconds,
        lost=wanted - len(firsts),
        doubled=doubles.total(),
        most_a_kill=max(doubles.values(), default=0),
        windows_s=windows_s,
        unexplained=unexplained,
        out_of_order=_count_disorder(engine, firsts),
        left=_states(engine),
    )


def _tell_kills(running: Run, doubles: Counter[str]) -> None:
    """Print what each kill doubled, and how long its process had been sending."""
    began: dict[str, float] = {}
    for each in running.api.arrivals:
        began.setdefault(each.sender, each.at_s)
    told = [
        {"doubled": doubles[each.token], "sent_for_s": round(each.killed_s - began[each.token], 2)}
        for each in running.killed
        if each.killed_s is not None
    ]
    print(json.dumps(told), file=sys.stderr)


def _count_disorder(engine: Engine, firsts: dict[tuple[int, int], Arrival]) -> int:
    """Return how many messages came before one that was owed to the same chat earlier."""
    owed = (
        select(delivery.c.chat_id, item.c.title)
        .join(story_item, story_item.c.story_id == delivery.c.story_id)
        .join(item, item.c.id == story_item.c.item_id)
        .order_by(delivery.c.chat_id, delivery.c.id)
    )
    disorder = 0
    newest_s: dict[int, float] = {}
    for chat_id, title in _read(engine, owed):
        told = _STORY.search(title)
        arrival = firsts.get((chat_id, int(told[1]))) if told else None
        if arrival is None:
            continue
        disorder += arrival.at_s < newest_s.get(chat_id, 0.0)
        newest_s[chat_id] = max(arrival.at_s, newest_s.get(chat_id, 0.0))
    return disorder


def _states(engine: Engine) -> dict[str, int]:
    states = select(delivery.c.state, func.count()).group_by(delivery.c.state)
    found = {DeliveryState(state).name.lower(): count for state, count in _read(engine, states)}
    doubtful = select(func.count()).where(delivery.c.doubtful)
    return {**found, "doubtful": _read(engine, doubtful)[0][0]}


def _count_left(engine: Engine) -> int:
    """Return what is still to be sent or to be owed."""
    pending = select(func.count()).where(delivery.c.state == DeliveryState.PENDING)
    fanning = select(func.count()).select_from(fanout)
    return int(_read(engine, pending)[0][0] + _read(engine, fanning)[0][0])


def _read(engine: Engine, query: Any) -> list[Any]:
    with engine.connect().execution_options(sahman_read_only=True) as connection:
        return list(connection.execute(query))


def _tell_of_bugs(folder: Path) -> None:
    for log in sorted(folder.glob("log-*.txt")):
        if "Traceback" in (said := log.read_text(errors="replace")):
            print(f"{log.name}:\n{said[-3_000:]}", file=sys.stderr)


def _write_feeds(folder: Path) -> None:
    """Write a feeds.yaml whose one feed is asked for nothing; JSON is YAML."""
    (feed,) = feeds_config("bench").feeds
    written = {"name": feed.name, "url": feed.url, "publisher": feed.publisher,
               "language": feed.language, "enabled": False}  # fmt: skip
    publishers = {feed.publisher: {"country": "AM", "kind": "independent"}}
    said = json.dumps({"publishers": publishers, "feeds": [written]})
    (folder / "feeds.yaml").write_text(said, encoding="utf-8")


@contextmanager
def opened(database: str, folder: Path) -> Iterator[str]:
    """Yield the URL of an empty database, gone afterwards."""
    if database == "sqlite":
        yield f"sqlite:///{folder}/sahman.db"
        return
    binaries = find_binaries()
    if binaries is None:
        sys.exit("no PostgreSQL binaries: set TEST_PG_BIN")
    with run_server(binaries) as server:
        yield server.url("postgres")


def show(results: list[Result]) -> None:
    """Print the table."""
    table = Table(
        "Sahman on", "rate", "deliveries", "kills", "s", "lost", "doubled", "a kill", "most",
        "window p50 ms", "longest", "unexplained", "out of order", "in the database",
    )  # fmt: skip
    for each in results:
        table.add_row(
            each.name, f"{each.rate:g}", str(each.wanted), str(each.kills), f"{each.seconds:.0f}",
            str(each.lost), str(each.doubled), f"{each.doubled / max(each.kills, 1):.2f}",
            str(each.most_a_kill), f"{statistics.median(each.windows_s or [0.0]) * 1000:.0f}",
            f"{max(each.windows_s, default=0.0) * 1000:.0f}", str(each.unexplained),
            str(each.out_of_order), " ".join(f"{n} {state}" for state, n in each.left.items()),
        )  # fmt: skip
    Console(width=160).print(table)


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--deliveries", type=int, default=20_000)
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--rate", type=float, default=200, help="as BOT_SEND_RATE")
    parser.add_argument("--workers", type=int, default=4, help="processes on PostgreSQL")
    parser.add_argument("--mutant", action="store_true", help="a Sahman that must lose messages")
    parser.add_argument("--seed", type=int, help="draws the same kills again, about")
    given = parser.parse_args()
    random.seed(given.seed)
    results = []
    for database in ["sqlite", "postgres"] if given.database == "both" else [given.database]:
        with tempfile.TemporaryDirectory(prefix="bench-crash-") as root:
            folder = Path(root)
            with opened(database, folder) as url:
                results.append(asyncio.run(run(given, database, url, folder)))
        show(results[-1:])
    if len(results) > 1:
        show(results)


if __name__ == "__main__":
    if sys.argv[1:2] == ["mutant"]:
        del sys.argv[1]
        run_mutant()
    else:
        main()
