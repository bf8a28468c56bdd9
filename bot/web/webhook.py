"""Telegram's webhook: takes updates by POST and confirms each once its effects are stored."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from yarl import URL

from bot.errors import DatabaseError

Receive = Callable[[dict[str, Any]], Awaitable[None]]

_log = logging.getLogger(__name__)

_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
_BODY_MAY_TAKE_S = 10.0
#: Seconds after which Telegram shall bring again what could not be stored.
RETRY_AFTER_S = 5


class Webhook:
    """This process's end of the webhook; several processes may serve the same one.

    *receive* handles one update and returns once its effects are stored; DatabaseError when they
    could not be. Until there is one, Telegram is asked to bring updates again.
    """

    def __init__(self, url: str, secret: str, receive: Receive | None = None) -> None:
        self._path = URL(url).path
        self._secret = secret.encode()
        self.receive = receive

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve: the path of the webhook's URL."""
        return [web.post(self._path, self._take)]

    async def _take(self, request: web.Request) -> web.Response:
        given = request.headers.get(_SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._secret):
            return web.Response(status=401)
        try:
            async with asyncio.timeout(_BODY_MAY_TAKE_S):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        except web.HTTPRequestEntityTooLarge:
            _log.error("update_unreadable", extra={"reason": "it is too long"})
            return web.Response()
        try:
            wire = json.loads(body)
            if not isinstance(wire, dict):
                raise TypeError("no JSON object")
        except (ValueError, TypeError, RecursionError) as error:
            # From Telegram itself, and no better the next time: a refusal would bring it again
            # for 24 hours, and keep that chat's other updates waiting behind it.
            _log.error("update_unreadable", extra={"reason": type(error).__name__})
            return web.Response()
        try:
            if self.receive is None:
                raise DatabaseError("not everything has started yet")
            await self.receive(wire)
        except DatabaseError:
            return web.Response(status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
        return web.Response()
