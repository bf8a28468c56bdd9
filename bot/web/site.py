"""The site of a process: whatever it serves over HTTP, put together and opened."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.chat.desk import FeedsDesk
from bot.config import Settings
from bot.errors import ConfigError
from bot.model import Telegram
from bot.storage import Storage
from bot.texts import Texts
from bot.web.archive import ArchivePages
from bot.web.facts import FactsDesk
from bot.web.feed_forms import FeedForms
from bot.web.gate import Gate
from bot.web.health import HealthPages
from bot.web.metrics import Metrics
from bot.web.page import OperatorsPage
from bot.web.server import serving
from bot.web.webhook import Webhook

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the site needs of the process."""

    settings: Settings
    storage: Storage
    texts: Mapping[str, Texts]
    clock: Callable[[], datetime]
    metrics: Metrics
    #: How Telegram was last reached.
    telegram: Callable[[datetime], Telegram]
    #: What feeds are managed with.
    feeds: FeedsDesk
    #: Told that feeds.yaml was edited.
    edited: Callable[[datetime], Awaitable[None]]
    hook: Webhook | None = None


@asynccontextmanager
async def open_site(site: Site) -> AsyncIterator[str]:
    """Serve what this process has to serve; gives the address, "" where nothing listens.

    Raises ConfigError when nothing can listen where the operator wants it.
    """
    settings = site.settings
    page, routes = _build(site)
    measuring = asyncio.create_task(site.metrics.measure_loop())
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(measuring.cancel)
        address = ""
        try:
            server = serving(settings.listen, routes, page.live.end if page else lambda: None)
            address = await stack.enter_async_context(server)
        except ConfigError as error:
            if settings.must_listen:
                raise
            # Several Sahmans on one machine, or another program: the page is missed, nothing else.
            _log.warning("page_not_served", extra={"reason": error.problems[0].what})
        else:
            if page is not None:
                _log.info("page_served", extra={"address": address})
            elif settings.page is None:
                _log.warning("page_not_served", extra={"reason": settings.why_no_page})
        yield address


def _build(site: Site) -> tuple[OperatorsPage | None, list[web.RouteDef]]:
    settings = site.settings
    desk = FactsDesk(
        site.storage.overviews, site.telegram, site.clock, settings.send_rate, settings.admins
    )
    page: OperatorsPage | None = None
    gate: Gate | None = None
    if not settings.why_no_page:
        gate = Gate(settings.listen, settings.page_url, settings.page_token, site.clock)
        forms = FeedForms(site.storage, site.feeds, site.edited)
        page = OperatorsPage(gate, desk, site.storage, forms, site.texts, site.metrics)
    routes = HealthPages(desk, site.metrics, gate).routes()
    routes += page.routes() if page else []
    if settings.archive:
        own = settings.page_url
        routes += ArchivePages(site.storage, site.texts, site.clock, own).routes()
    routes += site.hook.routes() if site.hook else []
    return page, routes
