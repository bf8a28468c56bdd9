"""The one HTTP server of a process, on BOT_LISTEN; started only when something needs it."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.errors import ConfigError, Problem

_log = logging.getLogger(__name__)

#: The longest body that anybody may send; updates of Telegram are far shorter.
MAX_BODY_BYTES = 1024 * 1024
#: Connections at the same time; Telegram opens 40 at the most.
MOST_CONNECTIONS = 200
#: How long a connection stays open while it asks for nothing, or is about to, in seconds.
_IDLE_S = 30.0
# For what is left of a body that nobody reads.
_LINGERS_S = 1.0
# One whose protocol has no transport by then was closed; a new one has none yet.
_OPENS_IN_S = 1.0
# Together with what follows it under the ten seconds in which SIGTERM must have ended everything.
_ANSWERS_MAY_TAKE_S = 5.0


@asynccontextmanager
async def serving(
    listen: str,
    routes: Iterable[web.AbstractRouteDef],
    ending: Callable[[], None] = lambda: None,
) -> AsyncIterator[str]:
    """Serve *routes* on *listen* (``host:port``); gives the address, ends requests at hand.

    *ending* is called before those are waited for: what would never end by itself ends then.
    Connections are bounded in number and in idleness; a request that is refused ends its own.
    Raises ConfigError when nothing can listen there.
    """
    room = _Room()
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[room.note])
    app.router.add_routes(routes)
    app.on_response_prepare.append(room.note_answer)

    async def end(app: web.Application) -> None:
        ending()

    app.on_shutdown.append(end)
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=_ANSWERS_MAY_TAKE_S,
        keepalive_timeout=_IDLE_S,
        lingering_time=_LINGERS_S,
    )
    await runner.setup()
    server = runner.server
    assert server is not None  # noqa: S101 - setup has made it
    listening: asyncio.Server | None = None
    try:
        host, _, port = listen.rpartition(":")
        try:
            listening = await asyncio.get_running_loop().create_server(
                lambda: room.admit(server()), host.strip("[]"), int(port)
            )
        except OSError as error:
            remedy = "Choose a free address, or end what listens there"
            raise ConfigError(
                [Problem("BOT_LISTEN", f"cannot listen on {listen}: {error.strerror}", remedy)]
            ) from error
        # Who listens everywhere is found on this machine too.
        near = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 - a name of it
        url = f"http://{near}:{listening.sockets[0].getsockname()[1]}"
        _log.info("listening", extra={"address": url})
        yield url
    finally:
        if listening is not None:
            listening.close()
        await runner.cleanup()


class _Room:
    """Room for so many connections: one more cuts the oldest that was never served."""

    def __init__(self) -> None:
        #: By when they came.
        self._open: dict[web.RequestHandler, float] = {}
        self._served: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()

    def admit(self, connection: web.RequestHandler) -> web.RequestHandler:
        """Return a new connection once there is room for it."""
        now_s = asyncio.get_running_loop().time()
        if len(self._open) >= MOST_CONNECTIONS:
            self._make_room(now_s)
        self._open[connection] = now_s
        return connection

    @web.middleware
    async def note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note who is served, and let go of who is refused."""
        try:
            response = await handler(request)
        except web.HTTPException as refused:
            refused.force_close()
            raise
        if response.status >= web.HTTPBadRequest.status_code:
            response.force_close()
        return response

    async def note_answer(self, request: web.Request, response: web.StreamResponse) -> None:
        """Note who is served: a stream is, long before it ends."""
        served = response.status < web.HTTPBadRequest.status_code
        if served and request.transport is not None:
            self._served.add(request.transport)

    def _make_room(self, now_s: float) -> None:
        for each, came_s in [*self._open.items()]:
            if each.transport is None and now_s - came_s > _OPENS_IN_S:
                del self._open[each]
        if len(self._open) < MOST_CONNECTIONS:
            return
        oldest = next((each for each in self._open if not self._is_served(each)), None)
        oldest = oldest or next(iter(self._open))
        del self._open[oldest]
        if oldest.transport is not None:
            oldest.transport.abort()
        else:
            # It is being opened just now: it is cut as soon as it is.
            asyncio.get_running_loop().call_soon(_cut, oldest)

    def _is_served(self, connection: web.RequestHandler) -> bool:
        return connection.transport is not None and connection.transport in self._served


def _cut(connection: web.RequestHandler) -> None:
    if connection.transport is not None:
        connection.transport.abort()
