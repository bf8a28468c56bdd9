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
from dataclasses import dataclass

from pebble import ProcessExpired, ProcessPool

from bot.errors import FeedError
from bot.feeds.memory import EntryMemory
from bot.model import ParsedFeed

_log = logging.getLogger(__name__)

_TIME_LIMIT_S = 10.0
_GRACE_S = 3.0
_MEMORY_LIMIT = 1024 * 1024 * 1024
#: At most as many as there are cores, within these; one until what waits asks for another.
_FEWEST, _MOST = 2, 4
#: A feed that has waited so long behind quick ones opens another process for good.
_CROWD_S = 2.0
#: Started only when hostile feeds keep all the others busy.
_SPARES = 2
#: A document that a process has been at for so long is slow: what waits for it goes to any
#: that is free, ...
_MOMENT_S = 0.5
#: ... and after this to a spare one. Not for a long queue of quick ones: only its own remembers it.
_LONG_S = 1.0
# A timer may fire a little early.
_EARLY_S = 0.01

#: In a worker: what its feeds' last documents held. In the parent it stays empty.
_memory = EntryMemory()


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A feed that waits for a process."""

    own: int  #: the process that remembers it
    since_s: float
    given: asyncio.Future[int]


class ParseWorker:
    """Parses feeds in processes of their own, so that none of them can hold up a reply.

    A feed goes to the process that remembers what its last document held; while a slow document
    keeps that one busy, to another.
    """

    def __init__(self) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _FEWEST
        self._regular = max(_FEWEST, min(_MOST, cores))
        #: How many of these feeds are shared among: a process takes 20 MB.
        self._open = 1
        self._pools = [_make_pool() for _ in range(self._regular + _SPARES)]
        self._idle = set(range(len(self._pools)))
        self._waiting: list[_Waiting] = []
        #: When each began with what it is at.
        self._begun_s = [0.0] * len(self._pools)

    async def parse(self, body: bytes, content_type: str, url: str, timezone: str) -> ParsedFeed:
        """Return what a feed's bytes hold; raise FeedError when there is nothing to be had."""
        number = await self._take(zlib.crc32(url.encode()) % self._open)
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
        finally:
            self._give_back(number)

    async def _take(self, own: int) -> int:
        """Wait for a process: one's own, or any other once that has taken too long."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(own, loop.time(), loop.create_future())
        self._waiting.append(waiting)
        self._hand_out()
        try:
            number = await waiting.given
            self._begun_s[number] = loop.time()
            if self._begun_s[number] - waiting.since_s > _CROWD_S:
                self._open = min(self._open + 1, self._regular)
            for slow_s in (_MOMENT_S, _LONG_S):
                loop.call_later(slow_s + _EARLY_S, self._hand_out)
            return number
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            elif not waiting.given.cancelled():
                self._give_back(waiting.given.result())
            raise

    def _give_back(self, number: int) -> None:
        self._idle.add(number)
        self._hand_out()

    def _hand_out(self) -> None:
        """Give processes that have nothing to do to feeds that may have them, in their order."""
        for waiting in list(self._waiting):
            number = None if waiting.given.done() else self._choose(waiting)
            if number is not None:
                self._idle.remove(number)
                self._waiting.remove(waiting)
                waiting.given.set_result(number)

    def _choose(self, waiting: _Waiting) -> int | None:
        if waiting.own in self._idle:
            return waiting.own
        slow_s = waiting.given.get_loop().time() - self._begun_s[waiting.own]
        spares = _SPARES if slow_s >= _LONG_S else 0
        others = range(self._regular + spares) if slow_s >= _MOMENT_S else ()
        return next((number for number in others if number in self._idle), None)

    async def _parse_in(
        self, number: int, body: bytes, content_type: str, url: str, timezone: str
    ) -> ParsedFeed:
        if not self._pools[number].active:
            # Once broken, a pool refuses work for good.
            self._replace(number)
        future = self._pools[number].schedule(
            _parse, args=[body, content_type, url, timezone], timeout=_TIME_LIMIT_S
        )
        try:
            async with asyncio.timeout(_TIME_LIMIT_S + _GRACE_S) as limit:
                parsed: ParsedFeed = await asyncio.wrap_future(future)
        except TimeoutError:
            if limit.expired():
                # It was frozen before it took the task: only from then on does the pool count.
                self._replace(number)
            raise
        return parsed

    def _replace(self, number: int) -> None:
        _log.warning("parse_worker_replaced")
        self._pools[number].stop()  # type: ignore[no-untyped-call]
        self._pools[number] = _make_pool()

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
    from bot.feeds.parse import parse_feed  # and feedparser with it: in this process alone

    return parse_feed(body, content_type, url, timezone, _memory)


def _limit_process() -> None:
    # Ctrl-C reaches the whole group of processes; the parent decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Parsing can wait; a reply cannot.
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, _MEMORY_LIMIT))
