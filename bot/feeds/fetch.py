"""Fetching a feed's bytes: conditional, bounded in time, size and hops, never into private nets."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import re
import ssl
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDictProxy
from pydantic import SecretStr
from yarl import URL

from bot import __version__
from bot.errors import FeedBusy, FeedError, FeedGone, FeedUnreached
from bot.feeds.addresses import (
    check_address,
    is_public,
    make_url,
    open_public_socket,
    read_address,
)
from bot.feeds.cookies import FetchCookies
from bot.feeds.inflate import say_too_large, unpack
from bot.feeds.logins import Login
from bot.feeds.proxy_watch import ProxyWatch
from bot.feeds.resolver import NameResolver
from bot.feeds.wishes import read_fresh_s, read_retry_after_s
from bot.model import Feed
from bot.proxies import PROXY_FAILURES, open_session, say_proxy_failure

_CONTACT = "https://pypi.org/project/sahman"
#: Requests to one host at a time.
PER_HOST = 2
_CONNECTIONS = 64
_MAX_LINK_HEADER_CHARS = 8_000
_WHOLE_FETCH_S = 20.0
_MAX_BYTES = 8 * 1024 * 1024
_MAX_HOPS = 8
#: More is unpacked beside the event loop: zlib lets others go on meanwhile.
_UNPACKED_AT_ONCE = 16_384
#: Of validators and addresses.
_MAX_STORED_CHARS = 2_000
_BROKEN_BYTE = re.compile("[\udc80-\udcff]")
_PERMANENT = frozenset({301, 308})
_NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedFeed:
    """What a feed's server answered."""

    url: str  #: where it answered from, after redirects
    body: bytes
    content_type: str
    etag: str
    last_modified: str
    not_modified: bool = False
    fresh_s: int | None = None  #: for how long the answer holds; None: it does not say
    moved_to: str = ""  #: where to ask next time, if every redirect was permanent
    link_header: str = ""  #: what it names beside itself (RFC 8288)

    @property
    def body_hash(self) -> str:
        """What tells that the same bytes came again."""
        return hashlib.sha256(self.body).hexdigest()


class FeedFetcher:
    """Fetches feeds over shared sessions; made inside the event loop, closed with `close`.

    At most two requests to one host are under way. Cookies live as long as the fetch in which a
    server set them; no referrer, and no proxy but the one that is configured.
    """

    def __init__(
        self,
        contact: str = "",
        *,
        proxy: SecretStr | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        """*contact* is where a publisher finds whoever runs this: an address or a link."""
        #: By the names of their feeds.
        self.logins: Mapping[str, Login] = {}
        self._user_agent = (
            f"Sahman/{__version__} (news alerts for Telegram; +{contact or _CONTACT})"
        )
        self._gates = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(PER_HOST))
        self._resolver = resolver or NameResolver()
        self._watch = ProxyWatch(self._resolver, proxy) if proxy else None
        self._sessions = {
            allow_private: open_session(
                proxy,
                {
                    "limit": _CONNECTIONS,
                    "resolver": self._resolver,
                    # With a proxy, it is the proxy's address that is connected to.
                    "socket_factory": None if allow_private or proxy else open_public_socket,
                },
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
                max_line_size=16_384,
                max_field_size=16_384,
                skip_auto_headers=("User-Agent",),
            )
            for allow_private in (False, True)
        }

    async def fetch(self, feed: Feed, now: datetime, *, unconditional: bool = False) -> FetchedFeed:
        """Return what a feed's server answers, or that nothing changed there.

        *unconditional* asks for all of it, whatever is known. Raises FeedBusy for 429 and wherever
        Retry-After is given, FeedGone for 410, FeedError for every other answer, for a fetch of
        over 20 s or 8 MiB, for more than eight redirects, and for private addresses unless the
        feed's own host may be one.
        """
        if unconditional:
            feed = replace(feed, etag="", last_modified="")
        try:
            return await self._follow(feed, now)
        except PROXY_FAILURES as error:
            raise FeedError(say_proxy_failure(error)) from error
        except TimeoutError as error:
            raise FeedError(f"no whole answer within {_WHOLE_FETCH_S:.0f} s") from error
        except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as error:
            kind = FeedUnreached if _is_unreached(error) else FeedError
            raise kind(_say(error)) from error

    async def close(self) -> None:
        """Close every connection."""
        for session in self._sessions.values():
            await session.close()
        await self._resolver.close()

    async def _follow(self, feed: Feed, now: datetime) -> FetchedFeed:
        url = read_address(feed.moved_to or feed.config.url)
        own_host = read_address(feed.config.url).host
        left_s, permanent, cookies = _WHOLE_FETCH_S, True, FetchCookies()
        # A server may send back to the same page, once it has seen that its cookie is carried.
        seen = {(url, "")}
        loop = asyncio.get_running_loop()
        for _ in range(_MAX_HOPS + 1):
            # What the operator allowed is this one host, not where it may send us.
            allowed = feed.config.allow_private and url.host == own_host
            if not allowed:
                _refuse_private_literal(url)
            async with self._gates[(url.host or "").lower()]:
                # Waiting for a free gate is no fault of the server's: it counts from here.
                began = loop.time()
                async with asyncio.timeout(max(left_s, 0.0)):
                    if self._watch and not allowed:
                        await self._watch.check(url)
                    answer = await self._ask(feed, url, cookies, allowed, now)
                left_s -= loop.time() - began
            if isinstance(answer, FetchedFeed):
                return _moved(answer, feed, str(url)) if permanent and len(seen) > 1 else answer
            status, url = answer
            permanent = permanent and status in _PERMANENT
            check_address(url)
            step = (url, cookies.header(url))
            if step in seen:
                raise FeedError("its redirects turn in a circle")
            seen.add(step)
        raise FeedError(f"more than {_MAX_HOPS} redirects")

    async def _ask(
        self, feed: Feed, url: URL, cookies: FetchCookies, allowed: bool, now: datetime
    ) -> FetchedFeed | tuple[int, URL]:
        """Return what stands at *url*, or the status and target of its redirect."""
        asked = self._headers(feed)
        login = self.logins.get(feed.name)
        if login is not None and login.is_for(url):
            asked["Authorization"] = login.header()
        if carried := cookies.header(url):
            asked["Cookie"] = carried
        async with self._sessions[allowed].get(url, headers=asked, allow_redirects=False) as answer:
            headers, status = answer.headers, answer.status
            if status in _REDIRECTS and "Location" in headers:
                cookies.take(answer.cookies, url)
                return status, _target(url, headers["Location"])
            if status == 304 and not (feed.etag or feed.last_modified):
                raise FeedError("HTTP 304 to an unconditional question")
            if status not in (200, 304):
                raise _refusal(status, headers, now)
            return FetchedFeed(
                url=str(url),
                body=b"" if status == 304 else await _read(answer),
                content_type=headers.get("Content-Type", ""),
                etag=_validator(headers, "ETag"),
                last_modified=_validator(headers, "Last-Modified"),
                not_modified=status == 304,
                fresh_s=read_fresh_s(headers, now),
                moved_to=feed.moved_to,
                link_header=", ".join(headers.getall("Link", []))[:_MAX_LINK_HEADER_CHARS],
            )

    def _headers(self, feed: Feed) -> dict[str, str]:
        headers = {
            "User-Agent": feed.config.user_agent or self._user_agent,
            "Accept": _ACCEPT,
            "Accept-Encoding": "gzip, deflate, br",
        }
        if feed.etag:
            headers["If-None-Match"] = feed.etag
        if feed.last_modified:
            headers["If-Modified-Since"] = feed.last_modified
        return headers


