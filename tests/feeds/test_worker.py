"""The worker process: what a feed does to its parser harms nobody else."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import FeedError
from bot.feeds import worker as working
from bot.feeds.parse import parse_feed
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


@dataclass(frozen=True)
class Gate:
    """A file that holds slow documents up while it is there."""

    path: Path

    def open(self) -> None:
        """Let them through."""
        self.path.unlink()


def dawdle(body: bytes, *rest: Any) -> Any:
    """Hold on to a document until the file it names is gone; tell in whose process one was read."""
    slow = re.search(rb"slow (\S+?)<", body)
    while slow and Path(slow[1].decode()).exists():
        time.sleep(0.01)
    parsed = parse_feed(body, *rest)
    title = f"{parsed.items[0].title} in {os.getpid()}"
    return replace(parsed, items=(replace(parsed.items[0], title=title),))


async def test_items_and_failures_come_back_from_the_worker(worker: ParseWorker) -> None:
    assert await parse(worker, rss(entry("Talks"))) == ["Talks"]
    with pytest.raises(FeedError, match="web page"):
        await parse(worker, b"<html></html>")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        pytest.param(hang, "longer than"),
        (die, "crashed"),
        pytest.param(swell, "memory"),
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


@pytest.mark.slow
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


@pytest.mark.slow
class TestSlowDocuments:
    @pytest.fixture(autouse=True)
    async def warm(self, worker: ParseWorker, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every process that is not spare has started; all are slow over what is slow."""
        monkeypatch.setattr(working, "_parse", dawdle)
        monkeypatch.setattr(working, "_LONG_S", 0.5)
        worker._open = worker._regular
        for number in range(worker._regular):
            await worker._parse_in(number, rss(entry("Warm")), "", URL, "UTC")

    @pytest.fixture
    def gate(self, tmp_path: Path) -> Gate:
        gate = Gate(tmp_path / "gate")
        gate.path.touch()
        return gate

    async def parse_at(self, worker: ParseWorker, title: str, url: str) -> str:
        """Return what is told of a document of this address."""
        parsed = await worker.parse(rss(entry(title)), "", url, "UTC")
        return parsed.items[0].title

    async def test_one_holds_up_only_itself(self, worker: ParseWorker, gate: Gate) -> None:
        slow = asyncio.create_task(self.parse_at(worker, f"slow {gate.path}", URL))
        await asyncio.sleep(0.05)
        neighbours = [self.parse_at(worker, "Talks", URL) for _ in range(5)]
        others = [self.parse_at(worker, "Talks", f"{URL}/{n}") for n in range(20)]
        told = await asyncio.gather(*neighbours, *others)
        assert not slow.done()
        gate.open()
        assert (await slow).startswith("slow")
        assert all(each.startswith("Talks in") for each in told)

    async def test_as_many_as_there_are_processes_leave_others_a_spare_one(
        self, worker: ParseWorker, gate: Gate
    ) -> None:
        await worker._parse_in(worker._regular, rss(entry("Warm")), "", URL, "UTC")
        slow = [
            asyncio.create_task(self.parse_at(worker, f"slow {gate.path}", f"{URL}/{n}"))
            for n in range(worker._regular)
        ]
        await asyncio.sleep(0.4)
        assert (await self.parse_at(worker, "Talks", URL)).startswith("Talks in")
        assert not any(task.done() for task in slow)
        gate.open()
        await asyncio.gather(*slow)

    async def test_a_feed_goes_to_its_own_process_while_that_is_at_hand(
        self, worker: ParseWorker
    ) -> None:
        urls = [f"{URL}/{n}" for n in range(12)]
        first, second = [
            await asyncio.gather(*(self.parse_at(worker, "Talks", url) for url in urls))
            for _ in range(2)
        ]
        assert first == second
        assert len(set(first)) == worker._regular

    async def test_there_is_one_process_until_feeds_wait_for_it(
        self, worker: ParseWorker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(working, "_CROWD_S", 0.2)
        worker._open = 1
        urls = [f"{URL}/{n}" for n in range(12)]

        async def tell_processes() -> set[str]:
            told = await asyncio.gather(*(self.parse_at(worker, "Talks", url) for url in urls))
            return set(told)

        async def tell_one_by_one() -> set[str]:
            return {await self.parse_at(worker, "Talks", url) for url in urls}

        assert len(await tell_one_by_one()) == 1
        monkeypatch.setattr(working, "_CROWD_S", 0.0)
        await tell_processes()
        assert len(await tell_one_by_one()) == worker._regular

    async def test_one_that_is_given_up_leaves_its_place_to_others(
        self, worker: ParseWorker, gate: Gate
    ) -> None:
        slow = f"slow {gate.path}"
        waiting = [
            asyncio.create_task(self.parse_at(worker, title, f"{URL}/{n}"))
            for n, title in enumerate([slow, slow, "Talks", "Talks", "Talks", "Talks"])
        ]
        for seconds, task in zip((0.0, 0.05, 0.3, 0.0, 0.0, 0.3), waiting, strict=True):
            await asyncio.sleep(seconds)
            task.cancel()
        gate.open()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert len(worker._idle) == len(worker._pools)
        assert worker._waiting == []
        assert (await self.parse_at(worker, "Talks", URL)).startswith("Talks in")
