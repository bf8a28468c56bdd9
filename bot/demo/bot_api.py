"""A Bot API server on loopback: the real wire format, the rules that matter, no Telegram."""

from __future__ import annotations

import asyncio
import inspect
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.demo.chat_page import page_routes
from bot.demo.faults import Faults
from bot.demo.methods import Methods
from bot.demo.parameters import parse_parameters, read_parameters
from bot.demo.people import People
from bot.demo.people_door import PeopleDoor
from bot.demo.refusal import Refusal
from bot.demo.rules import METHOD_BY_LOWER_NAME

# Telegram takes files of up to 50 MB; the rest is room for the other fields.
_MAX_REQUEST_BYTES = 52 * 1024 * 1024
_LOCAL_HOST = re.compile(r"(?:localhost|[\d.]+|\[[0-9a-fA-F:.]+\])(?::\d+)?")


@dataclass(frozen=True, slots=True)
class Call:
    """One request that the bot made, with its parameters as they were sent."""

    method: str
    params: dict[str, Any]
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class BotApi(People):
    """A Bot API server with people in it. Start it, give a bot its ``url``, be those people.

    With *token* None every token is accepted. ``calls`` lists what the bot asked,
    ``strict_faults`` what Telegram would silently ignore although it surely was not meant.
    """

    def __init__(self, token: str | None = None) -> None:
        super().__init__()
        self.token = token
        self.url = ""
        self.calls: list[Call] = []
        self.strict_faults: list[str] = []
        self.faults = Faults()
        self._runner: web.AppRunner | None = None
        self._methods = self._table()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; ``url`` is known from here on. After `stop` everything is still there."""
        self.messenger.reopen()
        app = web.Application(client_max_size=_MAX_REQUEST_BYTES, middlewares=[_only_local_names])
        app.router.add_routes(PeopleDoor(self).routes())
        app.router.add_routes(page_routes())
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_route("*", "/bot{rest:.*}", self._not_found)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        """Let whoever waits go, and close the door."""
        await self.messenger.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def reset(self) -> None:
        """Forget all people, chats, calls and faults, and what the bot said about itself."""
        await self.messenger.close()
        self.messenger.reset()
        self.calls.clear()
        self.strict_faults.clear()
        self.faults.clear()
        self._methods = self._table()

    def refuse(
        self,
        method: str,
        code: int,
        description: str,
        *,
        times: int = 1,
        chat_id: int | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        """Answer the next *times* calls of *method* (``*``: any) with this refusal."""
        refusal = Refusal(code, description, parameters)
        self.faults.refuse(method, refusal, times=times, chat_id=chat_id)

    def delay(self, method: str, seconds: float, times: int = 1) -> None:
        """Hold the next *times* answers of *method* back, after they took effect."""
        self.faults.delay(method, seconds, times)

    def calls_of(self, method: str) -> list[Call]:
        """Return the calls of one method, oldest first."""
        return [call for call in self.calls if call.method == method]

    async def call(self, method: str, found: dict[str, Any]) -> Any:
        """Carry out *method* with untyped parameters and return its result."""
        self.calls.append(Call(method, found))
        if refusal := self.faults.planned(method, found):
            raise refusal
        parameters = parse_parameters(method, found, self.strict_faults)
        result = self._methods[method](parameters)
        return await result if inspect.isawaitable(result) else result

    def _table(self) -> dict[str, Any]:
        updates, profile = self.messenger.updates, self.messenger.profile
        return Methods(self.messenger, self.strict_faults).table() | {
            "logOut": lambda _: True,
            "close": lambda _: True,
            "getUpdates": updates.poll,
            "setWebhook": updates.set_webhook,
            "deleteWebhook": updates.delete_webhook,
            "getWebhookInfo": lambda _: updates.webhook_info(),
            "setMyCommands": self._noted(profile.set_commands),
            "getMyCommands": profile.get_commands,
            "deleteMyCommands": self._noted(profile.delete_commands),
            "setMyName": lambda given: profile.set_text("name", given),
            "getMyName": lambda given: profile.get_text("name", given),
            "setMyDescription": self._noted(lambda given: profile.set_text("description", given)),
            "getMyDescription": lambda given: profile.get_text("description", given),
            "setMyShortDescription": lambda given: profile.set_text("short_description", given),
            "getMyShortDescription": lambda given: profile.get_text("short_description", given),
            "setChatMenuButton": profile.set_menu_button,
        }

    def _noted(self, act: Any) -> Any:
        """Return *act* followed by a note for the page, which shows what it changed."""

        def noted(parameters: dict[str, Any]) -> Any:
            result = act(parameters)
            self.messenger.changes.add("profile", 0)
            return result

        return noted

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            result, delay_s = await self._carry_out(request)
        except Refusal as refusal:
            return _refused(refusal)
        if delay_s:
            await asyncio.sleep(delay_s)
        return web.json_response({"ok": True, "result": result})

    async def _carry_out(self, request: web.Request) -> tuple[Any, float]:
        if self.token is not None and request.match_info["token"] != self.token:
            raise Refusal(401, "Unauthorized")
        method = METHOD_BY_LOWER_NAME.get(request.match_info["method"].lower())
        if method is None or request.method not in {"GET", "POST"}:
            raise Refusal(404, "Not Found")
        result = await self.call(method, await read_parameters(request))
        return result, self.faults.delay_s(method)

    async def _not_found(self, _: web.Request) -> web.Response:
        return _refused(Refusal(404, "Not Found"))


def _refused(refusal: Refusal) -> web.Response:
    headers = {}
    if refusal.parameters and "retry_after" in refusal.parameters:
        headers["Retry-After"] = str(refusal.parameters["retry_after"])
    return web.json_response(refusal.body(), status=refusal.code, headers=headers)


@web.middleware
async def _only_local_names(request: web.Request, handler: Any) -> web.StreamResponse:
    # A stranger's page may point its own name at 127.0.0.1 (DNS rebinding) and would then
    # share our origin; it cannot do so with an address or with "localhost".
    if request.path.startswith("/people") and not _LOCAL_HOST.fullmatch(request.host):
        raise web.HTTPForbidden(text="only by address or as localhost")
    response: web.StreamResponse = await handler(request)
    return response
