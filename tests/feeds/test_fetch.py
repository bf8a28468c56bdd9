"""Fetching: politely, within bounds, and never into private networks."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from bot import __version__
from bot.demo.feeds import FeedServer
from bot.errors import FeedError
from bot.feeds import fetch as fetching
from bot.feeds.fetch import FeedFetcher
from tests.samples import NOW, feed


def ours(url: str, **changes: Any) -> Any:
    """Return a feed on loopback that the operator allowed."""
    return feed(url=url, allow_private=True, **changes)


async def test_what_a_server_sends_comes_with_its_validators(
    server: FeedServer, fetcher: FeedFetcher
) -> None:
    server.add_item("herald", "Talks")
    answer = await fetcher.fetch(ours(server.feed_url("herald")), NOW)
    assert b"Talks" in answer.body
    assert answer.url == server.feed_url("herald")
    assert answer.content_type.startswith("application/rss+xml")
    assert answer.etag
    assert answer.last_modified


async def test_what_did_not_change_is_not_sent_again(
    server: FeedServer, fetcher: FeedFetcher
) -> None:
    server.add_item("herald", "Talks")
    url = server.feed_url("herald")
    first = await fetcher.fetch(ours(url), NOW)
    known = ours(url, etag=first.etag, last_modified=first.last_modified)
    assert (await fetcher.fetch(known, NOW)).not_modified
    asked = server.requests[-1].headers
    assert asked["If-None-Match"] == first.etag
    assert asked["If-Modified-Since"] == first.last_modified
    server.add_item("herald", "More talks")
    assert not (await fetcher.fetch(known, NOW)).not_modified


async def test_whoever_doubts_what_is_known_asks_for_all_of_it(
    server: FeedServer, fetcher: FeedFetcher
) -> None:
    server.add_item("herald", "Talks")
    url = server.feed_url("herald")
    first = await fetcher.fetch(ours(url), NOW)
    known = ours(url, etag=first.etag, last_modified=first.last_modified)
    answer = await fetcher.fetch(known, NOW, unconditional=True)
    assert (answer.not_modified, answer.body) == (False, first.body)
    assert not {"If-None-Match", "If-Modified-Since"} & set(server.requests[-1].headers)


async def test_we_say_who_we_are_unless_a_server_cannot_bear_it(
    server: FeedServer, fetcher: FeedFetcher
) -> None:
    server.add_feed("herald")
    url = server.feed_url("herald")
    await fetcher.fetch(ours(url), NOW)
    await fetcher.fetch(ours(url, user_agent="Mozilla/5.0"), NOW)
    first, second = (request.headers for request in server.requests)
    assert first["User-Agent"].startswith(f"Sahman/{__version__} ")
    assert second["User-Agent"] == "Mozilla/5.0"
    assert "If-None-Match" not in first
    assert "Cookie" not in second


@pytest.mark.parametrize("status", [400, 403, 404, 410, 429, 500, 503])
async def test_every_other_answer_is_a_failure_that_names_itself(
    server: FeedServer, fetcher: FeedFetcher, status: int
) -> None:
    server.set_raw("herald", b"<rss/>", status)
    with pytest.raises(FeedError, match=f"HTTP {status}"):
        await fetcher.fetch(ours(server.feed_url("herald")), NOW)


async def test_a_redirect_is_followed(server: FeedServer, fetcher: FeedFetcher) -> None:
    server.add_item("new", "Talks")
    server.set_raw("old", b"", 301, {"Location": "/new"})
    answer = await fetcher.fetch(ours(server.feed_url("old")), NOW)
    assert answer.url == server.feed_url("new")


async def test_a_redirect_that_turns_in_a_circle_is_left(
    server: FeedServer, fetcher: FeedFetcher
) -> None:
    server.set_raw("a", b"", 302, {"Location": "/b"})
    server.set_raw("b", b"", 302, {"Location": "/a"})
    with pytest.raises(FeedError, match="redirects"):
        await fetcher.fetch(ours(server.feed_url("a")), NOW)
    assert len(server.requests) <= 6


@pytest.mark.parametrize("location", ["file:///etc/hostname", "ftp://x.example/", "http://[broken"])
async def test_a_redirect_out_of_the_web_is_refused(
    server: FeedServer, fetcher: FeedFetcher, location: str
) -> None:
    server.set_raw("a", b"", 302, {"Location": location})
    with pytest.raises(FeedError):
        await fetcher.fetch(ours(server.feed_url("a")), NOW)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "[::1]", "10.0.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "[::ffff:127.0.0.1]", "[fd00::1]", "2130706433",  # noqa: S104
    ],
)  # fmt: skip
async def test_a_private_address_is_refused_unless_the_operator_allowed_it(
    server: FeedServer, fetcher: FeedFetcher, host: str
) -> None:
    server.add_feed("herald")
    port = server.url.rpartition(":")[2]
    with pytest.raises(FeedError):
        await fetcher.fetch(feed(url=f"http://{host}:{port}/herald"), NOW)
    assert server.requests == []


async def test_the_operators_leave_is_for_that_host_and_not_for_where_it_sends_us(
    server: FeedServer, fetcher: FeedFetcher
) -> None:
    server.add_item("secret", "Talks")
    port = server.url.rpartition(":")[2]
    for host in ("localhost", "[::1]", "127.0.0.2"):
        server.set_raw("a", b"", 302, {"Location": f"http://{host}:{port}/secret"})
        with pytest.raises(FeedError, match="private"):
            await fetcher.fetch(ours(server.feed_url("a")), NOW)
    assert {request.feed for request in server.requests} == {"a"}


async def test_a_name_that_leads_nowhere_is_a_failure(fetcher: FeedFetcher) -> None:
    with pytest.raises(FeedError):
        await fetcher.fetch(feed(url="http://no-such-host.invalid/"), NOW)


async def test_nobody_listening_is_a_failure(fetcher: FeedFetcher, server: FeedServer) -> None:
    url = server.feed_url("herald")
    await server.stop()
    with pytest.raises(FeedError):
        await fetcher.fetch(ours(url), NOW)


class TestBounds:
    @pytest.fixture
    async def hostile(self) -> AsyncIterator[str]:
        """A server that drips, floods and packs; its address."""

        async def drip(request: web.Request) -> web.StreamResponse:
            answer = web.StreamResponse()
            await answer.prepare(request)
            for _ in range(200):
                await answer.write(b"<")
                await asyncio.sleep(0.02)
            return answer

        async def flood(request: web.Request) -> web.StreamResponse:
            answer = web.StreamResponse()
            await answer.prepare(request)
            for _ in range(1_000):
                await answer.write(b"x" * 100_000)
            return answer

        async def bomb(request: web.Request) -> web.Response:
            packed = gzip.compress(bytes(60_000_000), 1)
            return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

        app = web.Application()
        app.router.add_get("/drip", drip)
        app.router.add_get("/flood", flood)
        app.router.add_get("/bomb", bomb)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        await runner.cleanup()

    @pytest.mark.parametrize("path", ["flood", "bomb"])
    async def test_a_flood_is_left_when_it_is_too_large(
        self, hostile: str, fetcher: FeedFetcher, path: str
    ) -> None:
        with pytest.raises(FeedError, match="larger than 8 MiB"):
            await fetcher.fetch(ours(f"{hostile}/{path}"), NOW)

    async def test_a_drip_is_left_when_it_takes_too_long(
        self, hostile: str, fetcher: FeedFetcher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fetching, "_WHOLE_FETCH_S", 0.3)
        with pytest.raises(FeedError, match="no whole answer"):
            await fetcher.fetch(ours(f"{hostile}/drip"), NOW)