def _moved(answer: FetchedFeed, feed: Feed, url: str) -> FetchedFeed:
    # One that is too long to be kept is found again by its own redirect.
    same = url == feed.config.url or len(url) > _MAX_STORED_CHARS
    return replace(answer, moved_to="" if same else url)


def _refusal(status: int, headers: CIMultiDictProxy[str], now: datetime) -> FeedError:
    said = f"HTTP {status}"
    if status == 410:
        return FeedGone(said)
    if status == 407:
        return FeedError(f"{said}: the proxy wants a user name and password (BOT_PROXY)")
    wait_s = read_retry_after_s(headers, now)
    if status == 429 or wait_s is not None:
        return FeedBusy(said, wait_s)
    return FeedError(said)


def _target(url: URL, location: str) -> URL:
    # Bytes that are no UTF-8 come as lone surrogates, and go back as the bytes that they were.
    location = _BROKEN_BYTE.sub(lambda found: f"%{ord(found[0]) - 0xDC00:02X}", location)
    return url.join(make_url(location)).with_fragment(None)


def _validator(headers: CIMultiDictProxy[str], name: str) -> str:
    """Return a header to be kept and echoed byte for byte, or nothing where that cannot be done.

    Broken bytes come as lone surrogates, which are not printable, no more than control characters.
    """
    value = headers.get(name, "")
    return value if value.isprintable() and len(value) <= _MAX_STORED_CHARS else ""


def _refuse_private_literal(url: URL) -> None:
    # aiohttp connects to addresses that are written out without asking anybody about them.
    host = url.host or ""
    if (":" in host or host.replace(".", "").isdecimal()) and not is_public(host):
        raise FeedError(f"{host} is a private address (allow_private: true admits it)")


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    received = bytearray()
    async for piece in answer.content.iter_any():
        received += piece
        if len(received) > _MAX_BYTES:
            raise FeedError(say_too_large(_MAX_BYTES))
    body, packed_as = bytes(received), ",".join(answer.headers.getall("Content-Encoding", []))
    if len(body) <= _UNPACKED_AT_ONCE:
        return unpack(body, packed_as, _MAX_BYTES)
    return await asyncio.to_thread(unpack, body, packed_as, _MAX_BYTES)


def _is_unreached(error: Exception) -> bool:
    """Say whether no server answered at all, as when this machine is offline."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return True
    return isinstance(error, aiohttp.ClientConnectorError) and error.errno in _NO_WAY


def _say(error: Exception) -> str:
    said = str(error).strip()
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
