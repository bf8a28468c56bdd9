"""A Bot API server on loopback: the real wire format, the rules that matter, no Telegram."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.demo.chat_page import page_routes
from bot.demo.faults import Fault, Faults, late, refused
from bot.demo.inline import Inline
from bot.demo.limits import COUNTED, Limiter, Limits
from bot.demo.membership import Membership
from bot.demo.methods import Methods
from bot.demo.parameters import parse_parameters, read_parameters
from bot.demo.people_door import PeopleDoor
from bot.demo.refusal import Refusal
from bot.demo.rules import METHOD_BY_LOWER_NAME
from bot.demo.senders import Senders
from bot.demo.tally import Tally

# Telegram takes files of up to 50 MB; the rest is room for the other fields.
_MAX_REQUEST_BYTES = 52 * 1024 * 1024
_LOCAL_HOST = re.compile(r"(?:localhost|[\d.]+|\[[0-9a-fA-F:.]+\])(?::\d+)?")


@dataclass(frozen=True, slots=True)
class Call:
    """One request that the bot made, with its parameters as they were sent."""

    method: str
    params: dict[str, Any]
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class BotApi(Senders):
    """A Bot API server with people in it. Start it, give a bot its ``url``, be those people.

    With *token* None every token is accepted. ``calls`` lists what the bot asked (unless
    ``keep_calls`` is off), ``tally`` counts it, ``strict_faults`` lists what Telegram would
    silently ignore although it surely was not meant. Without *limits* the bot may send as fast as
    it can. Every answer but that to getUpdates comes ``latency_s`` after its effect.
    """

    def __init__(self, token: str | None = None, *, limits: Limits | None = None) -> None:
        super().__init__()
        self.token = token
        self.url = ""
        self.calls: list[Call] = []
        self.keep_calls = True
        self.tally = Tally()
        self.strict_faults: list[str] = []
        self.faults = Faults()
        self.latency_s = 0.0
        self.limits = limits
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.inline = Inline(self.messenger)
        self._methods = self._table()

    @property
    def limits(self) -> Limits | None:
        """How much the bot may send; None: as much as it can. Setting it begins a new count."""
        return self._limiter.limits if self._limiter else None

    @limits.setter
    def limits(self, limits: Limits | None) -> None:
        self._limiter = Limiter(limits, time.monotonic) if limits else None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; ``url`` is known from here on. After `stop` everything is still there."""
        self.messenger.reopen()
        self._closing.clear()
        app = web.Application(client_max_size=_MAX_REQUEST_BYTES, middlewares=[_only_local_names])
        app.router.add_routes(PeopleDoor(self, self.strict_faults, self.reset).routes())
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
        self._closing.set()
        await self.messenger.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def reset(self) -> None:
        """Forget all people, chats, calls and faults, and what the bot said about itself."""
        await self.messenger.close()
        self.messenger.reset()
        self.calls.clear()
        self.tally = Tally()
        self.limits = self.limits
        self.strict_faults.clear()
        self.faults.clear()
        self.inline = Inline(self.messenger)
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
        fault = refused(Refusal(code, description, parameters))
        chats = () if chat_id is None else (chat_id,)
        self.faults.plan(fault, method, chats=chats, times=times)

    def delay(self, method: str, seconds: float, times: int = 1) -> None:
        """Hold the next *times* answers of *method* back, after they took effect."""
        self.faults.plan(late(seconds), method, times=times)

    def calls_of(self, method: str) -> list[Call]:
        """Return the calls of one method, oldest first."""
        return [call for call in self.calls if call.method == method]

    async def call(self, method: str, found: dict[str, Any]) -> Any:
        """Carry out *method* with untyped parameters and return its result; raises Refusal."""
        if self._limiter is not None and method in COUNTED:
            self._check_limits(self._limiter, found)
        parameters = parse_parameters(method, found, self.strict_faults)
        result = self._methods[method](parameters)
        if method.startswith("send") and isinstance(result, dict):
            text = result.get("text") or result.get("caption", "")
            self.tally.note_sent(result["chat"]["id"], text)
        return await result if inspect.isawaitable(result) else result

    def _check_limits(self, limiter: Limiter, found: dict[str, Any]) -> None:
        try:
            chat = self.messenger.chat(found.get("chat_id"))
        except Refusal:
            return  # the method itself says so, in its own order
        paid = str(found.get("allow_paid_broadcast", "")).lower() == "true"
        refusal = limiter.refusal(chat.chat_id, wrote_s=chat.wrote_s, paid=paid)
        if refusal is not None:
            raise refusal

    def _table(self) -> dict[str, Any]:
        updates, profile = self.messenger.updates, self.messenger.profile
        messages, members = Methods(self.messenger, self.strict_faults), Membership(self.messenger)
        return (
            messages.table()
            | members.table()
            | {
                "logOut": lambda _: True,
                "close": lambda _: True,
                "getUpdates": updates.poll,
                "answerInlineQuery": self.inline.answer,
                "setWebhook": updates.set_webhook,
                "deleteWebhook": updates.delete_webhook,
                "getWebhookInfo": lambda _: updates.webhook_info(),
                "setMyCommands": self._noted(profile.set_commands),
                "getMyCommands": profile.get_commands,
                "deleteMyCommands": self._noted(profile.delete_commands),
                "setMyName": lambda given: profile.set_text("name", given),
                "getMyName": lambda given: profile.get_text("name", given),
                "setMyDescription": self._noted(
                    lambda given: profile.set_text("description", given)
                ),
                "getMyDescription": lambda given: profile.get_text("description", given),
                "setMyShortDescription": lambda given: profile.set_text("short_description", given),
                "getMyShortDescription": lambda given: profile.get_text("short_description", given),
                "setChatMenuButton": profile.set_menu_button,
            }
        )

    def _noted(self, act: Any) -> Any:
        """Return *act* followed by a note for the page, which shows what it changed."""

        def noted(parameters: dict[str, Any]) -> Any:
            result = act(parameters)
            self.messenger.changes.add("profile", 0)
            return result

        return noted

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            method = self._read_method(request)
            found = await read_parameters(request)
            if self.keep_calls:
                self.calls.append(Call(method, found))
            self.tally.calls[method] += 1
            fault = self.faults.before(method, found)
            if fault is not None:
                return await self._fail(request, fault)
            result = await self.call(method, found)
        except Refusal as refusal:
            return self._refused(refusal)
        if self.latency_s and method != "getUpdates":
            await asyncio.sleep(self.latency_s)
        fault = self.faults.after(method, found)
        if fault is not None:
            if not fault.late_s:
                return await self._fail(request, fault)
            await self._wait(request, fault.late_s)
        return _json({"ok": True, "result": result})

    def _read_method(self, request: web.Request) -> str:
        if self.token is not None and request.match_info["token"] != self.token:
            raise Refusal(401, "Unauthorized")
        method = METHOD_BY_LOWER_NAME.get(request.match_info["method"].lower())
        if method is None or request.method not in {"GET", "POST"}:
            raise Refusal(404, "Not Found")
        return method

    async def _fail(self, request: web.Request, fault: Fault) -> web.Response:
        if fault.refusal is not None:
            return self._refused(fault.refusal)
        if fault.page_code:
            self.tally.refused[fault.page_code] += 1
            return web.Response(text=fault.page, status=fault.page_code, content_type="text/html")
        if fault.silent:
            await self._wait(request, None)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)  # goes nowhere: the connection is gone

    async def _wait(self, request: web.Request, seconds: float | None) -> None:
        """Wait so long (None: for ever), or until the bot hangs up or this server stops."""
        until_s = None if seconds is None else time.monotonic() + seconds
        while not self._closing.is_set():
            left_s = 0.1 if until_s is None else min(0.1, until_s - time.monotonic())
            if left_s <= 0 or request.transport is None or request.transport.is_closing():
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), left_s)

    def _refused(self, refusal: Refusal) -> web.Response:
        self.tally.refused[refusal.code] += 1
        headers = {}
        if refusal.parameters and "retry_after" in refusal.parameters:
            headers["Retry-After"] = str(refusal.parameters["retry_after"])
        return _json(refusal.body(), refusal.code, headers)

    async def _not_found(self, _: web.Request) -> web.Response:
        return self._refused(Refusal(404, "Not Found"))


def _json(
    body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    # Not aiohttp's json_response: encoding once here saves a tenth of a request.
    return web.Response(
        body=json.dumps(body).encode(),
        status=status,
        headers=headers,
        content_type="application/json",
    )


@web.middleware
async def _only_local_names(request: web.Request, handler: Any) -> web.StreamResponse:
    # A stranger's page may point its own name at 127.0.0.1 (DNS rebinding) and would then
    # share our origin; it cannot do so with an address or with "localhost".
    if request.path.startswith("/people") and not _LOCAL_HOST.fullmatch(request.host):
        raise web.HTTPForbidden(text="only by address or as localhost")
    response: web.StreamResponse = await handler(request)
    return response
