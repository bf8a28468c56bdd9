"""The timers: APScheduler in UTC, in memory, a few jobs; none belongs to a subscriber."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

_log = logging.getLogger(__name__)


class Timers:
    """Runs jobs every so often: late rather than never, one of a kind at a time."""

    def __init__(self) -> None:
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
            task = asyncio.ensure_future(job(datetime.now(UTC)))
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

    async def finish(self, within_s: float) -> None:
        """Begin no job any more, and let those that run end."""
        self._scheduler.pause()
        if self._running:
            await asyncio.wait(self._running, timeout=within_s)
        self._scheduler.shutdown(wait=False)


def _report(event: JobExecutionEvent) -> None:
    if isinstance(event.exception, asyncio.CancelledError):
        return
    _log.error(
        "job_failed",
        extra={"job": event.job_id, "reason": repr(event.exception)},
        exc_info=event.exception,
    )
