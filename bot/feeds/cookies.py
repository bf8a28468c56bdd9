"""Cookies that a server sets on the way to its feed: carried for that one fetch, and forgotten."""

from __future__ import annotations

from http.cookies import SimpleCookie

import aiohttp
from yarl import URL


class FetchCookies:
    """The cookies of one fetch; each goes back only to the hosts that it is for (RFC 6265)."""

    def __init__(self) -> None:
        # Most fetches end without one.
        self._jar: aiohttp.CookieJar | None = None

    def take(self, cookies: SimpleCookie, url: URL) -> None:
        """Keep what the server at *url* set."""
        if not cookies:
            return
        if self._jar is None:
            # Hosts that are addresses may set cookies as well; they get them back alone.
            self._jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
        for cookie in cookies.values():
            # For all of .am or .com: it is for the host that set it.
            if "." not in cookie["domain"].strip("."):
                cookie["domain"] = ""
        self._jar.update_cookies(cookies, url)

    def header(self, url: URL) -> str:
        """Return the Cookie header for *url*; empty when none is for it."""
        if self._jar is None:
            return ""
        carried = self._jar.filter_cookies(url)
        return "; ".join(f"{name}={cookie.coded_value}" for name, cookie in carried.items())
