"""The timers: APScheduler in UTC, in memory, a few jobs; none belongs to a subscriber."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

_log = logging.getLogger(__name__)


def make_timers() -> AsyncIOScheduler:
    """Return a scheduler whose jobs run late rather than never, one of a kind at a time."""
    timers = AsyncIOScheduler(
        timezone=UTC,
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    timers.add_listener(_report, EVENT_JOB_ERROR)
    return timers


def every(
    timers: AsyncIOScheduler,
    seconds: float,
    name: str,
    job: Callable[[datetime], Awaitable[object]],
) -> None:
    """Run *job* every so many seconds, the first time at once, with the instant it runs at."""

    async def run() -> None:
        await job(datetime.now(UTC))

    timers.add_job(run, "interval", seconds=seconds, id=name, next_run_time=datetime.now(UTC))


def _report(event: JobExecutionEvent) -> None:
    _log.error(
        "job_failed",
        extra={"job": event.job_id, "reason": repr(event.exception)},
        exc_info=event.exception,
    )
