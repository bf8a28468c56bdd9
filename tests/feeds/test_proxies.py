"""Feeds through a proxy: the one that is configured, and never into a private network."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from bot.demo.feeds import FeedServer
from bot.errors import FeedError
from bot.feeds import fetch as fetching
from bot.feeds.addresses import is_public_name
from bot.feeds.fetch import FeedFetcher
from bot.feeds.resolver import Found, NameResolver
from tests.proxying import HttpProxy, Proxy, Socks5Proxy
from tests.samples import NOW, feed

SCHEMES = ("http", "socks5", "socks5h")


def names(host: str, family: int) -> Found:
    """Know a few names, some of them private."""
    known = {
        "inside.example": "10.1.2.3",
        "news.example": "93.184.216.34",
        "127.0.0.1": "127.0.0.1",
    }
    if host not in known:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[host], 0))]


@pytest.fixture(params=SCHEMES)
async def proxy(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy, and the scheme of its address."""
    running: Proxy = HttpProxy() if request.param == "http" else Socks5Proxy()
    await running.start()
    yield running, request.param
    await running.stop()


async def fetch(proxy_url: str, url: str, **changes: Any) -> bytes:
    """Return what a fetcher with that proxy gets."""
    fetcher = FeedFetcher(proxy=SecretStr(proxy_url), resolver=NameResolver(names))
    try:
        return (await fetcher.fetch(feed(url=url, **changes), NOW)).body
    finally:
        await fetcher.close()


@pytest.mark.parametrize("host", ["news.example", "unknown-to-us.example"])
async def test_a_feed_comes_through_the_proxy_which_looks_its_name_up(
    proxy: tuple[Proxy, str], server: FeedServer, host: str
) -> None:
    running, scheme = proxy
    server.add_item("herald", "Talks")
    port = server.url.rpartition(":")[2]
    url = f"http://{host}:{port}/herald"
    assert b"Talks" in await fetch(running.url(scheme), url)
    assert running.asked == [f"GET {url} HTTP/1.1" if scheme == "http" else f"{host}:{port}"]
    assert server.requests[0].headers["Host"] == f"{host}:{port}"


async def test_what_is_encrypted_stays_so_from_end_to_end(proxy: tuple[Proxy, str]) -> None:
    running, scheme = proxy
    with pytest.raises(FeedError):
        await fetch(running.url(scheme), "https://news.example:9/herald")
    assert running.asked in (["CONNECT news.example:9 HTTP/1.1"], ["news.example:9"])
    assert running.said[0].startswith(b"\x16\x03"), "the first word of TLS"
    assert b"news.example" in running.said[0]


async def test_a_proxy_is_told_its_user_name_and_password(
    proxy: tuple[Proxy, str], server: FeedServer
) -> None:
    running, scheme = proxy
    running.login = ("sahman", "p@ss:word/1")
    server.add_item("herald", "Talks")
    url = f"http://news.example:{server.url.rpartition(':')[2]}/herald"
    assert b"Talks" in await fetch(running.url(scheme, "sahman:p%40ss%3Aword%2F1"), url)
    assert "Proxy-Authorization" not in server.requests[0].headers or scheme == "http"


@pytest.mark.parametrize("target", ["http://news.example:9/", "https://news.example:9/"])
async def test_a_proxy_that_refuses_is_a_failure_that_shows_no_password(
    proxy: tuple[Proxy, str], target: str
) -> None:
    running, scheme = proxy
    running.login = ("sahman", "right")
    with pytest.raises(FeedError, match="proxy") as raised:
        await fetch(running.url(scheme, "sahman:Wr0ng-Pa55"), target)
    assert "Wr0ng" not in f"{raised.value.reason} {raised.value!r}"


async def test_a_proxy_that_is_away_is_a_failure_that_shows_no_password(
    proxy: tuple[Proxy, str],
) -> None:
    running, scheme = proxy
    await running.stop()
    with pytest.raises(FeedError, match="proxy cannot be reached") as raised:
        await fetch(running.url(scheme, "sahman:Wr0ng-Pa55"), "http://news.example/")
    assert "Wr0ng" not in raised.value.reason


async def test_a_proxy_that_says_nothing_is_left_in_time(
    proxy: tuple[Proxy, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    running, scheme = proxy
    running.deaf = True
    monkeypatch.setattr(fetching, "_WHOLE_FETCH_S", 0.3)
    with pytest.raises(FeedError):
        await asyncio.wait_for(fetch(running.url(scheme), "http://news.example/"), 5)


async def test_what_a_socks_proxy_says_of_its_failure_is_told() -> None:
    running = Socks5Proxy(refusal=4)
    await running.start()
    with pytest.raises(FeedError, match=r"the proxy cannot connect: .*unreachable"):
        await fetch(running.url("socks5"), "http://news.example/")
    await running.stop()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "localhost", "localhost.",
        "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "db", "printer.local",
        "vault.internal", "nas.lan",
    ],
)  # fmt: skip
async def test_a_proxy_is_not_sent_into_private_networks(
    proxy: tuple[Proxy, str], host: str
) -> None:
    running, scheme = proxy
    with pytest.raises(FeedError):
        await fetch(running.url(scheme), f"http://{host}:8080/")
    assert running.asked == []


async def test_a_name_that_is_private_here_is_refused_unless_the_proxy_alone_looks_names_up(
    proxy: tuple[Proxy, str],
) -> None:
    running, scheme = proxy
    with pytest.raises(FeedError) as raised:
        await fetch(running.url(scheme), "http://inside.example:9/")
    assert ("10.1.2.3" in raised.value.reason) is (scheme != "socks5h")
    assert bool(running.asked) is (scheme == "socks5h")


async def test_the_operators_leave_holds_through_a_proxy_for_that_host_alone(
    proxy: tuple[Proxy, str], server: FeedServer
) -> None:
    running, scheme = proxy
    server.add_item("herald", "Talks")
    url = server.feed_url("herald")
    assert b"Talks" in await fetch(running.url(scheme), url, allow_private=True)
    port = server.url.rpartition(":")[2]
    server.set_raw("a", b"", 302, {"Location": f"http://127.0.0.2:{port}/herald"})
    with pytest.raises(FeedError, match="private"):
        await fetch(running.url(scheme), server.feed_url("a"), allow_private=True)


async def test_a_proxy_that_the_environment_names_is_not_used(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.add_item("herald", "Talks")
    fetcher = FeedFetcher()
    asked = feed(url=server.feed_url("herald"), allow_private=True)
    assert b"Talks" in (await fetcher.fetch(asked, NOW)).body
    await fetcher.close()


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("news.am", True), ("NEWS.AM.", True), ("8.8.8.8", True), ("2606:4700::1111", True),
        ("local", False), ("a.localhost", False), ("A.LOCAL.", False), ("1", False), ("", False),
        ("169.254.169.254", False), ("fd00::1", False), ("x.home.arpa", False),
    ],
)  # fmt: skip
def test_a_name_is_public_or_it_is_not(host: str, public: bool) -> None:
    assert is_public_name(host) is public
