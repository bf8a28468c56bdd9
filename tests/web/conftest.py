"""The operator's page over the real server, on loopback, with a database and a feeds.yaml."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from bs4 import BeautifulSoup
from pydantic import SecretStr

from bot.chat.desk import FeedsDesk
from bot.config import Settings
from bot.feeds.fetch import FeedFetcher
from bot.feeds.worker import ParseWorker
from bot.jobs.feedlist import FeedListJob
from bot.model import Telegram
from bot.storage import Storage
from bot.texts import load_texts
from bot.web.metrics import Metrics
from bot.web.site import Site, open_site
from tests.loopback import Clock
from tests.samples import NOW

PAGE_TOKEN = "a-token-of-the-test-and-of-no-value"


@dataclass
class Operator:
    """Who looks at the page: a browser's session, and what stands behind the page."""

    url: str
    session: aiohttp.ClientSession
    feeds: Path
    clock: Clock
    metrics: Metrics
    #: Asked by the site how Telegram was reached.
    telegram: list[Telegram] = field(default_factory=lambda: [Telegram()])

    async def get(self, path: str = "/", **headers: str) -> tuple[int, str]:
        """Return the status and the text of a page."""
        async with self.session.get(self.url + path, headers=headers) as answer:
            return answer.status, await answer.text()

    async def form(self, path: str = "/") -> str:
        """Return what a form of this page has to bring."""
        _, html = await self.get(path)
        hidden = BeautifulSoup(html, "html.parser").find("input", {"name": "form"})
        assert hidden is not None
        return str(hidden["value"])

    async def post(
        self, path: str, fields: dict[str, str], *, origin: str | None = "", form: str | None = None
    ) -> tuple[int, str]:
        """Send a form as the page would; return the status and the text that follow."""
        brought = await self.form() if form is None else form
        headers = {} if origin is None else {"Origin": origin or self.url}
        async with self.session.post(
            self.url + path, data={"form": brought, **fields}, headers=headers
        ) as answer:
            return answer.status, await answer.text()

    async def log_in(self, token: str = PAGE_TOKEN) -> tuple[int, str]:
        """Give the token."""
        return await self.post("/login", {"token": token})


@asynccontextmanager
async def opened(
    storage: Storage,
    folder: Path,
    *,
    edited: Callable[[Any], Awaitable[None]] | None = None,
    **settings: Any,
) -> AsyncIterator[Operator]:
    """Serve the page with these settings; gives who looks at it."""
    feeds = folder / "feeds.yaml"
    if not feeds.exists():
        feeds.write_text("publishers: {}\nfeeds: []\n")
    clock, metrics, telegram = Clock(NOW), Metrics(), [Telegram()]
    desk = FeedsDesk((), feeds, FeedFetcher(), ParseWorker())
    listing = FeedListJob(storage, feeds)
    site = Site(
        settings=Settings(**{"listen": "127.0.0.1:0", **settings}),
        storage=storage,
        texts=load_texts(),
        clock=clock,
        metrics=metrics,
        telegram=lambda now: telegram[0],
        feeds=desk,
        edited=edited or listing.reload_if_edited,
    )
    jar = aiohttp.CookieJar(unsafe=True)
    try:
        async with open_site(site) as url, aiohttp.ClientSession(cookie_jar=jar) as session:
            yield Operator(url, session, feeds, clock, metrics, telegram)
    finally:
        await desk.fetcher.close()
        desk.worker.close()


def secret(token: str = PAGE_TOKEN) -> SecretStr:
    """Return the page's token as settings hold it."""
    return SecretStr(token)
