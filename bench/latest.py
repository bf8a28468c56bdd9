"""What a page of `/latest` takes in a big archive without words, on SQLite and PostgreSQL.

    python -m bench.latest [--items 1000000] [--databases sqlite postgresql]

Run from a checkout. Thirty publishers print in three languages over ninety days, and an aggregator
in the name of three hundred others; one publisher fell silent long ago, and one language is rare.
Each page is asked for by itself: all, of a language, of a publisher, of a day, and far back.
README.md explains it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, insert, text

from bench.search import opened
from bot.storage.archive import Within, load_newest, load_publishers
from bot.storage.migrating import migrate
from bot.storage.tables import feed, item, publisher

_BEGAN = datetime(2026, 8, 1, tzinfo=UTC)
_DAYS = 90
_ENDED = _BEGAN + timedelta(days=_DAYS)
_FEEDS, _NAMED = 30, 300
_TOGETHER = 5_000
#: As `/latest` asks.
_LIMIT = 24
_ROUNDS = 20
_LANGUAGES = ("hy", "hy", "hy", "ru", "ru")


def fill(engine: Engine, total: int) -> None:
    """Make an archive of so many items."""
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(
            insert(publisher),
            [
                {"name": f"P{n}", "country": "AM", "kind": "private", "family": f"p{n}"}
                for n in range(_FEEDS)
            ],
        )
        connection.execute(insert(feed), [_feed(n) for n in range(_FEEDS)])
    between = timedelta(days=_DAYS) / total
    for start in range(0, total, _TOGETHER):
        rows = [_item(n, _BEGAN + between * n) for n in range(start, min(start + _TOGETHER, total))]
        with engine.begin() as connection:
            connection.execute(insert(item), rows)


def _feed(n: int) -> dict[str, object]:
    return {
        "name": f"F{n}",
        "url": f"http://127.0.0.1/{n}",
        "publisher_id": n + 1,
        "language": "en",
        "every_s": 300,
        "timezone": "UTC",
        "user_agent": "",
        "enabled": True,
        "urgent": False,
        "allow_private": False,
        "next_poll_at": _BEGAN,
    }


def _item(n: int, at: datetime) -> dict[str, object]:
    # The first feed fell silent in the first days, the last one is an aggregator.
    of = 0 if n < 100 else 1 + n % (_FEEDS - 1)
    return {
        "feed_id": of + 1,
        "key": str(n),
        "link": f"http://127.0.0.1/{n}",
        "title": "t" * 70,
        "summary": "s" * 300,
        "language": "en" if n % 5_000 == 0 else _LANGUAGES[n % len(_LANGUAGES)],
        "published_at": at,
        "seen_at": at,
        "source": f"S{n % _NAMED}" if of == _FEEDS - 1 else "",
        "keys_version": 1,
    }


def measure(kind: str, total: int, table: Table) -> None:
    """Fill one database and read its pages."""
    middle = _BEGAN + timedelta(days=45)
    asked: Mapping[str, tuple[Within, bool]] = {
        "all": (Within(), False),
        "all, far back": (Within(), True),
        "a language": (Within(languages={"hy"}), False),
        "a language, far back": (Within(languages={"hy"}), True),
        "a rare language": (Within(languages={"en"}), False),
        "a language nobody prints": (Within(languages={"fr"}), False),
        "a publisher": (Within(publishers={"P7"}), False),
        "a publisher, far back": (Within(publishers={"P7"}), True),
        "a publisher silent for long": (Within(publishers={"P0"}), False),
        "one named by an aggregator": (Within(publishers={"S28"}), False),
        "a publisher in a rare language": (
            Within(publishers={"P7"}, languages={"en"}),
            False,
        ),
        "a day long ago": (Within(since=middle, until=middle + timedelta(days=1)), False),
        "since an hour ago": (Within(since=_ENDED - timedelta(hours=1)), False),
    }
    with opened(kind) as engine:
        fill(engine, total)
        if kind == "postgresql":
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                # As autovacuum leaves it.
                connection.execute(text("SET statement_timeout = 0"))
                connection.execute(text("VACUUM ANALYZE"))
        for name, (within, is_far) in asked.items():
            before = total // 2 if is_far else None
            taken_ms, found = [], 0
            for _ in range(_ROUNDS):
                with engine.connect() as connection:
                    began = time.perf_counter()
                    items = load_newest(connection, before=before, limit=_LIMIT, within=within)
                    taken_ms.append((time.perf_counter() - began) * 1000)
                    found = len(items)
            _add(table, kind, name, found, taken_ms)
        taken_ms, found = [], 0
        for _ in range(_ROUNDS):
            with engine.connect() as connection:
                began = time.perf_counter()
                found = len(load_publishers(connection))
                taken_ms.append((time.perf_counter() - began) * 1000)
        _add(table, kind, "names of all publishers", found, taken_ms)


def _add(table: Table, kind: str, name: str, found: int, taken_ms: list[float]) -> None:
    middle, worst = statistics.median(taken_ms[1:]), max(taken_ms[1:])
    table.add_row(kind, name, str(found), f"{taken_ms[0]:.1f}", f"{middle:.1f}", f"{worst:.1f}")


def main() -> None:
    """Read what is asked for, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    given = parser.parse_args()
    title = f"a page of {given.items:,} items, ms ({os.cpu_count()} cores)"
    table = Table("database", "what", "found", "first", "median", "worst", title=title)
    for kind in given.databases:
        measure(kind, given.items, table)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
