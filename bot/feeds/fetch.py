"""Fetching a feed's bytes: conditional, bounded in time, size and hops, never into private nets."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import ipaddress
import ssl
from dataclasses import dataclass
from socket import AddressFamily

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from bot import __version__
from bot.errors import FeedError
from bot.model import Feed

USER_AGENT = f"Sahman/{__version__} (news alerts for Telegram; +https://pypi.org/project/sahman)"
_WHOLE_FETCH_S = 30.0
_MAX_BYTES = 8 * 1024 * 1024
_MAX_HOPS = 5
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

    @property
    def body_hash(self) -> str:
        """What tells that the same bytes came again."""
        return hashlib.sha256(self.body).hexdigest()


class FeedFetcher:
    """Fetches feeds over one shared session; made inside the event loop, closed with `close`."""

    def __init__(self) -> None:
        self._sessions = {
            allow_private: aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=16,
                    limit_per_host=2,
                    resolver=None if allow_private else _PublicResolver(),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=_WHOLE_FETCH_S, sock_connect=10),
                max_line_size=16_384,
                max_field_size=16_384,
            )
            for allow_private in (False, True)
        }

    async def fetch(self, feed: Feed) -> FetchedFeed | None:
        """Return a feed's bytes, or None when its server says that nothing changed.

        Raises FeedError for every other answer, for a fetch of over 30 s or 8 MiB, for more than
        five redirects, and for private addresses unless the feed's own host may be one.
        """
        try:
            async with asyncio.timeout(_WHOLE_FETCH_S):
                return await self._follow(feed)
        except TimeoutError as error:
            raise FeedError(f"no whole answer within {_WHOLE_FETCH_S:.0f} s") from error
        except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as error:
            raise FeedError(_say(error)) from error

    async def close(self) -> None:
        """Close every connection."""
        for session in self._sessions.values():
            await session.close()

    async def _follow(self, feed: Feed) -> FetchedFeed | None:
        url = URL(feed.url)
        for _ in range(_MAX_HOPS + 1):
            # What the operator allowed is this one host, not where it may send us.
            allowed = feed.allow_private and url.host == URL(feed.url).host
            _refuse_private_literal(url, allowed)
            async with self._sessions[allowed].get(
                url, headers=_headers(feed), allow_redirects=False
            ) as answer:
                if answer.status in _REDIRECTS and "Location" in answer.headers:
                    url = url.join(URL(answer.headers["Location"]))
                    if url.scheme not in ("http", "https"):
                        raise FeedError(f"redirected to {url.scheme}:, which is not fetched")
                    continue
                if answer.status == 304:
                    return None
                if answer.status != 200:
                    raise FeedError(f"HTTP {answer.status}")
                return FetchedFeed(
                    url=str(url),
                    body=await _read(answer),
                    content_type=answer.headers.get("Content-Type", ""),
                    etag=answer.headers.get("ETag", ""),
                    last_modified=answer.headers.get("Last-Modified", ""),
                )
        raise FeedError(f"more than {_MAX_HOPS} redirects")


class _PublicResolver(AbstractResolver):
    """Resolves names to public addresses only; what it returns is what is connected to."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if any(not ipaddress.ip_address(each["host"]).is_global for each in found):
            said = f"{host} is a private address (allow_private: true admits it)"
            raise OSError(errno.EACCES, said)
        return found

    async def close(self) -> None:
        await self._resolver.close()


def _refuse_private_literal(url: URL, allowed: bool) -> None:
    try:
        address = ipaddress.ip_address(url.host or "")
    except ValueError:
        return  # a name: its addresses are looked at when it is resolved
    if not allowed and not address.is_global:
        raise FeedError(f"{url.host} is a private address (allow_private: true admits it)")


def _headers(feed: Feed) -> dict[str, str]:
    headers = {"User-Agent": feed.user_agent or USER_AGENT, "Accept": _ACCEPT}
    if feed.etag:
        headers["If-None-Match"] = feed.etag
    if feed.last_modified:
        headers["If-Modified-Since"] = feed.last_modified
    return headers


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(65_536):
        body += chunk
        if len(body) > _MAX_BYTES:
            raise FeedError(f"larger than {_MAX_BYTES // 1024 // 1024} MiB")
    return bytes(body)


def _say(error: Exception) -> str:
    said = str(error).strip()
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
