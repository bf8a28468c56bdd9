"""What a search in a big archive takes, on SQLite and PostgreSQL: warm, and after a night's writes.

    python -m bench.search [--items 100000] [--databases sqlite postgresql] [--days 90]

Run from a checkout. Items bear 150 words each, drawn by the law of `bench.news` from 400,000, and
are spread over so many days; the first ten that bear a word are asked for, as `/latest` does.
README.md explains it.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, Engine, insert, text

from bot.model.search_keys import hash_key
from bot.storage.archive import iter_bearing
from bot.storage.database import make_engine
from bot.storage.migrating import migrate
from bot.storage.search import (
    drop_periods,
    find_borne_by,
    leave_periods,
    reserve_places,
    save_keys,
)
from bot.storage.tables import feed, item, publisher
from tests.postgres import find_binaries, run_server

_BEGAN = datetime(2026, 8, 1, tzinfo=UTC)
_WORDS, _WORDS_EACH = 400_000, 150
_SHIFT, _POWER = 2.7, 1.07
_TOGETHER = 200
_NIGHT = 2_000
#: As many as the product deletes or lets leave a week in one transaction.
_PRUNED_TOGETHER = 1_000
_SHOWN = 10
_ROUNDS = 5
#: By the rank of a word: every second item bears one, one in hundreds, one in ten thousands.
_ASKED: Mapping[str, Sequence[int]] = {
    "frequent word": (20,),
    "usual word": (2_000,),
    "rare word": (300_000,),
    "word nobody wrote": (_WORDS + 7,),
    "concept of 8 words": tuple(range(3_000, 3_800, 100)),
    "40 words of a list": tuple(range(1_000, 41_000, 1_000)),
}


class Archive:
    """A database that is filled, and asked."""

    def __init__(self, engine: Engine, total: int, days: float) -> None:
        """Make the tables, with one feed."""
        self.engine = engine
        migrate(engine)
        self._chance = random.Random(1)
        weights = [1 / (rank + _SHIFT) ** _POWER for rank in range(_WORDS)]
        self._weights = list(itertools.accumulate(weights))
        self._keys = [hash_key(_word(rank)) for rank in range(_WORDS)]
        self._between = timedelta(days=days) / total
        self._stored = 0
        with engine.begin() as connection:
            connection.execute(
                insert(publisher).values(name="P", country="AM", kind="private", family="p")
            )
            connection.execute(
                insert(feed).values(
                    name="F",
                    url="http://127.0.0.1/",
                    publisher_id=1,
                    language="en",
                    every_s=300,
                    timezone="UTC",
                    user_agent="",
                    enabled=True,
                    urgent=False,
                    allow_private=False,
                    next_poll_at=_BEGAN,
                )
            )

    def store(self, count: int) -> float:
        """Store so many items more, some at a time; return the microseconds an item took."""
        taken_s = 0.0
        for _ in range(0, count, _TOGETHER):
            times = [_BEGAN + self._between * (self._stored + n) for n in range(_TOGETHER)]
            words = [
                set(self._chance.choices(self._keys, cum_weights=self._weights, k=_WORDS_EACH))
                for _ in times
            ]
            began = time.perf_counter()
            with self.engine.begin() as connection:
                self._store(connection, times, words)
            taken_s += time.perf_counter() - began
            self._stored += _TOGETHER
        return taken_s / count * 1e6

    def _store(
        self, connection: Connection, times: Sequence[datetime], words: Sequence[set[int]]
    ) -> None:
        places = reserve_places(connection, times, times[-1])
        save_keys(connection, dict(zip(places, words, strict=True)), times[-1])
        rows = [
            {
                "feed_id": 1,
                "key": str(self._stored + n),
                "link": f"http://127.0.0.1/{place}",
                "title": "t" * 70,
                "summary": "s" * 300,
                "language": "en",
                "published_at": at,
                "seen_at": at,
                "keys_version": 1,
                "place": place,
            }
            for n, (at, place) in enumerate(zip(times, places, strict=True))
        ]
        connection.execute(insert(item), rows)

    def ask(self, ranks: Sequence[int]) -> tuple[int, float, float]:
        """Return how many of ten were found, the first time in ms and the median of the next."""
        anchors = [_word(rank) for rank in ranks]
        taken_ms = []
        for _ in range(1 + _ROUNDS):
            with self.engine.connect() as connection:
                began = time.perf_counter()
                found = list(itertools.islice(iter_bearing(connection, anchors), _SHOWN))
                taken_ms.append((time.perf_counter() - began) * 1000)
        return len(found), taken_ms[0], statistics.median(taken_ms[1:])

    def forget_a_week(self) -> tuple[float, float]:
        """Drop the oldest week's words; return the milliseconds of the longest batch and of it.

        All items stay, as none does in the product save what feeds list for so long.
        """
        ended = _BEGAN + timedelta(days=7)
        with self.engine.connect() as connection:
            staying = find_borne_by(connection, ended)
        assert staying
        batches = [
            staying[at : at + _PRUNED_TOGETHER] for at in range(0, len(staying), _PRUNED_TOGETHER)
        ]
        longest = max(
            self._time(lambda c, ids=ids: leave_periods(c, ids, ended)) for ids in batches
        )
        return longest, self._time(lambda connection: drop_periods(connection, ended))

    def _time(self, work: Callable[[Connection], object]) -> float:
        began = time.perf_counter()
        with self.engine.begin() as connection:
            work(connection)
        return (time.perf_counter() - began) * 1000


def _word(rank: int) -> str:
    return f"word{rank}"


@contextmanager
def opened(kind: str) -> Iterator[Engine]:
    """Yield an empty database of this kind, gone afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="bench-search-") as folder:
            engine = make_engine(f"sqlite:///{Path(folder, 'sahman.db')}")
            yield engine
            engine.dispose()
    else:
        binaries = find_binaries()
        assert binaries is not None, "no PostgreSQL on this machine"
        with run_server(binaries) as server:
            engine = make_engine(server.url("postgres"))
            yield engine
            engine.dispose()


def measure(kind: str, given: argparse.Namespace, table: Table) -> None:
    """Fill one database, ask it, let a night go by, and ask again."""
    with opened(kind) as engine:
        archive = Archive(engine, given.items, given.days)
        each_us = archive.store(given.items)
        if kind == "postgresql":
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                # As autovacuum leaves it.
                connection.execute(text("SET statement_timeout = 0"))
                connection.execute(text("VACUUM ANALYZE"))
        warm = {name: archive.ask(ranks) for name, ranks in _ASKED.items()}
        archive.store(_NIGHT)
        for name, ranks in _ASKED.items():
            found, first, again = warm[name]
            _, night_first, night = archive.ask(ranks)
            times = (f"{each:.1f}" for each in (first, again, night_first, night))
            table.add_row(kind, name, str(found), *times)
        table.add_row(kind, "storing an item", "", "", f"{each_us:,.0f} µs")
        longest, dropping = archive.forget_a_week()
        table.add_row(kind, "a thousand items leave it", "", "", f"{longest:.1f}")
        table.add_row(kind, "forgetting a week", "", "", f"{dropping:.1f}")


def main() -> None:
    """Read what is asked for, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--days", type=float, default=90.0)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    given = parser.parse_args()
    title = f"search in {given.items:,} items, ms ({os.cpu_count()} cores)"
    headings = "first", "then", "after a night's writes", "then"
    for kind in given.databases:
        table = Table("database", "what", "found", *headings, title=title)
        measure(kind, given, table)
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
