"""Where a proxy may be sent: it looks names up, and connects, where nobody here can watch it."""

from __future__ import annotations

import asyncio

from aiohttp.abc import AbstractResolver
from pydantic import SecretStr
from yarl import URL

from bot.errors import FeedError
from bot.feeds.addresses import is_public, is_public_name

#: Where there is a proxy, there may be no names: then its word must do.
_LOOKUP_S = 2.0


class ProxyWatch:
    """Refuses to send a proxy into private networks, as far as can be told from here.

    Numbers and local names are refused, and names that are private where we look them up. A
    socks5h:// proxy asks that names be not looked up here at all.
    """

    def __init__(self, resolver: AbstractResolver, proxy: SecretStr) -> None:
        self._resolver = resolver
        self._looks_up = not proxy.get_secret_value().lower().startswith("socks5h:")

    async def check(self, url: URL) -> None:
        """Raise FeedError for an address that is, or leads, into a private network."""
        host = url.host or ""
        if not is_public_name(host):
            raise FeedError(f"{host} is private (allow_private: true admits a feed's own host)")
        if not self._looks_up:
            return
        try:
            found = await asyncio.wait_for(self._resolver.resolve(host), _LOOKUP_S)
        except OSError:
            return
        private = [each["host"] for each in found if not is_public(each["host"])]
        if private:
            said = f"{host} is {private[0]}, a private address"
            raise FeedError(f"{said} (allow_private: true admits a feed's own host)")
