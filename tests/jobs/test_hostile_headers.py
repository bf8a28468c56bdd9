"""Servers whose headers no database takes: their feeds are read and stored all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.config import FeedEntry, FeedList
from bot.feeds.fetch import FeedFetcher
from bot.feeds.worker import ParseWorker
from bot.intake import Intake
from bot.jobs.poll import PollJob
from bot.storage import Storage
from bot.storage.tables import feed
from tests.feeds.test_parse import entry, rss
from tests.samples import NOW, feeds_config, rows_of

_BODY = rss(entry("Talks", guid="1"), "<ttl>99999999</ttl>")
_GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(_BODY)
_ANSWERS = {
    "maxage": _GOOD + b"Cache-Control: max-age=9999999999\r\n\r\n" + _BODY,
    "digits": _GOOD + b"Cache-Control: max-age=" + b"9" * 6_000 + b"\r\nAge: -1\r\n\r\n" + _BODY,
    "expires": _GOOD + b"Expires: Fri, 31 Dec 9999 23:59:59 GMT\r\n\r\n" + _BODY,
    "bytes": _GOOD + b'ETag: "\xff\xfe"\r\nLast-Modified: \xe0\xe1\r\n\r\n' + _BODY,
    "long": _GOOD + b'ETag: "' + b"x" * 9_000 + b'"\r\n\r\n' + _BODY,
    "retry": b"HTTP/1.1 503 \xff\xfe\r\nRetry-After: 999999999999\r\nContent-Length: 0\r\n\r\n",
    "far": b"HTTP/1.1 301 M\r\nLocation: /?" + b"x" * 9_000 + b"\r\nContent-Length: 0\r\n\r\n",
    "broken": b"HTTP/1.1 301 M\r\nLocation: /\xe0\xff\r\nContent-Length: 0\r\n\r\n",
    "%E0%FF": _GOOD + b"\r\n" + _BODY,
    "?" + "x" * 9_000: _GOOD + b"\r\n" + _BODY,
}
_WRONG = {
    "status": b"HTTP/1.1 \xff\xfe\r\n\r\n",
    "nul": b"HTTP/1.1 200 OK\r\nETag: a\x00b\r\n\r\n",
    "nowhere": b"HTTP/1.1 302 F\r\nLocation: http://\xff\x01/\r\nContent-Length: 0\r\n\r\n",
}


@pytest.fixture
async def hostile() -> AsyncIterator[str]:
    """A server that writes these answers byte for byte; its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        path = asked.split(b" ")[1].decode().removeprefix("/")
        writer.write((_ANSWERS | _WRONG)[path])
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_no_header_keeps_a_poll_from_being_stored(storage: Storage, hostile: str) -> None:
    entries = tuple(
        FeedEntry(
            name=name[:20], url=f"{hostile}/{name}", publisher="Sample Herald", language="en",
            allow_private=True,
        )
        for name in (*_ANSWERS, *_WRONG)
    )  # fmt: skip
    await storage.feeds.save_config(FeedList(feeds_config("x").publishers, entries), NOW)
    fetcher, worker = FeedFetcher(), ParseWorker()
    with ThreadPoolExecutor(1) as reading:
        job = PollJob(storage, fetcher, worker, Intake(storage, reading))
        results = await job.run_round(NOW)
    await fetcher.close()
    worker.close()
    assert {each.feed for each in results if each.failed} == {*_WRONG, "retry"}
    rows = {row["name"]: row for row in rows_of(storage, feed)}
    assert {row["polled_at"] for row in rows.values()} == {NOW}, "every one of them is noted"
    assert max(row["next_poll_at"] for row in rows.values()) < NOW + timedelta(days=3)
    assert not any(row["etag"] or row["last_modified"] for row in rows.values())
    assert rows["broken"]["moved_to"] == f"{hostile}/%E0%FF"
    assert rows["far"]["moved_to"] == ""
