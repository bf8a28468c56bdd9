"""User names and passwords of feeds: kept in memory, and sent to nobody but the feed's host."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp
from yarl import URL

from bot.config import FeedList


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """What opens one feed (RFC 7617)."""

    feed_url: URL
    username: str
    password: str

    def is_for(self, url: URL) -> bool:
        """Say whether it may be sent to *url*: to the feed's own server, and never less safely."""
        if url.host != self.feed_url.host:
            return False
        its, own = (url.scheme, url.port), (self.feed_url.scheme, self.feed_url.port)
        return its == own or (own, its) == (("http", 80), ("https", 443))

    def header(self) -> str:
        """Return what goes into the Authorization header."""
        return aiohttp.encode_basic_auth(self.username, self.password)


def find_logins(feeds: FeedList) -> dict[str, Login]:
    """Return the logins of feeds.yaml, by the names of their feeds."""
    return {
        entry.name: Login(
            URL(entry.url), entry.username.get_secret_value(), entry.password.get_secret_value()
        )
        for entry in feeds.feeds
        if entry.username.get_secret_value() or entry.password.get_secret_value()
    }
