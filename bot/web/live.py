"""Live pages: the part of the page that changes, sent again by server-sent events when it does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import Gauge

#: Each holds a connection of the room (see bot/web/server.py).
MOST_STREAMS = 20
_LOOK_EVERY_S = 3.0
#: So that whatever stands between does not take it for dead.
_SIGN_OF_LIFE_EVERY_S = 15.0
# A browser asks again so soon after we closed, in milliseconds.
_COME_BACK_MS = 3_000


class Live:
    """Keeps open pages live; all of them end when the process does."""

    def __init__(self, render: Callable[[str], Awaitable[str]], open_streams: Gauge) -> None:
        """*render* gives the part that changes, in a language."""
        self._render = render
        self._gauge = open_streams
        self._open = 0
        self._ending = asyncio.Event()

    def end(self) -> None:
        """End all streams."""
        self._ending.set()

    async def stream(
        self, request: web.Request, language: str, headers: dict[str, str]
    ) -> web.StreamResponse:
        """Send the part anew whenever it has changed, until either side closes."""
        if self._open >= MOST_STREAMS or self._ending.is_set():
            return web.Response(status=503, headers={**headers, "Retry-After": "30"})
        response = web.StreamResponse(headers={**headers, "Content-Type": "text/event-stream"})
        self._open += 1
        self._gauge.set(self._open)
        try:
            await response.prepare(request)
            await response.write(f"retry: {_COME_BACK_MS}\n\n".encode())
            with contextlib.suppress(ConnectionError):
                await self._follow(request, response, language)
        finally:
            self._open -= 1
            self._gauge.set(self._open)
        return response

    async def _follow(
        self, request: web.Request, response: web.StreamResponse, language: str
    ) -> None:
        time_s = asyncio.get_running_loop().time
        sent, sent_s = "", time_s()
        while not self._ending.is_set() and request.transport is not None:
            part = await self._render(language)
            if part != sent:
                await response.write(_to_event(part))
                sent, sent_s = part, time_s()
            elif time_s() - sent_s >= _SIGN_OF_LIFE_EVERY_S:
                await response.write(b": alive\n\n")
                sent_s = time_s()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _LOOK_EVERY_S)


def _to_event(part: str) -> bytes:
    # A carriage return alone ends a line there too.
    lines = part.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return ("".join(f"data: {line}\n" for line in lines) + "\n").encode()
