"""The worker process: what a feed does to its parser harms nobody else."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.errors import FeedError
from bot.feeds import worker as working
from bot.feeds.worker import ParseWorker
from tests.feeds.test_parse import URL, entry, rss


@pytest.fixture
def worker() -> Iterator[ParseWorker]:
    worker = ParseWorker()
    yield worker
    worker.close()


async def parse(worker: ParseWorker, body: bytes) -> list[str]:
    return [item.title for item in (await worker.parse(body, "", URL, "UTC")).items]


# They stand in for parse_feed inside the worker process, where they are found by their names.


def hang(*_: Any) -> None:
    """Never end, as a feed of nested markup would have it."""
    time.sleep(60)


def die(*_: Any) -> None:
    """End as the kernel ends what takes too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def swell(*_: Any) -> None:
    """Ask for more memory than there is leave to take."""
    bytearray(4 * 1024**3)


def dig(*_: Any) -> None:
    """Go too deep."""
    dig()


async def test_items_and_failures_come_back_from_the_worker(worker: ParseWorker) -> None:
    assert await parse(worker, rss(entry("Talks"))) == ["Talks"]
    with pytest.raises(FeedError, match="web page"):
        await parse(worker, b"<html></html>")


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        pytest.param(hang, "longer than", marks=pytest.mark.slow),
        (die, "crashed"),
        pytest.param(swell, "memory", marks=pytest.mark.slow),
        (dig, "deep"),
    ],
)
async def test_a_parse_that_goes_wrong_fails_its_own_feed_only(
    worker: ParseWorker, monkeypatch: pytest.MonkeyPatch, trouble: Any, said: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(working, "_parse", trouble)
        patched.setattr(working, "_TIME_LIMIT_S", 1.0 if trouble is hang else 20.0)
        with pytest.raises(FeedError, match=said):
            await parse(worker, rss(entry("Talks")))
    assert await parse(worker, rss(entry("Talks"))) == ["Talks"]


async def test_a_process_killed_while_it_had_nothing_to_do_is_replaced(
    worker: ParseWorker,
) -> None:
    assert await parse(worker, rss(entry("Talks"))) == ["Talks"]
    for process in multiprocessing.active_children():
        process.kill()
        process.join()
    await asyncio.sleep(0.3)  # its pool has noticed, and given itself up
    assert await parse(worker, rss(entry("Talks go on"))) == ["Talks go on"]
    assert await parse(worker, rss(entry("Talks end"))) == ["Talks end"]


@pytest.mark.slow
async def test_where_no_process_can_start_feeds_fail_until_one_can(
    worker: ParseWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(working, "_limit_process", die)
        worker.close()
        worker = ParseWorker()
        with pytest.raises(FeedError):
            await parse(worker, rss(entry("Talks")))
    try:
        assert await parse(worker, rss(entry("Talks"))) == ["Talks"]
    finally:
        worker.close()
