"""The worker processes in which feeds are parsed: bounded in time and memory, and replaced."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import resource
import signal
import zlib
from concurrent.futures import TimeoutError as WorkTimeout
from concurrent.futures.process import BrokenProcessPool

from pebble import ProcessExpired, ProcessPool

from bot.errors import FeedError
from bot.feeds.memory import EntryMemory
from bot.feeds.parse import parse_feed
from bot.model import ParsedFeed

_log = logging.getLogger(__name__)

_TIME_LIMIT_S = 10.0
_MEMORY_LIMIT = 1024 * 1024 * 1024
#: Two at least: while a hostile feed keeps one busy, the others have another.
_FEWEST, _MOST = 2, 4

#: In a worker: what its feeds' last documents held. In the parent it stays empty.
_memory = EntryMemory()


class ParseWorker:
    """Parses feeds in processes of their own, so that none of them can hold up a reply.

    A feed always goes to the same process, which remembers what its last document held.
    """

    def __init__(self) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _FEWEST
        self._pools = [_make_pool() for _ in range(max(_FEWEST, min(_MOST, cores)))]

    async def parse(self, body: bytes, content_type: str, url: str, timezone: str) -> ParsedFeed:
        """Return what a feed's bytes hold; raise FeedError when there is nothing to be had."""
        number = zlib.crc32(url.encode()) % len(self._pools)
        try:
            try:
                return await self._parse_in(number, body, content_type, url, timezone)
            except BrokenProcessPool:
                # A process that was killed while it had nothing to do, or could not start.
                return await self._parse_in(number, body, content_type, url, timezone)
        except WorkTimeout as error:
            raise FeedError(f"parsing took longer than {_TIME_LIMIT_S:.0f} s") from error
        except MemoryError as error:
            raise FeedError("parsing took too much memory") from error
        except ProcessExpired as error:
            raise FeedError("parsing crashed its worker") from error
        except RecursionError as error:
            raise FeedError("the document is nested too deeply") from error
        except BrokenProcessPool as error:
            raise FeedError("no process could be started to parse it") from error

    async def _parse_in(
        self, number: int, body: bytes, content_type: str, url: str, timezone: str
    ) -> ParsedFeed:
        if not self._pools[number].active:
            # Once broken, a pool refuses work for good.
            _log.warning("parse_worker_replaced")
            self._pools[number].stop()  # type: ignore[no-untyped-call]
            self._pools[number] = _make_pool()
        future = self._pools[number].schedule(
            _parse, args=[body, content_type, url, timezone], timeout=_TIME_LIMIT_S
        )
        parsed: ParsedFeed = await asyncio.wrap_future(future)
        return parsed

    def close(self) -> None:
        """End the processes, and what they are doing."""
        for pool in self._pools:
            pool.stop()  # type: ignore[no-untyped-call]
        for pool in self._pools:
            pool.join()


def _make_pool() -> ProcessPool:
    """Return a pool of one process, which starts with its first feed."""
    return ProcessPool(
        max_workers=1,
        # What parsing leaves behind goes with the process, now and then.
        max_tasks=20_000,
        initializer=_limit_process,
        context=multiprocessing.get_context("spawn"),
    )


def _parse(body: bytes, content_type: str, url: str, timezone: str) -> ParsedFeed:
    return parse_feed(body, content_type, url, timezone, _memory)


def _limit_process() -> None:
    # Ctrl-C reaches the whole group of processes; the parent decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Parsing can wait; a reply cannot.
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, _MEMORY_LIMIT))
