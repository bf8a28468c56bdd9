"""From an item stored to everybody owed its alert, and what so many rows cost afterwards.

    python -m bench.fanout [--subscribers 1000 10000 100000 1000000] [--rate 25]
                           [--database sqlite|postgres|both]

Run from a checkout. All subscribers follow one keyword. PostgreSQL is started from package binaries
(`tests/postgres.py`). README.md beside this file explains the table.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as Printed
from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Select,
    Table,
    cast,
    func,
    insert,
    literal,
    select,
    text,
)

from bot.delivery.digest import render_digest
from bot.model import Silence, Subscriber
from bot.storage import Storage, fanout
from bot.storage.database import Database, make_engine
from bot.storage.deliveries import Fate, Outcome
from bot.storage.migrating import migrate
from bot.storage.tables import chat, subscriber, subscription
from bot.texts import load_texts
from tests.postgres import find_binaries, run_server
from tests.samples import follow, new_item, open_chat, open_feed, take_in
from tests.samples import subscriber as reader

_FIRST_CHAT = 100_000
#: Rows that one statement of the filling inserts.
_AT_ONCE = 50_000
#: Items of the past day that match the keyword: what a digest is made of.
_DIGEST_ITEMS = 20
_DIGESTS = 300
_CLAIMS = 30
_ROOM = 16
#: So fast that the send clock never keeps a claim waiting.
_UNPACED = 100_000.0
_SUMMARY = (
    "Residents of two villages were told to stay at home while talks between both sides went on"
    " through the night; the ministry said that a statement would follow in the morning."
)


@dataclass(frozen=True, slots=True)
class Result:
    """What one database did with so many subscribers."""

    database: str
    subscribers: int
    filled_s: float
    owed_s: float
    chunks_s: list[float]
    rows: int
    filled_bytes: int
    owed_bytes: int
    digests_per_s: float
    digest_load_s: float
    claims_s: list[float]


def open_chats(engine: Engine, template: Subscriber, first: int, count: int) -> None:
    """Open so many private chats, each with a subscriber who has the settings of *template*."""
    for begin in range(0, count, _AT_ONCE):
        number = _numbers(first + begin, min(_AT_ONCE, count - begin))
        with engine.begin() as connection:
            _copy(connection, chat, chat.c.id == template.chat_id, number, "id")
            its_row = subscriber.c.id == template.id
            _copy(connection, subscriber, its_row, number, "chat_id", without="id")


def follow_by_all(engine: Engine, keyword_id: int, template: Subscriber) -> None:
    """Let everybody who came after *template* follow a keyword that *template* follows."""
    with engine.begin() as connection:
        last = int(connection.scalar(select(func.max(subscriber.c.id))) or 0)
    followed = subscription.c.keyword_id == keyword_id
    for begin in range(template.id, last, _AT_ONCE):
        these = subscriber.c.id.between(begin + 1, begin + _AT_ONCE)
        names = ["keyword_id", "subscriber_id", "typed", "created_at"]
        pairs = (
            select(
                subscription.c.keyword_id,
                subscriber.c.id,
                subscription.c.typed,
                subscription.c.created_at,
            )
            .join(subscriber, these)
            .where(followed, subscription.c.subscriber_id == template.id)
            .order_by(subscriber.c.id)
        )
        with engine.begin() as connection:
            connection.execute(insert(subscription).from_select(names, pairs))


def _numbers(first: int, count: int) -> Any:
    number = select(cast(literal(first), BigInteger).label("n")).cte("numbers", recursive=True)
    return number.union_all(select(number.c.n + 1).where(number.c.n < first + count - 1))


def _copy(
    connection: Connection, table: Table, which: Any, number: Any, into: str, without: str = ""
) -> None:
    """Copy a row once for each number, which goes into one of its columns."""
    names = [column.name for column in table.columns if column.name != without]
    values = [number.c.n if name == into else table.c[name] for name in names]
    rows: Select[Any] = select(*values).select_from(table).join(number, literal(True)).where(which)
    connection.execute(insert(table).from_select(names, rows.order_by(number.c.n)))


async def measure(engine: Engine, name: str, count: int, rate: float) -> Result:
    """Fill a database, print an item that all subscribers follow, and owe them all its alert."""
    migrate(engine)
    database = Database(engine)
    storage = Storage(database)
    now = datetime.now(UTC)
    began_s = time.perf_counter()
    source = await open_feed(storage, "bench")
    template = await open_chat(
        storage, _FIRST_CHAT, next_digest_at=now + timedelta(days=30), created_at=now
    )
    border = await follow(storage, template, "border", now)
    open_chats(engine, template, _FIRST_CHAT + 1, count - 1)
    follow_by_all(engine, border.keyword_id, template)
    told = [
        new_item(
            f"Talks at the border crossing {number + 1} went on",
            summary=_SUMMARY, published_at=now, seen_at=now, silence=Silence.BACKLOG, matches=True,
        )
        for number in range(_DIGEST_ITEMS - 1)
    ]  # fmt: skip
    await take_in(storage, source, *told, now=now)
    _settle_statistics(engine)
    filled_s, filled_bytes = time.perf_counter() - began_s, _size(engine)

    alert = new_item("Gunfire on the border", summary=_SUMMARY, published_at=now, seen_at=now)
    await take_in(storage, source, alert, now=now)
    owed_s, chunks_s = await _owe(storage, rate)
    rows, owed_bytes = await storage.deliveries.count_owed(), _size(engine)
    per_s, load_s = await _compose_digests(storage, template.id, count, now)
    claims_s = await _claim(storage, now)
    database.close()
    return Result(
        name, count, filled_s, owed_s, chunks_s, rows, filled_bytes, owed_bytes, per_s, load_s,
        claims_s,
    )  # fmt: skip


async def _owe(storage: Storage, rate: float) -> tuple[float, list[float]]:
    """Owe everything in the product's chunks; return the time in all, and that of each chunk."""
    is_enough = fanout._is_enough

    def lifted(connection: Connection, gravity: int, backlog: int) -> bool:
        is_enough(connection, gravity, backlog)  # at its cost; what it says does not count
        return False

    fanout._is_enough = lifted
    chunks_s = []
    began_s = time.perf_counter()
    try:
        while True:
            chunk_s = time.perf_counter()
            if not await storage.deliveries.expand(rate):
                break
            chunks_s.append(time.perf_counter() - chunk_s)
    finally:
        fanout._is_enough = is_enough
    return time.perf_counter() - began_s, chunks_s


