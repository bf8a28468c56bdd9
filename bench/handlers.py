"""How long each command holds up the event loop: everybody else waits for so long.

    python -m bench.handlers [--items 20000]

Run from a checkout. One process holds a Bot API server of our own, Sahman, and an SQLite file with
so many items; each command is typed five times. What is counted is the longest step that a task of
Sahman's ran without giving way; the server's own steps are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.chat.door import Door
from bot.chat.receive import Receiver
from bot.chat.visit import Services
from bot.demo import BotApi
from bot.language import load
from bot.storage import Storage
from bot.storage.database import Database, make_engine
from bot.storage.migrating import migrate
from bot.telegram_api.connection import connect, make_application, make_bot
from bot.telegram_api.messenger import Messenger
from bot.texts import load_texts
from tests.samples import new_item, open_feed, take_in

_TOKEN = "1:token-of-a-bench-and-of-no-value-at-all0"
_ANI = 101
_ROUNDS = 5
_COMMANDS = (
    "/start", "/add Goris", "/add Pashinyan -football", "/keywords", "/latest", "/latest border",
    "/search border talks", "/digest now", "/noreport Goris", "/trends border", "/why Report 77",
    "/timeline Report 77", "/settings", "/sources", "/share", "/export", "/help", "/privacy",
    "how do I add a word", "Two men were hurt near the border at Goris on Monday, officials said",
)  # fmt: skip


class Holds:
    """The longest step of any task of Sahman's since it was last asked."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Time every step of the event loop."""
        run = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            # Looked at before: a handle forgets its callback once it has run.
            task = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]
            begun_s = time.perf_counter()
            run(handle)  # type: ignore[no-untyped-call]
            taken_s = time.perf_counter() - begun_s
            if isinstance(task, asyncio.Task) and "RequestHandler" not in repr(task.get_coro()):
                self.longest_s = max(self.longest_s, taken_s)

        asyncio.Handle._run = timed  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            asyncio.Handle._run = run  # type: ignore[method-assign]

    def take(self) -> float:
        """Return the longest step in milliseconds, and begin anew."""
        longest_s, self.longest_s = self.longest_s, 0.0
        return longest_s * 1_000


async def fill(storage: Storage, items: int) -> None:
    """Store an archive."""
    source = await open_feed(storage, "archive")
    words = ("border", "harvest", "Goris", "drone", "market", "bridge", "school", "river")
    for start in range(0, items, 100):
        new = [
            new_item(
                f"Report {n}: the {words[n % 8]} of {words[n // 8 % 8]}, day {n}",
                seen_at=datetime.now(UTC), published_at=datetime.now(UTC),
            )
            for n in range(start, min(start + 100, items))
        ]  # fmt: skip
        await take_in(storage, source, *new)


async def measure(items: int) -> None:
    """Type every command; print how long each was worked on, and held all others up."""
    load()
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'bench.db'}")
        migrate(engine)
        storage = Storage(Database(engine))
        await fill(storage, items)
        api = BotApi(_TOKEN)
        await api.start()
        api.add_user(_ANI, "Ani", language_code="en")
        bot = make_bot(_TOKEN, api.url)
        application = make_application(bot)
        services = Services(
            bot=bot, messenger=Messenger(bot), storage=storage, texts=load_texts(),
            clock=lambda: datetime.now(UTC),
        )  # fmt: skip
        Door(services).attach(application)
        receiver, stop = Receiver(application, services), asyncio.Event()
        await connect(application, stop)
        running = asyncio.create_task(receiver.run(stop))
        held: dict[str, list[float]] = defaultdict(list)
        took: dict[str, list[float]] = defaultdict(list)
        holds = Holds()
        with holds.watching():
            for _ in range(_ROUNDS):
                for command in _COMMANDS:
                    services.floods._buckets.clear()
                    await asyncio.sleep(0.05)
                    holds.take()
                    begun_s = time.perf_counter()
                    sent = api.send_text(_ANI, command)
                    await api.wait_messages(_ANI, after=sent.message_id, count=1, timeout=30)
                    took[command].append((time.perf_counter() - begun_s) * 1_000)
                    await asyncio.sleep(0.1)
                    held[command].append(holds.take())
        table = Table("typed", "answered in ms", "longest hold in ms", title=f"{items} items")
        for command in _COMMANDS:
            table.add_row(command[:40], f"{min(took[command]):.0f}–{max(took[command]):.0f}",
                          f"{max(held[command]):.0f}")  # fmt: skip
        Console().print(table)
        stop.set()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await application.shutdown()
        await api.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--items", type=int, default=20_000)
    asyncio.run(measure(parser.parse_args().items))
