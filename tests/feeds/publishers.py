"""Publishers on loopback with wishes, faults and a virtual clock; they note every request."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import brotli
from aiohttp import web

Answer = Callable[["Publishers", web.Request, int], web.Response]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, at the virtual instant it came."""

    path: str
    query: str
    at: datetime
    headers: dict[str, str]
    status: int


@dataclass
class Publishers:
    """Serves each path by its own rules; `now` is what their clocks show."""

    now: datetime
    answers: dict[str, Answer]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    under_way: int = 0
    most_under_way: int = 0
    runner: Any = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self.runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0.002)
        path = request.match_info["path"]
        times = sum(each.path == path for each in self.asked)
        answer = self.answers[path](self, request, times)
        answer.headers["Date"] = http_date(self.now)
        self.asked.append(
            Asked(
                path,
                request.raw_path.partition("?")[2],
                self.now,
                dict(request.headers),
                answer.status,
            )
        )
        self.under_way -= 1
        return answer

    def times(self, path: str) -> list[datetime]:
        """Return when *path* was asked for."""
        return [each.at for each in self.asked if each.path == path]

    def gaps_s(self, path: str) -> list[float]:
        """Return how long *path* was left alone between requests."""
        times = self.times(path)
        return [(after - before).total_seconds() for before, after in pairwise(times)]


def http_date(at: datetime) -> str:
    """Return an instant as HTTP writes it."""
    return format_datetime(at.astimezone(UTC), usegmt=True)


def document(now: datetime, channel: str = "", *, new_every_h: int = 1) -> bytes:
    """Return a feed that prints an item every so many hours."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    items = "".join(
        f"<item><title>Item of {at:%d %H}</title><guid isPermaLink='false'>{at:%d%H}</guid>"
        f"<link>https://news.example/{at:%d%H}</link><pubDate>{http_date(at)}</pubDate></item>"
        for at in (hour - timedelta(hours=n * new_every_h) for n in range(8))
    )
    head = "<rss version='2.0' xmlns:sy='x'><channel><title>T</title>"
    return f"{head}{channel}{items}</channel></rss>".encode()


def plain(channel: str = "", **headers: str) -> Answer:
    """Serve a feed with these elements and headers, without validators."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda publishers, request, times: web.Response(
        body=document(publishers.now, channel), headers=named, content_type="text/xml"
    )


def expiring(after: timedelta) -> Answer:
    """Serve a feed whose answers expire after this."""
    return lambda publishers, request, times: web.Response(
        body=document(publishers.now),
        content_type="text/xml",
        headers={"Expires": http_date(publishers.now + after)},
    )


def refusing(status: int, wait: timedelta | None, *, by_date: bool = False) -> Answer:
    """Refuse every second request, and say how long to wait, in seconds or as a date."""

    def answer(publishers: Publishers, request: web.Request, times: int) -> web.Response:
        if times % 2 == 0:
            return plain()(publishers, request, times)
        headers = {}
        if wait is not None:
            seconds = str(int(wait.total_seconds()))
            headers["Retry-After"] = http_date(publishers.now + wait) if by_date else seconds
        return web.Response(status=status, headers=headers)

    return answer


def failing(status: int) -> Answer:
    """Never serve anything."""
    return lambda publishers, request, times: web.Response(status=status)


def sending_on(status: int, path: str) -> Answer:
    """Redirect."""
    return lambda publishers, request, times: web.Response(
        status=status, headers={"Location": f"/{path}"}
    )


def validated(etag: str = "", last_modified: str = "", **headers: str) -> Answer:
    """Serve the same feed for ever, 304 to whoever echoes both validators byte for byte."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    validators = {"ETag": etag} if etag else {}
    validators |= {"Last-Modified": last_modified} if last_modified else {}

    def answer(publishers: Publishers, request: web.Request, times: int) -> web.Response:
        echoed = (
            request.headers.get("If-None-Match", ""),
            request.headers.get("If-Modified-Since", ""),
        )
        if echoed == (etag, last_modified):
            return web.Response(status=304, headers=validators)
        start = datetime(2026, 9, 12, tzinfo=UTC)
        return web.Response(
            body=document(start), content_type="text/xml", headers={**validators, **named}
        )

    return answer


def packed(encoding: str) -> Answer:
    """Serve a feed packed in one of the three ways."""
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[encoding]

    def answer(publishers: Publishers, request: web.Request, times: int) -> web.Response:
        assert encoding in request.headers["Accept-Encoding"]
        return web.Response(
            body=pack(document(publishers.now)),
            content_type="text/xml",
            headers={"Content-Encoding": encoding},
        )

    return answer
