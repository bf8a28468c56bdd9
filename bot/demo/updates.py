"""The bot's queue of updates: long polling, or a webhook."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.demo.refusal import Refusal, bad_request
from bot.demo.rules import UNASKED_KINDS, UPDATE_KINDS

MAX_POLL_S = 50
MAX_BATCH = 100
_FIRST_UPDATE_ID = 710_000_001
_RETRY_FIRST_S = 1.0
_RETRY_MAX_S = 60.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_OTHER_POLLER = Refusal(
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance"
    " is running",
)
_WEBHOOK_SET = Refusal(
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete"
    " the webhook first",
)


class Updates:
    """What the bot has not confirmed yet, oldest first."""

    def __init__(self) -> None:
        self._queue: list[dict[str, Any]] = []
        self._next_id = _FIRST_UPDATE_ID
        self._news = asyncio.Event()
        self._poller: asyncio.Event | None = None
        self._closed = False
        self.allowed: frozenset[str] | None = None
        self.webhook_url = ""
        self._secret = ""
        self._max_connections = 40
        self._delivering: asyncio.Task[None] | None = None
        self._last_error: tuple[int, str] | None = None

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, kind: str, payload: dict[str, Any]) -> int | None:
        """Queue an update of *kind*; return its id, or None when the bot did not ask for it."""
        wanted = kind in self.allowed if self.allowed else kind not in UNASKED_KINDS
        if not wanted:
            return None
        update_id = self._next_id
        self._next_id += 1
        self._queue.append({"update_id": update_id, kind: payload})
        self._news.set()
        return update_id

    async def poll(self, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """Answer getUpdates: confirm below the offset, then wait for something new."""
        if self.webhook_url:
            raise _WEBHOOK_SET
        if "allowed_updates" in parameters:
            self._allow(parameters["allowed_updates"])
        limit = min(max(parameters.get("limit", MAX_BATCH), 1), MAX_BATCH)
        deadline = time.monotonic() + min(max(parameters.get("timeout", 0), 0), MAX_POLL_S)
        # The newer poller wins: a bot that restarted must not wait for its dead self.
        if self._poller is not None:
            self._poller.set()
            self._news.set()
        mine = self._poller = asyncio.Event()
        try:
            self._confirm(parameters.get("offset", 0))
            while True:
                if self._queue:
                    return self._queue[:limit]
                self._news.clear()
                left = deadline - time.monotonic()
                if left <= 0 or self._closed:
                    return []
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), left)
                if mine.is_set():
                    raise _OTHER_POLLER
                if self.webhook_url:
                    raise _WEBHOOK_SET
        finally:
            if self._poller is mine:
                self._poller = None

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self._queue = self._queue[offset:]
        else:
            self._queue = [update for update in self._queue if update["update_id"] >= offset]

    def _allow(self, kinds: list[str]) -> None:
        # Unknown kinds are ignored, and an empty list means the default again.
        self.allowed = (frozenset(kinds) & UPDATE_KINDS) or None

    async def set_webhook(self, parameters: dict[str, Any]) -> bool:
        """Deliver from now on by POST, or stop doing so when the url is empty."""
        url = str(parameters.get("url", ""))
        if not url:
            return await self.delete_webhook(parameters)
        parts = urlsplit(url)
        # Telegram's own server wants https; one on loopback (--local) takes http as well.
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        secret = parameters.get("secret_token", "")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise bad_request("secret token contains unallowed characters")
        if "allowed_updates" in parameters:
            self._allow(parameters["allowed_updates"])
        if parameters.get("drop_pending_updates"):
            self._queue.clear()
        await self._stop_delivery()
        self.webhook_url, self._secret = url, secret
        self._max_connections = min(max(parameters.get("max_connections", 40), 1), 100)
        self._last_error = None
        self._news.set()
        self._delivering = asyncio.create_task(self._deliver())
        return True

    async def delete_webhook(self, parameters: dict[str, Any]) -> bool:
        """Go back to long polling."""
        await self._stop_delivery()
        self.webhook_url = ""
        if parameters.get("drop_pending_updates"):
            self._queue.clear()
        return True

    def webhook_info(self) -> dict[str, Any]:
        """Return the Bot API's ``WebhookInfo``."""
        info: dict[str, Any] = {
            "url": self.webhook_url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._queue),
        }
        if self.webhook_url:
            info["max_connections"] = self._max_connections
        if self.allowed:
            info["allowed_updates"] = sorted(self.allowed)
        if self._last_error:
            info["last_error_date"], info["last_error_message"] = self._last_error
        return info

    def reopen(self) -> None:
        """Take up again after `close`: what was queued is still there."""
        self._closed = False
        if self.webhook_url and self._delivering is None:
            self._delivering = asyncio.create_task(self._deliver())

    async def close(self) -> None:
        """Answer whoever still polls and stop delivering."""
        self._closed = True
        self._news.set()
        await self._stop_delivery()

    async def _stop_delivery(self) -> None:
        task, self._delivering = self._delivering, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _deliver(self) -> None:
        """Bring every chat its updates in order, several chats at the same time."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._secret} if self._secret else {}
        timeout = aiohttp.ClientTimeout(total=60)
        busy: dict[int, asyncio.Task[None]] = {}
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            try:
                while True:
                    self._news.clear()
                    for chat_id in dict.fromkeys(map(_chat_of, self._queue)):
                        if chat_id not in busy and len(busy) < self._max_connections:
                            task = asyncio.create_task(self._deliver_chat(session, chat_id))
                            busy[chat_id] = task
                            task.add_done_callback(partial(self._rest, busy, chat_id))
                    await self._news.wait()
            finally:
                tasks = list(busy.values())
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def _rest(
        self, busy: dict[int, asyncio.Task[None]], chat_id: int, _: asyncio.Task[None]
    ) -> None:
        busy.pop(chat_id, None)
        self._news.set()

    async def _deliver_chat(self, session: aiohttp.ClientSession, chat_id: int) -> None:
        wait_s = 0.0
        while mine := [each for each in self._queue if _chat_of(each) == chat_id]:
            failure, asked_s = await self._post(session, mine[0])
            if failure is None:
                done = mine[0]["update_id"]
                self._queue = [each for each in self._queue if each["update_id"] != done]
                wait_s = 0.0
                continue
            self._last_error = (int(time.time()), failure)
            await asyncio.sleep(asked_s if asked_s is not None else wait_s)
            # The first retry comes at once, the following ones ever later.
            wait_s = min(wait_s * 2 or _RETRY_FIRST_S, _RETRY_MAX_S)

    async def _post(
        self, session: aiohttp.ClientSession, update: dict[str, Any]
    ) -> tuple[str | None, float | None]:
        """Return why the delivery failed (None: it did not) and how long to wait if told."""
        try:
            async with session.post(self.webhook_url, json=update) as answer:
                if 200 <= answer.status < 300:
                    return None, None
                asked = answer.headers.get("Retry-After", "")
                failure = f"Wrong response from the webhook: {answer.status} {answer.reason}"
                return failure, float(asked) if asked.isdigit() else None
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"{type(error).__name__}: {error}", None


def _chat_of(update: dict[str, Any]) -> int:
    for payload in update.values():
        if isinstance(payload, dict):
            inner = payload if "chat" in payload else payload.get("message", {})
            return int(inner.get("chat", {}).get("id", 0))
    return 0
