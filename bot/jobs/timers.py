"""The timers: APScheduler in UTC, in memory, a few jobs; none belongs to a subscriber."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

_log = logging.getLogger(__name__)


_WATCH_S = 5.0
_JUMP_S = 2.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Timers:
    """Runs jobs every so often: late rather than never, one of a kind at a time.

    APScheduler keeps its appointments by the machine's clock; when that is set, all are made anew,
    or a clock set back by an hour would stop them for an hour.
    """

    def __init__(self, clock: Callable[[], datetime] = _utc_now) -> None:
        self._clock = clock
        self._watching: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[object]] = set()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._scheduler.add_listener(_report, EVENT_JOB_ERROR)

    def every(
        self, seconds: float, name: str, job: Callable[[datetime], Awaitable[object]]
    ) -> None:
        """Run *job* every so many seconds, the first time at once, with the instant it runs at."""

        async def run() -> None:
            task = asyncio.ensure_future(job(self._clock()))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            # Shielded: the scheduler cancels what runs when it ends; `finish` waits for it.
            await asyncio.shield(task)

        self._scheduler.add_job(
            run, "interval", seconds=seconds, id=name, next_run_time=datetime.now(UTC)
        )

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()
        self._watching = asyncio.create_task(self._watch_the_clock())

    async def finish(self, within_s: float) -> None:
        """Begin no job any more, and let those that run end."""
        if self._watching is not None:
            self._watching.cancel()
        self._scheduler.pause()
        if self._running:
            await asyncio.wait(self._running, timeout=within_s)
        self._scheduler.shutdown(wait=False)

    async def _watch_the_clock(self) -> None:
        loop = asyncio.get_running_loop()
        began_at, began_s = self._clock(), loop.time()
        while True:
            await asyncio.sleep(_WATCH_S)
            now = self._clock()
            jump_s = (now - began_at).total_seconds() - (loop.time() - began_s)
            if abs(jump_s) > _JUMP_S:
                _log.warning("clock_was_set", extra={"by_s": round(jump_s)})
                began_at, began_s = now, loop.time()
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC))


def _report(event: JobExecutionEvent) -> None:
    if isinstance(event.exception, asyncio.CancelledError):
        return
    _log.error(
        "job_failed",
        extra={"job": event.job_id, "reason": repr(event.exception)},
        exc_info=event.exception,
    )
