"""Name servers that do not answer: they hold up their own feeds, and nobody else."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.demo.feeds import FeedServer
from bot.errors import FeedError
from bot.feeds import resolver as resolving
from bot.feeds.fetch import FeedFetcher
from bot.feeds.resolver import Found, NameResolver
from tests.samples import NOW, feed


class Names:
    """A system's resolver that hangs for some names until it is let go, and counts."""

    def __init__(self) -> None:
        self.freed = threading.Event()
        self.asked: list[str] = []

    def look_up(self, host: str, family: int) -> Found:
        self.asked.append(host)
        if "dead" in host:
            self.freed.wait(30)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        if "broken" in host:
            raise UnicodeError("label too long")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]


@pytest.fixture
def names() -> Iterator[Names]:
    names = Names()
    yield names
    names.freed.set()


async def test_a_name_becomes_an_address(names: Names) -> None:
    (found,) = await NameResolver(names.look_up).resolve("news.example", 8080)
    assert (found["host"], found["port"], found["hostname"]) == ("127.0.0.1", 8080, "news.example")


async def test_the_system_is_asked_where_nobody_else_is_named() -> None:
    found = await NameResolver().resolve("localhost", 80, socket.AF_INET)
    assert {each["host"] for each in found} == {"127.0.0.1"}
    with pytest.raises(OSError, match=r"resol|known|associated"):
        await NameResolver().resolve("no-such-host.invalid")


async def test_twelve_names_that_hang_hold_up_neither_threads_nor_another_feed(
    names: Names, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolving, "_LOOKUP_S", 0.5)
    server.add_item("herald", "Talks")
    fetcher = FeedFetcher(resolver=NameResolver(names.look_up))
    port = server.url.rpartition(":")[2]
    hang = [
        asyncio.create_task(fetcher.fetch(feed(url=f"http://dead{n}.example/"), NOW))
        for n in range(12)
    ]
    await asyncio.sleep(0.05)
    began = time.monotonic()
    ours = feed(url=f"http://good.example:{port}/herald", allow_private=True)
    assert b"Talks" in (await fetcher.fetch(ours, NOW)).body
    assert await asyncio.to_thread(lambda: "a thread is free") == "a thread is free"
    assert time.monotonic() - began < 0.4
    for failed in await asyncio.gather(*hang, return_exceptions=True):
        assert isinstance(failed, FeedError)
        assert "no name server told the address of dead" in failed.reason
    assert time.monotonic() - began < 2
    await fetcher.close()


async def test_who_asks_for_one_name_waits_for_one_lookup(names: Names) -> None:
    resolver = NameResolver(names.look_up)
    asking = [asyncio.create_task(resolver.resolve("dead.example", port)) for port in range(9)]
    await asyncio.sleep(0.05)
    asking[0].cancel()
    names.freed.set()
    failures = await asyncio.gather(*asking, return_exceptions=True)
    assert names.asked == ["dead.example"]
    assert all(isinstance(each, socket.gaierror) for each in failures[1:])
    await resolver.resolve("good.example")
    await resolver.resolve("good.example")
    assert names.asked == ["dead.example", "good.example", "good.example"], "nothing is remembered"


async def test_lookups_have_a_bound_and_the_rest_wait(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolving, "_MOST", 3)
    monkeypatch.setattr(resolving, "_LOOKUP_S", 0.2)
    resolver = NameResolver(names.look_up)
    asking = [resolver.resolve(f"dead{n}.example") for n in range(5)]
    failures = await asyncio.gather(*asking, return_exceptions=True)
    assert all(isinstance(each, OSError) for each in failures)
    assert len(names.asked) == 3
    names.freed.set()
    assert await resolver.resolve("good.example")


async def test_a_name_that_cannot_be_one_is_a_failure_of_its_feed(names: Names) -> None:
    fetcher = FeedFetcher(resolver=NameResolver(names.look_up))
    with pytest.raises(FeedError):
        await fetcher.fetch(feed(url="http://broken.example/"), NOW)
    await fetcher.close()


def test_the_process_ends_at_once_while_names_hang() -> None:
    code = """
import asyncio, time
from bot.feeds.resolver import NameResolver
async def main():
    resolver = NameResolver(lambda host, family: time.sleep(60))
    for n in range(12):
        asyncio.create_task(resolver.resolve(f"dead{n}.example"))
    await asyncio.sleep(0.1)
    await resolver.close()
asyncio.run(main())
"""
    began = time.monotonic()
    done: Any = subprocess.run([sys.executable, "-c", code], timeout=20, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert time.monotonic() - began < 10
