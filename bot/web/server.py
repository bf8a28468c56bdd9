"""The one HTTP server of a process, on BOT_LISTEN; started only when something needs it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.errors import ConfigError, Problem

_log = logging.getLogger(__name__)

#: The longest body that anybody may send; updates of Telegram are far shorter.
MAX_BODY_BYTES = 1024 * 1024
# Together with what follows it under the ten seconds in which SIGTERM must have ended everything.
_ANSWERS_MAY_TAKE_S = 5.0


@asynccontextmanager
async def serving(listen: str, routes: Iterable[web.AbstractRouteDef]) -> AsyncIterator[str]:
    """Serve *routes* on *listen* (``host:port``); gives the address, ends requests at hand.

    Raises ConfigError when nothing can listen there.
    """
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_ANSWERS_MAY_TAKE_S)
    await runner.setup()
    try:
        host, _, port = listen.rpartition(":")
        try:
            await web.TCPSite(runner, host.strip("[]"), int(port)).start()
        except OSError as error:
            remedy = "Choose a free address, or end what listens there"
            raise ConfigError(
                [Problem("BOT_LISTEN", f"cannot listen on {listen}: {error.strerror}", remedy)]
            ) from error
        address = runner.addresses[0]
        url = f"http://{host}:{address[1]}"
        _log.info("listening", extra={"address": url})
        yield url
    finally:
        await runner.cleanup()
