"""The worker process in which feeds are parsed: bounded in time and memory, replaced when lost."""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import signal
from concurrent.futures import TimeoutError as WorkTimeout

from pebble import ProcessExpired, ProcessPool

from bot.errors import FeedError
from bot.feeds.parse import parse_feed
from bot.model import ParsedItem

_TIME_LIMIT_S = 20.0
_MEMORY_LIMIT = 1024 * 1024 * 1024


class ParseWorker:
    """Parses feeds in one process of its own, so that none of them can hold up a reply."""

    def __init__(self) -> None:
        self._pool = ProcessPool(
            max_workers=1,
            # What parsing leaves behind goes with the process, now and then.
            max_tasks=2_000,
            initializer=_limit_process,
            context=multiprocessing.get_context("spawn"),
        )

    async def parse(
        self, body: bytes, content_type: str, url: str, timezone: str
    ) -> tuple[ParsedItem, ...]:
        """Return the items of a feed's bytes; raise FeedError when there is none to be had."""
        future = self._pool.schedule(
            parse_feed, args=[body, content_type, url, timezone], timeout=_TIME_LIMIT_S
        )
        try:
            return tuple(await asyncio.wrap_future(future))  # type: ignore[arg-type]
        except WorkTimeout as error:
            raise FeedError(f"parsing took longer than {_TIME_LIMIT_S:.0f} s") from error
        except MemoryError as error:
            raise FeedError("parsing took too much memory") from error
        except ProcessExpired as error:
            raise FeedError("parsing crashed its worker") from error
        except RecursionError as error:
            raise FeedError("the document is nested too deeply") from error

    def close(self) -> None:
        """End the process, and what it is doing."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _limit_process() -> None:
    # Ctrl-C reaches the whole group of processes; the parent decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, _MEMORY_LIMIT))
