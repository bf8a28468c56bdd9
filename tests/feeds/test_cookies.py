"""Servers that will not show a feed to whoever carries no cookie: for one fetch, we carry it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from http.cookies import SimpleCookie

import pytest
from aiohttp import web
from yarl import URL

from bot.errors import FeedError
from bot.feeds.cookies import FetchCookies
from bot.feeds.fetch import FeedFetcher
from tests.samples import NOW, feed


class Gated:
    """A server whose pages set cookies and send on; it notes every request."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.url = ""
        self.answers: dict[str, Callable[[str], web.Response]] = {}

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def _serve(self, request: web.Request) -> web.Response:
        path, carried = request.match_info["path"], request.headers.get("Cookie", "")
        self.asked.append((path, carried))
        return self.answers[path](carried)

    async def fetch(self, fetcher: FeedFetcher, path: str) -> bytes:
        asked = feed(url=f"{self.url}/{path}", allow_private=True)
        return (await fetcher.fetch(asked, NOW)).body


@pytest.fixture
async def gated() -> AsyncIterator[Gated]:
    server = Gated()
    runner = await server.start()
    yield server
    await runner.cleanup()


def sent_on(to: str, *cookies: str, status: int = 302) -> web.Response:
    answer = web.Response(status=status, headers={"Location": to})
    for cookie in cookies:
        answer.headers.add("Set-Cookie", cookie)
    return answer


def shown(carried: str) -> web.Response:
    return web.Response(body=b"<rss/>")


async def test_a_page_that_sets_a_cookie_and_sends_back_to_itself_is_read(
    gated: Gated, fetcher: FeedFetcher
) -> None:
    gated.answers["feed"] = lambda carried: (
        shown(carried) if carried == "k=1" else sent_on("/feed", "k=1; Path=/")
    )
    assert await gated.fetch(fetcher, "feed") == b"<rss/>"
    assert gated.asked == [("feed", ""), ("feed", "k=1")]


async def test_a_gate_that_sets_cookies_and_sends_back_is_passed(
    gated: Gated, fetcher: FeedFetcher
) -> None:
    gated.answers["feed"] = lambda carried: (
        shown(carried) if "a=1" in carried and "b=2" in carried else sent_on("/gate")
    )
    gated.answers["gate"] = lambda carried: sent_on("/feed", "a=1; Path=/; HttpOnly", "b=2; Path=/")
    assert await gated.fetch(fetcher, "feed") == b"<rss/>"


async def test_a_fetch_carries_no_cookie_of_the_last(gated: Gated, fetcher: FeedFetcher) -> None:
    gated.answers["feed"] = lambda carried: shown(carried) if carried else sent_on("/feed", "k=1")
    for _ in range(2):
        await gated.fetch(fetcher, "feed")
    assert [carried for _, carried in gated.asked] == ["", "k=1", "", "k=1"]


async def test_a_cookie_changes_nothing_of_a_circle(gated: Gated, fetcher: FeedFetcher) -> None:
    gated.answers["a"] = lambda carried: sent_on("/b", "k=1; Path=/")
    gated.answers["b"] = lambda carried: sent_on("/a", "k=1; Path=/")
    with pytest.raises(FeedError, match="circle"):
        await gated.fetch(fetcher, "a")
    assert len(gated.asked) <= 4


async def test_ever_new_cookies_do_not_lead_on_for_ever(gated: Gated, fetcher: FeedFetcher) -> None:
    gated.answers["a"] = lambda carried: sent_on("/a", f"k={carried.removeprefix('k=')}1; Path=/")
    with pytest.raises(FeedError, match="redirects"):
        await gated.fetch(fetcher, "a")
    assert len(gated.asked) <= 10


async def test_a_cookie_is_not_carried_to_another_host(gated: Gated, fetcher: FeedFetcher) -> None:
    other = gated.url.replace("127.0.0.1", "localhost")
    gated.answers["feed"] = lambda carried: sent_on(f"{gated.url}/own", "k=1; Path=/")
    gated.answers["own"] = shown
    asked = feed(url=f"{other}/feed", allow_private=True)
    with pytest.raises(FeedError, match="private"):
        await fetcher.fetch(asked, NOW)
    jar = FetchCookies()
    jar.take(SimpleCookie("k=1; Path=/"), URL(other))
    assert jar.header(URL(f"{other}/x")) == "k=1"
    assert jar.header(URL(gated.url)) == ""


@pytest.mark.parametrize(
    ("cookie", "goes_to", "stays_from"),
    [
        ("k=1", "https://www.news.am/a/x", "https://news.am/a/x"),
        ("k=1; Path=/", "http://www.news.am/", "http://m.news.am/"),
        ("k=1; Domain=news.am; Path=/", "https://m.news.am/", "https://news.am.example/"),
        ("k=1; Domain=.news.am; Path=/", "https://news.am/", "https://badnews.am/"),
        ("k=1; Domain=am; Path=/", "https://www.news.am/", "https://tert.am/"),
        ("k=1; Domain=.am; Path=/", "https://www.news.am/", "https://am/"),
        ("k=1; Path=/a", "https://www.news.am/a/b", "https://www.news.am/b"),
        ("k=1; Secure; Path=/", "https://www.news.am/", "http://www.news.am/"),
    ],
)
async def test_a_cookie_goes_where_it_is_for(cookie: str, goes_to: str, stays_from: str) -> None:
    jar = _holding(cookie, "https://www.news.am/a/feed")
    assert jar.header(URL(goes_to)) == "k=1"
    assert jar.header(URL(stays_from)) == ""


@pytest.mark.parametrize(
    "cookie", ["k=1; Domain=tert.am", "k=1; Max-Age=0", "k=1; Domain=m.news.am"]
)
async def test_a_cookie_for_others_or_of_the_past_is_not_taken(cookie: str) -> None:
    jar = _holding(cookie, "https://www.news.am/")
    for host in ("tert.am", "www.news.am", "m.news.am"):
        assert jar.header(URL(f"https://{host}/")) == ""


def _holding(cookie: str, url: str) -> FetchCookies:
    """Return the cookies of a fetch in which *url* set one."""
    jar = FetchCookies()
    jar.take(SimpleCookie(cookie), URL(url))
    return jar
