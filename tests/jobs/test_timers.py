"""The timers: a job that breaks ends no other, and stopping waits for what runs."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from bot.jobs import timers as timing
from bot.jobs.timers import Timers


async def test_a_job_runs_at_once_with_the_instant_and_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    timers, instants = Timers(), []
    enough = asyncio.Event()

    async def tick(now: datetime) -> None:
        instants.append(now)
        if len(instants) == 3:
            enough.set()

    async def broken(now: datetime) -> None:
        raise KeyError("a bug of ours")

    with caplog.at_level(logging.ERROR):
        timers.every(0.05, "broken", broken)
        timers.every(0.05, "tick", tick)
        timers.start()
        await asyncio.wait_for(enough.wait(), 5)
        await timers.finish(1)
    assert all(at.tzinfo is UTC for at in instants)
    assert any("job_failed" in record.message for record in caplog.records)


async def test_stopping_lets_what_runs_end(caplog: pytest.LogCaptureFixture) -> None:
    timers, began, ended = Timers(), asyncio.Event(), []

    async def slow(now: datetime) -> None:
        began.set()
        await asyncio.sleep(0.1)
        ended.append(now)

    timers.every(60, "slow", slow)
    timers.start()
    await began.wait()
    await timers.finish(2)
    assert len(ended) == 1


async def test_a_clock_that_is_set_back_stops_no_job(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(timing, "_WATCH_S", 0.02)
    ran, again, shift = [], asyncio.Event(), [timedelta()]

    async def hourly(now: datetime) -> None:
        ran.append(now)
        if len(ran) == 2:
            again.set()

    timers = Timers(clock=lambda: datetime.now(UTC) + shift[0])
    timers.every(3600, "hourly", hourly)
    timers.start()
    await asyncio.sleep(0.1)
    assert len(ran) == 1
    shift[0] = -timedelta(hours=5)
    await asyncio.wait_for(again.wait(), 5)
    await timers.finish(1)
    assert "clock_was_set" in caplog.text
    assert ran[1] < ran[0]