async def _compose_digests(
    storage: Storage, first: int, count: int, now: datetime
) -> tuple[float, float]:
    """Return how many digests of random subscribers a second, and the seconds to load one."""
    texts = load_texts()["en"]
    title = texts.say("📰 <b>Your digest</b> · {day}, {time}", day="today", time="09:00")
    loading_s, began_s = 0.0, time.perf_counter()
    for _ in range(_DIGESTS):
        load_s = time.perf_counter()
        matched = await storage.matches.load_digest(first + random.randrange(count), after=0)
        loading_s += time.perf_counter() - load_s
        assert len(matched) == _DIGEST_ITEMS
        assert render_digest(matched, reader(), texts, title=title, now=now)
    return _DIGESTS / (time.perf_counter() - began_s), loading_s / _DIGESTS


async def _claim(storage: Storage, now: datetime) -> list[float]:
    """Claim as the sender does, each time with what the claim before brought as sent."""
    outcomes: list[Outcome] = []
    claims_s = []
    for number in range(_CLAIMS):
        began_s = time.perf_counter()
        claim = await storage.deliveries.settle_and_claim(outcomes, _ROOM, _UNPACED, now)
        claims_s.append(time.perf_counter() - began_s)
        assert len(claim.deliveries) == _ROOM, (number, claim)
        outcomes = [
            Outcome(delivery=each, fate=Fate.SENT, message_id=1) for each in claim.deliveries
        ]
    return claims_s[1:]


def _settle_statistics(engine: Engine) -> None:
    # PostgreSQL's own autovacuum does it within minutes of people coming, not of this filling.
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _size(engine: Engine) -> int:
    with engine.connect().execution_options(sahman_read_only=True) as connection:
        if engine.dialect.name == "postgresql":
            asked = "SELECT pg_database_size(current_database())"
        else:
            asked = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        return int(connection.scalar(text(asked)) or 0)


@contextmanager
def opened(name: str) -> Iterator[Engine]:
    """Open an empty database, gone afterwards."""
    if name == "sqlite":
        with tempfile.TemporaryDirectory(prefix="bench-fanout-") as folder:
            yield make_engine(f"sqlite:///{Path(folder)}/sahman.db")
        return
    binaries = find_binaries()
    if binaries is None:
        sys.exit("no PostgreSQL binaries: set TEST_PG_BIN")
    with run_server(binaries) as server:
        yield make_engine(server.url("postgres"))


def show(results: list[Result]) -> None:
    """Print the table."""
    printed = Printed(
        "database", "subscribers", "filled s", "owed s", "rows/s", "chunk p50 ms", "longest ms",
        "rows", "MB before", "MB owed", "bytes/row", "digests/s", "load ms",
        "claim p50 ms", "longest ms",
    )  # fmt: skip
    for each in results:
        printed.add_row(
            each.database,
            f"{each.subscribers:,}",
            f"{each.filled_s:.1f}",
            f"{each.owed_s:.2f}",
            f"{each.rows / each.owed_s:,.0f}",
            f"{statistics.median(each.chunks_s) * 1000:.1f}",
            f"{max(each.chunks_s) * 1000:.0f}",
            f"{each.rows:,}",
            f"{each.filled_bytes / 1e6:.1f}",
            f"{each.owed_bytes / 1e6:.1f}",
            f"{(each.owed_bytes - each.filled_bytes) / each.rows:.0f}",
            f"{each.digests_per_s:.0f}",
            f"{each.digest_load_s * 1000:.1f}",
            f"{statistics.median(each.claims_s) * 1000:.1f}",
            f"{max(each.claims_s) * 1000:.0f}",
        )
    Console(width=190).print(printed)


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--subscribers", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000]
    )
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--rate", type=float, default=25, help="as BOT_SEND_RATE")
    given = parser.parse_args()
    if min(given.subscribers) < _CLAIMS * _ROOM:
        parser.error(f"--subscribers must be {_CLAIMS * _ROOM} or more")
    results = []
    for count in given.subscribers:
        for name in ["sqlite", "postgres"] if given.database == "both" else [given.database]:
            with opened(name) as engine:
                results.append(asyncio.run(measure(engine, name, count, given.rate)))
            show(results[-1:])
    show(results)


if __name__ == "__main__":
    main()
